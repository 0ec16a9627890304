"""What the tests of entries share: a school with everybody who decides, and what is asked of them."""

from datetime import time, timedelta
from typing import Any

from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.factories.people import add_guardian, add_staff, add_staff_login, add_student, valid_identity_number
from tests.factories.tree import Login, Tree, phone
from tests.people.steps import Office

Row = dict[str, Any]


class Cast:
    """A school with its deciders; each speaks to the API."""

    def __init__(self, client: TestClient, tree: Tree) -> None:
        self.client, self.tree = client, tree
        self.principal = self.speaker(Role.PRINCIPAL)
        self.vice = self.speaker(Role.VICE_PRINCIPAL)
        self.reporter = self.speaker(Role.SCHOOL_REPORTER)
        self.teacher = self.speaker(Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
        self.county = Office(client, tree, tree.account(Role.COUNTY_ADMIN, tree.county))

    def speaker(self, role: Role, **held: Any) -> Office:
        """Somebody else of the school."""
        return Office(self.client, self.tree, self.tree.account(role, self.tree.school, **held))

    def family(self, unit: int | None = None, **values: Any) -> tuple[Office, int]:
        """A guardian and the child."""
        child = add_student(self.tree, unit or self.tree.classes[0], **values)
        return Office(self.client, self.tree, add_guardian(self.tree, child)), child

    def staff(self, **values: Any) -> tuple[Office, int]:
        """A member of staff with an account of their own."""
        person = add_staff(self.tree, None, **values)
        return Office(self.client, self.tree, add_staff_login(self.tree, person)), person

    def settle(self, key: str, value: Any) -> None:
        """Have the school set a policy."""
        path = f"/institutions/{self.tree.school}/policies/{key}"
        self.principal.ask("PUT", path, 200, json={"value": value})


def window(days: int = 1, begins: int = 8, ends: int = 18, until_days: int | None = None) -> Row:
    """Between two hours of a coming day."""
    day = clock.today() + timedelta(days=days)
    last = clock.today() + timedelta(days=days if until_days is None else until_days)
    stamps = (clock.at(day, time(begins)), clock.at(last, time(ends)))
    return dict(
        zip(("valid_from", "valid_until"), (one.astimezone(clock.SHANGHAI).isoformat() for one in stamps), strict=True)
    )


def entry(*person_ids: int, **more: Any) -> Row:
    """The body of a request for persons of the roll."""
    persons = [{"person_id": one} for one in person_ids]
    return {"purpose": "return", "reason": "返校取书", "persons": persons, **window(), **more}


def outsider(name: str = "王师傅", **more: Any) -> Row:
    """Somebody by real name."""
    return {"name": name, "identity_number": valid_identity_number(), "phone": phone(), **more}


def ask(speaker: Office, body: Row, status: int = 201) -> Row:
    """File a request at the tree's school."""
    made: Row = speaker.post(f"/institutions/{speaker.tree.school}/entry-requests", body, status)
    return made


def open_step(request: Row) -> Row:
    """The step that is to be decided now."""
    found: list[Row] = [one for one in request["steps"] if one["state"] == "open"]
    assert len(found) == 1, request["steps"]
    return found[0]


def decide(
    speaker: Office, request: Row, verdict: str = "approve", status: int = 200, *, step: int | None = None, **more: Any
) -> Any:
    """Decide on the open step of a request as it stands for its speaker."""
    if step is None:
        step = open_step(speaker.get(f"/entry-requests/{request['id']}"))["id"]
    body = {"step_id": step, "verdict": verdict, **more}
    if verdict != "approve":
        body.setdefault("reason", "原因说明")
    return speaker.post(f"/entry-requests/{request['id']}/decisions", body, status)


def state(speaker: Office, request: Row) -> str:
    """Where a request stands."""
    found: str = speaker.get(f"/entry-requests/{request['id']}")["state"]
    return found


def invite(cast: Cast, **more: Any) -> str:
    """A code for visitors."""
    body = {"purpose": "repair", **window(begins=7, ends=20), "uses": 3, **more}
    made = cast.reporter.post(f"/institutions/{cast.tree.school}/visit-invitations", body, 201)
    return str(made["code"])


def close(login: Login, client: TestClient, place: int, **more: Any) -> Row:
    """Close a place to everybody."""
    number = f"疫防〔2020〕{next(_numbers)}号"
    body = {"number": number, "text": "封闭管理。", "degree": "closed", **more}
    answer = client.post(f"/api/v1/institutions/{place}/closure-orders", json=body, headers=login.headers)
    assert answer.status_code == 201, answer.text
    made: Row = answer.json()
    return made


def rows(owner: Engine, statement: str, **values: Any) -> list[Row]:
    """What really stands in the database."""
    with owner.connect() as connection:
        return [dict(row) for row in connection.execute(text(statement), values).mappings()]


_numbers = iter(range(1, 10**6))
