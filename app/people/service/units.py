"""Units that a roll brings along: named by a sheet, raised at a year's end, carried over by a merger.

They are written here set by set, with one event for all: by `institutions.create_unit` a sheet of 300 classes would
have the units of the school counted 300 times.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from app.access import service as access
from app.access.service import Actor
from app.audit import service as audit
from app.institutions.events import UnitsChanged
from app.institutions.models import Institution, Unit, UnitKind
from app.institutions.service import register_occupants
from app.kernel import events
from app.people.models import PersonKind
from app.people.queries import persons as queries
from app.people.queries import trails
from app.people.service import grades
from app.people.service.sheet_rows import Entry


def make_missing(
    session: Session, actor: Actor, school: Institution, kind: PersonKind, entries: Sequence[Entry]
) -> None:
    """Make the units that entries name and the school lacks, and put the entries into them."""
    wanted: dict[tuple[UnitKind, str], str] = {}
    own = UnitKind.CLASS if kind is PersonKind.STUDENT else UnitKind.DEPARTMENT
    for entry in entries:
        if entry.unit and entry.unit_id is None:
            wanted.setdefault((own, entry.unit), entry.grade)
        if entry.dormitory and entry.dormitory_id is None:
            wanted.setdefault((UnitKind.DORMITORY, entry.dormitory), "")
    if not wanted:
        return
    made = make(session, school, wanted)
    for entry in entries:
        if entry.unit and entry.unit_id is None:
            entry.unit_id = made[own, entry.unit].id
        if entry.dormitory and entry.dormitory_id is None:
            entry.dormitory_id = made[UnitKind.DORMITORY, entry.dormitory].id
    trace(session, actor, school.id, "units.create", [unit.id for unit in made.values()])


def make(
    session: Session, school: Institution, wanted: Mapping[tuple[UnitKind, str], str]
) -> dict[tuple[UnitKind, str], Unit]:
    """Make units, each under the grade that is named with it; grades that the school lacks are made as well."""
    standing = {unit.name: unit for unit in queries.units(session, school.id) if unit.kind is UnitKind.GRADE}
    missing = dict.fromkeys(grade for grade in wanted.values() if grade and grade not in standing)
    for grade in missing:
        standing[grade] = _unit(school, UnitKind.GRADE, grade, None, grades.level_of(grade, school.school_type))
        session.add(standing[grade])
    session.flush()
    made = {}
    for (kind, name), grade in wanted.items():
        parent = standing.get(grade)
        level = parent.grade_level if parent is not None else None
        if kind is UnitKind.CLASS and level is None:
            level = grades.level_of(name, school.school_type)
        made[kind, name] = _unit(school, kind, name, parent.id if parent else None, level)
    session.add_all(made.values())
    session.flush()
    return made


def _unit(school: Institution, kind: UnitKind, name: str, parent_id: int | None, level: int | None) -> Unit:
    return Unit(institution_id=school.id, kind=kind, name=name, parent_id=parent_id, grade_level=level)


def end_unit_memberships(session: Session, institution_id: int, unit_ids: Sequence[int]) -> None:
    """End the roles that hang on units that are no more."""
    found = trails.unit_memberships(session, institution_id)
    access.revoke_all(session, [one for one in found if one.unit_id in unit_ids])


def trace(session: Session, actor: Actor, institution_id: int, act: str, unit_ids: Sequence[int]) -> None:
    """One event and one entry for all."""
    events.record(session, UnitsChanged(institution_id))
    audit.record(
        session,
        actor,
        act,
        "institution",
        institution_id,
        institution_id=institution_id,
        details={"units": len(unit_ids), "first": min(unit_ids), "last": max(unit_ids)},
    )


register_occupants(queries.count_in_unit)
