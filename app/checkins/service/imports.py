"""Readings from a spreadsheet: read, held against the roll, landed; or told what is wrong, row by row.

A sheet of usual size is landed in the request. A large one waits, encrypted, and the worker lands it in chunks, each in
a transaction with its own count: killed in the middle, it goes on where it was.
"""

from collections.abc import Callable, Sequence
from typing import BinaryIO, Final

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import SYSTEM, Actor, Facts, obtain, require, visible
from app.audit import service as audit
from app.checkins.events import ReadingsQueued
from app.checkins.models import CheckInImport, ImportFailure, ImportState
from app.checkins.queries import imports as queries
from app.checkins.schemas.imports import CheckInImportOut, CheckInImportSummaryOut, Entry
from app.checkins.service.import_columns import COLUMNS
from app.checkins.service.import_landing import land, opened, sealed
from app.checkins.service.import_rows import Reader
from app.checkins.workflow import IMPORT
from app.identity import service as identity
from app.institutions.models import Unit
from app.kernel import clock, events, paging, sheet_errors
from app.kernel.errors import NotFound
from app.kernel.schemas import Page
from app.kernel.sheet_errors import ImportMode
from app.kernel.sheets import Row
from app.kernel.workflow import fire
from app.people import service as people
from app.policies import service as policies

Progress = Callable[[int, int], None]
_AT_ONCE: Final = 10_000  # rows; a larger sheet waits for the worker
_STEP: Final = 500


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""


