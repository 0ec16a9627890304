"""Leaves follow what happens to the tree and the units, whether it is heard once or twice."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.access.service import SYSTEM
from app.institutions import service as institutions
from app.institutions.events import (
    InstitutionClosed,
    InstitutionMerged,
    InstitutionMoved,
    InstitutionOpened,
    UnitsChanged,
)
from app.institutions.models import InstitutionKind, UnitKind
from app.institutions.schemas import MergerIn, MoveIn
from app.kernel import clock, db, events
from app.kernel.db import Scope
from app.kernel.events import Event
from tests.factories.tree import Tree
from tests.rollups.leaves import NOBODY, drift, enrol, normal, read, report, some, students


def happen(*happened: Event) -> None:
    with db.transaction() as session:
        for event in happened:
            events.record(session, event)


def rolls(owner: Engine, school: int) -> list[tuple[bool, int, int]]:
    """(open, due, units) of a school's rolls."""
    with owner.connect() as connection:
        rows = connection.execute(
            text("SELECT valid_to, due, units FROM school_roll WHERE institution_id = :school ORDER BY valid_from"),
            {"school": school},
        )
        return [(row.valid_to is None, row.due, row.units) for row in rows]


def close(owner: Engine, school: int) -> None:
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE institution SET state = 'closed', closed_on = :today WHERE id = :school"),
            {"today": clock.today(), "school": school},
        )


def test_an_opened_school_gets_an_empty_roll_once(tree: Tree, owner: Engine, deliver: Callable[[], int]) -> None:
    new = tree.add_institution(
        tree.county, InstitutionKind.SCHOOL, "新学校", school_type="primary", code=f"2132{tree.county:06d}"
    )
    happen(InstitutionOpened(new), InstitutionOpened(new), InstitutionOpened(tree.county))
    deliver()
    assert rolls(owner, new) == [(True, 0, 0)]
    assert rolls(owner, tree.county) == []


def test_a_school_that_enrols_before_its_opening_is_heard_keeps_its_roll(
    tree: Tree, owner: Engine, deliver: Callable[[], int]
) -> None:
    new = tree.add_institution(
        tree.county, InstitutionKind.SCHOOL, "新学校", school_type="primary", code=f"2132{tree.county:06d}"
    )
    enrol(new, {NOBODY: students(3)})
    happen(InstitutionOpened(new))
    deliver()
    assert rolls(owner, new) == [(True, 3, 0)]


def test_units_are_counted_as_they_stand(tree: Tree, client: TestClient, deliver: Callable[[], int]) -> None:
    principal = tree.account(Role.PRINCIPAL, tree.school)
    happen(UnitsChanged(tree.school))
    deliver()
    assert some(read(client, principal, tree.school), "units", "units_uncovered") == (2, 2)
    tree.add_unit(tree.school, UnitKind.DEPARTMENT, "总务处")
    happen(UnitsChanged(tree.school), UnitsChanged(tree.school))
    deliver()
    assert some(read(client, principal, tree.school), "units", "units_uncovered") == (3, 3)
    assert drift(tree.school) == []


def test_a_unit_that_is_answered_for_or_closed_is_counted_so(
    tree: Tree, client: TestClient, owner: Engine, deliver: Callable[[], int]
) -> None:
    first, second = tree.classes
    enrol(tree.school, {first: students(2)})
    happen(UnitsChanged(tree.school))
    deliver()
    with owner.begin() as connection:
        connection.execute(text("UPDATE unit SET responsible_account_id = 1 WHERE id = :unit"), {"unit": first})
        connection.execute(
            text("UPDATE unit SET closed_on = :today WHERE id = :unit"), {"today": clock.today(), "unit": second}
        )
    happen(UnitsChanged(tree.school))
    deliver()
    principal = tree.account(Role.PRINCIPAL, tree.school)
    assert some(read(client, principal, tree.school), "units", "units_uncovered", "due") == (1, 0, 2)
    assert [item["unit_id"] for item in read(client, principal, tree.school, "/units")["items"]] == [first]


def test_a_closed_school_ends_when_nobody_stands_on_its_roll(
    tree: Tree, client: TestClient, owner: Engine, deliver: Callable[[], int]
) -> None:
    today = clock.today()
    enrol(tree.school, {NOBODY: students(2)})
    happen(UnitsChanged(tree.school))
    deliver()
    close(owner, tree.school)
    enrol(tree.school, {NOBODY: students(-2)})
    happen(*[InstitutionClosed(tree.school, today.isoformat())] * 2, UnitsChanged(tree.school))
    deliver()
    assert not any(is_open for is_open, _, _ in rolls(owner, tree.school))
    login = tree.account(Role.COUNTY_ADMIN, tree.county)
    assert read(client, login, tree.county, "/children")["items"] == []
    assert set(read(client, login, tree.county)["schools"].values()) == {0}


def test_a_moved_institution_is_followed(tree: Tree, client: TestClient, deliver: Callable[[], int]) -> None:
    enrol(tree.school, {NOBODY: students(2)})
    report(tree.school, {NOBODY: normal(1)})
    before = read(client, tree.account(Role.COUNTY_ADMIN, tree.county), tree.county)
    happen(InstitutionMoved(tree.school, clock.today().isoformat()))  # a move that was taken back meanwhile
    deliver()
    assert read(client, tree.account(Role.COUNTY_ADMIN, tree.county), tree.county) == before


def test_what_stood_below_a_merged_county_stands_below_the_other(
    tree: Tree, client: TestClient, deliver: Callable[[], int]
) -> None:
    other = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    yesterday = clock.today() - timedelta(days=1)
    enrol(tree.school, {NOBODY: students(2)}, yesterday)
    with db.transaction(Scope(subtrees=frozenset({tree.province}))) as session:
        institutions.merge(session, SYSTEM, tree.county, MergerIn(into_id=other))
    deliver()
    login = tree.account(Role.CITY_ADMIN, tree.city)
    for day, before, after in ((yesterday, 2, 0), (clock.today(), 0, 2)):
        assert some(read(client, login, tree.county, day=day), "due") == (before,)
        assert some(read(client, login, other, day=day), "due") == (after,)


def test_a_merger_heard_before_its_moves_takes_the_leaves_along(
    tree: Tree, client: TestClient, deliver: Callable[[], int]
) -> None:
    other = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    enrol(tree.school, {NOBODY: students(2)})
    with db.transaction(Scope(subtrees=frozenset({tree.province}))) as session:
        institutions.move(session, SYSTEM, tree.school, MoveIn(parent_id=other))
        session.execute(text("DELETE FROM outbox WHERE institution_id = :school"), {"school": tree.school})
    happen(InstitutionMerged(tree.county, other, clock.today().isoformat()))
    deliver()
    assert some(read(client, tree.account(Role.COUNTY_ADMIN, other), other), "due") == (2,)
