"""Persons, their guardians and households, the codes that bind accounts, and whole rolls."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.kernel import language
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.language import Language
from app.kernel.paging import Paging
from app.kernel.requests import SECRET, ClientAddress
from app.kernel.schemas import BIGGEST_ID, Page, PathId
from app.kernel.sheet_errors import ImportMode
from app.kernel.sheets import XLSX
from app.kernel.versions import IfMatch
from app.people import service
from app.people.models import PersonKind, PersonState
from app.people.schemas import (
    Acceptance,
    AcceptedOut,
    AccountBindingOut,
    Departure,
    DisclosureOut,
    DisclosureRequest,
    GuardianOut,
    ImportKind,
    InvitationOut,
    IssuedInvitationOut,
    LookOut,
    NewGuardian,
    NewHouseholdMember,
    NewInvitation,
    NewPerson,
    PersonChange,
    PersonOut,
    PersonSearch,
    PhoneDisclosureRequest,
    PromotionOrder,
    PromotionOut,
    RollImportOut,
    RollImportSummaryOut,
    UnitChange,
)

Reader = Annotated[Actor, Allow(Action.PEOPLE_READ)]
Manager = Annotated[Actor, Allow(Action.PEOPLE_MANAGE)]
Discloser = Annotated[Actor, Allow(Action.PEOPLE_UNMASK)]
Searcher = Annotated[Actor, Allow(Action.PEOPLE_SEARCH)]
Householder = Annotated[Actor, Allow(Action.HOUSEHOLD_MANAGE)]
Inviter = Annotated[Actor, Allow(Action.INVITATIONS_ISSUE)]
Invited = Annotated[Actor, Allow(Action.INVITATIONS_ACCEPT)]
Importer = Annotated[Actor, Allow(Action.ROLLS_IMPORT)]
Watched = Annotated[Actor, Allow(Action.LOOKS_READ)]
IdFilter = Annotated[int | None, Query(ge=1, le=BIGGEST_ID)]

router = APIRouter()
people = APIRouter(route_class=RepeatableRoute, tags=["people"])
guardians = APIRouter(route_class=RepeatableRoute, tags=["guardians"])
rolls = APIRouter(route_class=RepeatableRoute, tags=["rolls"])


@people.get("/institutions/{institution_id}/persons", operation_id="list_persons")
def list_persons(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    *,
    unit_id: IdFilter = None,
    kind: PersonKind | None = None,
    state: Annotated[PersonState | None, Query(description="enrolled by default")] = PersonState.ENROLLED,
    without_unit: Annotated[bool, Query(description="students and staff whom no class or department covers")] = False,
    student_id: Annotated[int | None, Query(ge=1, le=BIGGEST_ID, description="the household of this student")] = None,
) -> Page[PersonOut]:
    """The persons of a school whom the caller may see; numbers are masked."""
    filters = {
        "unit_id": unit_id,
        "kind": kind,
        "state": state,
        "without_unit": without_unit,
        "student_id": student_id,
    }
    return service.list_persons(session, actor, institution_id, filters, page)


@people.post("/institutions/{institution_id}/persons", operation_id="enrol_person", status_code=201)
def enrol_person(institution_id: PathId, body: NewPerson, session: UnitOfWork, actor: Manager) -> PersonOut:
    """Put a student or member of staff on the roll; guardians with a phone are bound at once."""
    return service.enrol(session, actor, institution_id, body)


@people.post("/institutions/{institution_id}/person-searches", operation_id="search_persons")
def search_persons(institution_id: PathId, body: PersonSearch, session: UnitOfWork, actor: Searcher) -> Page[PersonOut]:
    """Find persons by name, or by a whole identity number or phone: that is recorded and shown to guardians."""
    return service.search(session, actor, institution_id, body)


@people.get("/persons/{person_id}", operation_id="read_person")
def read_person(person_id: PathId, session: UnitOfWork, actor: Reader) -> PersonOut:
    """One person; numbers are masked."""
    return service.read_person(session, actor, person_id)


@people.patch("/persons/{person_id}", operation_id="change_person")
def change_person(
    person_id: PathId, body: PersonChange, session: UnitOfWork, actor: Manager, if_match: IfMatch = None
) -> PersonOut:
    """Change what is given, to the version that was read."""
    return service.change(session, actor, person_id, body, if_match)


@people.post("/persons/{person_id}/unit-changes", operation_id="change_unit_of_person")
def change_unit_of_person(person_id: PathId, body: UnitChange, session: UnitOfWork, actor: Manager) -> PersonOut:
    """Let a person stand in another class or department, or in none, from a day on."""
    return service.change_unit(session, actor, person_id, body)


@people.post("/persons/{person_id}/departures", operation_id="take_person_off_roll")
def take_person_off_roll(person_id: PathId, body: Departure, session: UnitOfWork, actor: Manager) -> PersonOut:
    """Take a person off the roll, with the household of a student; history stays."""
    return service.leave(session, actor, person_id, body)


@people.post("/persons/{person_id}/disclosures", operation_id="disclose_person", dependencies=SECRET)
def disclose_person(person_id: PathId, body: DisclosureRequest, session: UnitOfWork, actor: Discloser) -> DisclosureOut:
    """See identity number or phone in plain, for a reason that the guardians can read."""
    return service.disclose(session, actor, person_id, body)


@people.get("/persons/{person_id}/looks", operation_id="list_looks")
def list_looks(person_id: PathId, session: UnitOfWork, actor: Watched, page: Paging) -> Page[LookOut]:
    """Who has looked at a child's data or changed them, newest first: by role, with the reason, without names."""
    return service.list_looks(session, actor, person_id, page)


