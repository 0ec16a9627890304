"""Readings follow the roll: what a class counts is of those whom it owes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.access.roles import Role
from app.kernel import clock
from tests.checkins.steps import School, reading, stamp
from tests.factories.people import add_staff


def _missing(school: School, unit: int) -> Any:
    shown = school.get(school.teacher(unit), f"/units/{unit}/missing")
    assert shown["missing"] == len(shown["items"])
    return shown["due"], shown["reported"], shown["missing"]


def test_a_change_of_class_takes_the_days_reading_along(school: School, deliver: Callable[[], int]) -> None:
    child, (first, second) = school.children[0], school.tree.classes
    parent, yesterday = school.parent(), clock.today() - timedelta(days=1)
    school.batch(parent, [reading(child, 38.0), reading(child, taken_at=stamp(clock.now() - timedelta(days=1)))])
    principal = school.staff(Role.PRINCIPAL)
    school.post(principal, f"/persons/{child}/unit-changes", {"unit_id": second})
    deliver()
    assert school.counts(unit=first) == {}
    assert school.counts(unit=second) == {"reported": 1, "fever": 1}
    assert school.counts(yesterday, first)["reported"] == 1
    assert (_missing(school, first), _missing(school, second)) == ((2, 0, 2), (1, 1, 0))
    # Later readings of the day count where the child stands now.
    school.log(parent, reading(child))
    assert school.counts(unit=second) == {"reported": 1, "fever": 1}
    for day in (clock.today(), yesterday):
        school.check(day)


def test_who_leaves_today_is_no_longer_counted_today(school: School, deliver: Callable[[], int]) -> None:
    child = school.children[0]
    parent = school.parent()
    wrong = school.log(parent, reading(child, 38.0))
    principal = school.staff(Role.PRINCIPAL)
    school.post(principal, f"/persons/{child}/departures", {"reason": "transferred"})
    deliver()
    assert school.counts() == {}
    assert _missing(school, school.unit) == (2, 0, 2)
    assert len(school.rows()) == 1
    # The family may still put right what is recorded; it counts nowhere.
    school.correct(parent, wrong["id"], child, temperature=36.5)
    assert school.counts() == {}
    assert school.log(parent, reading(child), 422)["code"] == "not_on_roll"
    school.check()


def test_what_is_heard_twice_is_done_once(school: School, deliver: Callable[[], int]) -> None:
    child, (first, second) = school.children[0], school.tree.classes
    school.log(school.parent(), reading(child))
    principal = school.staff(Role.PRINCIPAL)
    for unit in (second, first, second):
        school.post(principal, f"/persons/{child}/unit-changes", {"unit_id": unit})
    deliver()
    assert (school.counts(unit=first), school.counts(unit=second)) == ({}, {"reported": 1, "normal": 1})
    school.check()


def test_who_owes_nothing_by_the_rules_is_not_counted(school: School, deliver: Callable[[], int]) -> None:
    staff = [add_staff(school.tree, name=f"职工{one}") for one in "甲乙"]
    doctor = school.staff(Role.SCHOOL_DOCTOR)
    school.log(doctor, reading(staff[0], 38.0))
    assert school.counts(unit=0) == {"reported": 1, "fever": 1}
    admin = school.tree.account(Role.COUNTY_ADMIN, school.tree.county)
    answer = school.client.put(
        f"/api/v1/institutions/{school.tree.county}/policies/due_kinds",
        headers=admin.headers,
        json={"value": ["student"], "locked": False},
    )
    assert answer.status_code == 200, answer.text
    deliver()
    assert school.counts(unit=0) == {}
    school.batch(doctor, [reading(staff[1], 38.0), reading(school.children[0])])
    assert school.counts(unit=0) == {}
    assert school.counts() == {"reported": 1, "normal": 1}
    assert school.get(school.staff(Role.PRINCIPAL), f"/institutions/{school.id}/missing")["missing"] == 2
    school.check()


def test_the_rules_of_the_school_decide_hours_and_fever(school: School) -> None:
    admin = school.tree.account(Role.COUNTY_ADMIN, school.tree.county)
    rules = {
        "fever_threshold": {"default": 37.3, "ear": 37.8},
        "slots": [{"slot": "morning", "opens": "05:00", "deadline": "06:30", "required": True}],
        "checkin_backdating_days": 1,
    }
    for key, value in rules.items():
        answer = school.client.put(
            f"/api/v1/institutions/{school.tree.county}/policies/{key}",
            headers=admin.headers,
            json={"value": value, "locked": False},
        )
        assert answer.status_code == 200, answer.text
    parent, child = school.parent(), school.children[0]
    ear = school.log(parent, reading(child, 37.5, site="ear"))
    assert (ear["status"], ear["late"], ear["slot"]) == ("normal", True, "morning")
    assert school.log(parent, reading(child, 37.5, site="armpit"))["status"] == "fever"
    old = stamp(clock.now() - timedelta(days=2))
    assert school.log(parent, reading(child, taken_at=old), 422)["code"] == "too_long_ago"
