"""How much is closed: the parts add up, and agree with what each school is told."""

import random
from collections import Counter
from typing import Any

import pytest

from app.closures import service
from app.institutions.models import InstitutionKind
from app.kernel import clock, db
from app.kernel.db import Scope
from app.kernel.errors import NotFound
from tests.closures.steps import add_venue, admin, closures, get, head_of, lift, ordered, post
from tests.factories.tree import Tree

DEGREES = ("open", "no_gathering", "closed_to_society", "closed")
KINDS = ("library", "gymnasium", "gate")


def children(tree: Tree, login: Any, place: int) -> dict[str, Any]:
    found: dict[str, Any] = get(tree, login, f"/institutions/{place}/closures/children").json()
    for what in ("schools", "venues"):
        for degree in DEGREES:
            assert sum(one[what][degree] for one in found["items"]) == found[what][degree]
    return found


def some(**counts: int) -> dict[str, int]:
    return dict.fromkeys(DEGREES, 0) | counts


def test_schools_and_venues_by_degree_at_every_level(tree: Tree) -> None:
    other = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    schools = [tree.school, tree.add_school(), tree.add_school(other)]
    for school in schools:
        head = head_of(tree, school)
        for kind in KINDS:
            add_venue(tree, head, kind, school=school)
    ordered(tree, admin(tree, "county"), tree.county)
    ordered(tree, admin(tree, "city"), tree.city, venue_kinds=["library"], degree="no_gathering")
    ordered(tree, head_of(tree), tree.school, venue_kinds=["gate"], degree="closed")
    whole = children(tree, admin(tree, "province"), tree.province)
    assert whole["schools"] == some(open=1, closed_to_society=2)
    assert whole["venues"] == some(open=2, no_gathering=1, closed_to_society=5, closed=1)
    counties = {one["institution_id"]: one for one in children(tree, admin(tree, "city"), tree.city)["items"]}
    assert counties[tree.county]["schools"] == some(closed_to_society=2)
    assert counties[other]["venues"] == some(open=2, no_gathering=1)
    below = children(tree, admin(tree, "county"), tree.county)["items"]
    assert {one["institution_id"]: one["venues"] for one in below} == {
        schools[0]: some(closed_to_society=2, closed=1),
        schools[1]: some(closed_to_society=3),
    }
    (own,) = children(tree, head_of(tree), tree.school)["items"]
    assert (own["itself"], own["schools"]) == (True, some(closed_to_society=1))


def test_what_has_nothing_in_it_is_listed_with_nothing(tree: Tree) -> None:
    empty = tree.add_institution(tree.city, InstitutionKind.COUNTY, "新区教育局")
    items = children(tree, admin(tree, "city"), tree.city)["items"]
    assert {one["institution_id"]: sum(one["schools"].values()) for one in items} == {tree.county: 1, empty: 0}


def test_a_school_that_has_closed_for_good_is_counted_no_more(tree: Tree) -> None:
    gone, stays = tree.add_school(name="撤并小学"), tree.school
    for school in (gone, stays):
        add_venue(tree, head_of(tree, school), "library", school=school)
    ordered(tree, head_of(tree, gone), gone, degree="closed")
    county = admin(tree, "county")
    assert children(tree, county, tree.county)["venues"] == some(open=1, closed=1)
    assert post(tree, county, f"/institutions/{gone}/closings", {"reason": "撤并"}).status_code == 201
    for place, login in ((tree.county, county), (tree.province, admin(tree, "province"))):
        found = children(tree, login, place)
        assert (found["schools"], found["venues"]) == (some(open=1), some(open=1))
        assert [one["institution_ids"] for one in by_order(tree, login, place)] == [[stays]]


def test_every_school_of_a_list_with_the_order_that_holds(tree: Tree) -> None:
    village = tree.add_school(tree.school, name="村小")
    apart = tree.add_school(tree.city, name="市直小学")
    county = ordered(tree, admin(tree, "county"), tree.county)
    own = ordered(tree, head_of(tree, village), village, degree="closed")
    path = f"/institutions/{tree.province}/closures/schools"
    found = get(tree, admin(tree, "province"), path).json()
    assert [(one["institution_id"], one["degree"], one["order_id"]) for one in found["items"]] == [
        (tree.school, "closed_to_society", county["id"]),
        (village, "closed", own["id"]),
        (apart, "open", None),
    ]
    assert {one["order_id"]: one["issuer_id"] for one in found["orders"]} == {
        county["id"]: tree.county,
        own["id"]: village,
    }