@people.put("/persons/{person_id}/accounts", operation_id="bind_own_account")
def bind_own_account(person_id: PathId, session: UnitOfWork, actor: Manager) -> AccountBindingOut:
    """Let a member of staff or an older student sign in for itself, by the phone on the roll."""
    return service.bind_own_account(session, actor, person_id)


@people.delete("/persons/{person_id}/accounts", operation_id="end_own_account", status_code=204)
def end_own_account(person_id: PathId, session: UnitOfWork, actor: Manager) -> None:
    """Take that back; the account itself stays."""
    service.end_own_account(session, actor, person_id)


@people.get("/persons/{person_id}/household-members", operation_id="list_household_members")
def list_household_members(person_id: PathId, session: UnitOfWork, actor: Reader) -> Page[PersonOut]:
    """Those who live with a student."""
    return service.list_household(session, actor, person_id)


@people.post("/persons/{person_id}/household-members", operation_id="add_household_member", status_code=201)
def add_household_member(
    person_id: PathId, body: NewHouseholdMember, session: UnitOfWork, actor: Householder
) -> PersonOut:
    """Follow someone who lives with a student; by a guardian or by the school's office."""
    return service.add_household_member(session, actor, person_id, body)


@people.delete("/household-members/{person_id}", operation_id="remove_household_member", status_code=204)
def remove_household_member(person_id: PathId, session: UnitOfWork, actor: Householder) -> None:
    """Follow a household member no longer; what was recorded stays."""
    service.remove_household_member(session, actor, person_id)


@guardians.get("/persons/{person_id}/guardians", operation_id="list_guardians")
def list_guardians(person_id: PathId, session: UnitOfWork, actor: Reader) -> Page[GuardianOut]:
    """Who answers for a student, and whether an account is bound; phones are masked."""
    return service.list_guardians(session, actor, person_id)


@guardians.post("/persons/{person_id}/guardians", operation_id="add_guardian", status_code=201)
def add_guardian(person_id: PathId, body: NewGuardian, session: UnitOfWork, actor: Manager) -> GuardianOut:
    """Put a guardian on the list; with a phone, the family account of that number is bound at once."""
    return service.add_guardian(session, actor, person_id, body)


@guardians.delete("/guardians/{guardian_id}", operation_id="end_guardian", status_code=204)
def end_guardian(guardian_id: PathId, session: UnitOfWork, actor: Manager) -> None:
    """Take a guardian off the list; the account sees the child no longer."""
    service.end_guardian(session, actor, guardian_id)


