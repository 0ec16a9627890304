"""Institutions: made, read, listed, renamed; who may, and what is refused."""

from typing import Any

import pytest

from app.access.roles import Role
from app.institutions import service
from app.institutions.models import InstitutionKind
from app.kernel import db
from tests.factories.tree import Tree, school_code
from tests.institutions.steps import code_of, get, post, principal, provincial, second_county


def a_school(tree: Tree, **values: Any) -> dict[str, Any]:
    return {
        "parent_id": tree.county,
        "kind": "school",
        "name": "玄武第二小学",
        "school_type": "primary",
        "code": school_code(),
        "division_code": "320102",
        **values,
    }


def test_a_county_makes_a_school_below_itself(tree: Tree) -> None:
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    answer = post(tree, county, "/institutions", a_school(tree))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["lineage"] == [tree.province, tree.city, tree.county, made["id"]]
    assert made["state"] == "open"
    assert made["version"] == 1
    assert get(tree, county, f"/institutions/{made['id']}").json() == made
    placements = get(tree, county, f"/institutions/{made['id']}/placements").json()["items"]
    assert [(one["parent_id"], one["parent_name"], one["applied"]) for one in placements] == [
        (tree.county, "玄武区教育局", True)
    ]


def test_a_school_may_stand_below_a_city_and_below_a_centre_school(tree: Tree) -> None:
    admin = provincial(tree)
    assert post(tree, admin, "/institutions", a_school(tree, parent_id=tree.city)).status_code == 201
    village = post(tree, admin, "/institutions", a_school(tree, parent_id=tree.school, code=None))
    assert village.json()["lineage"][-2] == tree.school


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [
        ({"school_type": None}, "/school_type", "school_type_needed"),
        ({"code": "12345"}, "/code", "school_code_format"),
        ({"code": "３１32000001"}, "/code", "wrong_format"),
        ({"code": "3132000001"}, "/code", "school_code_type"),
        ({"code": "2133000001"}, "/code", "school_code_province"),
        ({"division_code": "320199"}, "/division_code", "division_unknown"),
        ({"division_code": "320103"}, "/division_code", "division_unknown"),  # abolished in 2013
        ({"division_code": "3201"}, "/division_code", "wrong_format"),
        ({"opened_on": "2199-01-01"}, "/opened_on", "opened_in_future"),
        ({"kind": "county"}, "/school_type", "school_type_without_school"),
        ({"name": ""}, "/name", "too_short"),
        ({"name": "a\u0000b"}, None, "malformed"),
        ({"state": "merged"}, "/state", "unknown_field"),
        ({"lineage": [1]}, "/lineage", "unknown_field"),
    ],
)
def test_a_wrong_school_is_refused(tree: Tree, values: dict[str, Any], pointer: str | None, code: str) -> None:
    admin = provincial(tree)
    if values.get("kind") == "county":
        values = values | {"parent_id": tree.city}
    answer = post(tree, admin, "/institutions", a_school(tree, **values))
    if pointer is None:
        assert code_of(answer) == (400, code)
    else:
        assert answer.status_code == 422
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert len(get(tree, admin, "/institutions", parent_id=tree.county).json()["items"]) == 1


def test_kinds_descend(tree: Tree) -> None:
    admin = provincial(tree)
    city = {"parent_id": tree.county, "kind": "city", "name": "市"}
    assert code_of(post(tree, admin, "/institutions", city)) == (422, "kind_not_below")
    county = {"parent_id": tree.county, "kind": "county", "name": "区"}
    assert code_of(post(tree, admin, "/institutions", county)) == (422, "kind_not_below")


def test_a_code_is_used_once_in_the_whole_service(tree: Tree) -> None:
    other = Tree.grow(tree.client)
    code = school_code()
    assert post(tree, provincial(tree), "/institutions", a_school(tree, code=code)).status_code == 201
    twice = post(other, provincial(other), "/institutions", a_school(other, code=code))
    assert code_of(twice) == (409, "institution_code_taken")
    assert len(get(other, provincial(other), "/institutions", parent_id=other.county).json()["items"]) == 1


def test_who_may_not_make_institutions(tree: Tree) -> None:
    analyst = tree.account(Role.ANALYST, tree.county)
    assert code_of(post(tree, analyst, "/institutions", a_school(tree))) == (403, "forbidden")
    assert code_of(post(tree, principal(tree), "/institutions", a_school(tree))) == (403, "forbidden")
    neighbour = tree.account(Role.COUNTY_ADMIN, second_county(tree))
    foreign = post(tree, neighbour, "/institutions", a_school(tree))
    missing = post(tree, neighbour, "/institutions", a_school(tree, parent_id=2**62))
    assert code_of(foreign) == (404, "not_found")
    assert foreign.content == missing.content


