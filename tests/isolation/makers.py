"""Things that an operation uses up: each is made when an actor first needs it, in the place of one that stands."""

import itertools
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import text

from app.access.roles import Role
from app.exports.models import Export, ExportFormat, ExportKind
from app.institutions.models import UnitKind
from app.kernel import clock, db
from app.kernel.language import Language
from app.kernel.secrets import vault
from tests.factories import people
from tests.factories.tree import phone, school_code
from tests.gates.steps import give_pass
from tests.identity.steps import caller_from
from tests.identity.wechat_stand_in import WeChat
from tests.isolation import bulletin_makers as bulletins
from tests.isolation import entry_makers as entries
from tests.isolation import notification_makers as notifications
from tests.isolation import report_makers as reports
from tests.isolation.posting import post
from tests.isolation.sessions import code_for, open_session
from tests.notifications.stand_ins import MailServer

if TYPE_CHECKING:
    from tests.isolation.worlds import Province

_numbers = itertools.count(1)
# The stand-ins of the test at hand.
WECHAT: list[WeChat] = []
MAIL: list[MailServer] = []


@dataclass(frozen=True)
class Maker:
    """Makes a thing in place of the world's own ``stands_for``; without one there is nothing to swap it for."""

    make: Callable[["Province", str], Any]
    stands_for: str | None = None


def _name(world: "Province", actor: str) -> str:
    return f"{world.name}{actor}{next(_numbers)}"


def _school(world: "Province", actor: str) -> int:
    return world.tree.add_school(name=_name(world, actor))


def _school_of_actor(world: "Province", actor: str) -> int:
    """A school in which the actor's account has its role as well."""
    school = _school(world, actor)
    role = world.role(actor)
    if role in (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.SCHOOL_REPORTER):
        world.tree.hold(world.actors[actor], role, school)
    return school


def _class(world: "Province", actor: str) -> int:
    return world.tree.add_unit(world.tree.school, UnitKind.CLASS, _name(world, actor), grade_level=3)


def moving_school(world: "Province", actor: str) -> int:
    school = _school(world, actor)
    day = clock.today() + timedelta(days=30)
    answer = world.tree.client.post(
        f"/api/v1/institutions/{school}/moves",
        json={"parent_id": world.ids["city"], "effective_on": day.isoformat()},
        headers=world.headers("provincial_admin", ""),
    )
    assert answer.status_code == 201, answer.text
    return school


def _membership(world: "Province", _actor: str) -> int:
    return membership_of(world, world.tree.account(Role.GATE_GUARD, world.tree.school).account_id)


def membership_of(world: "Province", account_id: int) -> int:
    """The id of an account's one membership."""
    with world.owner.connect() as connection:
        return int(connection.scalar(text("SELECT id FROM membership WHERE account_id = :id"), {"id": account_id}) or 0)


def _teacher(world: "Province", _actor: str) -> int:
    return world.tree.account(Role.STAFF, world.tree.school).account_id


def _code(world: "Province", actor: str) -> str:
    return code_for(caller_from(world.tree.client), world.own("new_phone", actor))


def _email(_world: "Province", _actor: str) -> str:
    return f"office{next(_numbers)}@school.example"


def _email_code(world: "Province", actor: str) -> str:
    address = world.own("new_email", actor)
    headers = world.headers(actor, "")
    answer = world.tree.client.post("/api/v1/me/email-codes", json={"email": address}, headers=headers)
    return MAIL[-1].code_for(address) if answer.is_success else "000000"


def _refresh_token(world: "Province", actor: str) -> str:
    return str(open_session(world.actors[actor].account_id).refresh_token)


def _device(world: "Province", actor: str) -> Any:
    return open_session(world.actors[actor].account_id).device_id


def _student(world: "Province", actor: str) -> int:
    return people.add_student(world.tree, world.own("class", actor), name=_name(world, actor))


def _staff(world: "Province", actor: str) -> int:
    return people.add_staff(world.tree, world.ids["department"], name=_name(world, actor), phone=phone())


def _bound_staff(world: "Province", actor: str) -> int:
    person = _staff(world, actor)
    answer = world.tree.client.put(f"/api/v1/persons/{person}/accounts", headers=world.headers("principal", ""))
    assert answer.is_success, answer.text
    return person


def _household(world: "Province", actor: str) -> int:
    student = world.own("student", actor)
    with world.owner.begin() as connection:  # a family has room for so many; what other tests have added must go
        statement = text("DELETE FROM person p WHERE student_id = :id AND name <> ALL (:names)")
        connection.execute(statement, {"id": student, "names": sorted(world.personal_words())})
    return people.add_household_member(world.tree, student, name=_name(world, actor))


def _guardian_entry(world: "Province", actor: str) -> int:
    return people.add_listed_guardian(world.tree, _student(world, actor), phone())


