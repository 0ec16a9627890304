"""Imports beside each other and beside phones: each reading lands once, nobody waits in a circle."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.access.roles import Role
from app.kernel import clock
from tests.checkins.steps import School, morning, reading, stamp
from tests.checkins.test_races import together
from tests.checkins.uploads import Uploads, row, told
from tests.factories.people import add_student
from tests.factories.tree import Login


def test_one_sheet_sent_three_times_at_once_lands_once(school: School) -> None:
    offices = [Uploads(school, school.staff(Role.SCHOOL_REPORTER)) for _ in range(3)]
    rows = [row(child, morning(6, minute, days=0)) for child in school.children for minute in range(40)]
    outcomes = together([partial(office.send, rows) for office in offices])
    accepted, duplicate, failed = (sum(counts) for counts in zip(*map(told, outcomes), strict=True))
    assert (accepted, duplicate, failed) == (120, 240, 0)
    assert len(school.rows()) == 120
    school.check()


def _keep_sending(school: School, login: Login, people: list[int], moments: list[datetime]) -> list[int]:
    """One batch after the other for as long as an import may take; how many readings of each were refused."""
    return [
        school.batch(login, [reading(one, 37.9, taken_at=stamp(at)) for at in moments for one in people])["refused"]
        for _ in range(25)
    ]


def test_imports_of_many_days_beside_batches_neither_deadlock_nor_drift(school: School) -> None:
    days = [clock.today() - timedelta(days=ago) for ago in range(6)]
    later = [add_student(school.tree, school.tree.classes[1], enrolled_on=days[-1]) for _ in range(4)]
    offices = [Uploads(school, school.staff(Role.SCHOOL_REPORTER)) for _ in range(2)]
    doctors = [school.staff(Role.SCHOOL_DOCTOR) for _ in range(2)]
    moments = [morning(6, 30, days=(day - clock.today()).days) for day in days]
    # More than one step of an import. Who holds the school's figures may not wait for those of the later class.
    seconds = [
        [*row(person, at)[:2], f"06:30:{second:02}", "36.5", ""]
        for at in moments
        for person in [*school.children, *later]
        for second in range(40)
    ]
    calls: list[Callable[[], Any]] = [partial(office.send, seconds) for office in offices]
    calls += [
        partial(_keep_sending, school, doctor, later, order)
        for doctor, order in zip(doctors, (moments, moments[::-1]), strict=True)
    ]
    *imports, one_way, other_way = together(calls)
    accepted, duplicate, failed = (sum(counts) for counts in zip(*map(told, imports), strict=True))
    assert (accepted, duplicate, failed) == (len(seconds), len(seconds), 0)
    assert one_way == other_way == [0] * 25
    for day in days:
        school.check(day)
