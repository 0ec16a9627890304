"""A province for a test: the tree, its units and the accounts of its people.

Rows are written as the service itself would, in one transaction bound to the new province; the API under test is then
spoken to with real tokens.
"""

import itertools
import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text
from starlette.testclient import TestClient

from app.access.models import Membership
from app.access.roles import Role
from app.identity import service as identity
from app.identity.models import AccountKind
from app.institutions.models import (
    Institution,
    InstitutionKind,
    InstitutionState,
    Placement,
    SchoolType,
    Unit,
    UnitKind,
)
from app.kernel import clock, db
from app.kernel.db import Scope
from app.rollups.models import SchoolRoll

PASSWORD = "Plum-blossom-2026"
# Numbers of the invented block 199 0000 0000; each process has its own start so that workers do not meet.
_phones = itertools.count(random.SystemRandom().randrange(10**7))
_codes = itertools.count(random.SystemRandom().randrange(10**5, 9 * 10**5))
OPENED = date(2020, 9, 1)


def phone() -> str:
    """An invented mobile number that no other test has."""
    return f"199{next(_phones) % 10**8:08d}"


def school_code(kind: str = "21") -> str:
    """A ten-digit school code that no other test has."""
    return f"{kind}32{next(_codes) % 10**6:06d}"


@dataclass(frozen=True)
class Login:
    """An account as a test uses it: ``headers`` carry its access token."""

    account_id: int
    phone: str
    password: str
    headers: dict[str, str]


@dataclass
class Tree:
    """Ids of a province → city → county → school with two classes; grows by its methods."""

    client: TestClient
    province: int = 0
    city: int = 0
    county: int = 0
    school: int = 0
    classes: list[int] = field(default_factory=list)

    @classmethod
    def grow(cls, client: TestClient) -> "Tree":
        """A whole new province."""
        tree = cls(client)
        tree.province = tree.add_institution(None, InstitutionKind.PROVINCE, "江苏省教育厅")
        tree.city = tree.add_institution(tree.province, InstitutionKind.CITY, "南京市教育局")
        tree.county = tree.add_institution(tree.city, InstitutionKind.COUNTY, "玄武区教育局")
        tree.school = tree.add_school(tree.county)
        tree.classes = [
            tree.add_unit(tree.school, UnitKind.CLASS, f"三年级{number}班", grade_level=3) for number in (1, 2)
        ]
        return tree

    def add_institution(self, parent: int | None, kind: InstitutionKind, name: str, **values: Any) -> int:
        """An institution below ``parent`` (None: a root)."""
        with db.transaction() as session:
            new = session.execute(text("SELECT nextval('institution_id_seq')")).scalar_one()
            db.bind(session, Scope(subtrees=frozenset({new} | ({parent} if parent else set()))))
            above = session.get_one(Institution, parent).lineage if parent else []
            session.add(
                Institution(
                    id=new,
                    parent_id=parent,
                    kind=kind,
                    name=name,
                    lineage=[*above, new],
                    state=InstitutionState.OPEN,
                    opened_on=OPENED,
                    **values,
                )
            )
            session.flush()
            session.add(
                Placement(institution_id=new, valid_from=OPENED, parent_id=parent, lineage=[*above, new], applied=True)
            )
        return int(new)

    def add_school(self, parent: int | None = None, name: str = "玄武第一小学", school_type: str = "primary") -> int:
        """An open school below ``parent`` (the county by default), with its empty roll."""
        new = self.add_institution(
            parent or self.county,
            InstitutionKind.SCHOOL,
            name,
            school_type=SchoolType(school_type),
            code=school_code(),
        )
        with db.transaction(Scope(institutions=frozenset({new}), subtrees=frozenset({new}))) as session:
            lineage = session.get_one(Institution, new).lineage
            zero = dict.fromkeys(("on_roll", "due", "units", "units_uncovered", "persons_uncovered"), 0)
            session.add(SchoolRoll(institution_id=new, valid_from=OPENED, lineage=lineage, **zero))
        return new

    def add_unit(
        self, school: int, kind: UnitKind, name: str, parent_id: int | None = None, grade_level: int | None = None
    ) -> int:
        """A unit of a school."""
        with db.transaction(Scope(institutions=frozenset({school}))) as session:
            unit = Unit(institution_id=school, kind=kind, name=name, parent_id=parent_id, grade_level=grade_level)
            session.add(unit)
            session.flush()
            return unit.id

    def account(
        self, role: Role | None, institution_id: int, *, unit_id: int | None = None, person_id: int | None = None
    ) -> Login:
        """A new account that holds ``role`` there (None: no role), signed in on a device."""
        number = phone()
        family = role in (Role.GUARDIAN, None)
        with db.transaction(Scope(institutions=frozenset({0}))) as session:
            account = identity.create_account(
                session,
                identity.SYSTEM,
                kind=AccountKind.FAMILY if family else AccountKind.STAFF,
                display_name="测试账号",
                phone=number,
                password=PASSWORD,
            )
            session.flush()
            if role is not None:
                session.add(
                    Membership(
                        account_id=account.id,
                        role=role,
                        institution_id=institution_id,
                        unit_id=unit_id,
                        person_id=person_id,
                        since=clock.now(),
                    )
                )
            token = identity.open_session(session, account, device_name="test").access_token
            account_id = account.id
        return Login(account_id, number, PASSWORD, {"Authorization": f"Bearer {token}"})

    def hold(
        self,
        login: Login,
        role: Role,
        institution_id: int,
        *,
        unit_id: int | None = None,
        person_id: int | None = None,
    ) -> None:
        """Give an account one more role."""
        with db.transaction() as session:
            session.add(
                Membership(
                    account_id=login.account_id,
                    role=role,
                    institution_id=institution_id,
                    unit_id=unit_id,
                    person_id=person_id,
                    since=clock.now(),
                )
            )