def invitation(world: "Province", actor: str) -> dict[str, Any]:
    """A code that was issued for a student of the actor's class."""
    student = _student(world, actor)
    issued: dict[str, Any] = post(world, f"/persons/{student}/invitations", {"relation": "父亲"})
    return issued


def roll_import(world: "Province") -> int:
    """A sheet that was read without a row."""
    sheet = ("roll.csv", "grade,class,name\n三年级,1班,\n".encode())
    path = f"/institutions/{world.tree.school}/roll-imports"
    return int(post(world, path, files={"file": sheet}, data={"kind": "students", "mode": "per_row"})["id"])


def checkin_import(world: "Province", actor: str, **form: Any) -> int:
    """A sheet of one reading of the actor's class."""
    student, unit = world.own("student", actor), world.own("class", actor)
    sheet = f"person id,day,slot,temperature\n{student},{clock.today()},morning,36.5\n".encode()
    path = f"/institutions/{world.tree.school}/checkin-imports"
    return int(post(world, path, files={"file": ("readings.csv", sheet)}, data={"unit_id": unit, **form})["id"])


def checkin(world: "Province", actor: str) -> UUID:
    """A reading of the actor's student, logged by its guardian."""
    body = {"id": str(uuid4()), "person_id": world.own("student", actor), "temperature": 36.4}
    guardian = "other_guardian" if actor.startswith("other_") else "guardian"
    return UUID(post(world, "/checkins", body, guardian)["id"])


def venue(world: "Province", actor: str, kind: str = "library") -> int:
    """A venue of the world's school."""
    body = {"kind": kind, "name": _name(world, actor)}
    return int(post(world, f"/institutions/{world.tree.school}/venues", body)["id"])


def closure_order(world: "Province", actor: str) -> int:
    """An order of the school's own."""
    body = {"number": _name(world, actor), "text": "封闭管理", "degree": "no_gathering"}
    return int(post(world, f"/institutions/{world.tree.school}/closure-orders", body)["id"])


def entry_pass(world: "Province", _actor: str, **more: Any) -> int:
    """A pass for somebody, as a feature above gives it."""
    return give_pass(world.tree, name=f"客{world.name}", **more)


def _own_pass(world: "Province", actor: str) -> int:
    return entry_pass(world, actor, account_id=world.actors[actor].account_id)


def _stand_at_the_gate(world: "Province") -> None:
    """Somebody inside, somebody registered, a pass that was revoked."""
    path = f"/institutions/{world.tree.school}"
    event = {"id": str(uuid4()), "venue_id": world.ids["gate"], "direction": "in", "code": world.ids["code_of_pass"]}
    post(world, f"{path}/gate-events", {"items": [event]}, "gate_guard")
    number = people.valid_identity_number()
    visitor = {"id": str(uuid4()), "name": "访客", "identity_number": number, "phone": phone(), "reason": "送货"}
    post(world, f"{path}/walk-ups", visitor, "gate_guard")
    world.ids["identity_of_visitor"] = number
    post(world, f"/passes/{entry_pass(world, '')}/revocations", {"reason": "取消"})


def add_rows(world: "Province") -> None:
    """Rows in the tables that nothing else has filled: a named member, a rule, a decision and so on."""
    school = world.tree.school
    post(world, f"/institutions/{school}/members", {"phone": phone(), "name": f"王{world.name}", "role": "staff"})
    closing = f"/institutions/{_school(world, '')}/closings"
    post(world, closing, {"reason": f"终止{world.name}"}, "county_admin")
    correction = {"id": str(uuid4()), "person_id": world.ids["student"], "temperature": 36.8, "reason": "看错了"}
    post(world, f"/checkins/{world.ids['checkin']}/corrections", correction, "guardian")
    with world.owner.begin() as connection:  # what waits would be gone as soon as a test lets the worker work
        chunk = "SELECT institution_id, id, 0, 'x' FROM checkin_import WHERE id = :id"
        statement = text(f"INSERT INTO checkin_import_chunk {chunk}")
        connection.execute(statement, {"id": world.ids["checkin_import"]})
    _stand_at_the_gate(world)
    sister = world.ids["sister"]
    post(world, f"/institutions/{sister}/promotions", {}, world.tree.account(Role.PRINCIPAL, sister))
    opened = f"/api/v1/institutions/{school}/figures/on_roll/persons"
    assert world.tree.client.get(opened, headers=world.headers("principal", "")).json()["items"]
    # Two, since a cell of the matrix clears the first: what is looked at afterwards must find a rule all the same.
    for key in ("observation_days", "reopening_plan_days"):
        path = f"/api/v1/institutions/{school}/policies/{key}"
        answer = world.tree.client.put(path, json={"value": 15}, headers=world.headers("principal", ""))
        assert answer.is_success, answer.text


