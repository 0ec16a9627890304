"""What the tests of people share: a school's office, and the figures held against the rows."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import xlsxwriter
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock, db
from app.rollups import service as rollups
from tests.factories.people import scope
from tests.factories.tree import Login, Tree

Row = dict[str, Any]


@dataclass
class Office:
    """Somebody who speaks to the API about one school."""

    client: TestClient
    tree: Tree
    login: Login

    def ask(self, method: str, path: str, status: int, **more: Any) -> Any:
        """The answer's JSON, after its status was found right."""
        headers = {**self.login.headers, **more.pop("headers", {})}
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, **more)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        return self.ask("GET", path, status, params=params)

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        return self.ask("POST", path, status, json=body)

    def enrol(self, name: str = "学生甲", **values: Any) -> Row:
        """A student of the first class, unless said otherwise."""
        body = {"kind": "student", "name": name, "unit_id": self.tree.classes[0], **values}
        made: Row = self.post(f"/institutions/{self.tree.school}/persons", body, 201)
        return made

    def imports(self, content: bytes, status: int = 201, *, filename: str = "roll.xlsx", **form: Any) -> Any:
        """What became of a sheet."""
        data = {"kind": "students", **form}
        path = f"/institutions/{self.tree.school}/roll-imports"
        return self.ask("POST", path, status, files={"file": (filename, content)}, data=data)


def office(client: TestClient, tree: Tree, role: Role = Role.PRINCIPAL, **held: Any) -> Office:
    """A signed-in head of the tree's school."""
    return Office(client, tree, tree.account(role, tree.school, **held))


def roll(owner: Engine, school: int, day: date | None = None) -> dict[int, dict[str, int]]:
    """The stored roll of a day by unit; 0 for those in none, -1 for the school."""
    day = day or clock.today()
    holds = "valid_from <= :day AND (valid_to IS NULL OR valid_to > :day) AND institution_id = :school"
    figures = "on_roll, due, persons_uncovered"
    with owner.connect() as connection:
        units = connection.execute(
            text(f"SELECT unit_id, {figures} FROM unit_roll WHERE {holds}"),  # noqa: S608 - no input
            {"day": day, "school": school},
        ).mappings()
        found = {row["unit_id"]: {name: row[name] for name in figures.split(", ")} for row in units}
        whole = connection.execute(
            text(f"SELECT {figures} FROM school_roll WHERE {holds}"),  # noqa: S608 - no input
            {"day": day, "school": school},
        ).mappings()
        found[-1] = dict(whole.one_or_none() or {"on_roll": 0})
    return {unit: counts for unit, counts in found.items() if any(counts.values())}


def drift(school: int, *days: date) -> list[Any]:
    """What a recount of those days (today's by default) finds wrong in the figures of persons.

    Units are left out: the tree of a test writes them without the event by which they are counted.
    """
    found: list[Any] = []
    for day in days or (clock.today(),):
        with db.transaction(scope(school)) as session:
            found += rollups.recount(session, school, day)
    return [one for one in found if not one.metric.startswith("units")]


def sheet(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with these cells."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False}) as book:
        page = book.add_worksheet()
        for number, cells in enumerate([titles, *rows]):
            for place, cell in enumerate(cells):
                page.write(number, place, cell)
    return buffer.getvalue()


def acts(owner: Engine, school: int) -> list[str]:
    """The acts in a school's trail, in order."""
    with owner.connect() as connection:
        found = connection.execute(
            text("SELECT act FROM audit_entry WHERE institution_id = :school ORDER BY seq"), {"school": school}
        )
        return list(found.scalars())
