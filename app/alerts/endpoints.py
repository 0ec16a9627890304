"""Reminders by hand over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response, status

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.alerts import service
from app.alerts.schemas import RemindedOut, ReminderOut
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.schemas import BIGGEST_ID, Page, PathId

router = APIRouter(route_class=RepeatableRoute, tags=["reminders"])

Reminder = Annotated[Actor, Allow(Action.MISSING_REMIND)]
Chaser = Annotated[Actor, Allow(Action.MISSING_READ)]

_NOTHING_NEW: dict[int | str, dict[str, Any]] = {
    200: {"model": RemindedOut, "description": "nobody is told: all have reported, or were told within half an hour"}
}


@router.post("/units/{unit_id}/reminders", operation_id="remind_unit", status_code=201, responses=_NOTHING_NEW)
def remind_unit(unit_id: PathId, session: UnitOfWork, actor: Reminder, response: Response) -> RemindedOut:
    """Ask the guardians of a class for today's missing readings; once in half an hour for each child, whoever asks."""
    return _answer(service.remind_unit(session, actor, unit_id), response)


@router.post(
    "/institutions/{institution_id}/reminders", operation_id="remind_school", status_code=201, responses=_NOTHING_NEW
)
def remind_school(institution_id: PathId, session: UnitOfWork, actor: Reminder, response: Response) -> RemindedOut:
    """Ask for all that is missing in a school today; who was asked within half an hour is not asked again."""
    return _answer(service.remind_school(session, actor, institution_id), response)


@router.get("/institutions/{institution_id}/reminders", operation_id="list_reminders")
def list_reminders(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Chaser,
    page: Paging,
    *,
    unit_id: Annotated[int | None, Query(ge=1, le=BIGGEST_ID)] = None,
) -> Page[ReminderOut]:
    """Whose reading was asked for by hand today, and when; a homeroom teacher sees the class."""
    return service.list_reminders(session, actor, institution_id, unit_id, page)


def _answer(told: RemindedOut, response: Response) -> RemindedOut:
    response.status_code = status.HTTP_201_CREATED if told.reminded else status.HTTP_200_OK
    return told
