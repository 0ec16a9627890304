"""Many at once: each reading lands once, nobody waits for each other in a circle, and the figures stay right."""

import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from app.access.actor import Actor, Held
from app.access.roles import Role
from app.checkins import service as checkins
from app.checkins.service import ReadingIn
from app.institutions.models import UnitKind
from app.kernel import clock, db
from tests.checkins.steps import School, reading
from tests.factories.people import add_household_member, add_student, scope
from tests.factories.tree import Login, Tree


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """The answers of calls that are let go at the same moment."""
    barrier = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(place: int) -> None:
        barrier.wait()
        answers[place] = calls[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _send(school: School, login: Login, path: str, body: dict[str, Any]) -> Callable[[], Any]:
    return lambda: school.client.post(f"/api/v1{path}", headers=login.headers, json=body)


def test_two_guardians_at_once_count_once(school: School) -> None:
    parents, child = [school.parent(), school.parent()], school.children[0]
    for _ in range(5):
        answers = together([_send(school, one, "/checkins", reading(child)) for one in parents])
        assert [answer.status_code for answer in answers] == [201, 201]
    assert school.counts() == {"reported": 1, "normal": 1}
    assert len(school.rows()) == 10
    school.check()


def test_one_reading_sent_eight_times_at_once_lands_once(school: School) -> None:
    parent = school.parent()
    for _ in range(5):
        body = reading(school.children[0], 38.0)
        answers = together([_send(school, parent, "/checkins", body)] * 8)
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        receipts = [answer.json() | {"outcome": None} for answer in answers]
        assert all(receipt == receipts[0] for receipt in receipts)
    assert school.counts() == {"reported": 1, "fever": 1}
    school.check()


def test_of_two_corrections_at_once_one_wins(school: School) -> None:
    parents, child = [school.parent(), school.parent()], school.children[0]
    for _ in range(5):
        wrong = school.log(parents[0], reading(child, 38.6))["id"]
        bodies = [reading(child, value, reason="输入错误") for value in (36.4, 36.6)]
        calls = [
            _send(school, parent, f"/checkins/{wrong}/corrections", body)
            for parent, body in zip(parents, bodies, strict=True)
        ]
        assert sorted(answer.status_code for answer in together(calls)) == [201, 409]
        school.check()
    assert school.counts() == {"reported": 1, "normal": 1}


def test_no_unit_is_locked_after_a_school(school: School) -> None:
    """A reading counts where the day's first one does; that class is found out under the locks of another."""
    parent, child = school.parent(), school.children[0]
    school.log(parent, reading(child))
    # Nobody has heard of the change yet, so the day still counts in the old class.
    change = {"unit_id": school.tree.classes[1]}
    school.post(school.staff(Role.PRINCIPAL), f"/persons/{child}/unit-changes", change)
    taken: list[str] = []

    def lock(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        taken.extend(leaf for leaf in ("unit_day", "school_day") if f"FOR UPDATE OF {leaf}" in statement)

    def give_back(*_: Any) -> None:
        taken.clear()

    event.listen(db.engine(), "before_cursor_execute", lock)
    event.listen(db.engine(), "rollback_savepoint", give_back)
    try:
        school.batch(parent, [reading(child, 38.6)])
    finally:
        event.remove(db.engine(), "before_cursor_execute", lock)
        event.remove(db.engine(), "rollback_savepoint", give_back)
    assert taken == ["unit_day", "school_day"]
    assert school.counts() == {"reported": 1, "fever": 1}


def _mix(chance: random.Random, people: list[int], pool: list[dict[str, Any]]) -> dict[str, Any]:
    """Some new readings, some that others are sending as well, in any order."""
    values = [36.0, 36.5, 37.4, 38.0]
    fresh = [reading(person, chance.choice(values)) for person in chance.choices(people, k=4)]
    pool.extend(fresh)
    items = fresh + chance.sample(pool, k=min(6, len(pool)))
    chance.shuffle(items)
    return {"items": items}


def test_random_mixes_over_two_schools_neither_deadlock_nor_drift(school: School, tree: Tree) -> None:
    chance = random.Random(20261124)
    other = tree.add_school(name="另一所小学")
    unit = tree.add_unit(other, UnitKind.CLASS, "一年级1班")
    here = [*school.children, add_household_member(school.tree, school.children[0])]
    here.append(add_student(school.tree, school.tree.classes[1]))
    there = [add_student(tree, unit, school=other) for _ in range(3)]
    logins = []
    for _ in range(4):
        login = school.staff(Role.SCHOOL_DOCTOR)
        tree.hold(login, Role.SCHOOL_DOCTOR, other)
        logins.append(login)
    pool: list[dict[str, Any]] = []
    sent: set[str] = set()
    for _ in range(20):
        batches = [_mix(chance, here + there, pool) for _ in logins]
        calls = [_send(school, login, "/checkins/batches", body) for login, body in zip(logins, batches, strict=True)]
        answers = together(calls)
        assert [answer.status_code for answer in answers] == [200] * len(calls)
        assert all(answer.json()["refused"] == 0 for answer in answers)
        accepted = [
            item["id"] for answer in answers for item in answer.json()["items"] if item["outcome"] == "accepted"
        ]
        assert len(accepted) == len(set(accepted))
        assert not sent & set(accepted)
        sent |= set(accepted)
        school.check()
        school.check(school=other)
    assert sent == {one["id"] for one in pool}
    assert school.counts(clock.today())["reported"] == 3


def test_copies_in_flight_at_midnight_land_once(school: School, owner: Engine) -> None:
    """Without a time of its own a reading belongs to the day on which it comes, and its copy to the next."""
    midnight = clock.at(clock.today(), time(0))
    child, parent = school.children[0], school.parent()
    copies = [ReadingIn(id=uuid4(), person_id=child, temperature=36.5)] * 2
    second: list[Any] = []

    def send(session: Session, moment: datetime) -> Any:
        actor = Actor(parent.account_id, (Held(Role.GUARDIAN, school.id, person_id=child),))
        return checkins.submit(session, actor, checkins.Door(), copies[:1], received_at=moment)[0]

    def send_again() -> None:
        with db.transaction(scope(school.id)) as session:
            second.append(send(session, midnight + timedelta(milliseconds=1)))

    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    again = threading.Thread(target=send_again)
    with db.transaction(scope(school.id)) as session, owner.connect() as watcher:
        first = send(session, midnight - timedelta(milliseconds=1))
        again.start()
        while again.is_alive() and not watcher.scalar(waits):
            watcher.rollback()
    again.join()
    assert [first.outcome, second[0].outcome] == ["accepted", "duplicate"]
    assert first.receipt.day == second[0].receipt.day
    assert len(school.rows()) == 1
