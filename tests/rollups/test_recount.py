"""The recount: silent when all is well, exact when it is not, and never repairing on its own."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock, db
from app.rollups import service as rollups
from app.rollups import tasks
from app.rollups.service import recounting
from tests.factories.tree import Tree
from tests.rollups.leaves import NOBODY, drift, enrol, inside, normal, report, students

Counts = dict[int, dict[str, int]]


class Rows:
    """What the rows of the features would say."""

    def __init__(self) -> None:
        self.stands: Counts = {}
        self.happened: dict[date, Counts] = {}

    def people(self, _session: Session, _school: int, _day: date) -> Mapping[int, Mapping[str, int]]:
        return self.stands

    def checkins(self, _session: Session, _school: int, day: date) -> Mapping[int, Mapping[str, int]]:
        return self.happened.get(day, {})


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """Rows that a test sets; the features' own are registered again afterwards."""
    made = Rows()
    monkeypatch.setattr(recounting, "RECOUNTERS", {})
    rollups.register_recount("people", made.people)
    rollups.register_recount("checkins", made.checkins)
    return made


def settle(tree: Tree, facts: Rows) -> None:
    """A school whose leaves are right."""
    unit = tree.classes[0]
    facts.stands = {unit: students(4)}
    facts.happened = {clock.today(): {unit: normal(3), NOBODY: {"household_reported": 1}}}
    enrol(tree.school, facts.stands)
    report(tree.school, facts.happened[clock.today()])
    with db.transaction(inside(tree.school)) as session:
        rollups.count_units(session, tree.school)


def test_right_figures_show_no_drift(tree: Tree, facts: Rows) -> None:
    settle(tree, facts)
    assert drift(tree.school) == []


def test_a_wrong_leaf_is_named_with_both_figures_and_audited(tree: Tree, owner: Engine, facts: Rows) -> None:
    settle(tree, facts)
    unit, today = tree.classes[0], clock.today()
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE unit_day SET reported = 5, normal = 5 WHERE institution_id = :school AND unit_id = :unit"),
            {"school": tree.school, "unit": unit},
        )
        connection.execute(
            text("UPDATE school_roll SET due = 9 WHERE institution_id = :school"), {"school": tree.school}
        )
    assert {(one.unit_id, one.metric, one.stored, one.counted) for one in drift(tree.school)} == {
        (unit, "reported", 5, 3),
        (unit, "normal", 5, 3),
        (None, "due", 9, 4),
    }
    with owner.connect() as connection:
        entry = connection.execute(
            text("SELECT * FROM audit_entry WHERE institution_id = :school"), {"school": tree.school}
        ).one()
    assert (entry.act, entry.details["count"]) == ("rollups.drift", 3)
    assert entry.details["figures"] == ["due", "normal", "reported"]
    assert entry.details["day"] == today.isoformat()
    assert len(drift(tree.school)) == 3  # reported, not repaired


def test_rows_that_no_leaf_counts_are_drift(tree: Tree, facts: Rows) -> None:
    settle(tree, facts)
    yesterday = clock.today() - timedelta(days=1)
    facts.stands = {}
    facts.happened[yesterday] = {tree.classes[1]: normal(2)}
    found = drift(tree.school, yesterday)
    assert {(one.unit_id, one.metric, one.stored, one.counted) for one in found} == {
        (tree.classes[1], "reported", 0, 2),
        (tree.classes[1], "normal", 0, 2),
        (None, "reported", 0, 2),
        (None, "normal", 0, 2),
    }


def test_the_command_line_repairs_and_says_so_in_the_trail(tree: Tree, owner: Engine, facts: Rows) -> None:
    settle(tree, facts)
    facts.happened[clock.today()][tree.classes[1]] = normal(2)
    facts.stands[tree.classes[1]] = students(2)
    with db.transaction(inside(tree.school)) as session:
        assert rollups.recount(session, tree.school, clock.today(), repair=True)
    assert drift(tree.school) == []
    with owner.connect() as connection:
        acts = list(
            connection.scalars(
                text("SELECT act FROM audit_entry WHERE institution_id = :school"), {"school": tree.school}
            )
        )
    assert acts == ["rollups.repair"]


def test_a_repair_of_several_days_ends_without_drift(tree: Tree, facts: Rows) -> None:
    settle(tree, facts)
    facts.stands = {tree.classes[0]: students(6)}
    yesterday = clock.today() - timedelta(days=1)
    facts.happened[yesterday] = {NOBODY: normal(1)}
    assert tasks.recount_school(tree.school, 2, repair=True)
    assert tasks.recount_school(tree.school, 2) == []


def test_the_nightly_recount_goes_over_every_school(tree: Tree) -> None:
    other = tree.add_school()
    assert {tree.school, other} <= set(tasks.schools())


def test_a_principal_may_ask_for_a_recount_and_an_office_may_not(tree: Tree, client: TestClient, facts: Rows) -> None:
    settle(tree, facts)
    url = f"/api/v1/institutions/{tree.school}/recounts"
    body = {"day": clock.today().isoformat()}
    principal = tree.account(Role.PRINCIPAL, tree.school)
    assert client.post(url, headers=principal.headers, json=body).json() == {"items": []}
    facts.stands = {}
    items = client.post(url, headers=principal.headers, json=body).json()["items"]
    assert {(item["metric"], item["stored"], item["counted"]) for item in items} == {("on_roll", 4, 0), ("due", 4, 0)}
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    assert client.post(url, headers=county.headers, json=body).status_code == 403
    twin = Tree.grow(client)
    foreign = client.post(f"/api/v1/institutions/{twin.school}/recounts", headers=principal.headers, json=body)
    assert foreign.status_code == 404
