"""The server decides the day; phones may be wrong, late, and out of order."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, make_url
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock, db
from tests.checkins.steps import School, at, morning, reading, stamp
from tests.factories.people import add_student
from tests.factories.tree import Tree


@pytest.fixture
def strange_zone(owner: Engine) -> Iterator[None]:
    """The database believes that it stands on an island in the Pacific."""
    _set_zone(owner, "Pacific/Kiritimati")
    yield
    _set_zone(owner, "Etc/UTC")


def _set_zone(owner: Engine, zone: str) -> None:
    url = make_url(owner.url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        database = sql.Identifier(str(url.database))
        connection.execute(sql.SQL("ALTER DATABASE {} SET timezone TO {}").format(database, sql.Literal(zone)))
    db.engine().dispose()  # what is set holds for new connections


@pytest.mark.usefixtures("strange_zone")
def test_midnight_is_shanghais(school: School) -> None:
    last = datetime.combine(clock.today(), datetime.max.time(), tzinfo=clock.SHANGHAI).replace(microsecond=999000)
    first = datetime.combine(clock.today() + timedelta(days=1), datetime.min.time(), tzinfo=clock.SHANGHAI)
    with at(first + timedelta(minutes=10)):
        parent, child = school.parent(), school.children[0]
        items = [reading(child, taken_at=stamp(moment)) for moment in (last, first)]
        answer = school.batch(parent, items)
        receipts = [item["receipt"] for item in answer["items"]]
        today = clock.today()
        assert [one["day"] for one in receipts] == [(today - timedelta(days=1)).isoformat(), today.isoformat()]
        assert [one["slot"] for one in receipts] == ["evening", "morning"]
        for day in (today, today - timedelta(days=1)):
            assert school.counts(day)["reported"] == 1
            school.check(day)
        with db.engine().connect() as connection:
            assert connection.exec_driver_sql("SHOW timezone").scalar_one() == "Pacific/Kiritimati"


def test_29_february_is_a_day(client: TestClient, owner: Engine) -> None:
    leap = date(2028, 2, 29)
    with at(clock.at(leap + timedelta(days=1), datetime.min.time()) + timedelta(hours=7)):
        school = School.open(client, owner, Tree.grow(client))
        taken = clock.at(leap, datetime.min.time()) + timedelta(hours=6)
        receipt = school.log(school.parent(), reading(school.children[0], taken_at=stamp(taken)))
        assert receipt["day"] == "2028-02-29"
        assert school.counts(leap) == {"reported": 1, "normal": 1, "late": 1}
        record = school.get(school.parent(), f"/persons/{school.children[0]}/temperature-record")
        assert [one["day"] for one in record["days"]][-2:] == ["2028-02-29", "2028-03-01"]
        assert all(one["day"] < other["day"] for one, other in pairwise(record["days"]))
        school.check(leap)


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (timedelta(minutes=4), None),
        (timedelta(minutes=6), "taken_in_future"),
        (timedelta(days=400), "taken_in_future"),
        (timedelta(days=-7), None),
        (timedelta(days=-8), "too_long_ago"),
    ],
)
def test_readings_of_the_future_and_of_long_ago_are_refused(school: School, ahead: timedelta, code: str | None) -> None:
    moment = clock.now() + ahead
    answer = school.batch(school.parent(), [reading(school.children[0], taken_at=stamp(moment))])
    problem = answer["items"][0]["problem"]
    assert (problem and problem["code"]) == code
    assert len(school.rows()) == (code is None)


def test_a_fast_clock_does_not_carry_a_reading_into_tomorrow(school: School) -> None:
    parent = school.parent()
    midnight = clock.at(clock.today() + timedelta(days=1), datetime.min.time())
    with at(midnight - timedelta(minutes=2)):
        parent = school.parent()
        receipt = school.log(parent, reading(school.children[0], taken_at=stamp(midnight + timedelta(minutes=1))))
        assert receipt["day"] == clock.today().isoformat()


@pytest.mark.parametrize("year", [1, 9999])
def test_absurd_clocks_are_told_so(school: School, year: int) -> None:
    moment = f"{year:04d}-01-01T00:00:00+08:00"
    parent = school.parent()
    for more in ({}, {"sent_at": moment}, {"sent_at": stamp(clock.now())}):
        answer = school.batch(parent, [reading(school.children[0], taken_at=moment)], **more)
        assert answer["items"][0]["problem"]["code"] == "clock_not_believed"
    answer = school.batch(parent, [reading(school.children[0], taken_at=stamp(clock.now()))], sent_at=moment)
    assert answer["items"][0]["problem"]["code"] == "clock_not_believed"
    assert school.rows() == []


def test_a_wrong_clock_is_corrected_and_flagged(school: School) -> None:
    wrong, taken = timedelta(days=2), clock.now() - timedelta(days=1, hours=1)
    parent = school.parent()
    body = reading(school.children[0], taken_at=stamp(taken + wrong))
    school.log(parent, body | {"sent_at": stamp(clock.now() + wrong)})
    row = school.rows()[0]
    assert row["skewed"]
    assert abs(row["taken_at"] - taken) < timedelta(seconds=30)
    assert row["day"] == clock.school_day(taken)
    # The first landing decides, whatever the phone believes next time.
    again = school.log(parent, body | {"sent_at": stamp(clock.now())}, 200)
    assert again["day"] == row["day"].isoformat()
    assert len(school.rows()) == 1


def _week(school: School) -> list[dict[str, Any]]:
    now, values = clock.now(), iter(range(360, 400))
    return [
        reading(child, next(values) / 10, taken_at=stamp(now - timedelta(days=day, minutes=child % 50)))
        for child in school.children[:2]
        for day in range(7)
    ]


def test_an_offline_week_converges_whatever_the_order_and_the_clocks(school: School) -> None:
    parent = school.parent()
    school.tree.hold(parent, Role.GUARDIAN, school.id, person_id=school.children[1])
    week = _week(school)
    true_days = {body["id"]: clock.school_day(datetime.fromisoformat(body["taken_at"])) for body in week}
    chance = random.Random(20261124)
    for _ in range(4):
        wrong = timedelta(days=chance.choice((-2, 2)), minutes=chance.randrange(60))
        shifted = [
            body | {"taken_at": stamp(datetime.fromisoformat(body["taken_at"]) + wrong)}
            for body in chance.sample(week * 2, k=len(week))
        ]
        school.batch(parent, shifted, sent_at=stamp(clock.now() + wrong))
    school.batch(parent, chance.sample(week, k=len(week)), sent_at=stamp(clock.now()))
    rows = school.rows()
    assert {str(row["id"]): row["day"] for row in rows} == true_days
    assert any(row["skewed"] for row in rows)
    for day in set(true_days.values()):
        assert school.counts(day)["reported"] == 2
        school.check(day)


def test_a_reading_of_before_the_enrolment_is_refused(school: School) -> None:
    with at(morning(7, days=0)):
        fresh = add_student(school.tree, school.unit, "新生")
        yesterday = stamp(clock.now() - timedelta(days=1))
        answer = school.batch(school.teacher(), [reading(fresh, taken_at=yesterday), reading(fresh)])
    assert [one["outcome"] for one in answer["items"]] == ["refused", "accepted"]
    assert answer["items"][0]["problem"]["code"] == "not_on_roll"
