"""The tree over HTTP."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile

from app.access import roles
from app.access.roles import Action
from app.access.service import Actor, Allow
from app.institutions import service
from app.institutions.models import InstitutionKind, InstitutionState, UnitKind
from app.institutions.schemas import (
    AccountOut,
    AccountStateIn,
    AncestorOut,
    ClosingIn,
    CoverageOut,
    DivisionCode,
    DivisionOut,
    ImportOut,
    InstitutionChange,
    InstitutionIn,
    InstitutionOut,
    MemberAddedOut,
    MemberIn,
    MemberOut,
    MergerIn,
    MoveIn,
    PlacementOut,
    ResponsibleIn,
    UnitChange,
    UnitIn,
    UnitOut,
)
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.schemas import BIGGEST_ID, Day, Page, PathId
from app.kernel.sheet_errors import ImportMode
from app.kernel.versions import IfMatch

router = APIRouter(route_class=RepeatableRoute)
Id = Annotated[int | None, Query(ge=1, le=BIGGEST_ID)]
Reader = Annotated[Actor, Allow(Action.INSTITUTIONS_READ)]
Manager = Annotated[Actor, Allow(Action.INSTITUTIONS_MANAGE)]
UnitReader = Annotated[Actor, Allow(Action.UNITS_READ)]
UnitManager = Annotated[Actor, Allow(Action.UNITS_MANAGE)]
AccountManager = Annotated[Actor, Allow(Action.ACCOUNTS_MANAGE)]


@router.post("/institutions", operation_id="create_institution", status_code=201, tags=["institutions"])
def create_institution(body: InstitutionIn, session: UnitOfWork, actor: Manager) -> InstitutionOut:
    """Make an institution below one that you manage."""
    return service.create(session, actor, body)


@router.get("/institutions", operation_id="list_institutions", tags=["institutions"])
def list_institutions(
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    *,
    parent_id: Annotated[Id, Query(description="only what stands directly below")] = None,
    within_id: Annotated[Id, Query(description="only this one and all below it")] = None,
    kind: InstitutionKind | None = None,
    state: InstitutionState | None = None,
    q: Annotated[str | None, Query(min_length=1, max_length=40, description="part of the name")] = None,
) -> Page[InstitutionOut]:
    """The institutions that you may see."""
    return service.list_institutions(
        session, actor, page, parent_id=parent_id, within_id=within_id, kind=kind, state=state, q=q
    )


@router.get("/institutions/{institution_id}", operation_id="read_institution", tags=["institutions"])
def read_institution(institution_id: PathId, session: UnitOfWork, actor: Reader) -> InstitutionOut:
    """One institution."""
    return service.read_institution(session, actor, institution_id)


@router.patch("/institutions/{institution_id}", operation_id="change_institution", tags=["institutions"])
def change_institution(
    institution_id: PathId,
    body: InstitutionChange,
    session: UnitOfWork,
    actor: Manager,
    if_match: IfMatch = None,
) -> InstitutionOut:
    """Rename an institution or correct its codes."""
    return service.change(session, actor, institution_id, body, if_match)


@router.get("/institutions/{institution_id}/ancestors", operation_id="list_ancestors", tags=["institutions"])
def list_ancestors(institution_id: PathId, session: UnitOfWork, actor: Reader) -> Page[AncestorOut]:
    """The way from the root down to an institution, itself included."""
    return service.list_ancestors(session, actor, institution_id)


@router.get("/institutions/{institution_id}/placements", operation_id="list_placements", tags=["institutions"])
def list_placements(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    on: Annotated[Day | None, Query(description="only where it stood, or will stand, on this day")] = None,
) -> Page[PlacementOut]:
    """Where an institution stood and when, planned moves included."""
    return service.list_placements(session, actor, institution_id, page, on=on)


@router.post(
    "/institutions/{institution_id}/moves", operation_id="move_institution", status_code=201, tags=["institutions"]
)
def move_institution(institution_id: PathId, body: MoveIn, session: UnitOfWork, actor: Manager) -> PlacementOut:
    """Hang an institution, with all below it, under another parent; you must manage both."""
    return service.move(session, actor, institution_id, body)


@router.delete(
    "/institutions/{institution_id}/moves/{effective_on}",
    operation_id="cancel_move",
    status_code=204,
    tags=["institutions"],
)
def cancel_move(institution_id: PathId, effective_on: Day, session: UnitOfWork, actor: Manager) -> None:
    """Take back a move that is planned for a later day."""
    service.cancel_move(session, actor, institution_id, effective_on)


@router.post(
    "/institutions/{institution_id}/mergers", operation_id="merge_institution", status_code=201, tags=["institutions"]
)
def merge_institution(institution_id: PathId, body: MergerIn, session: UnitOfWork, actor: Manager) -> InstitutionOut:
    """Let an institution go up into another of its kind, today."""
    return service.merge(session, actor, institution_id, body)


@router.post(
    "/institutions/{institution_id}/closings", operation_id="close_institution", status_code=201, tags=["institutions"]
)
def close_institution(institution_id: PathId, body: ClosingIn, session: UnitOfWork, actor: Manager) -> InstitutionOut:
    """Close an institution for good, today; nothing may be open below it."""
    return service.close(session, actor, institution_id, body.reason)


@router.post(
    "/institutions/{institution_id}/imports",
    operation_id="import_institutions",
    tags=["institutions"],
)
def import_institutions(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Manager,
    *,
    file: Annotated[UploadFile, File(description=".xlsx or .csv")],
    mode: Annotated[ImportMode, Form()] = ImportMode.ALL_OR_NOTHING,
    dry_run: Annotated[bool, Form(description="check everything, change nothing")] = False,
) -> ImportOut:
    """Make institutions from a sheet: code, name, kind, school type, parent code, division code, opened on."""
    return service.import_sheet(
        session,
        actor,
        institution_id,
        file.file,
        file.filename or "",
        dry_run=dry_run,
        per_row=mode is ImportMode.PER_ROW,
    )


@router.get("/divisions", operation_id="list_divisions", tags=["divisions"])
def list_divisions(
    session: UnitOfWork,
    _actor: Annotated[Actor, Allow(Action.DIVISIONS_READ)],
    page: Paging,
    on: Annotated[Day | None, Query(description="the day on which the code is in force; today by default")] = None,
    parent: Annotated[DivisionCode | None, Query(description="only those directly below")] = None,
) -> Page[DivisionOut]:
    """Administrative divisions (GB/T 2260) as they were on a day."""
    return service.list_divisions(session, page, on=on, parent=parent)


@router.post("/institutions/{institution_id}/units", operation_id="create_unit", status_code=201, tags=["units"])
def create_unit(institution_id: PathId, body: UnitIn, session: UnitOfWork, actor: UnitManager) -> UnitOut:
    """Make a grade, class, department or dormitory in a school."""
    return service.create_unit(session, actor, institution_id, body)


@router.get("/institutions/{institution_id}/units", operation_id="list_units", tags=["units"])
def list_units(
    institution_id: PathId,
    session: UnitOfWork,
    actor: UnitReader,
    page: Paging,
    *,
    kind: UnitKind | None = None,
    parent_id: Annotated[Id, Query(description="only what stands directly in it")] = None,
    closed: Annotated[bool, Query(description="closed units as well")] = False,
) -> Page[UnitOut]:
    """The units of a school that you may see; `parent_id` makes the tree of them."""
    return service.list_units(session, actor, institution_id, page, kind=kind, parent_id=parent_id, closed=closed)


@router.get("/units/{unit_id}", operation_id="read_unit", tags=["units"])
def read_unit(unit_id: PathId, session: UnitOfWork, actor: UnitReader) -> UnitOut:
    """One unit."""
    return service.read_unit(session, actor, unit_id)


@router.patch("/units/{unit_id}", operation_id="change_unit", tags=["units"])
def change_unit(
    unit_id: PathId, body: UnitChange, session: UnitOfWork, actor: UnitManager, if_match: IfMatch = None
) -> UnitOut:
    """Rename a unit or hang it elsewhere in its school."""
    return service.change_unit(session, actor, unit_id, body, if_match)


@router.post("/units/{unit_id}/closings", operation_id="close_unit", status_code=201, tags=["units"])
def close_unit(unit_id: PathId, session: UnitOfWork, actor: UnitManager) -> UnitOut:
    """Close a unit for good, today; nobody may stand in it."""
    return service.close_unit(session, actor, unit_id)


@router.put("/units/{unit_id}/responsible", operation_id="set_responsible", tags=["units"])
def set_responsible(
    unit_id: PathId, body: ResponsibleIn, session: UnitOfWork, actor: UnitManager, if_match: IfMatch = None
) -> UnitOut:
    """Say who answers for a unit (责任人); for a class, its homeroom teacher."""
    return service.set_responsible(session, actor, unit_id, body.account_id, if_match)


@router.get("/institutions/{institution_id}/coverage", operation_id="read_coverage", tags=["units"])
def read_coverage(
    institution_id: PathId, session: UnitOfWork, actor: Annotated[Actor, Allow(Action.COVERAGE_READ)]
) -> CoverageOut:
    """Units of a school for which nobody answers; the levels above see their number in the figures."""
    return service.coverage(session, actor, institution_id)


@router.get("/institutions/{institution_id}/members", operation_id="list_members", tags=["members"])
def list_members(
    institution_id: PathId,
    session: UnitOfWork,
    actor: AccountManager,
    page: Paging,
    role: roles.Role | None = None,
) -> Page[MemberOut]:
    """Who holds which role in an institution."""
    return service.list_members(session, actor, institution_id, page, role=role)


@router.post("/institutions/{institution_id}/members", operation_id="add_member", status_code=201, tags=["members"])
def add_member(institution_id: PathId, body: MemberIn, session: UnitOfWork, actor: AccountManager) -> MemberAddedOut:
    """Give whoever holds a phone number a role."""
    return service.add_member(session, actor, institution_id, body)


@router.delete(
    "/institutions/{institution_id}/members/{membership_id}",
    operation_id="remove_member",
    status_code=204,
    tags=["members"],
)
def remove_member(institution_id: PathId, membership_id: PathId, session: UnitOfWork, actor: AccountManager) -> None:
    """Take a role back."""
    service.remove_member(session, actor, institution_id, membership_id)


@router.post("/accounts/{account_id}/disablings", operation_id="disable_account", status_code=201, tags=["members"])
def disable_account(account_id: PathId, body: AccountStateIn, session: UnitOfWork, actor: AccountManager) -> AccountOut:
    """Let nobody sign in by an account, and end its sessions; you must stand above every role that it holds."""
    return service.disable_account(session, actor, account_id, body.reason)


@router.post("/accounts/{account_id}/enablings", operation_id="enable_account", status_code=201, tags=["members"])
def enable_account(account_id: PathId, body: AccountStateIn, session: UnitOfWork, actor: AccountManager) -> AccountOut:
    """Let the holder of an account sign in again."""
    return service.enable_account(session, actor, account_id, body.reason)
