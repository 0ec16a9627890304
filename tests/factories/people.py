"""Persons of a test's school, made through the service that the API calls; nobody here exists."""

import itertools
import random
from typing import Any

from app.access.roles import Role
from app.access.service import SYSTEM
from app.institutions.models import Unit
from app.kernel import db
from app.kernel.db import Scope
from app.people import service as people
from app.people.models import PersonKind
from tests.factories.tree import Login, Tree

_serials = itertools.count(random.SystemRandom().randrange(10**9))


def valid_identity_number(seed: int | None = None) -> str:
    """A number whose check character is right, of a region (99) and a month (13) that nobody is born in."""
    serial = (next(_serials) if seed is None else seed) % 10**9
    digits = f"99{serial // 10**5:04d}201313{serial % 10**5:05d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def scope(school: int) -> Scope:
    """What the service itself is bound to when it acts on a school."""
    return Scope(institutions=frozenset({school}), subtrees=frozenset({school}))


def add_student(tree: Tree, unit_id: int | None = None, name: str = "学生甲", **values: Any) -> int:
    """A student in ``unit_id`` (None: in no class) of ``tree.school`` (or ``school=``); returns the person's id."""
    return _enrol(tree, PersonKind.STUDENT, unit_id, name, values)


def add_staff(tree: Tree, unit_id: int | None = None, name: str = "职工甲", **values: Any) -> int:
    """A member of staff, in a department or in none; returns the person's id."""
    return _enrol(tree, PersonKind.STAFF, unit_id, name, values)


def _enrol(tree: Tree, kind: PersonKind, unit_id: int | None, name: str, values: dict[str, Any]) -> int:
    school = values.pop("school", tree.school)
    with db.transaction(scope(school)) as session:
        made = people.enrol(session, SYSTEM, school, people.NewPerson(kind=kind, name=name, unit_id=unit_id, **values))
        return made.id


def add_guardian(tree: Tree, student_id: int, *, school: int | None = None) -> Login:
    """A signed-in account that answers for the student, without an entry in the school's list."""
    return tree.account(Role.GUARDIAN, school or tree.school, person_id=student_id)


def add_listed_guardian(tree: Tree, student_id: int, phone: str, *, school: int | None = None) -> int:
    """A guardian by the school's list, bound to the family account of ``phone``; returns the entry's id."""
    at = school or tree.school
    with db.transaction(scope(at)) as session:
        new = people.NewGuardian(name="家长甲", relation="母亲", phone=phone)
        return people.add_guardian(session, SYSTEM, student_id, new).id


def add_household_member(
    tree: Tree, student_id: int, *, name: str = "家人甲", relation: str = "母亲", school: int | None = None
) -> int:
    """Someone who lives with the student; returns the person's id."""
    with db.transaction(scope(school or tree.school)) as session:
        new = people.NewHouseholdMember(name=name, relation=relation)
        return people.add_household_member(session, SYSTEM, student_id, new).id


def add_student_login(tree: Tree, student_id: int, *, school: int | None = None) -> Login:
    """The student's own account."""
    return tree.account(Role.STUDENT, school or tree.school, person_id=student_id)


def add_staff_login(tree: Tree, person_id: int, *, school: int | None = None) -> Login:
    """The account of a member of staff, for their own readings."""
    return tree.account(Role.STAFF, school or tree.school, person_id=person_id)


def unit_named(tree: Tree, unit_id: int, *, school: int | None = None) -> str:
    """The name of a unit."""
    with db.transaction(scope(school or tree.school)) as session:
        return session.get_one(Unit, (school or tree.school, unit_id)).name