@guardians.post("/guardians/{guardian_id}/disclosures", operation_id="disclose_guardian", dependencies=SECRET)
def disclose_guardian(
    guardian_id: PathId, body: PhoneDisclosureRequest, session: UnitOfWork, actor: Discloser
) -> DisclosureOut:
    """See a guardian's phone in plain, for a reason that the guardians can read."""
    return service.disclose_guardian_phone(session, actor, guardian_id, body)


@guardians.get("/persons/{person_id}/invitations", operation_id="list_invitations")
def list_invitations(person_id: PathId, session: UnitOfWork, actor: Inviter) -> Page[InvitationOut]:
    """The codes that were issued for a student, newest first, without the codes."""
    return service.list_invitations(session, actor, person_id)


@guardians.post(
    "/persons/{person_id}/invitations", operation_id="issue_invitation", status_code=201, dependencies=SECRET
)
def issue_invitation(
    person_id: PathId, body: NewInvitation, session: UnitOfWork, actor: Inviter
) -> IssuedInvitationOut:
    """A code by which one guardian binds an account to a student; shown once, good for seven days."""
    return service.issue(session, actor, person_id, body)


@guardians.delete("/invitations/{invitation_id}", operation_id="revoke_invitation", status_code=204)
def revoke_invitation(invitation_id: PathId, session: UnitOfWork, actor: Inviter) -> None:
    """Make a code useless."""
    service.revoke(session, actor, invitation_id)


@guardians.post("/invitations/acceptances", operation_id="accept_invitation", status_code=201)
def accept_invitation(body: Acceptance, session: UnitOfWork, actor: Invited, address: ClientAddress) -> AcceptedOut:
    """Become the guardian of a code's student. Five wrong codes in a quarter of an hour lock further ones out."""
    return service.accept(session, actor, body, address)


@rolls.get(
    "/roll-import-templates/{kind}.xlsx",
    operation_id="download_roll_template",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}, "description": "an empty sheet with titles, choices and notes"}},
)
def download_roll_template(
    kind: ImportKind,
    actor: Importer,
    lang: Annotated[Language | None, Query(alias="language", description="that of the request by default")] = None,
) -> Response:
    """The sheet that a school fills in."""
    del actor  # having been let in is all that counts here
    content = service.template(kind, lang or language.current())
    headers = {"Content-Disposition": f'attachment; filename="{kind.value}.xlsx"'}
    return Response(content, media_type=XLSX, headers=headers)


@rolls.post("/institutions/{institution_id}/roll-imports", operation_id="import_roll", status_code=201)
def import_roll(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Importer,
    *,
    file: Annotated[UploadFile, File(description=".xlsx or .csv, as the template")],
    kind: Annotated[ImportKind, Form()],
    mode: Annotated[ImportMode, Form()] = ImportMode.ALL_OR_NOTHING,
    dry_run: Annotated[bool, Form(description="read and check everything, change nothing")] = False,
    create_units: Annotated[bool, Form(description="make classes and departments that the school lacks")] = False,
) -> RollImportOut:
    """Enrol and update whom a sheet lists; errors come by row and column, with the row as it was typed beside them."""
    return service.import_roll(
        session,
        actor,
        institution_id,
        file.file,
        file.filename or "",
        kind=kind,
        mode=mode,
        dry_run=dry_run,
        create_units=create_units,
    )


@rolls.get("/institutions/{institution_id}/roll-imports", operation_id="list_roll_imports")
def list_roll_imports(
    institution_id: PathId, session: UnitOfWork, actor: Importer, page: Paging
) -> Page[RollImportSummaryOut]:
    """The imports of a school, oldest first."""
    return service.list_imports(session, actor, institution_id, page)


@rolls.get("/roll-imports/{import_id}", operation_id="read_roll_import")
def read_roll_import(import_id: PathId, session: UnitOfWork, actor: Importer) -> RollImportOut:
    """One import with its errors."""
    return service.read_import(session, actor, import_id)


@rolls.post("/institutions/{institution_id}/promotions", operation_id="promote_school")
def promote_school(institution_id: PathId, body: PromotionOrder, session: UnitOfWork, actor: Manager) -> PromotionOut:
    """The year-end promotion, once a school year; a dry run tells what would happen."""
    return service.promote(session, actor, institution_id, body)


router.include_router(people)
router.include_router(guardians)
router.include_router(rolls)