def import_checkins(
    session: Session,
    actor: Actor,
    institution_id: int,
    stream: BinaryIO,
    filename: str,
    *,
    mode: ImportMode,
    unit_id: int | None = None,
    dry_run: bool = False,
    background: bool = False,
    progress: Progress = _silent,
) -> CheckInImportOut:
    """Land the readings that a sheet lists; those that have landed before are left as they are.

    ``unit_id``: only persons of this class. ``mode`` says whether one bad row keeps the good ones out. A dry run tells
    what would happen. In the background, or with more than 10,000 rows, the answer comes before the worker has begun.
    ``progress`` hears rows done and rows in all. Raises `NotFound`, `Forbidden`, and `SheetRefused` for a file that
    cannot be read.
    """
    _require(session, actor, institution_id, unit_id)
    rows = sheet_errors.read_rows(stream, filename, COLUMNS)
    job = _begun(session, actor, institution_id, unit_id, mode=mode, dry_run=dry_run)
    entries = _read(session, actor, job, rows, progress)
    if background or len(entries) > _AT_ONCE:
        queries.add_chunks(session, job, sealed(job, entries))
        events.record(session, ReadingsQueued(institution_id, job.id))
    else:
        land(session, actor, job, entries, lambda done: progress((len(rows) + done) // 2, len(rows)))
        _finish(session, job)
        progress(len(rows), len(rows))
    return _shown(job)


def _require(session: Session, actor: Actor, institution_id: int, unit_id: int | None) -> None:
    if unit_id is None:
        require(actor, Action.CHECKINS_IMPORT, Facts(institution_id=institution_id))
    elif obtain(session, actor, Action.CHECKINS_IMPORT, Unit, unit_id).institution_id != institution_id:
        raise NotFound


def _begun(
    session: Session, actor: Actor, institution_id: int, unit_id: int | None, *, mode: ImportMode, dry_run: bool
) -> CheckInImport:
    job = CheckInImport(
        institution_id=institution_id,
        unit_id=unit_id,
        mode=mode,
        dry_run=dry_run,
        state=ImportState.RUNNING,
        imported_by=actor.account_id,
        imported_at=clock.now(),
        errors=[],
        **dict.fromkeys(("rows", "done", "accepted", "duplicate", "failed"), 0),
    )
    session.add(job)
    session.flush()
    details = {"mode": mode, "dry_run": dry_run, "unit_id": unit_id}
    audit.record(
        session, actor, "checkins.import", "checkin_import", job.id, institution_id=institution_id, details=details
    )
    return job


def _read(
    session: Session, actor: Actor, job: CheckInImport, rows: Sequence[Row], progress: Progress
) -> Sequence[Entry]:
    """The rows that can be read, by day and class: what is inserted together then lies together."""
    directory = people.directory(session, actor, Action.CHECKINS_IMPORT, job.institution_id, job.unit_id)
    slots = policies.effective(session, job.institution_id).slots
    reader = Reader(job.institution_id, directory, {rule.slot: rule.opens for rule in slots})
    entries = []
    for place, row in enumerate(rows, 1):
        entry = reader.read(row)
        if entry is not None:
            entries.append(entry)
        if place % _STEP == 0:
            progress(place // 2, len(rows))
    job.rows = len(rows)
    job.done = job.failed = len(reader.found.rows())
    job.errors = reader.found.kept()
    units = directory.units
    return sorted(entries, key=lambda entry: (entry.day, units[entry.reading.person_id] or 0, entry.row))


def carry_on(session: Session, institution_id: int, import_id: int) -> None:
    """Land the next chunk of an import, or all of one that lands as a whole; nothing of one that is over.

    What the sender may do is asked of the account and its memberships, as they stand by now.
    """
    job = queries.locked(session, institution_id, import_id)
    if job is None or job.state is not ImportState.RUNNING:
        return
    if job.imported_by is not None and not identity.is_active(session, job.imported_by):
        _fail(session, job, ImportFailure.SENDER_DISABLED)
        return
    at_once = job.dry_run or job.mode is ImportMode.ALL_OR_NOTHING
    chunks = queries.first_chunks(session, job, None if at_once else 1)
    entries = [entry for chunk in chunks for entry in opened(chunk)]
    sender = SYSTEM if job.imported_by is None else Actor(job.imported_by)
    land(session, sender, job, entries)
    queries.drop_chunks(session, job, [chunk.number for chunk in chunks])
    if job.done < job.rows:
        events.record(session, ReadingsQueued(institution_id, import_id))
    else:
        _finish(session, job)


def _finish(session: Session, job: CheckInImport) -> None:
    session.flush()
    fire(session, IMPORT, CheckInImport.state, job, "finish", account_id=job.imported_by, finished_at=clock.now())


def give_up(session: Session, institution_id: int, import_id: int) -> None:
    """End an import whose next chunk could not be landed, often as it was tried; nothing of one that is over."""
    job = queries.locked(session, institution_id, import_id)
    if job is not None and job.state is ImportState.RUNNING:
        _fail(session, job, ImportFailure.GIVEN_UP)


def _fail(session: Session, job: CheckInImport, failure: ImportFailure) -> None:
    now = clock.now()
    fire(session, IMPORT, CheckInImport.state, job, "fail", account_id=None, failure=failure, finished_at=now)
    queries.drop_chunks(session, job)


def cancel_import(session: Session, actor: Actor, import_id: int) -> CheckInImportOut:
    """Stop an import and forget the readings that wait; what has landed stays. Raises `NotFound`, `MoveNotPossible`."""
    job = obtain(session, actor, Action.CHECKINS_IMPORT, CheckInImport, import_id)
    fire(session, IMPORT, CheckInImport.state, job, "cancel", account_id=actor.account_id, finished_at=clock.now())
    queries.drop_chunks(session, job)
    return _shown(job)


def list_imports(
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery
) -> Page[CheckInImportSummaryOut]:
    """The imports of a school that the caller may see, oldest first."""
    statement = queries.of_institution(visible(actor, Action.CHECKINS_IMPORT, CheckInImport), institution_id)
    rows, following = paging.fetch(session, statement, [CheckInImport.id], page)
    return Page(items=[CheckInImportSummaryOut.model_validate(row) for row in rows], next=following)


def read_import(session: Session, actor: Actor, import_id: int) -> CheckInImportOut:
    """One import with its errors; raises `NotFound`."""
    return _shown(obtain(session, actor, Action.CHECKINS_IMPORT, CheckInImport, import_id))


def _shown(job: CheckInImport) -> CheckInImportOut:
    """An import as it is answered, its errors in the caller's language."""
    summary = CheckInImportSummaryOut.model_validate(job).model_dump()
    return CheckInImportOut(**summary, errors=[sheet_errors.told(kept) for kept in job.errors])
