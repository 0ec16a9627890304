"""Events that have failed too often: seen, tried again, dropped; each act with its reason in the trail."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from app.cli.main import app
from app.kernel import events
from app.kernel.events import Event
from app.worker import relay
from tests.factories.tree import Tree
from tests.worker.ringing import BellRang, Listener, leave_trace, ring, rows, traces

Broken = Callable[..., int]


@pytest.fixture
def broken(tree: Tree, owner: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broken]:
    """Record an event whose listener fails until it is given up; the id of its row."""

    def fail(_session: Session, _event: BellRang) -> None:
        raise LookupError("Chen Xiaoming")

    def make(*told: Listener) -> int:
        monkeypatch.setitem(events.LISTENERS, BellRang, [fail])
        monkeypatch.setitem(events.ABANDONED, BellRang, list(told))
        row = ring(tree.school, 7)[-1]
        for _ in range(events.ATTEMPTS):
            relay.deliver(row)
        monkeypatch.setitem(events.LISTENERS, BellRang, [leave_trace])
        return row

    monkeypatch.setitem(Event.registry, "BellRang", BellRang)
    yield make
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE name = 'BellRang'"))


def outbox(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["outbox", *arguments])


def reasons(owner: Engine, school: int) -> list[tuple[str, str]]:
    statement = text(
        "SELECT act, reason FROM audit_entry WHERE institution_id = :school AND act LIKE 'outbox.%' ORDER BY seq"
    )
    with owner.connect() as connection:
        return [(row.act, row.reason) for row in connection.execute(statement, {"school": school})]


def test_what_was_given_up_is_listed_with_its_kind_of_error(tree: Tree, broken: Broken) -> None:
    row = broken()
    told = outbox("list").stdout
    assert all(one in told for one in (str(row), "BellRang", str(tree.school), "LookupError"))
    assert "Chen Xiaoming" not in told
    assert str(row) not in outbox("list", "--kind", "FeverReported").stdout


def test_what_is_tried_again_is_heard_from_the_beginning(tree: Tree, owner: Engine, broken: Broken) -> None:
    row = broken()
    relay.drain()
    assert traces(owner, tree.school) == []
    done = outbox("retry", str(row), "--reason", "mended")
    assert (done.exit_code, done.stdout) == (0, "1 events are tried again\n")
    relay.drain()
    assert (traces(owner, tree.school), rows(owner, tree.school)) == (["7"], [(True, 0, "LookupError")])
    assert reasons(owner, tree.school) == [("outbox.retry", "mended")]


def test_what_is_dropped_is_never_heard(tree: Tree, owner: Engine, broken: Broken) -> None:
    broken()
    assert outbox("drop", "--kind", "BellRang", "--reason", "a test's").stdout == "1 events are dropped\n"
    relay.drain()
    assert (traces(owner, tree.school), rows(owner, tree.school)[0][0]) == ([], True)
    assert reasons(owner, tree.school) == [("outbox.drop", "a test's")]


def test_only_what_was_given_up_can_be_dropped(tree: Tree, owner: Engine, broken: Broken) -> None:
    given_up = broken()
    (waiting,) = set(ring(tree.school, 8)) - {given_up}
    assert outbox("drop", str(waiting), "--reason", "no").stdout == "0 events are dropped\n"
    relay.drain()
    assert traces(owner, tree.school) == ["8"]


@pytest.mark.parametrize("arguments", [[], ["1", "--all"], ["--kind", "BellRang", "--all"]])
def test_what_is_meant_is_said_once(arguments: list[str]) -> None:
    assert outbox("retry", *arguments, "--reason", "x").exit_code == 2


def test_whoever_wants_to_know_is_told_once_and_cannot_hold_it_up(tree: Tree, owner: Engine, broken: Broken) -> None:
    def fail(_session: Session, _event: BellRang) -> None:
        raise LookupError

    broken(leave_trace)
    assert traces(owner, tree.school) == ["7"]
    broken(fail)
    assert [attempts for _, attempts, _ in rows(owner, tree.school)] == [events.ATTEMPTS] * 2
