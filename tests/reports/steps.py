"""A county on the afternoon of tomorrow: schools with readings, and who signs and reviews their reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import time_machine
from httpx2 import Response
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.factories.people import add_student
from tests.factories.tree import Login, Tree
from tests.journeys.steps import moment, reading

__all__ = ["Office", "at", "tomorrow"]


def tomorrow() -> date:
    """The day that is reported; named before the clock is turned."""
    return clock.today() + timedelta(days=1)


@contextmanager
def at(hour: int, minute: int = 0, *, days: int = 1) -> Iterator[None]:
    """Shanghai's clock shows this time tomorrow."""
    with time_machine.travel(moment(hour, minute, days=days)):
        yield


@dataclass
class Office:
    """Speaks as whoever it is asked for; a token lives ten minutes, so that everybody signs in at every moment."""

    client: TestClient
    tree: Tree
    day: date
    logins: dict[tuple[Role, int], Login] = field(default_factory=dict)
    students: dict[int, list[int]] = field(default_factory=dict)

    @classmethod
    def open(cls, client: TestClient, tree: Tree, students: int = 3) -> "Office":
        """With some students in the first class of the tree's school."""
        made = cls(client, tree, tomorrow())
        made.enrol(tree.school, tree.classes[0], students)
        return made

    def enrol(self, school: int, unit: int, count: int) -> None:
        """Students who are on the roll since long ago."""
        since = clock.today() - timedelta(days=30)
        self.students[school] = [
            add_student(self.tree, unit, f"学生{number}", school=school, enrolled_on=since) for number in range(count)
        ]

    def ask(
        self, method: str, role: Role, place: int, path: str, body: Any = None, *, status: int = 200, **more: Any
    ) -> Any:
        """As the one who has ``role`` at ``place``; the answer's JSON."""
        headers = more.pop("headers", {})
        asked = {name: str(value) for name, value in more.items()}
        answer = self.fetch(role, place, path, method=method, json=body, headers=headers, params=asked or None)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json()

    def holder(self, role: Role, place: int) -> Login:
        """Who has ``role`` at ``place``."""
        if (role, place) not in self.logins:
            self.logins[role, place] = self.tree.account(role, place)
        return self.logins[role, place]

    def fetch(self, role: Role, place: int, path: str, *, method: str = "GET", **more: Any) -> Response:
        """The same; the answer as it is."""
        login = self.holder(role, place)
        signed_in = self.client.post(
            "/api/v1/sessions", json={"phone": login.phone, "password": login.password, "device_name": "办公室"}
        )
        assert signed_in.status_code == 201, signed_in.text
        headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}", **more.pop("headers", {})}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def report(self, place: int, rest: str = "") -> str:
        """The path of a report of the day."""
        return f"/institutions/{place}/daily-reports/{self.day.isoformat()}{rest}"

    def draft(self, place: int, role: Role = Role.SCHOOL_REPORTER) -> Any:
        """The report as it would be sent."""
        return self.ask("GET", role, place, self.report(place, "/draft"))

    def complete(self, place: int, role: Role = Role.SCHOOL_REPORTER, status: int = 200, **body: Any) -> Any:
        """Fill in answers and statements."""
        return self.ask("PUT", role, place, self.report(place, "/draft"), body, status=status)

    def send(self, place: int, role: Role = Role.SCHOOL_REPORTER, status: int = 201, reason: str | None = None) -> Any:
        """Sign and send."""
        return self.ask("POST", role, place, self.report(place, "/sendings"), {"reason": reason}, status=status)

    def send_back(self, place: int, role: Role, office: int, status: int = 201) -> Any:
        """Return it, as an office."""
        path = self.report(place, "/returns")
        return self.ask("POST", role, office, path, {"reason": "请核对发热人数"}, status=status)

    def read(self, role: Role, office: int, place: int, **more: Any) -> Any:
        """A report, as an office sees it."""
        return self.ask("GET", role, office, self.report(place), **more)

    def collect(self, role: Role, office: int, **more: Any) -> Any:
        """What an office has received."""
        return self.ask("GET", role, office, self.report(office, "/children"), **more)

    def failures(self, role: Role, office: int, **more: Any) -> Any:
        """The failures below an office, on the day."""
        more = {"from": self.day.isoformat(), "to": self.day.isoformat(), **more}
        return self.ask("GET", role, office, f"/institutions/{office}/report-failures", **more)["items"]

    def log(self, school: int, unit: int, student: int, temperature: float, *, taken_at: datetime | None = None) -> Any:
        """A teacher's reading."""
        key = (Role.HOMEROOM_TEACHER, school)
        if key not in self.logins:
            self.logins[key] = self.tree.account(Role.HOMEROOM_TEACHER, school, unit_id=unit)
        body = reading(student, temperature, taken_at or clock.now())
        return self.ask("POST", Role.HOMEROOM_TEACHER, school, "/checkins", body, status=201)
