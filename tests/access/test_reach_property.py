"""What a reach means is said twice, as SQL and as a predicate: on random trees, rows and callers both say the same."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.access.actor import Actor, Held
from app.access.models import Membership
from app.access.reach import REGISTRY, condition, holds
from app.access.roles import Action, Role
from app.institutions.models import Institution, InstitutionKind, Unit, UnitKind
from app.people.models import Person
from tests.factories.people import add_household_member, add_student
from tests.factories.tree import Tree, school_code

MODELS: tuple[type[Any], ...] = (Institution, Unit, Membership, Person)
ROLES = [role for role in Role if role is not Role.SIGNED_IN]


@dataclass(frozen=True)
class Forest:
    """Two provinces with everything in them, in one session that nothing is hidden from."""

    session: Session
    institutions: list[int]
    units: list[int]
    persons: list[int]
    accounts: list[int]
    rows: dict[type[Any], list[Any]]


def plant(client: TestClient, dice: random.Random) -> Tree:
    """A province whose branches are as deep as the dice say."""
    tree = Tree.grow(client)
    schools = [tree.school]
    for number in range(4):
        parent = dice.choice([tree.county, tree.city, *schools])
        new = tree.add_institution(
            parent, InstitutionKind.SCHOOL, f"学校{number}", school_type="primary", code=school_code()
        )
        tree.add_unit(new, UnitKind.CLASS, "一年级1班")
        schools.append(new)
    for unit in (*tree.classes, None):
        student = add_student(tree, unit)
        add_household_member(tree, student)
        tree.account(Role.GUARDIAN, tree.school, person_id=student)
        tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=unit or tree.classes[0])
    for institution in (tree.province, tree.county, *schools):
        tree.account(dice.choice([Role.ANALYST, Role.PRINCIPAL, Role.AUDITOR]), institution)
    return tree


@pytest.fixture(scope="module")
def forest(client: TestClient, owner: Engine) -> Iterator[Forest]:
    dice = random.Random(20261123)
    provinces = [plant(client, dice).province for _ in range(2)]
    with Session(owner) as session:
        institutions = select(Institution.id).where(Institution.lineage.overlap(provinces))
        rows: dict[type[Any], list[Any]] = {
            Institution: list(session.scalars(select(Institution).where(Institution.id.in_(institutions))))
        }
        for model in MODELS[1:]:
            rows[model] = list(session.scalars(select(model).where(model.institution_id.in_(institutions))))
        yield Forest(
            session,
            institutions=[row.id for row in rows[Institution]],
            units=[row.id for row in rows[Unit]],
            persons=[row.id for row in rows[Person]],
            accounts=[row.account_id for row in rows[Membership]],
            rows=rows,
        )


def actors(forest: Forest) -> st.SearchStrategy[Actor]:
    """Callers with any roles anywhere, also ones that cannot be: a unit of one school held in another, none at all."""
    held = st.builds(
        Held,
        role=st.sampled_from(ROLES),
        institution_id=st.sampled_from(forest.institutions),
        unit_id=st.none() | st.sampled_from(forest.units),
        person_id=st.none() | st.sampled_from(forest.persons),
    )
    return st.builds(Actor, account_id=st.sampled_from(forest.accounts), held=st.lists(held, max_size=4).map(tuple))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_sql_and_predicate_agree(forest: Forest, model: type[Any]) -> None:
    anchors = REGISTRY[model]
    ids = [row.id for row in forest.rows[model]]

    @settings(max_examples=150, deadline=None)
    @given(actor=actors(forest), action=st.sampled_from(Action))
    def agree(actor: Actor, action: Action) -> None:
        wanted = select(model.id).where(condition(actor, action, anchors), model.id.in_(ids))
        by_sql = set(forest.session.scalars(wanted))
        assert by_sql == {row.id for row in forest.rows[model] if holds(actor, action, anchors.facts(row))}

    agree()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_rows_are_worth_asking_about(forest: Forest, model: type[Any]) -> None:
    """Without callers who reach some rows, and not all, the agreement above would say nothing."""
    anchors = REGISTRY[model]
    rows = forest.rows[model]
    sizes = set()
    for role in ROLES:
        for row in rows:
            facts = anchors.facts(row)
            if facts.institution_id is None:
                continue
            actor = Actor(1, (Held(role, facts.institution_id, facts.unit_id, facts.ward_id),))
            sizes.add(sum(holds(actor, anchors.read, anchors.facts(one)) for one in rows))
    assert 0 < max(sizes) < len(rows)
    assert len(sizes) > 2
