"""Daily reports over HTTP."""

from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, File, Query, Response, UploadFile

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.institutions.models import InstitutionKind
from app.kernel import clock
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.schemas import Day, Instant, Page, PathId
from app.kernel.versions import IfMatch
from app.reports import service
from app.reports.models import FailureKind, FailureState, Outcome, ReportState
from app.reports.schemas.failures import ExplanationIn, FailureOut, FailureVerdictIn, ReportRatesOut
from app.reports.schemas.forms import (
    CollectionOut,
    LayoutIn,
    LayoutOut,
    LayoutRowsOut,
    ReportFileOut,
    ReportFormIn,
    ReportFormOut,
)
from app.reports.schemas.reports import (
    CollectedOut,
    CompletionIn,
    DraftOut,
    ProofsOut,
    ReportOut,
    ReportRow,
    ReturnIn,
    RevisionOut,
    SendingIn,
)

router = APIRouter(route_class=RepeatableRoute, tags=["reports"])
Reader = Annotated[Actor, Allow(Action.REPORTS_READ)]
Signer = Annotated[Actor, Allow(Action.REPORTS_SIGN)]
Reviewer = Annotated[Actor, Allow(Action.REPORTS_REVIEW)]
FormSetter = Annotated[Actor, Allow(Action.REPORT_FORMS_SET)]
OnDay = Annotated[Day | None, Query(description="today, if absent")]
KnownAt = Annotated[Instant | None, Query(description="as it was known at this moment; now, if absent")]
_REPORT = "/institutions/{institution_id}/daily-reports/{day}"


@router.post("/institutions/{institution_id}/report-forms", operation_id="set_report_form", status_code=201)
def set_report_form(
    institution_id: PathId, body: ReportFormIn, session: UnitOfWork, actor: FormSetter
) -> ReportFormOut:
    """Set a version of a form for all of one level below; versions before it are kept."""
    return service.set_form(session, actor, institution_id, body)


@router.get("/institutions/{institution_id}/report-forms", operation_id="list_report_forms")
def list_report_forms(
    institution_id: PathId, session: UnitOfWork, actor: Reader, day: OnDay = None
) -> Page[ReportFormOut]:
    """The forms of an institution and of those above it, as in force on a day."""
    return service.list_forms(session, actor, institution_id, day)


@router.get("/institutions/{institution_id}/report-collection", operation_id="read_report_collection")
def read_report_collection(
    institution_id: PathId, session: UnitOfWork, actor: Reader, day: OnDay = None
) -> CollectionOut:
    """All that is asked of an institution by the forms above it: each figure and each question once."""
    return service.read_collection(session, actor, institution_id, day)


@router.post("/institutions/{institution_id}/report-layouts", operation_id="set_report_layout", status_code=201)
def set_report_layout(institution_id: PathId, body: LayoutIn, session: UnitOfWork, actor: FormSetter) -> LayoutOut:
    """Make a layout of what is collected: in an own order, under own titles."""
    return service.set_layout(session, actor, institution_id, body)


@router.get("/institutions/{institution_id}/report-layouts", operation_id="list_report_layouts")
def list_report_layouts(institution_id: PathId, session: UnitOfWork, actor: Reader) -> Page[LayoutOut]:
    """The layouts of an institution."""
    return service.list_layouts(session, actor, institution_id)


@router.get("/institutions/{institution_id}/report-layouts/{layout_id}/rows", operation_id="read_report_layout")
def read_report_layout(
    institution_id: PathId,
    layout_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    *,
    day: OnDay = None,
    known_at: KnownAt = None,
) -> LayoutRowsOut:
    """A layout filled with what those below have sent for a day, as known at any moment."""
    return service.read_layout(session, actor, institution_id, layout_id, day=day or clock.today(), known_at=known_at)


@router.post("/institutions/{institution_id}/report-files", operation_id="file_report_document", status_code=201)
def file_report_document(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Signer,
    file: Annotated[UploadFile, File(description=".pdf, .png, .jpg, .xlsx or .docx")],
) -> ReportFileOut:
    """File a document as the answer to a question; its id is the answer."""
    return service.file_document(session, actor, institution_id, file.file, file.filename or "")


