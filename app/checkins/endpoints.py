"""The check-in over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Path, Query, Response, UploadFile, status

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.checkins import service
from app.checkins.models import ImportState, Slot
from app.checkins.schemas.answers import BatchOut, FormOut, GateBatchOut, Outcome, ReceiptOut
from app.checkins.schemas.archives import ArchiveEntryOut, FamilyOut, TemperatureRecordOut
from app.checkins.schemas.figures import FigurePersonsOut, SchoolMissingOut, UnitMissingOut
from app.checkins.schemas.imports import CheckInImportOut, CheckInImportSummaryOut
from app.checkins.schemas.readings import BatchIn, CheckInIn, CorrectionIn, GateBatchIn
from app.kernel import language
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.language import Language
from app.kernel.paging import Paging
from app.kernel.schemas import BIGGEST_ID, Day, Page, PathId
from app.kernel.sheet_errors import ImportMode
from app.kernel.sheets import XLSX

router = APIRouter(tags=["checkins"])
imports = APIRouter(route_class=RepeatableRoute)

Someone = Annotated[Actor, Allow(Action.ACCOUNT_USE)]
Sender = Annotated[Actor, Allow(Action.CHECKINS_SUBMIT)]
Gate = Annotated[Actor, Allow(Action.CHECKINS_GATE)]
Importer = Annotated[Actor, Allow(Action.CHECKINS_IMPORT)]
Corrector = Annotated[Actor, Allow(Action.CHECKINS_CORRECT)]
Reader = Annotated[Actor, Allow(Action.CHECKINS_READ)]
Relative = Annotated[Actor, Allow(Action.FAMILY_READ)]
Chaser = Annotated[Actor, Allow(Action.MISSING_READ)]
Opener = Annotated[Actor, Allow(Action.ROLLUPS_OPEN)]
OfDay = Annotated[Day | None, Query(description="Shanghai's today, if absent")]
OfSlot = Annotated[Slot | None, Query(description="any slot of the day, if absent")]

_DUPLICATE: dict[int | str, dict[str, Any]] = {
    200: {"model": ReceiptOut, "description": "it had landed already: the receipt of that time"}
}
_QUEUED: dict[int | str, dict[str, Any]] = {
    202: {"model": CheckInImportOut, "description": "it waits for the worker; ask again for how far it is"}
}


@router.get("/checkin-forms/current", operation_id="read_checkin_form")
def read_checkin_form(_session: UnitOfWork, _actor: Someone) -> FormOut:
    """The form of today with its labels. Answers to other versions are taken as well."""
    return service.current_form()


@router.post("/checkins", operation_id="submit_checkin", status_code=201, responses=_DUPLICATE)
def submit_checkin(body: CheckInIn, session: UnitOfWork, actor: Sender, response: Response) -> ReceiptOut:
    """Log one reading of a child, a household member, a pupil or yourself; the receipt says that it has landed."""
    receipt = service.submit_one(session, actor, body)
    response.status_code = status.HTTP_200_OK if receipt.outcome is Outcome.DUPLICATE else status.HTTP_201_CREATED
    return receipt


@router.post("/checkins/batches", operation_id="submit_checkins")
def submit_checkins(body: BatchIn, session: UnitOfWork, actor: Sender) -> BatchOut:
    """Send the readings that waited for a network; each is answered for itself."""
    return service.submit_batch(session, actor, body)


@router.post("/units/{unit_id}/checkins", operation_id="submit_unit_checkins")
def submit_unit_checkins(unit_id: PathId, body: BatchIn, session: UnitOfWork, actor: Sender) -> BatchOut:
    """Log a class from paper or by phone call. Who is not in the list stays missing."""
    return service.submit_for_unit(session, actor, unit_id, body)


@router.post("/institutions/{institution_id}/gate-readings", operation_id="submit_gate_readings")
def submit_gate_readings(institution_id: PathId, body: GateBatchIn, session: UnitOfWork, actor: Gate) -> GateBatchOut:
    """Log what the gate has measured; the answer says whom to let in."""
    return service.submit_at_gate(session, actor, institution_id, body)


@router.post(
    "/checkins/{checkin_id}/corrections", operation_id="correct_checkin", status_code=201, responses=_DUPLICATE
)
def correct_checkin(
    checkin_id: UUID, body: CorrectionIn, session: UnitOfWork, actor: Corrector, response: Response
) -> ReceiptOut:
    """Replace a reading that was wrong; what it said, who replaced it and why is kept."""
    receipt = service.correct(session, actor, checkin_id, body)
    response.status_code = status.HTTP_200_OK if receipt.outcome is Outcome.DUPLICATE else status.HTTP_201_CREATED
    return receipt


@router.get("/persons/{person_id}/checkins", operation_id="list_person_checkins")
def list_person_checkins(
    person_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    *,
    since: Annotated[Day | None, Query(alias="from", description="30 days, if absent")] = None,
    until: Annotated[Day | None, Query(alias="to", description="Shanghai's today, if absent")] = None,
) -> Page[ArchiveEntryOut]:
    """The health archive of a person in time order, with corrections beside what they replace."""
    return service.read_archive(session, actor, person_id, since=since, until=until, page=page)


@router.get("/persons/{person_id}/temperature-record", operation_id="read_temperature_record")
def read_temperature_record(
    person_id: PathId, session: UnitOfWork, actor: Reader, until: OfDay = None
) -> TemperatureRecordOut:
    """Fourteen days of temperatures for filing with the homeroom teacher."""
    return service.temperature_record(session, actor, person_id, until)


@router.get("/me/family", operation_id="read_family")
def read_family(session: UnitOfWork, actor: Relative, day: OfDay = None) -> FamilyOut:
    """Today's state of all for whom you answer, over all schools, and of yourself; empty where no school knows you."""
    return service.family(session, actor, day)


