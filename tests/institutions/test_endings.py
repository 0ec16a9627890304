"""Mergers and closings."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.kernel import clock
from tests.factories.people import add_student
from tests.factories.tree import Tree
from tests.institutions.steps import (
    at_once,
    code_of,
    get,
    is_sound,
    lineage,
    move,
    post,
    principal,
    provincial,
    second_county,
    tomorrow,
)


def merge(tree: Tree, login: Any, institution: int, into: int) -> Any:
    return post(tree, login, f"/institutions/{institution}/mergers", {"into_id": into})


def close(tree: Tree, login: Any, institution: int) -> Any:
    return post(tree, login, f"/institutions/{institution}/closings", {"reason": "办学终止"})


def outbox(owner: Engine, institution: int) -> list[tuple[str, dict[str, Any]]]:
    with owner.connect() as connection:
        rows = connection.execute(
            text("SELECT name, payload FROM outbox WHERE institution_id = :id ORDER BY id"), {"id": institution}
        )
        return [(row.name, row.payload) for row in rows]


def test_a_county_goes_up_into_another_with_its_schools(tree: Tree, owner: Engine) -> None:
    admin, other = provincial(tree), second_county(tree)
    answer = merge(tree, admin, tree.county, other)
    assert answer.status_code == 201, answer.text
    merged = answer.json()
    assert (merged["state"], merged["merged_into_id"], merged["version"]) == ("merged", other, 2)
    assert merged["closed_on"] == clock.today().isoformat()
    assert lineage(tree, admin, tree.school) == [tree.province, tree.city, other, tree.school]
    assert ("InstitutionMerged", {"into_id": other, "on": clock.today().isoformat()}) in outbox(owner, tree.county)
    assert ("InstitutionMoved", {"effective_on": clock.today().isoformat()}) in outbox(owner, tree.school)
    assert is_sound(owner, tree.province)
    assert code_of(merge(tree, admin, tree.county, other)) == (409, "institution_not_open")


def test_a_village_school_goes_up_into_its_centre_school(tree: Tree) -> None:
    admin = provincial(tree)
    village = tree.add_school(tree.school, "村小")
    assert code_of(merge(tree, admin, tree.school, village)) == (409, "move_into_itself")
    assert code_of(merge(tree, admin, village, village)) == (409, "move_into_itself")
    assert merge(tree, admin, village, tree.school).json()["merged_into_id"] == tree.school


def test_only_one_kind_merges_and_only_within_reach(tree: Tree) -> None:
    admin = provincial(tree)
    assert code_of(merge(tree, admin, tree.school, tree.county)) == (409, "merge_kinds_differ")
    twin = Tree.grow(tree.client)
    assert code_of(merge(tree, admin, tree.school, twin.school)) == (404, "not_found")
    assert code_of(merge(tree, principal(tree), tree.school, tree.add_school())) == (403, "forbidden")


def test_a_school_closes_and_takes_no_more_changes(tree: Tree, owner: Engine) -> None:
    admin, other = provincial(tree), second_county(tree)
    move(tree, admin, tree.school, other, tomorrow())
    answer = close(tree, admin, tree.school)
    assert (answer.status_code, answer.json()["state"]) == (201, "closed")
    assert code_of(close(tree, admin, tree.school)) == (409, "move_not_possible")
    assert code_of(move(tree, admin, tree.school, other)) == (409, "institution_not_open")
    rename = tree.client.patch(f"/api/v1/institutions/{tree.school}", headers=admin.headers, json={"name": "x"})
    assert code_of(rename) == (409, "institution_not_open")
    below = {"parent_id": tree.school, "kind": "school", "name": "村小", "school_type": "primary"}
    assert code_of(post(tree, admin, "/institutions", below)) == (409, "institution_not_open")
    assert ("InstitutionClosed", {"closed_on": clock.today().isoformat()}) in outbox(owner, tree.school)
    placements = get(tree, admin, f"/institutions/{tree.school}/placements").json()["items"]
    assert [one["applied"] for one in placements] == [True]
    with owner.connect() as connection:
        decision = connection.execute(
            text("SELECT move, source, target, reason, account_id FROM decision WHERE institution_id = :id"),
            {"id": tree.school},
        ).one()
        trail = connection.execute(
            text("SELECT act FROM audit_entry WHERE institution_id = :id ORDER BY seq"), {"id": tree.school}
        ).scalars()
        assert list(decision) == ["close", "open", "closed", "办学终止", admin.account_id]
        assert list(trail) == ["institutions.move", "institution.close"]


def test_what_is_open_below_must_go_first(tree: Tree) -> None:
    admin = provincial(tree)
    answer = close(tree, admin, tree.county)
    assert code_of(answer) == (409, "has_open_children")
    assert answer.json()["params"] == {"count": "1"}
    assert close(tree, admin, tree.school).status_code == 201
    assert close(tree, admin, tree.county).status_code == 201


def test_a_new_school_and_the_end_of_its_county_race(tree: Tree, owner: Engine) -> None:
    admin = provincial(tree)
    for number in range(4):
        county = second_county(tree, f"第{number}区教育局")
        body = {"parent_id": county, "kind": "school", "name": "新校", "school_type": "nursery"}
        made, closed = at_once([partial(post, tree, admin, "/institutions", body), partial(close, tree, admin, county)])
        assert (made.status_code, closed.status_code) in {(201, 409), (409, 201)}
    assert is_sound(owner, tree.province)


def test_a_county_admin_sees_no_rows_of_the_school_it_closes(tree: Tree) -> None:
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    assert close(tree, county, tree.school).status_code == 201
    assert code_of(get(tree, county, f"/institutions/{tree.school}/units")) == (403, "forbidden")


def roles_here(owner: Engine, institution: int) -> list[str]:
    with owner.connect() as connection:
        statement = text("SELECT role FROM membership WHERE institution_id = :id AND ended_at IS NULL ORDER BY role")
        return list(connection.scalars(statement, {"id": institution}))


@pytest.mark.parametrize("ending", ["close", "merge"])
def test_the_staff_of_an_ended_school_hold_no_role_in_it(
    tree: Tree, owner: Engine, deliver: Callable[[], int], ending: str
) -> None:
    county, into = tree.account(Role.COUNTY_ADMIN, tree.county), tree.add_school(name="玄武第二小学")
    head, teacher = principal(tree), tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=tree.classes[0])
    add_student(tree, tree.classes[0])
    there = principal(tree, into)
    tree.hold(head, Role.STAFF, into)

    answer = close(tree, county, tree.school) if ending == "close" else merge(tree, county, tree.school, into)
    assert answer.status_code == 201, answer.text
    deliver()

    assert roles_here(owner, tree.school) == []
    assert get(tree, head, f"/institutions/{tree.school}/persons").json()["items"] == []
    assert get(tree, county, f"/institutions/{tree.school}/figures").status_code == 200
    assert get(tree, there, f"/institutions/{into}/persons").status_code == 200
    carried = ["homeroom_teacher"] if ending == "merge" else []
    assert roles_here(owner, into) == [*carried, "principal", "staff"]
    assert get(tree, teacher, f"/institutions/{into}/units").status_code == (200 if ending == "merge" else 403)
    with owner.connect() as connection:
        removed = text(
            "SELECT count(*) FROM audit_entry WHERE institution_id = :id AND act = 'members.remove'"
            " AND account_id IS NULL AND subject_id = :account"
        )
        assert connection.scalar(removed, {"id": tree.school, "account": str(head.account_id)}) == 1


def test_the_staff_of_a_closed_county_hold_no_role_in_it_and_those_above_keep_theirs(
    tree: Tree, owner: Engine, deliver: Callable[[], int]
) -> None:
    empty = second_county(tree)
    below, above = tree.account(Role.COUNTY_ADMIN, empty), tree.account(Role.CITY_ADMIN, tree.city)
    assert close(tree, above, empty).status_code == 201
    deliver()

    assert roles_here(owner, empty) == []
    assert code_of(get(tree, below, f"/institutions/{empty}")) == (403, "forbidden")
    assert get(tree, above, f"/institutions/{empty}").json()["state"] == "closed"
