"""The year's end: each class goes up a grade and keeps its students, the last grade leaves."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, Facts, require
from app.audit import service as audit
from app.institutions.models import Institution, SchoolType, Unit, UnitKind
from app.kernel import clock
from app.people.errors import ClassNameTaken, PromotionDone
from app.people.models import Promotion
from app.people.queries import imports, persons
from app.people.schemas import ClassPromotionOut, DepartureReason, PromotionOrder, PromotionOut
from app.people.service import grades, rolls, units
from app.people.service.departures import depart

# Promotions from June on lead into the school year that begins in September of the same year.
_JUNE: Final = 6


def promote(session: Session, actor: Actor, institution_id: int, order: PromotionOrder) -> PromotionOut:
    """Raise every class of a grade by one, and let the leaving grades graduate; once a school year.

    A class stays the unit that it was, with another name and grade, so that its history and its teacher stay with it.
    Staff stay as they are. Raises `PromotionDone`, `ClassNameTaken`, `DayNotPossible`.
    """
    require(actor, Action.PEOPLE_MANAGE, Facts(institution_id=institution_id))
    school = rolls.lock(session, institution_id)
    day = rolls.first_day(session, actor, institution_id, order.effective_on)
    school_year = day.year if day.month >= _JUNE else day.year - 1
    if imports.promotion(session, institution_id, school_year) is not None:
        raise PromotionDone
    open_units = persons.units(session, institution_id)
    students = persons.students_by_unit(session, institution_id)
    leaving = _leaving(order.leaving_grades, school.school_type)
    plan = _plan(school, open_units, students, leaving)
    _demand_names_apart(open_units, plan)
    if not order.dry_run:
        _carry_out(session, school, open_units, plan, day)
        if plan:
            units.trace(session, actor, institution_id, "units.promote", [one.unit_id for one in plan])
        session.add(_row(institution_id, school_year, day, plan, actor.account_id))
        _trace(session, actor, institution_id, school_year, plan)
    classes = [unit for unit in open_units if unit.kind is UnitKind.CLASS]
    return PromotionOut(
        institution_id=institution_id,
        school_year=school_year,
        effective_on=day,
        dry_run=order.dry_run,
        classes=plan,
        graduates=_graduates(plan),
        unchanged_classes=len(classes) - len(plan),
        students_without_class=students.get(None, 0),
    )


def _leaving(wanted: Sequence[int] | None, school_type: SchoolType | None) -> frozenset[int]:
    if wanted is not None:
        return frozenset(wanted)
    return frozenset({grades.LAST_GRADES[school_type]}) if school_type is not None else frozenset()


def _plan(
    school: Institution, open_units: Sequence[Unit], students: dict[int | None, int], leaving: frozenset[int]
) -> list[ClassPromotionOut]:
    """What becomes of each class of a grade, the highest first: their names are free when the next ones take them."""
    classes = [unit for unit in open_units if unit.kind is UnitKind.CLASS and unit.grade_level is not None]
    plan = []
    for unit in sorted(classes, key=lambda one: (-(one.grade_level or 0), one.id)):
        level = unit.grade_level or 0
        goes = level in leaving or level >= grades.HIGHEST
        plan.append(
            ClassPromotionOut(
                unit_id=unit.id,
                name=unit.name,
                new_name=None if goes else grades.a_year_later(unit.name, level, school.school_type),
                from_grade=level,
                to_grade=None if goes else level + 1,
                students=students.get(unit.id, 0),
            )
        )
    return plan


def _demand_names_apart(open_units: Sequence[Unit], plan: Sequence[ClassPromotionOut]) -> None:
    planned = {one.unit_id for one in plan}
    names = [unit.name for unit in open_units if unit.kind is UnitKind.CLASS and unit.id not in planned]
    names += [one.new_name for one in plan if one.new_name is not None]
    if len(set(names)) < len(names):
        raise ClassNameTaken


def _carry_out(
    session: Session,
    school: Institution,
    open_units: Sequence[Unit],
    plan: Sequence[ClassPromotionOut],
    day: date,
) -> None:
    by_id = {unit.id: unit for unit in open_units}
    leaving = [one.unit_id for one in plan if one.to_grade is None]
    graduates = persons.enrolled_in_units(session, school.id, leaving)
    depart(session, graduates, day, DepartureReason.GRADUATED)
    parents = {unit.grade_level: unit for unit in open_units if unit.kind is UnitKind.GRADE}
    for one in plan:
        unit = by_id[one.unit_id]
        if one.to_grade is None or one.new_name is None:
            _close(session, unit)
            continue
        if unit.parent_id is not None:
            unit.parent_id = _grade(session, school, parents, one.to_grade).id
        unit.name, unit.grade_level, unit.version = one.new_name, one.to_grade, unit.version + 1
        # One by one, from the top down: two classes may not bear one name even for a moment.
        session.flush()


def _close(session: Session, unit: Unit) -> None:
    units.end_unit_memberships(session, unit.institution_id, [unit.id])
    unit.responsible_account_id = None
    unit.closed_on = clock.today()
    unit.version += 1
    session.flush()


def _grade(session: Session, school: Institution, parents: dict[int | None, Unit], level: int) -> Unit:
    if level not in parents:
        name = grades.grade_name(level, school.school_type)
        made = units.make(session, school, {(UnitKind.GRADE, name): ""})[UnitKind.GRADE, name]
        made.grade_level = level
        session.flush()
        parents[level] = made
    return parents[level]


def _graduates(plan: Sequence[ClassPromotionOut]) -> int:
    return sum(one.students for one in plan if one.to_grade is None)


def _row(
    institution_id: int, school_year: int, day: date, plan: Sequence[ClassPromotionOut], account_id: int | None
) -> Promotion:
    return Promotion(
        institution_id=institution_id,
        school_year=school_year,
        effective_on=day,
        classes=len(plan),
        graduates=_graduates(plan),
        promoted_by=account_id,
        promoted_at=clock.now(),
    )


def _trace(
    session: Session, actor: Actor, institution_id: int, school_year: int, plan: Sequence[ClassPromotionOut]
) -> None:
    # Flushed first: two promotions at once meet at the key of the year's row.
    session.flush()
    audit.record(
        session,
        actor,
        "people.promote",
        "institution",
        institution_id,
        institution_id=institution_id,
        details={"school_year": school_year, "classes": len(plan), "graduates": _graduates(plan)},
    )
