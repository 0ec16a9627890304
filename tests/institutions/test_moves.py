"""Moves: at once or planned, of one school or a whole county; history stays; circles never close, whatever the race."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from app.access.roles import Role
from app.institutions import service
from app.institutions.models import InstitutionKind
from app.kernel import clock, db
from tests.factories.tree import OPENED, Tree, school_code
from tests.institutions.steps import (
    API,
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


def apply_on(day: str) -> int:
    with db.transaction() as session:
        return service.apply_due_placements(session, date.fromisoformat(day))


def stood(tree: Tree, login: Any, institution: int, on: date | str) -> list[int] | None:
    items = get(tree, login, f"/institutions/{institution}/placements", on=str(on)).json()["items"]
    assert len(items) <= 1
    return [*items[0]["lineage"]] if items else None


def test_a_school_moves_today_and_its_past_stays(tree: Tree, owner: Engine) -> None:
    admin, other = provincial(tree), second_county(tree)
    answer = move(tree, admin, tree.school, other)
    assert answer.status_code == 201, answer.text
    assert answer.json()["parent_name"] == "秦淮区教育局"
    assert lineage(tree, admin, tree.school) == [tree.province, tree.city, other, tree.school]
    today = clock.today()
    assert stood(tree, admin, tree.school, today) == [tree.province, tree.city, other, tree.school]
    assert stood(tree, admin, tree.school, today - timedelta(days=1))[-2] == tree.county  # type: ignore[index]
    assert stood(tree, admin, tree.school, OPENED)[-2] == tree.county  # type: ignore[index]
    assert stood(tree, admin, tree.school, OPENED - timedelta(days=1)) is None
    assert is_sound(owner, tree.province)


def test_a_county_moves_with_its_schools(tree: Tree, owner: Engine) -> None:
    admin = provincial(tree)
    village = tree.add_institution(
        tree.school, InstitutionKind.SCHOOL, "村小", school_type="primary", code=school_code()
    )
    elsewhere = tree.add_institution(tree.province, InstitutionKind.CITY, "镇江市教育局")
    assert move(tree, admin, tree.county, elsewhere).status_code == 201
    expected = [tree.province, elsewhere, tree.county, tree.school, village]
    assert lineage(tree, admin, village) == expected
    assert stood(tree, admin, village, clock.today()) == expected
    assert stood(tree, admin, village, OPENED)[1] == tree.city  # type: ignore[index]
    assert get(tree, admin, f"/institutions/{tree.county}").json()["version"] == 2
    assert is_sound(owner, tree.province)
    city = tree.account(Role.CITY_ADMIN, elsewhere)
    assert {one["id"] for one in get(tree, city, "/institutions", kind="school").json()["items"]} == {
        tree.school,
        village,
    }
    former = tree.account(Role.CITY_ADMIN, tree.city)
    assert get(tree, former, f"/institutions/{village}").status_code == 404


def test_two_moves_on_one_day_leave_one_place_for_that_day(tree: Tree) -> None:
    admin, other = provincial(tree), second_county(tree)
    assert move(tree, admin, tree.school, other).status_code == 201
    assert move(tree, admin, tree.school, tree.city).status_code == 201
    items = get(tree, admin, f"/institutions/{tree.school}/placements").json()["items"]
    assert [(one["parent_id"], one["valid_to"]) for one in items] == [
        (tree.county, clock.today().isoformat()),
        (tree.city, None),
    ]


def test_a_planned_move_waits_for_its_day(tree: Tree) -> None:
    admin, other = provincial(tree), second_county(tree)
    answer = move(tree, admin, tree.school, other, tomorrow(3))
    assert (answer.status_code, answer.json()["applied"]) == (201, False)
    assert apply_on(tomorrow(2)) == 0
    assert lineage(tree, admin, tree.school)[-2] == tree.county
    assert stood(tree, admin, tree.school, tomorrow(2))[-2] == tree.county  # type: ignore[index]
    assert stood(tree, admin, tree.school, tomorrow(3))[-2] == other  # type: ignore[index]
    assert code_of(move(tree, admin, tree.school, tree.city)) == (409, "move_planned")
    # The service was away on the day itself: the move counts from the day for which it was planned.
    assert apply_on(tomorrow(5)) >= 1
    assert lineage(tree, admin, tree.school)[-2] == other
    assert stood(tree, admin, tree.school, tomorrow(2))[-2] == tree.county  # type: ignore[index]
    assert stood(tree, admin, tree.school, tomorrow(3))[-2] == other  # type: ignore[index]
    assert apply_on(tomorrow(5)) == 0


def test_a_planned_move_can_be_taken_back(tree: Tree) -> None:
    admin, other = provincial(tree), second_county(tree)
    move(tree, admin, tree.school, other, tomorrow())
    path = f"{API}/institutions/{tree.school}/moves/"
    assert tree.client.delete(path + tomorrow(2), headers=admin.headers).status_code == 404
    assert tree.client.delete(path + tomorrow(), headers=admin.headers).status_code == 204
    assert tree.client.delete(path + tomorrow(), headers=admin.headers).status_code == 404
    apply_on(tomorrow())
    assert lineage(tree, admin, tree.school)[-2] == tree.county


def test_a_planned_move_lapses_when_its_parent_has_closed(tree: Tree, owner: Engine) -> None:
    admin, other = provincial(tree), second_county(tree)
    third = second_county(tree, "鼓楼区教育局")
    second_school = tree.add_school()
    move(tree, admin, tree.school, other, tomorrow())
    move(tree, admin, second_school, third, tomorrow())
    assert post(tree, admin, f"/institutions/{other}/closings", {"reason": "撤销"}).status_code == 201
    apply_on(tomorrow())
    assert lineage(tree, admin, tree.school)[-2] == tree.county
    assert lineage(tree, admin, second_school)[-2] == third
    with owner.connect() as connection:
        acts = connection.execute(
            text("SELECT act, details FROM audit_entry WHERE institution_id = :id ORDER BY seq"), {"id": tree.school}
        ).all()
    assert [act for act, _ in acts] == ["institutions.move", "institutions.move_lapsed"]
    assert acts[-1].details["because"] == "institution_not_open"


def test_what_cannot_be_moved(tree: Tree) -> None:
    admin, other = provincial(tree), second_county(tree)
    village = tree.add_institution(
        tree.school, InstitutionKind.SCHOOL, "村小", school_type="primary", code=school_code()
    )
    assert code_of(move(tree, admin, tree.school, tree.school)) == (409, "move_into_itself")
    assert code_of(move(tree, admin, tree.school, village)) == (409, "move_into_itself")
    assert code_of(move(tree, admin, tree.county, other)) == (422, "kind_not_below")
    assert code_of(move(tree, admin, tree.school, tree.county)) == (409, "already_there")
    past = move(tree, admin, tree.school, other, (clock.today() - timedelta(days=1)).isoformat())
    assert past.json()["errors"][0] == {"pointer": "/effective_on", "code": "past", "detail": "不能早于今天。"}
    assert lineage(tree, admin, tree.school)[-2] == tree.county


def test_both_ends_must_be_in_reach(tree: Tree) -> None:
    other = second_county(tree)
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    twin = Tree.grow(tree.client)
    assert code_of(move(tree, county, tree.school, other)) == (404, "not_found")
    assert code_of(move(tree, county, tree.school, twin.county)) == (404, "not_found")
    assert code_of(move(tree, county, twin.school, tree.county)) == (404, "not_found")
    assert code_of(move(tree, principal(tree), tree.school, other)) == (403, "forbidden")
    city = tree.account(Role.CITY_ADMIN, tree.city)
    assert move(tree, city, tree.school, other).status_code == 201


def test_two_moves_that_would_close_a_circle(tree: Tree, owner: Engine) -> None:
    admin = provincial(tree)
    for _ in range(5):
        one, two = tree.add_school(), tree.add_school()
        answers = at_once([partial(move, tree, admin, one, two), partial(move, tree, admin, two, one)])
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"move_into_itself"}
    assert is_sound(owner, tree.province)


def test_many_moves_and_new_schools_at_once_leave_a_sound_tree(tree: Tree, owner: Engine) -> None:
    admin, other = provincial(tree), second_county(tree)
    elsewhere = tree.add_institution(tree.province, InstitutionKind.CITY, "镇江市教育局")

    def make(parent: int) -> Any:
        body = {"parent_id": parent, "kind": "school", "name": "新校", "school_type": "nursery"}
        return post(tree, admin, "/institutions", body)

    calls: list[Callable[[], Any]] = [
        partial(move, tree, admin, tree.county, elsewhere),
        partial(move, tree, admin, tree.school, other),
        partial(move, tree, admin, other, elsewhere),
        *(partial(make, parent) for parent in (tree.county, tree.school, other) * 2),
    ]
    assert {answer.status_code for answer in at_once(calls)} == {201}
    assert is_sound(owner, tree.province)


def test_the_database_itself_refuses_a_false_lineage(tree: Tree, owner: Engine) -> None:
    with owner.connect() as connection:
        connection.execute(
            text("UPDATE institution SET lineage = ARRAY[:id]::bigint[] WHERE id = :id"), {"id": tree.school}
        )
        with pytest.raises(IntegrityError, match="the lineage does not follow the parents"):
            connection.commit()
