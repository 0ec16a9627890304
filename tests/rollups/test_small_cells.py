"""Small figures of cases are hidden from those who may not see the persons, where policy asks; the rest stays true."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from app.kernel import clock
from tests.factories.tree import Login, Tree
from tests.rollups.leaves import NOBODY, enrol, fevers, normal, read, report, some, students

STATUS = ["attention", "fever", "normal"]
FEVERS = (1, 7, 12)


@pytest.fixture
def schools(tree: Tree) -> list[int]:
    """Three schools of the county with 1, 7 and 12 fevers; the first in a class."""
    found = [tree.add_school(name=f"第{number}小学") for number in range(3)]
    for school, count in zip(found, FEVERS, strict=True):
        enrol(school, {NOBODY: students(40)})
        report(school, {NOBODY: {"reported": 30, "normal": 30 - count, "fever": count}})
    return found


def ask(tree: Tree, value: int, *, at: int | None = None) -> None:
    """Have a policy hide what counts less."""
    login = tree.account(Role.PROVINCIAL_ADMIN, tree.province)
    path = f"/api/v1/institutions/{at or tree.province}/policies/small_cells_below"
    answer = tree.client.put(path, headers=login.headers, json={"value": value, "locked": False})
    assert answer.status_code == 200, answer.text


def shown(client: TestClient, login: Login, node: int, part: str = "/children", **params: Any) -> dict[int, Any]:
    items = read(client, login, node, part, **params)["items"]
    return {item["institution_id"]: item for item in items}


def test_nothing_is_hidden_unless_policy_asks(tree: Tree, client: TestClient, schools: list[int]) -> None:
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    for item in shown(client, county, tree.county).values():
        assert item["suppressed"] == []
        assert None not in item["counts"].values()
        assert item["schools"] is not None
    assert some(shown(client, county, tree.county)[schools[0]], "fever") == (1,)


def test_a_small_figure_is_suppressed_and_not_the_rest_of_a_sum(
    tree: Tree, client: TestClient, schools: list[int]
) -> None:
    ask(tree, 5)
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    whole, parts = read(client, county, tree.county), shown(client, county, tree.county)
    assert (some(whole, "fever", "reported"), whole["suppressed"]) == ((20, 90), [])
    for school in schools[:2]:
        item = parts[school]
        assert item["suppressed"] == STATUS
        assert some(item, *STATUS) == (None, None, None)
        assert (item["state"], item["schools"]) == ("suppressed", None)
        # Who has reported is no secret, and says nothing of how they are.
        assert some(item, "due", "reported", "missing", "symptoms") == (40, 30, 10, 0)
        assert item["completeness"]["percent"] == 75.0
    assert some(parts[schools[2]], "fever", "normal") == (12, 18)
    assert (parts[schools[2]]["state"], parts[schools[2]]["suppressed"]) == ("cases", [])
    assert parts[tree.school]["state"] == "nothing_due"


def test_each_question_about_a_place_is_answered_alike(tree: Tree, client: TestClient, schools: list[int]) -> None:
    ask(tree, 5)
    today = clock.today().isoformat()
    for role, node in ((Role.COUNTY_ADMIN, tree.county), (Role.CITY_ADMIN, tree.city), (Role.ANALYST, tree.province)):
        login = tree.account(role, node)
        for school, hidden in zip(schools, (True, True, False), strict=True):
            (day,) = read(client, login, school, "/trend", **{"from": today})["items"]
            (itself,) = read(client, login, school, "/children")["items"]
            (unit,) = read(client, login, school, "/units")["items"]
            for found in (read(client, login, school), day, itself, unit):
                assert (found["counts"]["fever"] is None) is hidden, (role, school)
                assert found["suppressed"] == (STATUS if hidden else [])
                assert found["state"] == ("suppressed" if hidden else "cases")


def test_those_who_may_see_the_persons_see_every_figure(tree: Tree, client: TestClient, schools: list[int]) -> None:
    ask(tree, 5)
    for role in (Role.PRINCIPAL, Role.SCHOOL_DOCTOR):
        login = tree.account(role, schools[0])
        for found in (read(client, login, schools[0]), *read(client, login, schools[0], "/units")["items"]):
            assert (some(found, "fever"), found["suppressed"], found["state"]) == ((1,), [], "cases")
    report(tree.school, {tree.classes[0]: fevers(2), tree.classes[1]: normal(9)})
    teacher = tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=tree.classes[0])
    (own,) = read(client, teacher, tree.school, "/units")["items"]
    assert some(own, "fever") == (2,)


def test_the_classes_of_a_school_that_hides_nothing_hide_what_is_small(tree: Tree, client: TestClient) -> None:
    ask(tree, 5)
    enrol(tree.school, {unit: students(30) for unit in tree.classes})
    report(tree.school, {tree.classes[0]: fevers(2), tree.classes[1]: fevers(28)})
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    assert some(read(client, county, tree.school), "fever") == (30,)
    units = {item["unit_id"]: item for item in read(client, county, tree.school, "/units")["items"]}
    assert [some(units[unit], "fever", "reported") for unit in tree.classes] == [(None, 2), (None, 28)]


def test_what_a_county_hides_all_its_schools_hide(tree: Tree, client: TestClient, schools: list[int]) -> None:
    small = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    only = tree.add_school(small, "秦淮区小学")
    enrol(only, {NOBODY: students(40)})
    report(only, {NOBODY: {"reported": 30, "normal": 28, "fever": 2}})
    ask(tree, 5)
    city, county = tree.account(Role.CITY_ADMIN, tree.city), tree.account(Role.COUNTY_ADMIN, tree.county)
    counties = shown(client, city, tree.city)
    assert [some(counties[node], "fever", "reported") for node in (small, tree.county)] == [(None, 30), (None, 90)]
    # The city sees 22 of both: the other county's schools would tell what is left for this one.
    assert some(read(client, city, tree.city), "fever") == (22,)
    assert [some(shown(client, city, tree.county)[school], "fever") for school in schools] == [(None,)] * 3
    # Who sees no more than that county learns nothing of the other from it.
    assert some(read(client, county, tree.county), "fever") == (20,)
    assert some(shown(client, county, tree.county)[schools[2]], "fever") == (12,)


def test_the_order_does_not_tell_what_is_hidden(tree: Tree, client: TestClient, schools: list[int]) -> None:
    ask(tree, 5)
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    for sort, order in (("-fever", [schools[2], tree.school, *schools[:2]]), ("fever", [tree.school, *schools])):
        assert list(shown(client, county, tree.county, sort=sort)) == order


def test_a_level_says_how_its_parts_are_shown(tree: Tree, client: TestClient, schools: list[int]) -> None:
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    ask(tree, 5, at=schools[0])  # a school hides its classes, not itself from the level above
    assert some(read(client, county, schools[0]), "fever") == (1,)
    assert some(read(client, county, schools[0], "/units")["items"][0], "fever") == (None,)
    ask(tree, 2, at=tree.county)
    assert some(read(client, county, schools[0]), "fever") == (None,)
    assert some(shown(client, county, tree.county)[schools[1]], "fever") == (None,)
    assert some(shown(client, county, tree.county)[schools[2]], "fever") == (12,)


def test_a_day_of_the_past_is_hidden_by_those_beside_whom_it_stood(
    tree: Tree, client: TestClient, schools: list[int]
) -> None:
    yesterday = clock.today() - timedelta(days=1)
    for school, count in zip(schools, FEVERS, strict=True):
        report(school, {NOBODY: {"reported": 30, "normal": 30 - count, "fever": count}}, yesterday)
    ask(tree, 5)
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    for school, expected in zip(schools, (None, None, 12), strict=True):
        items = read(client, county, school, "/trend", **{"from": (yesterday - timedelta(days=1)).isoformat()})["items"]
        assert [item["counts"]["fever"] for item in items] == [0, expected, expected]
        assert some(read(client, county, school, day=yesterday), "fever") == (expected,)