def test_lists_are_filtered_and_end_where_the_reach_ends(tree: Tree) -> None:
    tree.add_school(tree.county, "玄武实验幼儿园", "kindergarten")
    other = second_county(tree)
    tree.add_school(other, "秦淮第一小学")
    city = tree.account(Role.CITY_ADMIN, tree.city)
    county = tree.account(Role.COUNTY_ADMIN, other)

    def names(login: Any, **filters: Any) -> list[str]:
        return [one["name"] for one in get(tree, login, "/institutions", **filters).json()["items"]]

    assert names(city, parent_id=tree.city) == ["玄武区教育局", "秦淮区教育局"]
    assert names(city, within_id=tree.county, kind="school") == ["玄武第一小学", "玄武实验幼儿园"]
    assert names(city, q="第一") == ["玄武第一小学", "秦淮第一小学"]
    assert names(city, q="%") == []
    assert names(city, state="closed") == []
    assert names(county) == ["秦淮区教育局", "秦淮第一小学"]
    assert names(county, within_id=tree.county) == names(county, within_id=2**60) == []
    first = get(tree, city, "/institutions", limit=2).json()
    second = get(tree, city, "/institutions", limit=200, cursor=first["next"]).json()
    assert len(first["items"]) == 2
    assert {one["id"] for one in first["items"]}.isdisjoint(one["id"] for one in second["items"])
    assert second["next"] is None


def test_a_school_sees_itself_and_the_names_above_it(tree: Tree) -> None:
    head = principal(tree)
    assert [one["id"] for one in get(tree, head, "/institutions").json()["items"]] == [tree.school]
    ancestors = get(tree, head, f"/institutions/{tree.school}/ancestors").json()["items"]
    assert [one["kind"] for one in ancestors] == ["province", "city", "county", "school"]
    assert set(ancestors[0]) == {"id", "kind", "name"}
    assert code_of(get(tree, head, f"/institutions/{tree.county}")) == (404, "not_found")


def test_a_rename_is_made_to_the_version_that_was_read(tree: Tree) -> None:
    admin = provincial(tree)
    path = f"/api/v1/institutions/{tree.school}"

    def rename(name: str, version: str) -> Any:
        headers = admin.headers | {"If-Match": version}
        return tree.client.patch(path, headers=headers, json={"name": name})

    assert rename("玄武第一小学(东校区)", '"1"').json()["version"] == 2
    assert code_of(rename("旧名", '"1"')) == (412, "precondition_failed")
    assert get(tree, admin, f"/institutions/{tree.school}").json()["name"] == "玄武第一小学(东校区)"
    assert rename("玄武第一小学(东校区)", '"2"').json()["version"] == 2  # nothing changed


@pytest.mark.parametrize("body", [{"name": None}, {"name": " "}, {"parent_id": 1}, {"state": "closed"}, [], "x", None])
def test_a_wrong_change_changes_nothing(tree: Tree, body: Any) -> None:
    admin = provincial(tree)
    before = get(tree, admin, f"/institutions/{tree.school}").content
    answer = tree.client.patch(f"/api/v1/institutions/{tree.school}", headers=admin.headers, json=body)
    assert answer.status_code in (400, 422)
    assert get(tree, admin, f"/institutions/{tree.school}").content == before


def test_a_change_keeps_the_code_and_the_type_together(tree: Tree) -> None:
    admin = provincial(tree)
    answer = tree.client.patch(
        f"/api/v1/institutions/{tree.school}", headers=admin.headers, json={"school_type": "junior"}
    )
    assert answer.json()["errors"][0]["code"] == "school_code_type"


def test_the_twin_province_is_out_of_sight_and_out_of_reach(tree: Tree) -> None:
    twin = Tree.grow(tree.client)
    admin = provincial(tree)
    for path in ("", "/ancestors", "/placements", "/units", "/members", "/policies"):
        foreign = get(tree, admin, f"/institutions/{twin.school}{path}")
        missing = get(tree, admin, f"/institutions/{2**61}{path}")
        assert foreign.status_code in (403, 404)
        assert foreign.content == missing.content
    before = get(twin, provincial(twin), f"/institutions/{twin.school}").content
    path = f"/api/v1/institutions/{twin.school}"
    assert tree.client.patch(path, headers=admin.headers, json={"name": "x"}).status_code == 404
    assert post(tree, admin, f"/institutions/{twin.school}/closings", {"reason": "x"}).status_code == 404
    assert get(twin, provincial(twin), f"/institutions/{twin.school}").content == before


def test_divisions_as_they_were(tree: Tree) -> None:
    head = principal(tree)
    today = get(tree, head, "/divisions", parent="320000", limit=200).json()["items"]
    assert len(today) == 13
    names_2012 = {
        one["name"] for one in get(tree, head, "/divisions", parent="320100", on="2012-01-01").json()["items"]
    }
    names_now = {one["name"] for one in get(tree, head, "/divisions", parent="320100").json()["items"]}
    assert "白下区" in names_2012 - names_now
    assert get(tree, head, "/divisions", on="tomorrow").status_code == 422


def test_the_roots_are_known_without_a_scope(tree: Tree) -> None:
    with db.transaction() as session:
        roots = service.root_ids(session)
    assert tree.province in roots
    assert tree.city not in roots
    assert tree.add_institution(None, InstitutionKind.PROVINCE, "浙江省教育厅") not in roots
