"""Campuses and venues of a school."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, text

from app.access.roles import Role
from tests.closures.steps import API, add_venue, get, head_of, post
from tests.factories.tree import Login, Tree
from tests.institutions.steps import code_of


def patch(tree: Tree, login: Login, venue: int, body: Any, **headers: str) -> httpx2.Response:
    return tree.client.patch(f"{API}/venues/{venue}", headers=login.headers | headers, json=body)


def names(tree: Tree, login: Login, **asked: Any) -> list[str]:
    return [one["name"] for one in get(tree, login, f"/institutions/{tree.school}/venues", **asked).json()["items"]]


def counts(owner: Engine, school: int) -> dict[str, int]:
    with owner.connect() as connection:
        row = connection.execute(text("SELECT * FROM school_venues WHERE institution_id = :id"), {"id": school})
        found = row.mappings().one()
    return {
        name: count for name, count in found.items() if isinstance(count, int) and name != "institution_id" and count
    }


def test_a_school_lays_out_its_campuses_and_venues(tree: Tree, owner: Engine) -> None:
    head = head_of(tree)
    campus = add_venue(tree, head, "campus", name="本部")
    library = add_venue(tree, head, name="图书馆", campus_id=campus["id"])
    assert (library["kind"], library["campus_id"], library["version"]) == ("library", campus["id"], 1)
    for reader in (head, tree.account(Role.COUNTY_ADMIN, tree.county), tree.account(Role.GATE_GUARD, tree.school)):
        assert names(tree, reader) == ["本部", "图书馆"]
    assert names(tree, head, kind="library") == ["图书馆"]
    assert counts(owner, tree.school) == {"campus": 1, "library": 1}


def test_a_venue_is_renamed_and_hung_elsewhere_under_its_version(tree: Tree) -> None:
    head = head_of(tree)
    campus = add_venue(tree, head, "campus", name="东校区")
    gate = add_venue(tree, head, "gate", name="南门")
    moved = patch(tree, head, gate["id"], {"campus_id": campus["id"], "name": "东门"}, **{"If-Match": '"1"'})
    assert (moved.json()["name"], moved.json()["campus_id"], moved.json()["version"]) == ("东门", campus["id"], 2)
    late = patch(tree, head, gate["id"], {"name": "西门"}, **{"If-Match": '"1"'})
    assert code_of(late) == (412, "precondition_failed")
    assert patch(tree, head, gate["id"], {"campus_id": None}).json()["campus_id"] is None


def test_a_campus_stands_in_no_campus_and_a_venue_in_no_library(tree: Tree) -> None:
    head = head_of(tree)
    campus = add_venue(tree, head, "campus", name="本部")
    library = add_venue(tree, head, name="图书馆")
    path = f"/institutions/{tree.school}/venues"
    for kind, within in (("campus", campus["id"]), ("gate", library["id"])):
        answer = post(tree, head, path, {"kind": kind, "name": "新", "campus_id": within})
        assert code_of(answer) == (422, "campus_wrong")
    strange = post(tree, head, path, {"kind": "gate", "name": "新", "campus_id": 10**12})
    assert code_of(strange) == (404, "not_found")
    assert code_of(post(tree, head, path, {"kind": "gate", "name": "图书馆"})) == (409, "venue_name_taken")


def test_a_venue_is_retired_once_and_a_campus_only_when_empty(tree: Tree, owner: Engine) -> None:
    head = head_of(tree)
    campus = add_venue(tree, head, "campus", name="本部")
    library = add_venue(tree, head, name="图书馆", campus_id=campus["id"])
    full = post(tree, head, f"/venues/{campus['id']}/retirements")
    assert code_of(full) == (409, "venue_in_use")
    assert full.json()["params"] == {"count": "1"}
    assert post(tree, head, f"/venues/{library['id']}/retirements").json()["retired_on"] is not None
    assert code_of(post(tree, head, f"/venues/{library['id']}/retirements")) == (409, "venue_retired")
    assert code_of(patch(tree, head, library["id"], {"name": "书库"})) == (409, "venue_retired")
    assert post(tree, head, f"/venues/{campus['id']}/retirements").status_code == 201
    assert names(tree, head) == []
    assert names(tree, head, retired=True) == ["本部", "图书馆"]
    assert counts(owner, tree.school) == {}
    assert add_venue(tree, head, name="图书馆")["id"] != library["id"]


@pytest.mark.parametrize("role", [Role.HOMEROOM_TEACHER, Role.GUARDIAN, Role.GATE_GUARD, Role.AUDITOR])
def test_only_the_office_of_the_school_lays_out_venues(tree: Tree, role: Role) -> None:
    ties = {"unit_id": tree.classes[0]} if role is Role.HOMEROOM_TEACHER else {}
    ties |= {"person_id": 1} if role is Role.GUARDIAN else {}
    login = tree.account(role, tree.school, **ties)
    body = {"kind": "gate", "name": "南门"}
    assert post(tree, login, f"/institutions/{tree.school}/venues", body).status_code == 403
    assert get(tree, login, f"/institutions/{tree.school}/venues").status_code == 200


def test_offices_have_no_venues(tree: Tree) -> None:
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    assert (
        post(tree, county, f"/institutions/{tree.school}/venues", {"kind": "gate", "name": "南门"}).status_code == 403
    )
    head = head_of(tree)
    tree.hold(head, Role.PRINCIPAL, tree.county)
    answer = post(tree, head, f"/institutions/{tree.county}/venues", {"kind": "gate", "name": "南门"})
    assert code_of(answer) == (422, "only_schools_have_venues")
