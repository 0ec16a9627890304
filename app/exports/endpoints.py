"""Files over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Response, status

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.exports import service
from app.exports.models import ExportState
from app.exports.schemas import ExportIn, ExportOut
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.schemas import Page, PathId

router = APIRouter(route_class=RepeatableRoute, tags=["exports"])

Maker = Annotated[Actor, Allow(Action.EXPORTS_MAKE)]
Taker = Annotated[Actor, Allow(Action.EXPORTS_TAKE)]

_QUEUED: dict[int | str, dict[str, Any]] = {
    202: {"model": ExportOut, "description": "it waits for the worker; ask again for how far it is"}
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "the file", "content": {kind: {} for kind in service.TYPES.values()}}
}


@router.post("/institutions/{institution_id}/exports", operation_id="make_export", status_code=201, responses=_QUEUED)
def make_export(
    institution_id: PathId, body: ExportIn, session: UnitOfWork, actor: Maker, response: Response
) -> ExportOut:
    """Make a spreadsheet or PDF of what you may read: figures, who is missing, fourteen days of temperatures."""
    made = service.make(session, actor, institution_id, body)
    waits = made.state is ExportState.RUNNING
    response.status_code = status.HTTP_202_ACCEPTED if waits else status.HTTP_201_CREATED
    return made


@router.get("/me/exports", operation_id="list_my_exports")
def list_my_exports(session: UnitOfWork, actor: Taker, page: Paging) -> Page[ExportOut]:
    """The files that you have asked for within a day, oldest first."""
    return service.list_exports(session, actor, page)


@router.get("/exports/{export_id}", operation_id="read_export")
def read_export(export_id: PathId, session: UnitOfWork, actor: Taker) -> ExportOut:
    """How far a file is."""
    return service.read_export(session, actor, export_id)


@router.get(
    "/exports/{export_id}/contents",
    operation_id="fetch_export",
    response_class=Response,
    responses=_FILE,
)
def fetch_export(export_id: PathId, session: UnitOfWork, actor: Taker) -> Response:
    """The file itself; only for the account that has asked for it."""
    form, content = service.fetch(session, actor, export_id)
    headers = {"Content-Disposition": f'attachment; filename="export-{export_id}.{form}"', "Cache-Control": "no-store"}
    return Response(content, media_type=service.TYPES[form], headers=headers)
