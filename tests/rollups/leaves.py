"""Leaves for tests, written as the features that feed them do."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.kernel import clock, db
from app.kernel.db import Scope
from app.rollups import service as rollups
from app.rollups.models import NOBODY
from tests.factories.tree import Login

Deltas = Mapping[int, Mapping[str, int]]


def inside(school: int) -> Scope:
    """What a writer in a school has in scope."""
    return Scope(institutions=frozenset({school}), subtrees=frozenset({school}))


def enrol(school: int, deltas: Deltas, day: date | None = None) -> None:
    """Change what stands in a school from a day on."""
    with db.transaction(inside(school)) as session:
        rollups.add_roll(session, school, day or clock.today(), deltas)


def report(school: int, deltas: Deltas, day: date | None = None) -> None:
    """Change what happened in a school on a day."""
    day = day or clock.today()
    with db.transaction(inside(school)) as session:
        changes = {(school, day, unit): counts for unit, counts in deltas.items()}
        rollups.lock_days(session, changes)
        rollups.add_days(session, changes)


def normal(count: int, **others: int) -> dict[str, int]:
    """Readings without a finding."""
    return {"reported": count, "normal": count, **others}


def fevers(count: int) -> dict[str, int]:
    """Readings with a fever."""
    return {"reported": count, "fever": count}


def students(count: int) -> dict[str, int]:
    """Students who are due."""
    return {"on_roll": count, "due": count}


def read(client: TestClient, login: Login, institution: int, part: str = "", **params: Any) -> Any:
    """Figures over HTTP; the answer must be one."""
    answer = client.get(f"/api/v1/institutions/{institution}/figures{part}", headers=login.headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def some(document: Any, *names: str) -> tuple[int | None, ...]:
    """A few of the counts of an answer."""
    return tuple(document["counts"][name] for name in names)


def drift(school: int, day: date | None = None) -> list[rollups.Drift]:
    """What a recount finds."""

    def count(session: Session) -> list[rollups.Drift]:
        return rollups.recount(session, school, day or clock.today())

    with db.transaction(inside(school)) as session:
        return count(session)


__all__ = ["NOBODY", "drift", "enrol", "fevers", "inside", "normal", "read", "report", "some", "students"]
