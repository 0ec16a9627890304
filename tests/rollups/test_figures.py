"""Figures over HTTP: exact at once, the parts add up to the whole, zero and missing never look alike."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from app.kernel import clock
from app.rollups.metrics import METRICS, SHOWN
from app.rollups.schemas import Rate
from tests.factories.tree import Tree
from tests.rollups.leaves import NOBODY, enrol, fevers, normal, read, report, some, students

NAMES = {metric.name for metric in SHOWN}


def total(items: list[dict[str, Any]]) -> dict[str, int]:
    return {name: sum(item["counts"][name] for item in items) for name in sorted(NAMES)}


def states(items: list[dict[str, Any]]) -> dict[str, int]:
    return {name: sum(item["schools"][name] for item in items) for name in items[0]["schools"]}


def test_a_province_sees_a_reading_as_soon_as_it_is_committed(tree: Tree, client: TestClient) -> None:
    province = tree.account(Role.PROVINCIAL_ADMIN, tree.province)
    enrol(tree.school, {tree.classes[0]: students(40), tree.classes[1]: students(38)})
    before = read(client, province, tree.province)
    assert some(before, "on_roll", "due", "reported", "missing") == (78, 78, 0, 78)
    assert before["state"] == "missing"
    report(tree.school, {tree.classes[0]: normal(30)})
    assert some(read(client, province, tree.province), "reported", "missing") == (30, 48)
    report(tree.school, {tree.classes[0]: {"normal": -1, "fever": 1}})
    after = read(client, province, tree.province)
    assert some(after, "reported", "normal", "fever") == (30, 29, 1)
    assert after["schools"] == {"cases": 1, "zero": 0, "missing": 0, "nothing_due": 0}
    assert after["day"] == clock.today().isoformat()
    assert set(after["counts"]) == NAMES


def test_every_level_opens_into_parts_that_add_up(tree: Tree, client: TestClient) -> None:
    other_city = tree.add_institution(tree.province, InstitutionKind.CITY, "苏州市教育局")
    under_city = tree.add_school(other_city, "苏州市直属学校")
    village = tree.add_school(tree.school, "村小")
    for number, school in enumerate((tree.school, under_city, village), start=1):
        enrol(school, {NOBODY: {**students(10 * number), "persons_uncovered": 10 * number}})
        report(school, {NOBODY: normal(number, late=1)})
    province = tree.account(Role.ANALYST, tree.province)
    for node in (tree.province, tree.city, tree.county, other_city, tree.school):
        whole = read(client, province, node)
        parts = read(client, province, node, "/children")["items"]
        assert total(parts) == whole["counts"], node
        assert states(parts) == whole["schools"], node
    cities = read(client, province, tree.province, "/children")["items"]
    assert [(item["institution_id"], *some(item, "due", "reported")) for item in cities] == [
        (tree.city, 40, 4),
        (other_city, 20, 2),
    ]
    assert [item["kind"] for item in read(client, province, other_city, "/children")["items"]] == ["school"]
    centre = read(client, province, tree.school, "/children")["items"]
    assert [(item["institution_id"], item["itself"], *some(item, "due")) for item in centre] == [
        (tree.school, True, 10),
        (village, False, 30),
    ]


def test_a_place_without_schools_is_shown_with_zeros(tree: Tree, client: TestClient) -> None:
    empty = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    login = tree.account(Role.CITY_ADMIN, tree.city)
    items = read(client, login, tree.city, "/children")["items"]
    shown = next(item for item in items if item["institution_id"] == empty)
    assert shown["name"] == "秦淮区教育局"
    assert set(shown["counts"].values()) == {0}
    assert shown["completeness"] == {"numerator": 0, "denominator": 0, "percent": None}
    assert shown["state"] == "nothing_due"


def test_cases_zero_missing_and_nothing_due_are_four_things(tree: Tree, client: TestClient) -> None:
    schools = {name: tree.add_school(name=name) for name in ("cases", "zero", "missing", "nothing_due", "household")}
    for name in ("cases", "zero", "missing", "household"):
        enrol(schools[name], {NOBODY: students(5)})
    report(schools["cases"], {NOBODY: fevers(1)})
    report(schools["zero"], {NOBODY: normal(5)})
    report(schools["household"], {NOBODY: {**normal(5), "household_reported": 1, "household_fever": 1}})
    login = tree.account(Role.COUNTY_ADMIN, tree.county)
    items = {item["name"]: item for item in read(client, login, tree.county, "/children")["items"]}
    assert {name: items[name]["state"] for name in schools} == {
        "cases": "cases",
        "zero": "zero",
        "missing": "missing",
        "nothing_due": "nothing_due",
        "household": "cases",
    }
    whole = read(client, login, tree.county)
    assert whole["schools"] == {"cases": 2, "zero": 1, "missing": 1, "nothing_due": 2}
    assert whole["state"] == "cases"


@pytest.mark.parametrize(
    ("numerator", "denominator", "percent"),
    [
        (0, 0, None),
        (0, 5, 0.0),
        (5, 5, 100.0),
        (11_999_999, 12_000_000, 99.9),
        (1, 3, 33.3),
        (2, 3, 66.6),
        (6, 5, 100.0),
    ],
)
def test_a_rate_never_shows_a_hundred_below_a_hundred(numerator: int, denominator: int, percent: float | None) -> None:
    assert Rate.of(numerator, denominator).percent == percent


def test_completeness_and_timeliness_name_their_figures(tree: Tree, client: TestClient) -> None:
    enrol(tree.school, {NOBODY: students(8)})
    report(tree.school, {NOBODY: normal(6, late=2)})
    found = read(client, tree.account(Role.PRINCIPAL, tree.school), tree.school)
    assert found["completeness"] == {"numerator": 6, "denominator": 8, "percent": 75.0}
    assert found["timeliness"] == {"numerator": 4, "denominator": 6, "percent": 66.6}


def test_children_are_compared_by_any_figure(tree: Tree, client: TestClient) -> None:
    schools = [tree.add_school(name=f"第{number}小学") for number in range(3)]
    for school, count in zip(schools, (2, 9, 4), strict=True):
        enrol(school, {NOBODY: students(10)})
        report(school, {NOBODY: fevers(count)})
    login = tree.account(Role.COUNTY_ADMIN, tree.county)

    def order(sort: str) -> list[int]:
        return [item["institution_id"] for item in read(client, login, tree.county, "/children", sort=sort)["items"]]

    assert order("-fever") == [schools[1], schools[2], schools[0], tree.school]
    assert order("fever") == [tree.school, schools[0], schools[2], schools[1]]
    assert order("-missing")[:1] == [schools[0]]
    url = f"/api/v1/institutions/{tree.county}/figures/children"
    wrong = client.get(url, headers=login.headers, params={"sort": "beauty"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "metric_not_known")


def test_a_trend_has_every_day(tree: Tree, client: TestClient) -> None:
    today = clock.today()
    days = [today - timedelta(days=back) for back in (4, 3, 2, 1, 0)]
    enrol(tree.school, {NOBODY: students(10)}, days[1])
    enrol(tree.school, {NOBODY: students(5)}, days[3])
    report(tree.school, {NOBODY: normal(7)}, days[1])
    report(tree.school, {NOBODY: fevers(2)}, days[4])
    login = tree.account(Role.PROVINCIAL_ADMIN, tree.province)
    items = read(client, login, tree.province, "/trend", **{"from": days[0], "to": days[4]})["items"]
    assert [item["day"] for item in items] == [day.isoformat() for day in days]
    assert [some(item, "due", "reported", "fever", "missing") for item in items] == [
        (0, 0, 0, 0),
        (10, 7, 0, 3),
        (10, 0, 0, 10),
        (15, 0, 0, 15),
        (15, 2, 2, 13),
    ]
    assert [item["state"] for item in items] == ["nothing_due", "zero", "missing", "missing", "cases"]
    for day, item in zip(days, items, strict=True):
        assert read(client, login, tree.province, day=day)["counts"] == item["counts"]


@pytest.mark.parametrize(("back", "status"), [(91, 200), (92, 422), (-1, 422)])
def test_a_trend_is_at_most_92_days_long(tree: Tree, client: TestClient, back: int, status: int) -> None:
    login = tree.account(Role.PRINCIPAL, tree.school)
    answer = client.get(
        f"/api/v1/institutions/{tree.school}/figures/trend",
        headers=login.headers,
        params={"from": (clock.today() - timedelta(days=back)).isoformat()},
    )
    assert answer.status_code == status


def test_a_school_opens_into_its_units_and_those_in_none(tree: Tree, client: TestClient) -> None:
    first, second = tree.classes
    enrol(
        tree.school,
        {first: students(3), second: students(4), NOBODY: {**students(2), "persons_uncovered": 2}},
    )
    report(tree.school, {first: normal(3), second: fevers(1), NOBODY: {"household_reported": 5, "household_fever": 1}})
    doctor = tree.account(Role.SCHOOL_DOCTOR, tree.school)
    found = read(client, doctor, tree.school, "/units")["items"]
    assert [(item["unit_id"], item["name"], item["state"]) for item in found] == [
        (None, None, "cases"),
        (first, "三年级1班", "zero"),
        (second, "三年级2班", "cases"),
    ]
    assert total(found) == read(client, doctor, tree.school)["counts"]


def test_a_homeroom_teacher_sees_the_own_class_alone(tree: Tree, client: TestClient) -> None:
    first, second = tree.classes
    enrol(tree.school, {first: students(3), second: students(4), NOBODY: students(1)})
    teacher = tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=first)
    found = read(client, teacher, tree.school, "/units")["items"]
    assert [(item["unit_id"], *some(item, "due")) for item in found] == [(first, 3)]
    for part in ("", "/children", "/trend?from=2026-01-01&to=2026-01-02"):
        answer = client.get(f"/api/v1/institutions/{tree.school}/figures{part}", headers=teacher.headers)
        assert answer.status_code == 403


def test_an_office_opens_a_school_down_to_its_classes_and_no_further(tree: Tree, client: TestClient) -> None:
    first, second = tree.classes
    enrol(tree.school, {first: students(3), second: students(4)})
    report(tree.school, {second: fevers(1)})

    for role, place in ((Role.PROVINCIAL_ADMIN, tree.province), (Role.COUNTY_ADMIN, tree.county)):
        login = tree.account(role, place)
        whole = read(client, login, tree.school)["counts"]
        found = read(client, login, tree.school, "/units")["items"]
        assert {item["unit_id"]: item["counts"]["missing"] for item in found} == {first: 3, second: 3}
        assert sum(item["counts"]["fever"] for item in found) == whole["fever"] == 1
        assert client.get(f"/api/v1/institutions/{tree.school}/units", headers=login.headers).status_code in (403, 404)
        assert client.get(f"/api/v1/units/{first}/missing", headers=login.headers).status_code in (403, 404)


@pytest.mark.parametrize("part", ["", "/children", "/units", "/trend?from=2026-01-01&to=2026-01-02"])
def test_a_foreign_institution_answers_as_one_that_is_not_there(tree: Tree, client: TestClient, part: str) -> None:
    twin = Tree.grow(client)
    login = tree.account(Role.PROVINCIAL_ADMIN, tree.province)
    answers = [
        client.get(f"/api/v1/institutions/{institution}/figures{part}", headers=login.headers)
        for institution in (twin.county, 2**62)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_the_metrics_say_what_they_count(tree: Tree, client: TestClient) -> None:
    login = tree.account(Role.PRINCIPAL, tree.school)
    listed = client.get("/api/v1/metrics", headers=login.headers).json()
    assert [metric["name"] for metric in listed] == [metric.name for metric in SHOWN]
    assert len({metric["name"] for metric in listed}) == len(listed)
    assert all(metric["zh"] and metric["en"] and metric["fed_by"] for metric in listed)


def test_each_stored_metric_is_a_column_of_its_leaf() -> None:
    from app.rollups.queries import tables  # noqa: PLC0415 - what is compared here

    for metric in METRICS:
        kinds = (
            (tables.UNIT_ROLL, tables.SCHOOL_ROLL) if metric.leaf == "roll" else (tables.UNIT_DAY, tables.SCHOOL_DAY)
        )
        assert all(metric.name in table.c for table in kinds)
