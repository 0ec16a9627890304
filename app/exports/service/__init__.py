"""Files made, handed out, forgotten."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.access import service as access
from app.access.service import Actor
from app.audit import service as audit
from app.exports import queries
from app.exports.errors import ExportNotReady
from app.exports.events import ExportQueued
from app.exports.models import Export, ExportFormat, ExportKind, ExportState
from app.exports.schemas import Cell, ExportIn, ExportOut, Wanted
from app.exports.service import pdf, reading, xlsx
from app.identity import service as identity
from app.kernel import clock, events, language, paging
from app.kernel.errors import NotFound, Problem
from app.kernel.schemas import Page
from app.kernel.secrets import vault
from app.kernel.sheets import XLSX

KEPT: Final = timedelta(hours=24)
STEP: Final = 20  # persons of one transaction of the worker, and as many as are read while somebody waits
TYPES: Final = {ExportFormat.XLSX: XLSX, ExportFormat.PDF: pdf.PDF}
_RENDER: Final = {ExportFormat.XLSX: xlsx.render, ExportFormat.PDF: pdf.render}
_ROWS: Final = TypeAdapter(list[list[Cell]])


def make(session: Session, actor: Actor, institution_id: int, body: ExportIn) -> ExportOut:
    """A file; at once where that is a moment's work, else while the caller asks how far it is.

    Raises `NotFound`, `Forbidden`, `ExportTooLarge`, and what else the features say whose data it is of.
    """
    reading.demand_own(session, actor, institution_id, body)
    persons = _persons(session, actor, institution_id, body)
    job = _begun(session, actor, institution_id, body, max(1, len(persons)))
    if len(persons) > STEP:
        _keep(job, [])
        events.record(session, ExportQueued(institution_id, job.id))
    else:
        _finish(session, job, _rows(session, actor, job, persons))
    return ExportOut.model_validate(job)


def _persons(session: Session, actor: Actor, institution_id: int, wanted: ExportIn) -> list[int]:
    records = wanted.kind is ExportKind.TEMPERATURE_RECORDS
    return reading.persons_of(session, actor, institution_id, wanted) if records else []


def _begun(session: Session, actor: Actor, institution_id: int, body: ExportIn, total: int) -> Export:
    now = clock.now()
    named = body.model_dump(mode="json", include={"unit_id", "person_id"}, exclude_none=True)
    job = Export(
        account_id=actor.account_id,
        institution_id=institution_id,
        kind=body.kind,
        format=body.format,
        language=language.current(),
        wanted={"day": (body.day or clock.today()).isoformat(), **named},
        done=0,
        total=total,
        asked_at=now,
        expires_at=now + KEPT,
    )
    session.add(job)
    session.flush()
    details = {"kind": body.kind, "format": body.format, **job.wanted}
    audit.record(session, actor, "exports.make", "export", job.id, institution_id=institution_id, details=details)
    return job


def _day(job: Export) -> date:
    return date.fromisoformat(str(job.wanted["day"]))


def _rows(session: Session, actor: Actor, job: Export, persons: list[int]) -> list[list[Cell]]:
    match job.kind:
        case ExportKind.FIGURES:
            return reading.figures(session, actor, job.institution_id, _day(job))
        case ExportKind.MISSING:
            unit = Wanted.model_validate(job.wanted).unit_id
            return reading.missing(session, actor, job.institution_id, unit, _day(job))
        case ExportKind.TEMPERATURE_RECORDS:
            return reading.records(session, actor, persons, _day(job))


def carry_on(session: Session, export_id: int) -> None:
    """Read the next persons of an export, with the rights that its account has by now; make the file of the last."""
    job = queries.locked(session, export_id)
    if job is None or job.state is not ExportState.RUNNING:
        return
    if not identity.is_active(session, job.account_id):
        fail(session, export_id)
        return
    actor = access.acting(session, job.account_id)
    with _speaking(job):
        try:
            wanted = Wanted.model_validate(job.wanted)
            reading.demand_own(session, actor, job.institution_id, wanted)
            persons = reading.persons_of(session, actor, job.institution_id, wanted)
            rows = _kept(job) + reading.records(session, actor, persons[job.done : job.done + STEP], _day(job))
        except Problem:  # the account may no longer see them
            fail(session, export_id)
            return
        if job.done + STEP < min(job.total, len(persons)):
            job.done += STEP
            _keep(job, rows)
            events.record(session, ExportQueued(job.institution_id, job.id))
        else:
            _finish(session, job, rows)


def fail(session: Session, export_id: int) -> None:
    """End an export that cannot be made, and forget what was read for it."""
    job = queries.locked(session, export_id)
    if job is not None and job.state is ExportState.RUNNING:
        job.finished_at, job.content_cipher = clock.now(), None


def _finish(session: Session, job: Export, rows: list[list[Cell]]) -> None:
    content = _RENDER[job.format](reading.document(session, job.kind, job.institution_id, _day(job), rows))
    job.done, job.finished_at = job.total, clock.now()
    job.content_cipher = _sealed(job, base64.b64encode(content).decode())


def _keep(job: Export, rows: list[list[Cell]]) -> None:
    job.content_cipher = _sealed(job, _ROWS.dump_json(rows).decode())


def _kept(job: Export) -> list[list[Cell]]:
    return _ROWS.validate_json(_opened(job))


def _sealed(job: Export, text: str) -> bytes:
    return vault().encrypt(text, f"export.content:{job.account_id}:{job.id}")


def _opened(job: Export) -> str:
    return vault().decrypt(job.content_cipher or b"", f"export.content:{job.account_id}:{job.id}")


@contextmanager
def _speaking(job: Export) -> Iterator[None]:
    before = language.current()
    language.use(job.language)
    try:
        yield
    finally:
        language.use(before)


def list_exports(session: Session, actor: Actor, page: paging.PageQuery) -> Page[ExportOut]:
    """The caller's files that can still be fetched, oldest first."""
    statement = queries.of_account(actor.account_id, clock.now())
    rows, following = paging.fetch(session, statement, [Export.id], page)
    return Page(items=[ExportOut.model_validate(row) for row in rows], next=following)


def read_export(session: Session, actor: Actor, export_id: int) -> ExportOut:
    """How far one is; raises `NotFound`."""
    return ExportOut.model_validate(_unexpired(session, actor, export_id))


def fetch(session: Session, actor: Actor, export_id: int) -> tuple[ExportFormat, bytes]:
    """The file of an account that asked for it; raises `NotFound`, `ExportNotReady`. Leaves a trace."""
    job = _unexpired(session, actor, export_id)
    if job.state is not ExportState.DONE:
        raise ExportNotReady
    audit.record(session, actor, "exports.fetch", "export", job.id, institution_id=job.institution_id)
    return job.format, base64.b64decode(_opened(job))


def _unexpired(session: Session, actor: Actor, export_id: int) -> Export:
    job = queries.one_of_account(session, actor.account_id, export_id, clock.now())
    if job is None:
        raise NotFound
    return job


def purge(session: Session) -> None:
    """Forget files whose day is over."""
    queries.forget_expired(session, clock.now())
