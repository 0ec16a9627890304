"""What follows from a reading, for all readings."""

from datetime import UTC, date, datetime, time, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.checkins import rules
from app.checkins.errors import ClockNotBelieved, TakenInFuture
from app.checkins.models import HealthStatus
from app.kernel import clock
from app.policies.settings import DEFAULTS

MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
DAYS = st.builds(
    rules.PersonDay,
    unit_id=st.just(1),
    household=st.booleans(),
    status=st.sampled_from(HealthStatus),
    symptoms=st.booleans(),
    measured=st.booleans(),
    in_time=st.booleans(),
)


@given(MOMENTS, st.timedeltas(timedelta(days=-9), timedelta(days=9)), st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_wrong_clock_changes_nothing(received: datetime, wrong: timedelta, age: timedelta) -> None:
    truth = received - age
    placed = rules.place(truth + wrong, received + wrong, received)
    assert abs(placed.taken_at - truth) <= rules.TOLERANCE
    assert placed.taken_at <= received
    assert placed.skewed == (abs(wrong) > rules.TOLERANCE)


@given(MOMENTS, MOMENTS)
def test_nothing_is_placed_after_its_arrival(taken: datetime, received: datetime) -> None:
    try:
        assert rules.place(taken, None, received).taken_at <= received
    except TakenInFuture:
        assert taken > received


@pytest.mark.parametrize("year", [1, 1999, 2200, 9999])
def test_other_centuries_are_not_believed(year: int) -> None:
    moment = datetime(year, 6, 1, tzinfo=UTC)
    with pytest.raises(ClockNotBelieved):
        rules.place(moment, None, clock.now())
    with pytest.raises(ClockNotBelieved):
        rules.place(clock.now(), moment, clock.now())


@pytest.mark.parametrize(
    ("at", "slot"),
    [
        (time(0, 0), "morning"),
        (time(4, 59), "morning"),
        (time(10, 59, 59), "morning"),
        (time(11, 0), "noon"),
        (time(16, 59, 59, 999999), "noon"),
        (time(17, 0), "evening"),
        (time(23, 59, 59, 999999), "evening"),
    ],
)
def test_the_slot_is_the_one_that_opened_last(at: time, slot: str) -> None:
    moment = clock.at(date(2028, 2, 29), at)
    for slots in (DEFAULTS.slots, DEFAULTS.slots[::-1]):
        assert rules.slot_rule(slots, moment).slot == slot


def test_the_deadline_itself_is_in_time() -> None:
    day, rule = date(2028, 2, 29), DEFAULTS.slots[0]
    deadline = clock.at(day, rule.deadline)
    assert not rules.is_late(rule, day, deadline)
    assert rules.is_late(rule, day, deadline + timedelta(microseconds=1))


@given(st.lists(DAYS, min_size=1, max_size=6).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_readings_of_a_day_join_in_any_order(orders: tuple[list[rules.PersonDay], list[rules.PersonDay]]) -> None:
    one, other = (reduce(rules.PersonDay.joined, order) for order in orders)
    for name in ("status", "symptoms", "measured", "in_time"):
        assert getattr(one, name) == getattr(other, name)
