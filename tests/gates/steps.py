"""What the tests of the gate do again and again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2

from app.access.roles import Role
from app.access.service import SYSTEM
from app.gates import service as gates
from app.gates.service import Holder
from app.institutions import service as institutions
from app.kernel import clock, db
from tests.closures.steps import add_venue, head_of
from tests.factories.people import scope
from tests.factories.tree import Login, Tree
from tests.institutions.steps import API, get, post


@dataclass
class Gate:
    """A school's south gate with its guard."""

    tree: Tree
    id: int
    guard: Login
    head: Login

    def event(self, **more: Any) -> dict[str, Any]:
        """An event at this gate: somebody comes in with a normal temperature, unless told otherwise."""
        return {"id": str(uuid4()), "venue_id": self.id, "direction": "in", "temperature": 36.5, **more}

    def send(self, *items: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        """What became of events."""
        answer = self.answer({"items": list(items), **more})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def answer(self, body: Any) -> httpx2.Response:
        """The answer to whatever is sent as events."""
        return post(self.tree, self.guard, f"/institutions/{self.tree.school}/gate-events", body)

    def scan(self, **more: Any) -> tuple[str, list[str]]:
        """The decision on one event, and why."""
        (one,) = self.send(self.event(**more))
        assert one["outcome"] == "accepted", one
        return one["decision"], one["findings"]

    def inside(self, **asked: Any) -> list[dict[str, Any]]:
        """Who is inside now."""
        found: list[dict[str, Any]] = get(
            self.tree, self.guard, f"/institutions/{self.tree.school}/insiders", **asked
        ).json()["items"]
        return found


def stand_at(tree: Tree) -> Gate:
    """A gate of the tree's school."""
    head = head_of(tree)
    made = add_venue(tree, head, "gate", name="南门")
    return Gate(tree, made["id"], tree.account(Role.GATE_GUARD, tree.school), head)


def give_pass(tree: Tree, **more: Any) -> int:
    """A pass for today, as a feature above gives it."""
    now = clock.now()
    values: dict[str, Any] = {
        "name": "王*",
        "venue_ids": (),
        "valid_from": now - timedelta(hours=1),
        "valid_until": now + timedelta(hours=8),
        **more,
    }
    with db.transaction(scope(tree.school)) as session:
        institutions.widen_to_ancestors(session, tree.school)
        (made,) = gates.issue(
            session, SYSTEM, tree.school, [Holder(**values)], source="entry_request", source_id=values["valid_from"].day
        )
    return made


def pass_out(tree: Tree, pass_id: int) -> Any:
    """A pass as its holder shows it."""
    with db.transaction(scope(tree.school)) as session:
        shown = [one for day in range(1, 32) for one in gates.passes_of(session, tree.school, "entry_request", day)]
    return next(one for one in shown if one.id == pass_id)


def token(tree: Tree, **more: Any) -> str:
    """The code of a new pass."""
    return str(pass_out(tree, give_pass(tree, **more)).token)


def ago(minutes: float) -> str:
    """The moment so many minutes ago, RFC 3339."""
    return (clock.now() - timedelta(minutes=minutes)).isoformat()


def set_policy(tree: Tree, login: Login, key: str, value: Any) -> None:
    """A rule of the tree's school."""
    path = f"{API}/institutions/{tree.school}/policies/{key}"
    answer = tree.client.put(path, headers=login.headers, json={"value": value})
    assert answer.status_code == 200, answer.text


def moment(text: str) -> datetime:
    """A moment as it was answered."""
    return datetime.fromisoformat(text)
