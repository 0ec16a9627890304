"""Events: what is written for one, and when somebody is told that there is one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import Engine, text

from app.kernel import db, events
from app.kernel.events import Event, OutboxEntry
from tests.factories.tree import Tree


@dataclass(frozen=True)
class LampLit(Event):
    """Known to the program only while a test uses it."""

    day: str


Event.registry.pop("LampLit")


@pytest.fixture(autouse=True)
def _known(owner: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(Event.registry, "LampLit", LampLit)
    yield
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE name = 'LampLit'"))


def test_an_event_is_read_back_as_it_was_recorded(tree: Tree, owner: Engine) -> None:
    happened = LampLit(tree.school, "2026-03-02")
    with db.transaction() as session:
        events.record(session, happened)
    with owner.connect() as connection:
        row = connection.execute(
            text("SELECT * FROM outbox WHERE institution_id = :school"), {"school": tree.school}
        ).one()
    assert row.payload == {"day": "2026-03-02"}
    assert (row.attempts, row.done_at, row.last_error) == (0, None, None)
    entry = OutboxEntry(institution_id=row.institution_id, name=row.name, payload=row.payload)
    assert events.read(entry) == happened


@pytest.fixture
def heard(owner_url: str) -> Iterator[Callable[[], int]]:
    """How many announcements have come by now."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {events.CHANNEL}")
        yield lambda: len(list(connection.notifies(timeout=2, stop_after=1)))


def test_after_a_commit_with_an_event_the_relays_are_told(tree: Tree, heard: Callable[[], int]) -> None:
    with db.transaction() as session:
        events.record(session, LampLit(tree.school, "2026-03-02"))
        events.record(session, LampLit(tree.school, "2026-03-03"))
    assert heard() == 1


def test_nobody_is_told_of_nothing(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(events, "announce", lambda: told.append("told"))
    with db.transaction():
        pass

    def fail() -> None:
        with db.transaction() as session:
            events.record(session, LampLit(tree.school, "2026-03-02"))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert told == []
    with db.transaction() as session:
        events.record(session, LampLit(tree.school, "2026-03-02"))
    assert told == ["told"]


def test_what_is_no_json_is_refused_where_it_is_recorded(tree: Tree, owner: Engine) -> None:
    def record() -> None:
        with db.transaction() as session:
            events.record(session, LampLit(tree.school, object()))  # type: ignore[arg-type]  # what is tried here

    with pytest.raises(Exception, match="JSON serializable"):
        record()
    with owner.connect() as connection:
        count = connection.scalar(
            text("SELECT count(*) FROM outbox WHERE institution_id = :school"), {"school": tree.school}
        )
    assert count == 0
