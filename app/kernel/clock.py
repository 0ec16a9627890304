"""Time as the service sees it: instants in UTC, school days in Asia/Shanghai.

The server decides the day. Neither the database's zone nor the phone's plays a part: both
differ between machines, and a reading must fall on one day for everybody.
"""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The school day of the present instant."""
    return school_day(now())


def school_day(moment: datetime) -> date:
    """The calendar day in Shanghai on which an aware ``moment`` falls."""
    return moment.astimezone(SHANGHAI).date()


@lru_cache(maxsize=512)
def at(day: date, clock_time: time) -> datetime:
    """The instant at which Shanghai's clocks show ``clock_time`` on ``day``, in UTC."""
    return datetime.combine(day, clock_time, tzinfo=SHANGHAI).astimezone(UTC)
