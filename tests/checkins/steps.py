"""What the tests of the check-in share: a school at seven in the morning, and figures counted by hand."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import time_machine
from sqlalchemy import Engine, select, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.checkins.models import CheckIn
from app.kernel import clock, db
from app.rollups import service as rollups
from tests.factories.people import add_guardian, add_student, scope
from tests.factories.tree import Login, Tree

DAY_FIGURES = ("reported", "normal", "attention", "fever", "symptoms", "not_measured", "late")


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the clock show ``moment`` and go on from there."""
    with time_machine.travel(moment):
        yield


def morning(hour: int = 7, minute: int = 0, *, days: int = 1) -> datetime:
    """Shanghai's clock, tomorrow unless said otherwise: the hour of the run plays no part."""
    return clock.at(clock.today() + timedelta(days=days), time(hour, minute))


def stamp(moment: datetime) -> str:
    """As a phone writes it."""
    return moment.astimezone(clock.SHANGHAI).isoformat()


def reading(person_id: int, temperature: float | None = 36.5, **more: Any) -> dict[str, Any]:
    """A reading with an id of its own."""
    body = {"id": str(uuid4()), "person_id": person_id, "temperature": temperature, **more}
    return {name: value for name, value in body.items() if value is not None}


@dataclass
class School:
    """A class of three children, with a parent of the first and its teacher."""

    client: TestClient
    owner: Engine
    tree: Tree
    children: list[int] = field(default_factory=list)

    @classmethod
    def open(cls, client: TestClient, owner: Engine, tree: Tree) -> "School":
        made = cls(client, owner, tree)
        since = clock.today() - timedelta(days=40)
        made.children = [add_student(tree, tree.classes[0], f"学生{one}", enrolled_on=since) for one in "甲乙丙"]
        return made

    @property
    def id(self) -> int:
        return self.tree.school

    @property
    def unit(self) -> int:
        return self.tree.classes[0]

    def parent(self, child: int | None = None) -> Login:
        return add_guardian(self.tree, child or self.children[0])

    def teacher(self, unit: int | None = None) -> Login:
        return self.tree.account(Role.HOMEROOM_TEACHER, self.id, unit_id=unit or self.unit)

    def staff(self, role: Role) -> Login:
        return self.tree.account(role, self.id)

    def get(self, login: Login, path: str, status: int = 200, **params: Any) -> Any:
        answer = self.client.get(f"/api/v1{path}", headers=login.headers, params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, login: Login, path: str, body: Mapping[str, Any], status: int = 200) -> Any:
        answer = self.client.post(f"/api/v1{path}", headers=login.headers, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def log(self, login: Login, body: Mapping[str, Any], status: int = 201) -> Any:
        return self.post(login, "/checkins", body, status)

    def batch(self, login: Login, items: list[Any], **more: Any) -> Any:
        return self.post(login, "/checkins/batches", {"items": items, **more})

    def correct(self, login: Login, wrong: str, person: int, status: int = 201, **content: Any) -> Any:
        body = {"id": str(uuid4()), "person_id": person, "reason": "输入错误", **content}
        return self.post(login, f"/checkins/{wrong}/corrections", body, status)

    def figures(self, day: date | None = None, unit: int | None = None, school: int | None = None) -> dict[str, int]:
        """The stored figures of the class (or of a unit); the school's row must be their sum."""
        with self.owner.connect() as connection:
            found = connection.execute(
                text("SELECT * FROM unit_day WHERE institution_id = :school AND day = :day AND unit_id = :unit"),
                {"school": school or self.id, "day": day or clock.today(), "unit": self.unit if unit is None else unit},
            )
            row = found.mappings().one_or_none()
        return {name: value for name, value in row.items() if isinstance(value, int) and value} if row else {}

    def counts(self, day: date | None = None, unit: int | None = None) -> dict[str, int]:
        """The figures alone, without those that are nought."""
        shown = self.figures(day, unit)
        return {name: count for name, count in shown.items() if name not in ("institution_id", "unit_id")}

    def check(self, day: date | None = None, *, school: int | None = None) -> None:
        """What is stored equals a recount from the rows."""
        at_school = school or self.id
        with db.transaction(scope(at_school)) as session:
            drift = rollups.recount(session, at_school, day or clock.today())
        # The tree of a test is made without the service, so that nobody has counted its units.
        assert [one for one in drift if one.metric not in ("units", "units_uncovered")] == []

    def rows(self, person: int | None = None) -> list[Mapping[str, Any]]:
        """The readings of the school as they really stand."""
        table = CheckIn.__table__
        wanted = select(table).where(table.c.institution_id == self.id).order_by("day", "taken_at", "id")
        if person is not None:
            wanted = wanted.where(table.c.person_id == person)
        with self.owner.connect() as connection:
            return [dict(row) for row in connection.execute(wanted).mappings()]
