"""A school's roll from a spreadsheet: read, held against the roll, written; or told what is wrong, row by row."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import BinaryIO, Final

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, Facts, obtain, require, visible
from app.audit import service as audit
from app.institutions.models import Institution
from app.kernel import clock, events, paging, sheet_errors, sheet_excerpts, sheets
from app.kernel.schemas import Page
from app.kernel.sheet_errors import Found, ImportMode
from app.people.events import RollImported
from app.people.models import PersonKind, RollImport
from app.people.queries import imports as queries
from app.people.schemas import ImportKind, RollImportOut, RollImportSummaryOut
from app.people.service import rolls, sheet_columns, sheet_matching, sheet_rows, sheet_writing, units
from app.people.service.sheet_rows import TITLES, Entry

Progress = Callable[[int, int], None]
_KINDS: Final = {ImportKind.STUDENTS: PersonKind.STUDENT, ImportKind.STAFF: PersonKind.STAFF}
_STEP: Final = 500


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""


def import_roll(
    session: Session,
    actor: Actor,
    institution_id: int,
    stream: BinaryIO,
    filename: str,
    *,
    kind: str,
    mode: str,
    dry_run: bool = False,
    create_units: bool = False,
    effective_on: date | None = None,
    progress: Progress = _silent,
) -> RollImportOut:
    """Enrol and update whom a sheet lists; known by number or identity number, and nobody is taken off the roll.

    ``mode`` says whether one bad row keeps the good ones out. A dry run does everything but write the roll. Raises
    `SheetRefused` for a file that cannot be read, `SchoolNotOpen`, `DayNotPossible`. ``progress`` hears rows done and
    rows in all.
    """
    require(actor, Action.ROLLS_IMPORT, Facts(institution_id=institution_id))
    school = rolls.lock(session, institution_id)
    day = rolls.first_day(session, actor, institution_id, effective_on)
    what = ImportKind(kind)
    rows = sheet_errors.read_rows(stream, filename, sheet_columns.COLUMNS[what])
    found = Found(TITLES)
    entries = _read(session, school, rows, what, found, create_units=create_units, progress=progress)
    good = _good(entries, found, ImportMode(mode))
    if good and not dry_run:
        _write(session, actor, school, _batch(session, school, what, day), good, progress)
    progress(len(rows), len(rows))
    row = _row(institution_id, what, ImportMode(mode), good, found)
    row.dry_run, row.rows, row.imported_by = dry_run, len(rows), actor.account_id
    sheet = sheet_excerpts.excerpt(rows, row.errors, sheet_columns.COLUMNS[what])
    return _keep(session, actor, row).model_copy(update={"sheet": sheet})


def _good(entries: Sequence[Entry], found: Found, mode: ImportMode) -> list[Entry]:
    bad = found.rows()
    if bad and mode is ImportMode.ALL_OR_NOTHING:
        return []
    return [entry for entry in entries if entry.row not in bad]


def _batch(session: Session, school: Institution, what: ImportKind, day: date) -> sheet_writing.Batch:
    kind = _KINDS[what]
    return sheet_writing.Batch(school.id, kind, day, due=kind in rolls.due_kinds(session, school.id))


def _write(  # noqa: PLR0917 - everything that writing needs
    session: Session,
    actor: Actor,
    school: Institution,
    batch: sheet_writing.Batch,
    good: Sequence[Entry],
    progress: Progress,
) -> None:
    units.make_missing(session, actor, school, batch.kind, good)
    sheet_writing.write(session, actor, batch, good, lambda done: progress((len(good) + done) // 2, len(good)))


def _row(institution_id: int, what: ImportKind, mode: ImportMode, good: Sequence[Entry], found: Found) -> RollImport:
    return RollImport(
        institution_id=institution_id,
        kind=what.value,
        mode=mode.value,
        created=sum(entry.person is None for entry in good),
        updated=sum(entry.person is not None for entry in good),
        failed=len(found.rows()),
        errors=found.kept(),
        imported_at=clock.now(),
    )


def _read(
    session: Session,
    school: Institution,
    rows: Sequence[sheets.Row],
    what: ImportKind,
    found: Found,
    *,
    create_units: bool,
    progress: Progress,
) -> list[Entry]:
    entries = []
    for place, row in enumerate(rows, 1):
        entries.append(sheet_rows.parse(row, what, school.school_type, found))
        if place % _STEP == 0:
            progress(place // 2, len(rows))
    roll = sheet_matching.load(session, school.id, _KINDS[what])
    sheet_matching.match(entries, roll, _KINDS[what], found, create_units=create_units)
    sheet_matching.settle_contacts(session, school.id, entries, found)
    return entries


def _keep(session: Session, actor: Actor, row: RollImport) -> RollImportOut:
    session.add(row)
    session.flush()
    if not row.dry_run and row.created + row.updated:
        events.record(session, RollImported(row.institution_id, row.id))
    details = {"created": row.created, "updated": row.updated, "failed": row.failed, "dry_run": row.dry_run}
    audit.record(
        session,
        actor,
        "people.import_roll",
        "roll_import",
        row.id,
        institution_id=row.institution_id,
        details=details,
    )
    return shown(row)


def shown(row: RollImport) -> RollImportOut:
    """An import as it is answered, its errors in the caller's language."""
    summary = RollImportSummaryOut.model_validate(row).model_dump()
    errors = [sheet_errors.told(kept) for kept in row.errors]
    return RollImportOut(**summary, institution_id=row.institution_id, errors=errors)


def list_imports(
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery
) -> Page[RollImportSummaryOut]:
    """The imports of a school, oldest first."""
    statement = queries.of_institution(visible(actor, Action.ROLLS_IMPORT, RollImport), institution_id)
    rows, following = paging.fetch(session, statement, [RollImport.id], page)
    return Page(items=[RollImportSummaryOut.model_validate(row) for row in rows], next=following)


def read_import(session: Session, actor: Actor, import_id: int) -> RollImportOut:
    """One import with its errors."""
    return shown(obtain(session, actor, Action.ROLLS_IMPORT, RollImport, import_id))
