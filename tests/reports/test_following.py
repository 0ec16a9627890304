"""Reports that are still out follow the rules and the tree of the day."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from tests.factories.tree import Tree
from tests.reports.steps import Office, at
from tests.reports.test_failures import watch

Deliver = Callable[[], int]


@pytest.fixture
def office(client: TestClient, tree: Tree) -> Office:
    return Office.open(client, tree)


def rule(office: Office, tree: Tree, key: str, value: Any) -> None:
    path = f"/institutions/{tree.county}/policies/{key}"
    office.ask("PUT", Role.COUNTY_ADMIN, tree.county, path, {"value": value, "locked": False})


def test_a_day_off_that_is_said_in_the_morning(office: Office, tree: Tree, deliver: Deliver) -> None:
    early = tree.add_school(name="早报小学")
    with at(6):
        watch(tree)
        office.send(early)
        closed = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "closed": [office.day.isoformat()], "extra": []}
        rule(office, tree, "school_days", closed)
        deliver()
        assert office.draft(tree.school)["owed"] is False
    with at(18):
        watch(tree)
        assert [one["institution_id"] for one in office.failures(Role.CITY_ADMIN, tree.city)] == [tree.city]
        schools = office.collect(Role.COUNTY_ADMIN, tree.county)["schools"]
    assert (schools["owed"], schools["sent"], schools["missing"]) == (1, 1, 0)


def test_a_cut_off_that_is_set_in_the_morning(office: Office, tree: Tree, deliver: Deliver) -> None:
    with at(6):
        watch(tree)
        rule(office, tree, "report_cutoff_school", "15:00")
        deliver()
        assert office.draft(tree.school)["due_at"].startswith(f"{office.day}T07:00")  # 15:00 in Shanghai
    with at(15, 1):
        watch(tree)
        found = office.failures(Role.COUNTY_ADMIN, tree.county)
    assert [(one["kind"], one["institution_id"]) for one in found] == [("missing", tree.school)]


def test_a_school_that_is_closed_owes_nothing(office: Office, tree: Tree, deliver: Deliver) -> None:
    closing = tree.add_school(name="撤并小学")
    with at(6):
        watch(tree)
        path = f"/institutions/{closing}/closings"
        office.ask("POST", Role.COUNTY_ADMIN, tree.county, path, {"reason": "撤并"}, status=201)
        deliver()
        schools = office.collect(Role.COUNTY_ADMIN, tree.county)["schools"]
    assert (schools["owed"], schools["missing"]) == (1, 1)


def test_a_cut_off_that_has_passed_stays(office: Office, tree: Tree, deliver: Deliver) -> None:
    with at(16, 40):
        watch(tree)
        rule(office, tree, "report_cutoff_school", "18:00")
        deliver()
        assert office.send(tree.school)["on_time"] is False


def test_a_school_that_moves_owes_its_report_to_the_new_office(office: Office, tree: Tree, deliver: Deliver) -> None:
    west = tree.add_institution(tree.city, InstitutionKind.COUNTY, "鼓楼区")
    with at(6):
        watch(tree)
        path = f"/institutions/{tree.school}/moves"
        office.ask("POST", Role.CITY_ADMIN, tree.city, path, {"parent_id": west}, status=201)
        deliver()
        missing = {
            county: [one["institution_id"] for one in office.collect(Role.COUNTY_ADMIN, county)["missing"]]
            for county in (tree.county, west)
        }
    assert missing == {tree.county: [], west: [tree.school]}
