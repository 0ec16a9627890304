"""Who has not been heard of: in a class with names, in a school by class."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.checkins.models import Slot
from app.checkins.queries import lists
from app.checkins.schemas.figures import MissingPersonOut, SchoolMissingOut, UnitMissingCountOut, UnitMissingOut
from app.institutions.models import Institution, Unit
from app.kernel import clock, paging
from app.people.models import Person
from app.rollups.models import NOBODY


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which day (today) and slot (any)."""

    day: date | None = None
    slot: Slot | None = None

    @property
    def on(self) -> date:
        """The day itself."""
        return self.day or clock.today()


def missing_in_unit(
    session: Session, actor: Actor, unit_id: int, wanted: Wanted, page: paging.PageQuery
) -> UnitMissingOut:
    """Those of a class or department who owe a reading and of whom nothing has come; to be named leaves a trace."""
    unit = obtain(session, actor, Action.MISSING_READ, Unit, unit_id)
    day, slot = wanted.on, wanted.slot
    counts = lists.counts_by_unit(session, unit.institution_id, day, slot, unit.id)
    due, reported = next(((row.due, row.reported) for row in counts), (0, 0))
    statement = lists.missing_in_unit(unit.institution_id, unit.id, day, slot)
    rows, following = paging.fetch(session, statement, [Person.id], page)
    if rows:
        details = {"day": day.isoformat(), "persons": [row.id for row in rows]}
        audit.record(
            session, actor, "missing.read", "unit", unit.id, institution_id=unit.institution_id, details=details
        )
    return UnitMissingOut(
        unit_id=unit.id,
        day=day,
        slot=slot,
        due=due,
        reported=reported,
        missing=due - reported,
        items=[MissingPersonOut(person_id=row.id, name=row.name) for row in rows],
        next=following,
    )


def missing_in_school(
    session: Session,
    actor: Actor,
    institution_id: int,
    wanted: Wanted,
    page: paging.PageQuery,
    *,
    with_persons: bool,
) -> SchoolMissingOut:
    """How many are missing in each class of a school, and who, where that is asked for: that look leaves a trace."""
    school = obtain(session, actor, Action.MISSING_READ, Institution, institution_id)
    day, slot = wanted.on, wanted.slot
    counts = lists.counts_by_unit(session, school.id, day, slot)
    statement = lists.units_with(school.id, [row.unit_id for row in counts])
    units, following = paging.fetch(session, statement, [Unit.id], page)
    # Who stands in no unit comes first, once.
    names: dict[int, str | None] = {NOBODY: None} if page.cursor is None else {}
    names |= {unit.id: unit.name for unit in units}
    persons = _persons(session, school.id, names, wanted) if with_persons else None
    if persons is not None:
        named = sorted(one.person_id for missing in persons.values() for one in missing)
        details = {"day": day.isoformat(), "units": sorted(names), "persons": named}
        audit.record(
            session, actor, "missing.read", "institution", school.id, institution_id=school.id, details=details
        )
    due, reported = sum(row.due for row in counts), sum(row.reported for row in counts)
    items = [_count(row, names[row.unit_id], persons) for row in counts if row.unit_id in names]
    return SchoolMissingOut(
        day=day, slot=slot, due=due, reported=reported, missing=due - reported, items=items, next=following
    )


def _count(row: Any, name: str | None, persons: Mapping[int, list[MissingPersonOut]] | None) -> UnitMissingCountOut:
    return UnitMissingCountOut(
        unit_id=row.unit_id,
        name=name,
        due=row.due,
        reported=row.reported,
        missing=row.due - row.reported,
        persons=None if persons is None else persons.get(row.unit_id, []),
    )


def _persons(
    session: Session, school: int, units: Collection[int], wanted: Wanted
) -> dict[int, list[MissingPersonOut]]:
    found = lists.missing_of_units(session, school, units, day=wanted.on, slot=wanted.slot)
    return {unit: [MissingPersonOut(person_id=one, name=name) for one, name in some] for unit, some in found.items()}
