"""For readings, too, a reach means the same as SQL and as a predicate."""

import itertools

import pytest
from sqlalchemy import select

from app.access.actor import Actor, Held
from app.access.reach import REGISTRY, condition, holds
from app.access.roles import Action, Role
from app.checkins.models import CheckIn
from app.kernel import db
from tests.checkins.steps import School, reading
from tests.factories.people import add_household_member, add_student, scope

ACTIONS = (Action.CHECKINS_READ, Action.CHECKINS_CORRECT, Action.CHECKINS_SUBMIT, Action.CHECKINS_GATE)


@pytest.mark.parametrize("action", ACTIONS)
def test_sql_and_predicate_agree(school: School, action: Action) -> None:
    child, other = school.children[:2]
    neighbour = add_student(school.tree, school.tree.classes[1])
    mother = add_household_member(school.tree, child)
    people = [child, other, neighbour, mother]
    school.batch(school.staff(Role.SCHOOL_DOCTOR), [reading(one) for one in people])
    ties = [
        *(Held(role, school.id, person_id=one) for role in (Role.GUARDIAN, Role.STUDENT, Role.STAFF) for one in people),
        *(Held(Role.HOMEROOM_TEACHER, school.id, unit_id=unit) for unit in school.tree.classes),
        *(Held(role, place) for role in Role for place in (school.id, school.tree.county)),
    ]
    anchors, seen = REGISTRY[CheckIn], set()
    with db.transaction(scope(school.id)) as session:
        rows = session.scalars(select(CheckIn).where(CheckIn.institution_id == school.id)).all()
        assert len(rows) == len(people)
        for held in itertools.chain(((one,) for one in ties), itertools.combinations(ties[:6], 2)):
            actor = Actor(account_id=1, held=held)
            found = session.scalars(
                select(CheckIn.id).where(CheckIn.institution_id == school.id, condition(actor, action, anchors))
            )
            allowed = {row.id for row in rows if holds(actor, action, anchors.facts(row))}
            assert set(found) == allowed, held
            seen.add(len(allowed))
    assert len(seen) > 1
