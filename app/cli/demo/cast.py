"""Who the demo's accounts are: one for every role, and a teacher for nearly every class."""

import secrets
from collections.abc import Sequence
from functools import cache

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.access import service as access
from app.access.roles import Role
from app.access.service import SYSTEM
from app.cli.demo.accounts import DemoAccount
from app.cli.demo.invented import SchoolPlan
from app.cli.demo.sheets import CAST_PHONES, CITY, COUNTY, PROVINCE
from app.identity import service as identity
from app.identity.models import AccountKind
from app.institutions import service as institutions
from app.institutions.models import Institution, UnitKind
from app.kernel import db, settings
from app.kernel.db import Scope
from app.kernel.secrets import made_once
from app.people import service as people
from app.people.models import Person, PersonKind

OFFICES = (
    (Role.PROVINCIAL_ADMIN, PROVINCE),
    (Role.ANALYST, PROVINCE),
    (Role.REVIEWER, PROVINCE),
    (Role.CITY_ADMIN, CITY),
    (Role.COUNTY_ADMIN, COUNTY),
)
SCHOOL = (
    Role.PRINCIPAL,
    Role.VICE_PRINCIPAL,
    Role.SCHOOL_REPORTER,
    Role.SCHOOL_DOCTOR,
    Role.GATE_GUARD,
    Role.AUDITOR,
)
TITLES = {
    Role.PRINCIPAL: "李校长",
    Role.VICE_PRINCIPAL: "陈副校长",
    Role.SCHOOL_REPORTER: "周老师 (信息上报)",
    Role.SCHOOL_DOCTOR: "吴校医",
    Role.GATE_GUARD: "门卫老赵",
}
FIRST_TEACHER = "19910000000"  # who answers for the first class of the first school
# The last class of every tenth school has nobody: what "uncovered" looks like.
UNCOVERED_EVERY = 10


@cache
def password() -> str:
    """The one password of this demo, made once: a build that was interrupted goes on with the same."""
    return made_once(
        settings.current().data_folder / "secrets" / "demo.password", lambda: f"demo-{secrets.token_hex(4)}-Aa1"
    )


def prepare() -> None:
    """Make the accounts that sheets will find by phone, so that they have a password; others sign in by code."""
    with db.transaction(identity.PLATFORM_SCOPE) as session:
        for role, phone in CAST_PHONES.items():
            kind = AccountKind.FAMILY if role == "guardian" else AccountKind.STAFF
            _account(session, phone, kind, password())


def answer_for_units(session: Session, institution_id: int, serial: int) -> None:
    """Give the units of a school responsible persons, its classes first; all but the last class of every tenth."""
    units = sorted(institutions.school_units(session, institution_id), key=lambda unit: unit.kind != UnitKind.CLASS)
    classes = [unit for unit in units if unit.kind == UnitKind.CLASS]
    spared = classes[-1].id if serial % UNCOVERED_EVERY == UNCOVERED_EVERY - 1 else None
    db.widen(session, identity.PLATFORM_SCOPE)
    for number, unit in enumerate(units):
        if unit.id == spared or unit.responsible_account_id is not None:
            continue
        phone = f"1991{serial:05d}{number:02d}"
        account_id = _account(session, phone, AccountKind.STAFF, password() if serial == number == 0 else None)
        access.grant(session, SYSTEM, {"account_id": account_id, "institution_id": institution_id, "role": Role.STAFF})
        institutions.name_member(session, institution_id, account_id, f"{unit.name}负责人")
        institutions.set_responsible(session, SYSTEM, unit.id, account_id, None)


def appoint(plans: Sequence[SchoolPlan]) -> list[DemoAccount]:
    """The accounts to be printed: an office for each level, everybody of the first school, a parent."""
    made = [_office(role, code, f"1992000000{number}") for number, (role, code) in enumerate(OFFICES)]
    with db.transaction() as session:
        institution_id = institutions.scope_to_code(session, plans[0].code) or 0
        db.widen(session, Scope(institutions=frozenset({0, institution_id})))
        institutions.widen_to_ancestors(session, institution_id)
        school = session.get_one(Institution, institution_id)
        made += [_hold(session, school, role, f"1993000000{number}", school.name) for number, role in enumerate(SCHOOL)]
        made += _of_persons(session, school)
    return made


def _of_persons(session: Session, school: Institution) -> list[DemoAccount]:
    first_class = next(unit for unit in institutions.school_units(session, school.id) if unit.kind == UnitKind.CLASS)
    made = [_account_of("homeroom_teacher", school, f"{school.name} {first_class.name}", FIRST_TEACHER)]
    for role, kind in ((Role.STAFF, PersonKind.STAFF), (Role.STUDENT, PersonKind.STUDENT)):
        person = _first(session, school.id, kind, Person.phone_fingerprint.is_not(None))
        people.bind_own_account(session, SYSTEM, person.id)
        made.append(_account_of(role.value, school, school.name, CAST_PHONES[role.value], person.id))
    child = _first(session, school.id, PersonKind.STUDENT)
    made.append(_account_of("guardian", school, f"{school.name} (+1)", CAST_PHONES["guardian"], child.id))
    return made


def _office(role: Role, code: str, phone: str) -> DemoAccount:
    with db.transaction() as session:
        institution_id = institutions.scope_to_code(session, code) or 0
        db.widen(session, Scope(institutions=frozenset({0, institution_id})))
        office = session.get_one(Institution, institution_id)
        return _hold(session, office, role, phone, office.name)


def _hold(session: Session, institution: Institution, role: Role, phone: str, where: str) -> DemoAccount:
    account_id = _account(session, phone, AccountKind.STAFF, password())
    access.grant(session, SYSTEM, {"account_id": account_id, "institution_id": institution.id, "role": role})
    institutions.name_member(session, institution.id, account_id, TITLES.get(role, "工作人员"))
    return _account_of(role.value, institution, where, phone)


def _account_of(
    role: str, institution: Institution, where: str, phone: str, person_id: int | None = None
) -> DemoAccount:
    return DemoAccount(role, where, phone, password(), institution.id, person_id)


def _account(session: Session, phone: str, kind: AccountKind, secret: str | None) -> int:
    found = identity.find_account(session, phone)
    if found is None:
        found = identity.create_account(
            session, SYSTEM, kind=kind, display_name="演示账号", phone=phone, password=secret
        )
        session.flush()
    return found.id


def _first(session: Session, institution_id: int, kind: PersonKind, *conditions: ColumnElement[bool]) -> Person:
    wanted = select(Person).where(Person.institution_id == institution_id, Person.kind == kind, *conditions)
    return session.scalars(wanted.order_by(Person.id).limit(1)).one()
