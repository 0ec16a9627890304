"""What the journeys share: callers who remember what they heard, and figures counted apart from the service."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, select, text
from starlette.testclient import TestClient

from app.checkins.models import CheckIn
from app.kernel import clock
from tests.factories.tree import Login

SEVERITY = ("normal", "attention", "fever")


@dataclass
class Caller:
    """Somebody signed in, who keeps every answer's text."""

    client: TestClient
    login: Login
    heard: list[str] = field(default_factory=list)
    _token: str = ""

    def sign_in(self) -> None:
        """A new session with phone and password, as after a night."""
        body = {"phone": self.login.phone, "password": self.login.password, "device_name": "手机"}
        self._token = self.post("/sessions", body, 201)["access_token"]

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        """GET below /api/v1; the answer's JSON."""
        return self._ask("GET", path, status, params=params or None)

    def post(self, path: str, body: Mapping[str, Any], status: int = 200) -> Any:
        """POST below /api/v1; the answer's JSON."""
        return self._ask("POST", path, status, json=body)

    def _ask(self, method: str, path: str, status: int, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else self.login.headers
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, **more)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        self.heard.append(answer.text)
        return answer.json() if answer.content else None


def found_school(admin: Caller, county: int, name: str) -> int:
    """A school that an office opens; its figures begin when the event of it is delivered."""
    since = (clock.today() - timedelta(days=30)).isoformat()
    body = {"parent_id": county, "kind": "school", "school_type": "primary", "name": name, "opened_on": since}
    return int(admin.post("/institutions", body, 201)["id"])


def open_class(principal: Caller, school: int, name: str, grade: int) -> int:
    """A class that the school's office opens."""
    body = {"kind": "class", "name": name, "grade_level": grade}
    return int(principal.post(f"/institutions/{school}/units", body, 201)["id"])


def moment(hour: int, minute: int, *, days: int = 1) -> datetime:
    """Shanghai's clock ``days`` after today: journeys happen tomorrow, so that the hour of the run plays no part."""
    return clock.at(clock.today() + timedelta(days=days), time(hour, minute))


def reading(person_id: int, temperature: float, taken_at: datetime, **more: Any) -> dict[str, Any]:
    """The body of a reading with an id of its own."""
    stamp = taken_at.astimezone(clock.SHANGHAI).isoformat(timespec="seconds")
    return {"id": str(uuid4()), "person_id": person_id, "temperature": temperature, "taken_at": stamp, **more}


def recount(owner: Engine, institution_id: int, day: date) -> dict[str, int]:
    """The figures of an institution with all that stands below it today, from the rows of persons and readings."""
    with owner.connect() as connection:
        below = text("SELECT id FROM institution WHERE lineage @> ARRAY[:id]::bigint[] AND kind = 'school'")
        schools = list(connection.execute(below, {"id": institution_id}).scalars())
        due = connection.execute(
            text(
                "SELECT count(DISTINCT (institution_id, person_id)) FROM standing WHERE institution_id = ANY(:schools)"
                " AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day)"
            ),
            {"schools": schools, "day": day},
        ).scalar_one()
        rows = connection.execute(
            select(CheckIn.__table__).where(
                CheckIn.institution_id.in_(schools), CheckIn.day == day, CheckIn.replaced_by.is_(None)
            )
        ).all()
    by_person: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in rows:
        by_person[row.institution_id, row.person_id].append(row)
    return {"on_roll": due, "due": due} | _counted(due, list(by_person.values()))


def _counted(due: int, persons: list[list[Any]]) -> dict[str, int]:
    own = [rows for rows in persons if not rows[0].household]
    household = [rows for rows in persons if rows[0].household]
    status = [_status(rows) for rows in own]
    return {
        "reported": len(own),
        "missing": due - len(own),
        **{name: status.count(name) for name in SEVERITY},
        "symptoms": sum(any(row.symptoms for row in rows) for rows in own),
        "not_measured": sum(all(row.temperature is None for row in rows) for rows in own),
        "late": sum(all(row.late for row in rows) for rows in own),
        "household_reported": len(household),
        "household_fever": sum(_status(rows) == "fever" for rows in household),
    }


def _status(rows: list[Any]) -> str:
    found: str = max((row.status for row in rows), key=SEVERITY.index)
    return found


def figures(caller: Caller, institution_id: int, day: date) -> dict[str, int]:
    """What the service says of a place and a day."""
    found: dict[str, int] = caller.get(f"/institutions/{institution_id}/figures", day=day.isoformat())["counts"]
    return found


def children(caller: Caller, institution_id: int, day: date) -> dict[int, dict[str, int]]:
    """What the service says of the parts of a place, by id; they must add up to the whole."""
    items = caller.get(f"/institutions/{institution_id}/figures/children", day=day.isoformat())["items"]
    whole = figures(caller, institution_id, day)
    for metric, total in whole.items():
        assert sum(item["counts"][metric] for item in items) == total, metric
    return {item["institution_id"]: item["counts"] for item in items}
