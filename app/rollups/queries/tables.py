"""The leaves as tables; every column list is made from `metrics`, so that no figure is named twice."""

from datetime import date
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, or_

from app.rollups.metrics import DAY_METRICS, METRICS, ROLL_METRICS, UNITS
from app.rollups.models import SchoolDay, SchoolRoll, UnitDay, UnitRoll

ROLL = tuple(metric.name for metric in ROLL_METRICS)
DAY = tuple(metric.name for metric in DAY_METRICS)
OF_UNITS = tuple(metric.name for metric in METRICS if metric.fed_by == UNITS)
UNIT_ROLL = cast("Table", UnitRoll.__table__)
SCHOOL_ROLL = cast("Table", SchoolRoll.__table__)
UNIT_DAY = cast("Table", UnitDay.__table__)
SCHOOL_DAY = cast("Table", SchoolDay.__table__)


def covers(table: Table, day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """The row of a roll that holds on ``day``."""
    return and_(table.c.valid_from <= day, or_(table.c.valid_to.is_(None), table.c.valid_to > day))


def crosses(table: Table, day: date) -> ColumnElement[bool]:
    """The row of a roll that holds on ``day`` and on the day before."""
    return and_(table.c.valid_from < day, or_(table.c.valid_to.is_(None), table.c.valid_to > day))
