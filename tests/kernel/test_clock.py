"""The school day is Shanghai's, whatever the zone of the moment."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import clock


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-01T23:59:59.999999+08:00", date(2026, 3, 1)),
        ("2026-03-02T00:00:00+08:00", date(2026, 3, 2)),
        ("2026-03-01T15:59:59.999999+00:00", date(2026, 3, 1)),
        ("2026-03-01T16:00:00+00:00", date(2026, 3, 2)),
        ("2028-02-28T16:00:00+00:00", date(2028, 2, 29)),
        ("2028-02-29T16:00:00+00:00", date(2028, 3, 1)),
        ("2026-12-31T10:59:00-05:00", date(2026, 12, 31)),
        ("2026-12-31T11:00:00-05:00", date(2027, 1, 1)),
    ],
)
def test_the_day_turns_at_midnight_in_shanghai(moment: str, day: date) -> None:
    assert clock.school_day(datetime.fromisoformat(moment)) == day


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-14, 14))  # noqa: DTZ001 - zones follow
def test_the_same_instant_falls_on_the_same_day(naive: datetime, hours: int) -> None:
    moment = naive.replace(tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))

    assert clock.school_day(elsewhere) == clock.school_day(moment)


def test_a_clock_time_of_a_day_is_an_instant() -> None:
    moment = clock.at(date(2026, 11, 23), time(8, 0))

    assert moment == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert clock.school_day(moment) == date(2026, 11, 23)
