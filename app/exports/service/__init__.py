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
from app.exports.schemas import Cell, Document, ExportIn, ExportOut, Wanted
from app.exports.service import bulletins, pdf, reading, xlsx
from app.exports.service import reports as sent
from app.identity import service as identity
from app.kernel import clock, events, language, paging
from app.kernel.errors import NotFound, Problem
from app.kernel.schemas import Page
from app.kernel.secrets import vault
from app.kernel.sheets import XLSX
from app.notifications import service as notifications
from app.notifications.service import Notice, Template
from app.reports import service as reports

KEPT: Final = timedelta(hours=24)
# Persons or schools of one transaction of the worker, and as many as are read while somebody waits.
STEPS: Final = {ExportKind.TEMPERATURE_RECORDS: 20, ExportKind.COLLECTED_REPORTS: 500}
TYPES: Final = {ExportFormat.XLSX: XLSX, ExportFormat.PDF: pdf.PDF}

__all__ = [
    "STEPS",
    "TYPES",
    "ExportIn",
    "carry_on",
    "fail",
    "fetch",
    "list_exports",
    "make",
    "purge",
    "read_export",
]

_RENDER: Final = {ExportFormat.XLSX: xlsx.render, ExportFormat.PDF: pdf.render}
_ROWS: Final = TypeAdapter(list[list[Cell]])


def make(session: Session, actor: Actor, institution_id: int, body: ExportIn) -> ExportOut:
    """A file; at once where that is a moment's work, else while the caller asks how far it is.

    Raises `NotFound`, `Forbidden`, `ExportTooLarge`, and what else the features say whose data it is of.
    """
    reading.demand_own(session, actor, institution_id, body)
    parts = _parts(session, actor, institution_id, body.kind, body)
    if body.kind is ExportKind.COLLECTED_REPORTS and body.format is ExportFormat.PDF:
        pdf.demand_few(len(parts), sent.WIDTH)
    job = _begun(session, actor, institution_id, body, max(1, len(parts)))
    if len(parts) > STEPS.get(body.kind, 0):
        _keep(job, [])
        events.record(session, ExportQueued(institution_id, job.id))
    else:
        _finish(job, _document(session, actor, job, _rows(session, actor, job, parts)))
    return ExportOut.model_validate(job)


def _parts(session: Session, actor: Actor, institution_id: int, kind: ExportKind, wanted: Wanted) -> list[int]:
    """The persons or schools that are read step by step; none where it is one step."""
    if kind is ExportKind.TEMPERATURE_RECORDS:
        return reading.persons_of(session, actor, institution_id, wanted)
    if kind is ExportKind.COLLECTED_REPORTS:
        return reports.schools_booked(session, actor, institution_id, wanted.day or clock.today())
    return []


def _begun(session: Session, actor: Actor, institution_id: int, body: ExportIn, total: int) -> Export:
    now = clock.now()
    named = body.model_dump(mode="json", include={"unit_id", "person_id", "issue_id"}, exclude_none=True)
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


def _rows(session: Session, actor: Actor, job: Export, parts: list[int]) -> list[list[Cell]]:
    match job.kind:
        case ExportKind.FIGURES:
            return reading.figures(session, actor, job.institution_id, _day(job))
        case ExportKind.MISSING:
            unit = Wanted.model_validate(job.wanted).unit_id
            return reading.missing(session, actor, job.institution_id, unit, _day(job))
        case ExportKind.TEMPERATURE_RECORDS:
            return reading.records(session, actor, parts, _day(job))
        case ExportKind.COLLECTED_REPORTS:
            return sent.school_cells(session, actor, job.institution_id, _day(job), parts)
        case ExportKind.DAILY_REPORT | ExportKind.BULLETIN:
            return []  # no table of many: read as it is set


def _document(session: Session, actor: Actor, job: Export, rows: list[list[Cell]]) -> Document:
    match job.kind:
        case ExportKind.DAILY_REPORT:
            return sent.sent(session, actor, job.institution_id, _day(job))
        case ExportKind.BULLETIN:
            issue_id = Wanted.model_validate(job.wanted).issue_id or 0
            return bulletins.issue(session, actor, job.institution_id, issue_id)
        case ExportKind.COLLECTED_REPORTS:
            return sent.collected(session, job.institution_id, _day(job), rows)
        case kind:
            return reading.document(session, kind, job.institution_id, _day(job), rows)


def carry_on(session: Session, export_id: int) -> None:
    """Read the next parts of an export, with the rights that its account has by now; make the file of the last."""
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
            parts, step = _parts(session, actor, job.institution_id, job.kind, wanted), STEPS[job.kind]
            rows = _kept(job) + _rows(session, actor, job, parts[job.done : job.done + step])
            if job.done + step < min(job.total, len(parts)):
                job.done += step
                _keep(job, rows)
                events.record(session, ExportQueued(job.institution_id, job.id))
            else:
                _finish(job, _document(session, actor, job, rows))
                _tell(session, job)
        except Problem:  # the account may no longer see them
            fail(session, export_id)


def fail(session: Session, export_id: int) -> None:
    """End an export that cannot be made, and forget what was read for it."""
    job = queries.locked(session, export_id)
    if job is not None and job.state is ExportState.RUNNING:
        job.finished_at, job.content_cipher = clock.now(), None


def _tell(session: Session, job: Export) -> None:
    notice = Notice(
        job.institution_id,
        {job.account_id},
        Template.EXPORT_READY,
        {"file": f"{job.kind}-{_day(job)}.{job.format}"},
        key=f"export_ready:{job.id}",
        until=job.expires_at,
        link=f"/exports/{job.id}",
    )
    notifications.notify(session, notice)


def _finish(job: Export, document: Document) -> None:
    content = _RENDER[job.format](document)
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