@router.get(
    "/institutions/{institution_id}/report-files/{file_id}",
    operation_id="fetch_report_document",
    response_class=Response,
    responses={200: {"description": "the document", "content": {kind: {} for kind in service.MEDIA_TYPES}}},
)
def fetch_report_document(institution_id: PathId, file_id: PathId, session: UnitOfWork, actor: Reader) -> Response:
    """A document that was filed; for levels above once a report that names it was sent."""
    kept, content = service.read_document(session, actor, institution_id, file_id)
    headers = {
        "Content-Disposition": f'attachment; filename="document-{file_id}{PurePath(kept.name).suffix}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=kept.media_type, headers=headers)


@router.get("/institutions/{institution_id}/daily-reports", operation_id="list_daily_reports")
def list_daily_reports(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    *,
    day: OnDay = None,
    since: Annotated[Day | None, Query(alias="from", description="first day of a period, instead of `day`")] = None,
    until: Annotated[Day | None, Query(alias="to", description="its last day; today by default")] = None,
    state: ReportState | None = None,
    kind: InstitutionKind | None = None,
    outcome: Outcome | None = None,
    owed: bool | None = None,
    on_time: Annotated[bool | None, Query(description="sent first by its cut-off, or after it")] = None,
    overdue: Annotated[bool | None, Query(description="whose cut-off has passed")] = None,
) -> Page[ReportRow]:
    """The reports of an institution and of all below it: the rows behind the counts of a day and the rates."""
    first = since or day or clock.today()
    last = (until or clock.today()) if since else first
    wanted = service.Wanted(first, last, clock.now(), state, kind, outcome, owed, on_time, overdue)
    return service.list_reports(session, actor, institution_id, page, wanted)


@router.get(_REPORT, operation_id="read_daily_report")
def read_daily_report(
    institution_id: PathId, day: Day, session: UnitOfWork, actor: Reader, known_at: KnownAt = None
) -> ReportOut:
    """The report of an institution for a day, with the newest of what was sent, as known at any moment."""
    return service.read_report(session, actor, institution_id, day, known_at)


@router.get(_REPORT + "/draft", operation_id="draft_daily_report")
def draft_daily_report(institution_id: PathId, day: Day, session: UnitOfWork, actor: Signer) -> DraftOut:
    """The report as it would be sent now: facts as of the policy's moment, what was received, who is missing."""
    return service.draft_report(session, actor, institution_id, day)


@router.put(_REPORT + "/draft", operation_id="complete_daily_report")
def complete_daily_report(
    institution_id: PathId,
    day: Day,
    body: CompletionIn,
    session: UnitOfWork,
    actor: Signer,
    *,
    if_match: IfMatch = None,
) -> DraftOut:
    """Fill in what the facts do not say: answers, and figures stated otherwise with their reasons."""
    return service.complete_report(session, actor, institution_id, day, body, if_match=if_match)


@router.post(_REPORT + "/sendings", operation_id="send_daily_report", status_code=201)
def send_daily_report(
    institution_id: PathId,
    day: Day,
    body: SendingIn,
    session: UnitOfWork,
    actor: Signer,
    *,
    if_match: IfMatch = None,
) -> ReportOut:
    """Sign the report and send it to the level above; sent again, it is amended, and what was sent before is kept."""
    return service.send_report(session, actor, institution_id, day, body, if_match=if_match)


@router.post(_REPORT + "/returns", operation_id="return_daily_report", status_code=201)
def return_daily_report(
    institution_id: PathId,
    day: Day,
    body: ReturnIn,
    session: UnitOfWork,
    actor: Reviewer,
    *,
    if_match: IfMatch = None,
) -> ReportOut:
    """Send a report back with a reason; for a level above."""
    return service.return_report(session, actor, institution_id, day, body, if_match=if_match)


@router.get(_REPORT + "/revisions", operation_id="list_report_revisions")
def list_report_revisions(institution_id: PathId, day: Day, session: UnitOfWork, actor: Reader) -> Page[RevisionOut]:
    """All that was ever sent of a report."""
    return service.list_revisions(session, actor, institution_id, day)


@router.get(_REPORT + "/verification", operation_id="verify_daily_report")
def verify_daily_report(institution_id: PathId, day: Day, session: UnitOfWork, actor: Reader) -> ProofsOut:
    """Whether what is kept is what was sent: digests, chain and signatures of all revisions."""
    return service.verify_report(session, actor, institution_id, day)


@router.get(_REPORT + "/children", operation_id="collect_daily_reports")
def collect_daily_reports(
    institution_id: PathId, day: Day, session: UnitOfWork, actor: Reader, known_at: KnownAt = None
) -> CollectedOut:
    """What was received from each child, and what the schools below it have sent, as known at any moment."""
    return service.collect_reports(session, actor, institution_id, day, known_at)


@router.get("/institutions/{institution_id}/report-rates", operation_id="read_report_rates")
def read_report_rates(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    since: Annotated[Day, Query(alias="from", description="first day")],
    until: Annotated[Day | None, Query(alias="to", description="last day; today by default")] = None,
    *,
    known_at: KnownAt = None,
) -> ReportRatesOut:
    """Completeness and timeliness of a period of at most 92 days, of an institution and of each part."""
    at = known_at or clock.now()
    return service.read_rates(session, actor, institution_id, since=since, until=until or clock.today(), at=at)


@router.get("/institutions/{institution_id}/report-failures", operation_id="list_report_failures")
def list_report_failures(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    *,
    since: Annotated[Day | None, Query(alias="from", description="first day; a week by default")] = None,
    until: Annotated[Day | None, Query(alias="to", description="last day; today by default")] = None,
    kind: FailureKind | None = None,
    state: FailureState | None = None,
    decided: Annotated[bool | None, Query(description="upheld or dropped; false: those that wait for it")] = None,
) -> Page[FailureOut]:
    """Missing, late, false and concealed reports of an institution and of all below it, with their evidence."""
    wanted = service.WantedFailures(since, until, kind, state, decided)
    return service.list_failures(session, actor, institution_id, page, wanted)


@router.post("/report-failures/{failure_id}/explanations", operation_id="explain_report_failure", status_code=201)
def explain_report_failure(failure_id: PathId, body: ExplanationIn, session: UnitOfWork, actor: Signer) -> FailureOut:
    """Say how a failure came about; for the institution itself, as long as nothing is decided."""
    return service.explain_failure(session, actor, failure_id, body)


@router.post("/report-failures/{failure_id}/decisions", operation_id="decide_report_failure", status_code=201)
def decide_report_failure(
    failure_id: PathId, body: FailureVerdictIn, session: UnitOfWork, actor: Reviewer
) -> FailureOut:
    """Uphold a failure or drop it; for a level above."""
    return service.decide_failure(session, actor, failure_id, body)
