"""Orders: who gives them, what holds of several, amended and lifted, then and as known then."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from app.kernel import clock
from tests.closures.steps import (
    add_venue,
    admin,
    amend,
    closures,
    degree,
    get,
    head_of,
    in_days,
    lift,
    moment,
    order,
    ordered,
    post,
)
from tests.factories.tree import Tree
from tests.institutions.steps import at_once, code_of


def venue_degrees(found: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["degree"] for one in found["venues"]}


def test_one_order_closes_every_school_below_with_one_row(tree: Tree, owner: Engine) -> None:
    schools = [tree.school, *(tree.add_school(name=f"第{number}小学") for number in range(4))]
    given = ordered(tree, admin(tree, "county"), tree.county, number="玄疫防〔2020〕7号")
    assert (given["issuer_id"], given["issuer_name"], given["in_force"]) == (tree.county, "玄武区教育局", True)
    assert given["institution_name"] == "玄武区教育局"
    for school in schools:
        found = closures(tree, head_of(tree, school), school)
        assert found["whole"] == {"degree": "closed_to_society", "exceptions": True, "order_id": given["id"]}
        assert [one["number"] for one in found["orders"]] == ["玄疫防〔2020〕7号"]
    with owner.connect() as connection:
        rows = connection.execute(
            text("SELECT count(*) FROM closure_term WHERE lineage @> ARRAY[:id]::bigint[]"), {"id": tree.province}
        ).scalar_one()
    assert rows == 1


def test_the_strictest_order_prevails_and_lifting_it_reveals_the_next(tree: Tree) -> None:
    head = head_of(tree)
    own = ordered(tree, head, tree.school, degree="no_gathering")
    county = ordered(tree, admin(tree, "county"), tree.county)
    province = ordered(tree, admin(tree, "province"), tree.province, degree="closed")
    found = closures(tree, head, tree.school)
    assert [one["order_id"] for one in found["orders"]] == [province["id"], county["id"], own["id"]]
    for given, login, left in (
        (province, admin(tree, "province"), "closed_to_society"),
        (county, admin(tree, "county"), "no_gathering"),
        (own, head, "open"),
    ):
        assert lift(tree, login, given).status_code == 201
        assert degree(tree, head, tree.school) == left


def test_of_equal_orders_the_one_from_furthest_above_holds(tree: Tree) -> None:
    head = head_of(tree)
    ordered(tree, head, tree.school)
    city = ordered(tree, admin(tree, "city"), tree.city)
    ordered(tree, admin(tree, "county"), tree.county)
    assert closures(tree, head, tree.school)["whole"]["order_id"] == city["id"]
    firm = ordered(tree, admin(tree, "county"), tree.county, exceptions=False)
    found = closures(tree, head, tree.school)["whole"]
    assert (found["order_id"], found["exceptions"]) == (firm["id"], False)


def test_an_order_may_close_kinds_of_venues_or_venues_by_name(tree: Tree) -> None:
    head = head_of(tree)
    east = add_venue(tree, head, "campus", name="东校区")
    for kind, name, campus in (
        ("library", "图书馆", None),
        ("library", "东图书馆", east["id"]),
        ("gymnasium", "体育馆", None),
        ("gate", "东门", east["id"]),
    ):
        add_venue(tree, head, kind, name=name, campus_id=campus)
    ordered(tree, admin(tree, "city"), tree.city, venue_kinds=["library"], degree="no_gathering")
    ordered(tree, head, tree.school, venue_ids=[east["id"]], degree="closed")
    found = closures(tree, head, tree.school)
    assert found["whole"]["degree"] == "open"
    assert venue_degrees(found) == {
        "东校区": "closed",
        "图书馆": "no_gathering",
        "东图书馆": "closed",
        "体育馆": "open",
        "东门": "closed",
    }
    ordered(tree, admin(tree, "county"), tree.county)
    assert set(venue_degrees(closures(tree, head, tree.school)).values()) == {"closed", "closed_to_society"}


def test_an_order_holds_from_its_beginning_until_before_its_end(tree: Tree) -> None:
    head = head_of(tree)
    ordered(tree, head, tree.school, since="2030-03-01T08:00:00+08:00", until="2030-03-08T00:00:00+08:00")
    assert degree(tree, head, tree.school) == "open"
    for at, expected in (
        ("2030-03-01T07:59:59.999999+08:00", "open"),
        ("2030-03-01T08:00:00+08:00", "closed_to_society"),
        ("2030-03-07T23:59:59.999999+08:00", "closed_to_society"),
        ("2030-03-08T00:00:00+08:00", "open"),
    ):
        assert degree(tree, head, tree.school, at=at) == expected


def test_what_held_on_that_day_and_what_was_known_then(tree: Tree) -> None:
    head = head_of(tree)
    county = admin(tree, "county")
    day = clock.now()
    given = ordered(tree, county, tree.county, since=(day - timedelta(days=10)).isoformat())
    before = clock.now()
    changed = amend(tree, county, given, degree="closed", since=(day - timedelta(days=4)).isoformat()).json()
    assert [one["degree"] for one in changed["terms"]] == ["closed_to_society", "closed"]
    assert moment(changed["terms"][0]["until"]) == moment(changed["terms"][1]["since"])
    known = before.isoformat()
    society = "closed_to_society"
    for days, now, then in ((11, "open", "open"), (7, society, society), (2, "closed", society)):
        at = (day - timedelta(days=days)).isoformat()
        assert degree(tree, head, tree.school, at=at) == now
        assert degree(tree, head, tree.school, at=at, known_at=known) == then
    assert degree(tree, head, tree.school, known_at=(before - timedelta(days=1)).isoformat()) == "open"
    lift(tree, county, given, since=(day - timedelta(days=1)).isoformat())
    assert degree(tree, head, tree.school) == "open"
    assert degree(tree, head, tree.school, at=(day - timedelta(days=2)).isoformat()) == "closed"
    terms = get(tree, head, f"/institutions/{tree.school}/closure-orders/{given['id']}/terms").json()["items"]
    assert [(one["degree"], one["known_to"] is None) for one in terms] == [
        ("closed_to_society", False),
        ("closed_to_society", True),
        ("closed", False),
        ("closed", True),
    ]


def test_an_amendment_takes_the_place_of_all_that_was_planned_after_it(tree: Tree) -> None:
    head = head_of(tree)
    given = ordered(tree, head, tree.school, since=in_days(2))
    later = amend(tree, head, given, degree="closed", since=in_days(6)).json()
    assert [one["degree"] for one in later["terms"]] == ["closed_to_society", "closed"]
    sooner = amend(tree, head, given, degree="no_gathering", since=in_days(4), until=in_days(5)).json()
    assert [one["degree"] for one in sooner["terms"]] == ["closed_to_society", "no_gathering"]
    assert degree(tree, head, tree.school, at=in_days(7)) == "open"
    # Without a moment: from its beginning, where that is still to come.
    whole = amend(tree, head, given, degree="closed").json()
    assert [(one["degree"], one["since"]) for one in whole["terms"]] == [("closed", given["terms"][0]["since"])]
    gone = lift(tree, head, given).json()
    assert (gone["terms"], gone["in_force"]) == ([], False)
    assert code_of(lift(tree, head, given)) == (409, "closure_over")
    assert code_of(amend(tree, head, given)) == (409, "closure_over")


def test_an_order_that_has_ended_is_not_amended_but_its_past_may_be_put_right(tree: Tree) -> None:
    head = head_of(tree)
    given = ordered(tree, head, tree.school, since=in_days(-5), until=in_days(-1))
    assert code_of(amend(tree, head, given)) == (409, "closure_over")
    assert amend(tree, head, given, degree="closed", since=in_days(-3), until=in_days(-2)).status_code == 201
    assert degree(tree, head, tree.school, at=in_days(-2.5)) == "closed"
    assert degree(tree, head, tree.school, at=in_days(-1.5)) == "open"


def test_only_the_issuer_or_a_level_above_amends_and_lifts(tree: Tree) -> None:
    head, county = head_of(tree), admin(tree, "county")
    given = ordered(tree, county, tree.school)
    assert given["issuer_id"] == tree.county
    for answer in (lift(tree, head, given), amend(tree, head, given)):
        assert code_of(answer) == (403, "closure_of_above")
        assert answer.json()["params"] == {"issuer": "玄武区教育局"}
    assert lift(tree, head, ordered(tree, county, tree.county), seen_from=tree.school).status_code == 403
    assert amend(tree, admin(tree, "city"), given, degree="closed").status_code == 201
    assert lift(tree, county, given).status_code == 201


@pytest.mark.parametrize("role", [Role.SCHOOL_REPORTER, Role.GATE_GUARD, Role.SCHOOL_DOCTOR, Role.AUDITOR])
def test_others_in_a_school_read_orders_and_give_none(tree: Tree, role: Role) -> None:
    login = tree.account(role, tree.school)
    assert order(tree, login, tree.school).status_code == 403
    assert closures(tree, login, tree.school)["orders"] == []


def test_nobody_orders_sideways_or_upwards(tree: Tree) -> None:
    other = tree.add_school(name="别的小学")
    head, county = head_of(tree), admin(tree, "county")
    assert code_of(order(tree, head, tree.county)) == (404, "not_found")
    assert code_of(order(tree, head, other)) == (404, "not_found")
    assert code_of(order(tree, county, tree.city)) == (404, "not_found")
    given = ordered(tree, county, other)
    for path in ("", "/terms"):
        answer = get(tree, head, f"/institutions/{tree.school}/closure-orders/{given['id']}{path}")
        assert code_of(answer) == (404, "not_found")
    assert closures(tree, head, tree.school)["orders"] == []


def test_an_order_is_changed_under_its_version(tree: Tree) -> None:
    head = head_of(tree)
    given = ordered(tree, head, tree.school)
    path = f"/api/v1/institutions/{tree.school}/closure-orders/{given['id']}/liftings"
    headers = head.headers | {"If-Match": '"7"'}
    late = tree.client.post(path, headers=headers, json={"reason": "解除"})
    assert code_of(late) == (412, "precondition_failed")
    assert degree(tree, head, tree.school) == "closed_to_society"


def test_two_who_lift_at_once_leave_one_lifting(tree: Tree, owner: Engine) -> None:
    head = head_of(tree)
    given = ordered(tree, head, tree.school)
    answers = at_once([lambda: lift(tree, head, given)] * 4)
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    with owner.connect() as connection:
        known = connection.execute(
            text("SELECT count(*) FROM closure_term WHERE order_id = :id AND known_to IS NULL"), {"id": given["id"]}
        ).scalar_one()
    assert known == 1


def test_an_order_that_makes_no_sense_is_refused(tree: Tree) -> None:
    head = head_of(tree)
    library = add_venue(tree, head)
    post(tree, head, f"/venues/{library['id']}/retirements")
    for more, pointer, code in (
        ({"until": in_days(-1)}, "/until", "moments_in_order"),
        ({"venue_ids": [library["id"]]}, "/venue_ids/0", "unknown_venue"),
        ({"venue_kinds": ["library"], "venue_ids": [1]}, "", "one_extent"),
        ({"since": in_days(2), "until": in_days(1)}, "", "moments_in_order"),
        ({"venue_kinds": ["campus"]}, "/venue_kinds", "whole_campus"),
        ({"degree": "open"}, "/degree", "not_a_choice"),
    ):
        answer = order(tree, head, tree.school, **more)
        assert code_of(answer) == (422, "invalid")
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]
    county = admin(tree, "county")
    assert code_of(order(tree, county, tree.county, venue_ids=[1])) == (422, "only_schools_have_venues")
    ordered(tree, head, tree.school, number="1号")
    assert code_of(order(tree, head, tree.school, number="1号")) == (409, "closure_number_taken")


def test_orders_follow_a_school_that_moves(tree: Tree, deliver: Any) -> None:
    provincial, county = admin(tree, "province"), admin(tree, "county")
    elsewhere = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    ordered(tree, county, tree.county)
    own = ordered(tree, county, tree.school, degree="closed")
    body = {"parent_id": elsewhere}
    assert post(tree, provincial, f"/institutions/{tree.school}/moves", body).status_code == 201
    deliver()
    head, new = head_of(tree), tree.account(Role.COUNTY_ADMIN, elsewhere)
    found = closures(tree, head, tree.school)["orders"]
    assert [(one["order_id"], one["issuer_name"]) for one in found] == [(own["id"], "—")]
    assert lift(tree, county, own).status_code == 404
    assert lift(tree, head, own).status_code == 403
    assert lift(tree, new, own).status_code == 201
    assert degree(tree, head, tree.school) == "open"


def test_what_an_office_closed_stays_closed_when_it_merges(tree: Tree, deliver: Any, owner: Engine) -> None:
    """Two counties become one: the schools that come along keep their orders, those that were there get none."""
    stays = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    schools = [tree.school, tree.add_school(name="城西小学")]
    native, left = tree.add_school(stays), tree.add_school(name="先行迁出小学")
    county, provincial = admin(tree, "county"), admin(tree, "province")
    given = ordered(tree, county, tree.county, number="玄7号", degree="closed")
    planned = ordered(tree, county, tree.county, number="玄8号", since=in_days(3), venue_kinds=["library"])
    over = ordered(tree, county, tree.county, number="玄6号")
    assert lift(tree, county, over).status_code == 201
    before = clock.now()
    assert post(tree, provincial, f"/institutions/{left}/moves", {"parent_id": stays}).status_code == 201
    with time_machine.travel(clock.now() + timedelta(days=1)):
        provincial = admin(tree, "province")
        merger = {"into_id": stays}
        assert post(tree, provincial, f"/institutions/{tree.county}/mergers", merger).status_code == 201
        deliver()
        with owner.begin() as connection:
            again = "UPDATE outbox SET done_at = NULL, due_at = recorded_at WHERE institution_id = :id AND name = :name"
            connection.execute(text(again), {"id": tree.county, "name": "InstitutionMerged"})
        deliver()
        for school in schools:
            found = closures(tree, provincial, school)
            assert [(one["number"], one["issuer_id"]) for one in found["orders"]] == [(given["number"], tree.county)]
            assert found["whole"]["degree"] == "closed"
            assert degree(tree, provincial, school, known_at=before.isoformat()) == "closed"
            assert sorted(get_orders(tree, provincial, school)) == sorted([given["number"], planned["number"]])
        assert [degree(tree, provincial, school) for school in (native, left)] == ["open", "open"]
        of_one = get_orders(tree, provincial, schools[0])[given["number"]]
        assert lift(tree, head_of(tree), of_one).status_code == 403
        assert lift(tree, tree.account(Role.COUNTY_ADMIN, stays), of_one).status_code == 201
        assert [degree(tree, provincial, school) for school in schools] == ["open", "closed"]


def get_orders(tree: Tree, login: Any, place: int) -> dict[str, dict[str, Any]]:
    items = get(tree, login, f"/institutions/{place}/closure-orders").json()["items"]
    return {one["number"]: one for one in items}


def test_every_decision_leaves_a_trace(tree: Tree) -> None:
    head = head_of(tree)
    given = ordered(tree, head, tree.school)
    amend(tree, head, given)
    lift(tree, head, given)
    entries = get(tree, head, f"/institutions/{tree.school}/audit-entries", subject="closure_order").json()["items"]
    assert [(one["act"], one["reason"]) for one in entries] == [
        ("closures.order", None),
        ("closures.amend", "形势变化"),
        ("closures.lift", "解除"),
    ]


def test_a_clock_that_runs_behind_loses_nothing(tree: Tree) -> None:
    head = head_of(tree)
    given = ordered(tree, head, tree.school)
    with time_machine.travel(clock.now() - timedelta(seconds=3)):
        assert lift(tree, head, given).status_code == 201
    assert degree(tree, head, tree.school) == "open"


def test_orders_that_are_over_are_listed_apart(tree: Tree) -> None:
    county = admin(tree, "county")
    now = ordered(tree, county, tree.county)
    coming = ordered(tree, county, tree.county, since=in_days(2), until=in_days(3))
    lifted = ordered(tree, county, tree.county)
    assert lift(tree, county, lifted).status_code == 201
    never = ordered(tree, county, tree.school, since=in_days(2))
    assert lift(tree, county, never, since=in_days(1)).status_code == 201

    def listed(**asked: Any) -> list[int]:
        path = f"/institutions/{tree.county}/closure-orders"
        return [one["id"] for one in get(tree, county, path, below=True, **asked).json()["items"]]

    assert listed() == [now["id"], coming["id"], lifted["id"], never["id"]]
    assert listed(over=False) == [now["id"], coming["id"]]
    assert listed(over=True) == [lifted["id"], never["id"]]