@router.get("/units/{unit_id}/missing", operation_id="list_unit_missing")
def list_unit_missing(
    unit_id: PathId, session: UnitOfWork, actor: Chaser, page: Paging, *, day: OfDay = None, slot: OfSlot = None
) -> UnitMissingOut:
    """Who of a class has not been heard of."""
    return service.missing_in_unit(session, actor, unit_id, service.Wanted(day, slot), page)


@router.get("/institutions/{institution_id}/missing", operation_id="list_school_missing")
def list_school_missing(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Chaser,
    page: Paging,
    *,
    day: OfDay = None,
    slot: OfSlot = None,
    persons: Annotated[bool, Query(description="with names; the look is recorded")] = False,
) -> SchoolMissingOut:
    """How many are missing in each class of a school; parts add up to the whole."""
    wanted = service.Wanted(day, slot)
    return service.missing_in_school(session, actor, institution_id, wanted, page, with_persons=persons)


@router.get("/institutions/{institution_id}/figures/{metric}/persons", operation_id="list_figure_persons")
def list_figure_persons(
    institution_id: PathId,
    metric: Annotated[str, Path(pattern="^[a-z_]{1,40}$", examples=["fever"])],
    session: UnitOfWork,
    actor: Opener,
    page: Paging,
    *,
    day: OfDay = None,
    unit_id: Annotated[int | None, Query(ge=0, le=BIGGEST_ID, description="0: those in no unit")] = None,
) -> FigurePersonsOut:
    """The persons behind a figure of a school or class; the look is recorded."""
    return service.figure_persons(session, actor, institution_id, metric, day=day, unit_id=unit_id, page=page)


@imports.get(
    "/checkin-import-templates/current",
    operation_id="download_checkin_template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}, "description": "an empty sheet with titles, choices and notes"}},
)
def download_checkin_template(
    _actor: Importer,
    lang: Annotated[Language | None, Query(alias="language", description="that of the request by default")] = None,
) -> Response:
    """The sheet of readings that a school fills in."""
    headers = {"Content-Disposition": 'attachment; filename="checkins.xlsx"'}
    return Response(service.template(lang or language.current()), media_type=XLSX, headers=headers)


@imports.post(
    "/institutions/{institution_id}/checkin-imports",
    operation_id="import_checkins",
    status_code=201,
    responses=_QUEUED,
)
def import_checkins(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Importer,
    response: Response,
    *,
    file: Annotated[UploadFile, File(description=".xlsx or .csv, as the template")],
    unit_id: Annotated[
        int | None, Form(ge=1, le=BIGGEST_ID, description="a class; its homeroom teacher has to name it")
    ] = None,
    mode: Annotated[ImportMode, Form()] = ImportMode.ALL_OR_NOTHING,
    dry_run: Annotated[bool, Form(description="read and check everything, change nothing")] = False,
    background: Annotated[bool, Form(description="answer at once; more than 10,000 rows always wait")] = False,
) -> CheckInImportOut:
    """Log the readings that a sheet lists; errors come by row and column, and never hold what a cell holds.

    A row without an id of its own gets one from what it says, so that the same sheet may be sent again.
    """
    told = service.import_checkins(
        session,
        actor,
        institution_id,
        file.file,
        file.filename or "",
        unit_id=unit_id,
        mode=mode,
        dry_run=dry_run,
        background=background,
    )
    waits = told.state is ImportState.RUNNING
    response.status_code = status.HTTP_202_ACCEPTED if waits else status.HTTP_201_CREATED
    return told


@imports.get("/institutions/{institution_id}/checkin-imports", operation_id="list_checkin_imports")
def list_checkin_imports(
    institution_id: PathId, session: UnitOfWork, actor: Importer, page: Paging
) -> Page[CheckInImportSummaryOut]:
    """The imports of a school, oldest first; a homeroom teacher's are those of the class."""
    return service.list_imports(session, actor, institution_id, page)


@imports.get("/checkin-imports/{import_id}", operation_id="read_checkin_import")
def read_checkin_import(import_id: PathId, session: UnitOfWork, actor: Importer) -> CheckInImportOut:
    """How far an import is, and what was wrong with its rows."""
    return service.read_import(session, actor, import_id)


@imports.post("/checkin-imports/{import_id}/cancellations", operation_id="cancel_checkin_import")
def cancel_checkin_import(import_id: PathId, session: UnitOfWork, actor: Importer) -> CheckInImportOut:
    """Stop an import that is under way; what has landed stays, what waits is forgotten."""
    return service.cancel_import(session, actor, import_id)


router.include_router(imports)