def by_order(tree: Tree, login: Any, place: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(tree, login, f"/institutions/{place}/closures/deciding-orders").json()["items"]
    return found


def test_all_schools_in_one_answer_by_the_order_that_decides(tree: Tree) -> None:
    village = tree.add_school(tree.school, name="村小")
    apart = tree.add_school(tree.city, name="市直小学")
    county = ordered(tree, admin(tree, "county"), tree.county)
    own = ordered(tree, head_of(tree, village), village, degree="closed", exceptions=False)
    found = {one["order_id"]: one for one in by_order(tree, admin(tree, "province"), tree.province)}
    assert {order: one["institution_ids"] for order, one in found.items()} == {
        county["id"]: [tree.school],
        own["id"]: [village],
        None: [apart],
    }
    assert found[None] == {
        "degree": "open", "exceptions": True, "order_id": None, "number": None, "issuer_id": None,
        "institution_ids": [apart],
    }  # fmt: skip
    of_village = found[own["id"]]
    assert (of_village["number"], of_village["issuer_id"], of_village["exceptions"]) == (own["number"], village, False)
    (alone,) = by_order(tree, head_of(tree, village), village)
    assert (alone["order_id"], alone["institution_ids"]) == (own["id"], [village])
    lift(tree, head_of(tree, village), own)
    (left,) = by_order(tree, head_of(tree), tree.school)
    assert (left["order_id"], left["institution_ids"]) == (county["id"], [tree.school, village])


@pytest.mark.parametrize("seed", range(3))
def test_sums_lists_and_single_looks_agree_whatever_is_ordered(tree: Tree, seed: int) -> None:
    chance = random.Random(seed)
    other = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    schools = [tree.school, tree.add_school(tree.school), tree.add_school(other), tree.add_school(tree.city)]
    provincial = admin(tree, "province")
    named = {
        school: [add_venue(tree, head_of(tree, school), kind, school=school) for kind in KINDS] for school in schools
    }
    for _ in range(12):
        place = chance.choice([tree.province, tree.city, tree.county, other, *schools])
        extent: dict[str, Any] = {}
        if chance.random() < 0.5:
            extent = {"venue_kinds": chance.sample(KINDS, 2)}
        elif place in named:
            extent = {"venue_ids": [chance.choice(named[place])["id"]]}
        given = ordered(tree, provincial, place, degree=chance.choice(DEGREES[1:]), **extent)
        if chance.random() < 0.3:
            lift(tree, provincial, given)
    looks = {school: closures(tree, provincial, school) for school in schools}
    found = children(tree, provincial, tree.province)
    assert some(**Counter(look["whole"]["degree"] for look in looks.values())) == found["schools"]
    inside = Counter(venue["degree"] for look in looks.values() for venue in look["venues"])
    assert some(**inside) == found["venues"]
    items = get(tree, provincial, f"/institutions/{tree.province}/closures/schools").json()["items"]
    deciding = {school: look["whole"]["order_id"] for school, look in looks.items()}
    assert {one["institution_id"]: one["order_id"] for one in items} == deciding
    grouped = by_order(tree, provincial, tree.province)
    assert {school: one["order_id"] for one in grouped for school in one["institution_ids"]} == deciding
    assert sum(len(one["institution_ids"]) for one in grouped) == len(schools)
    for one in grouped:
        assert {looks[school]["whole"]["degree"] for school in one["institution_ids"]} == {one["degree"]}


def test_the_floors_above_learn_the_strictest_of_a_span(tree: Tree) -> None:
    head = head_of(tree)
    library, gate = (add_venue(tree, head, kind)["id"] for kind in ("library", "gate"))
    ordered(
        tree, admin(tree, "county"), tree.county, since="2030-03-02T00:00:00+08:00", until="2030-03-03T00:00:00+08:00"
    )
    ordered(tree, head, tree.school, venue_ids=[library], degree="closed", exceptions=False)
    days = [clock.at(clock.school_day(clock.now()).replace(2030, 3, day), clock.now().time()) for day in (1, 4)]
    with db.transaction(Scope(institutions=frozenset({tree.school}))) as session:
        wide = service.venue_states(session, tree.school, since=days[0], until=days[1])
        assert {one: (state.degree, state.issuer_name) for one, state in wide.items()} == {
            library: ("closed", "玄武第一小学"),
            gate: ("closed_to_society", "玄武区教育局"),
        }
        assert service.campus_state(session, tree.school, since=days[0], until=days[1]).issuer_id == tree.county
        assert service.campus_state(session, tree.school, since=days[0]).degree == "open"
        assert set(service.venue_states(session, tree.school, [gate, 10**12], since=days[0])) == {gate}
        with pytest.raises(NotFound):
            service.campus_state(session, 10**12, since=days[0])