def export(world: "Province", actor: str) -> int:
    """A file of the actor's account, whose content is the world's word."""
    account, now = world.actors[actor].account_id, clock.now()
    with db.transaction() as session:
        made = Export(
            account_id=account,
            institution_id=world.tree.school,
            kind=ExportKind.MISSING,
            format=ExportFormat.XLSX,
            language=Language.ZH,
            wanted={"day": "2026-11-24"},
            done=1,
            total=1,
            asked_at=now,
            finished_at=now,
            expires_at=now + timedelta(hours=1),
        )
        session.add(made)
        session.flush()
        content = b64encode(f"名单{world.name}".encode()).decode()
        made.content_cipher = vault().encrypt(content, f"export.content:{account}:{made.id}")
    return made.id


def _wechat_code(_world: "Province", _actor: str) -> str:
    return WECHAT[-1].issue(f"openid-{next(_numbers)}")


def _linked_wechat_code(world: "Province", _actor: str) -> str:
    """A login code of a WeChat that is linked to an account."""
    openid = f"openid-{next(_numbers)}"
    headers = world.headers("nobody", "link_wechat")
    body = {"code": WECHAT[-1].issue(openid)}
    assert world.tree.client.post("/api/v1/me/wechat", json=body, headers=headers).is_success
    return WECHAT[-1].issue(openid)


def _uuid(_world: "Province", _actor: str) -> UUID:
    return uuid4()


MAKERS: Mapping[str, Maker] = {
    "new_name": Maker(_name),
    "new_phone": Maker(lambda _world, _actor: phone()),
    "new_code": Maker(_code),
    "new_email": Maker(_email),
    "new_email_code": Maker(_email_code),
    "new_refresh_token": Maker(_refresh_token),
    "new_wechat_code": Maker(_wechat_code),
    "new_linked_wechat_code": Maker(_linked_wechat_code),
    "new_device": Maker(_device, "device"),
    "new_school": Maker(_school, "school"),
    "new_school_of_actor": Maker(_school_of_actor, "school"),
    "new_moving_school": Maker(moving_school, "moving_school"),
    "new_code_of_school": Maker(lambda _world, _actor: school_code()),
    "new_class": Maker(_class, "class"),
    "new_membership": Maker(_membership, "membership"),
    "new_teacher": Maker(_teacher, "account"),
    "new_number": Maker(lambda _world, _actor: f"S{next(_numbers)}"),
    "new_student": Maker(_student, "student"),
    "new_staff": Maker(_staff, "staff_person"),
    "new_bound_staff": Maker(_bound_staff, "staff_person"),
    "new_household": Maker(_household, "household"),
    "new_guardian_entry": Maker(_guardian_entry, "guardian_entry"),
    "new_invitation": Maker(lambda world, actor: int(invitation(world, actor)["id"]), "invitation"),
    "new_code_of_invitation": Maker(lambda world, actor: invitation(world, actor)["code"]),
    "new_checkin": Maker(checkin, "checkin"),
    "new_export": Maker(export, "export"),
    "new_message": Maker(notifications.message, "message"),
    "new_robot": Maker(notifications.robot, "robot"),
    "new_entry_pass": Maker(entry_pass, "entry_pass"),
    "new_own_pass": Maker(_own_pass, "entry_pass"),
    "new_venue": Maker(venue, "venue"),
    "new_closure_order": Maker(closure_order, "closure_order"),
    "new_checkin_import": Maker(lambda world, actor: checkin_import(world, actor, background="true"), "checkin_import"),
    "new_identity_number": Maker(lambda _world, _actor: people.valid_identity_number()),
    "new_entry_request": Maker(entries.request, "entry_request"),
    "new_entry_step": Maker(entries.step, "entry_step"),
    "new_returned_request": Maker(entries.returned_request, "entry_request"),
    "new_referral": Maker(entries.referral, "referral"),
    "new_delegation": Maker(entries.delegation, "delegation"),
    "new_own_delegation": Maker(entries.own_delegation, "delegation"),
    "new_request_for_head": Maker(entries.request_for_head, "entry_request"),
    "new_step_for_head": Maker(entries.step_for_head, "entry_step"),
    "new_visit_invitation": Maker(lambda world, _actor: int(entries.invite(world)["id"]), "visit_invitation"),
    "new_visit_code": Maker(lambda world, _actor: entries.invite(world)["code"]),
    "new_ticket": Maker(entries.ticket),
    "new_returned_ticket": Maker(entries.returned_ticket),
    "new_reported_school": Maker(reports.reported_school, "school"),
    "new_report_failure": Maker(reports.failure, "report_failure"),
    "new_bulletin": Maker(bulletins.draft, "bulletin"),
    "new_submitted_bulletin": Maker(bulletins.submitted, "bulletin"),
    "new_bulletin_issue": Maker(bulletins.issue, "bulletin_issue"),
    "new_duty_shift": Maker(entries.duty_shift, "duty_shift"),
    **{
        f"new_uuid_of_{what}": Maker(_uuid)
        for what in ("one", "member", "batch", "class", "gate", "correction", "scan", "passage", "document", "visitor")
    },
}
