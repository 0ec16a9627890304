"""Exports are worked on; one that cannot be says so."""

from sqlalchemy.orm import Session

from app.exports import service
from app.exports.events import ExportQueued
from app.kernel import events


def _queued(session: Session, happened: ExportQueued) -> None:
    service.carry_on(session, happened.export_id)


def _abandoned(session: Session, happened: ExportQueued) -> None:
    service.fail(session, happened.export_id)


events.listen(ExportQueued, _queued)
events.listen_abandoned(ExportQueued, _abandoned)
