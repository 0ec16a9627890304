"""What a guard's phone is given for when there is no network: closures of the days to come, passes that are used up."""

from datetime import timedelta
from typing import Any

from app.gates.queries.passes import used_up
from app.kernel import clock, db
from tests.closures.steps import add_venue, admin, in_days, lift, ordered
from tests.factories.people import scope
from tests.factories.tree import Tree
from tests.gates.steps import give_pass, moment, pass_out, stand_at
from tests.institutions.steps import get


def kit_of(tree: Tree, login: Any) -> dict[str, Any]:
    found: dict[str, Any] = get(tree, login, f"/institutions/{tree.school}/gate-kits/current").json()
    return found


def told(closures: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    assert [one["since"] for one in closures] == sorted(one["since"] for one in closures)
    return [(one["degree"], one["exceptions"]) for one in closures]


def test_a_kit_knows_what_is_ordered_for_the_days_to_come(tree: Tree) -> None:
    gate = stand_at(tree)
    campus = add_venue(tree, gate.head, "campus")["id"]
    library = add_venue(tree, gate.head, "library", campus_id=campus)["id"]
    kit = kit_of(tree, gate.guard)
    assert moment(kit["good_until"]) - moment(kit["made_at"]) > timedelta(days=2)
    assert told(kit["closures"]) == [("open", True)]
    assert {one["venue_id"]: one["campus_id"] for one in kit["venues"]} == {
        gate.id: None,
        campus: None,
        library: campus,
    }

    since, number = in_days(0.5), "玄疫防〔2020〕9号"
    given = ordered(tree, admin(tree, "county"), tree.county, since=since, until=in_days(1.5), number=number)
    strict = {"degree": "closed", "exceptions": False, "venue_ids": [library]}
    ordered(tree, gate.head, tree.school, since=in_days(1), **strict)
    ordered(tree, gate.head, tree.school, since=in_days(30), degree="closed")
    kit = kit_of(tree, gate.guard)
    closures = {one["venue_id"]: one["closures"] for one in kit["venues"]}
    society = ("closed_to_society", True)
    assert told(kit["closures"]) == [("open", True), society, society, ("open", True)]
    assert told(closures[gate.id]) == told(kit["closures"])
    assert told(closures[library]) == [("open", True), society, ("closed", False), ("closed", False)]
    first = closures[gate.id][1]
    assert (first["number"], first["issuer_name"]) == (number, "玄武区教育局")
    assert moment(first["since"]) == moment(since)

    assert lift(tree, admin(tree, "county"), given).status_code == 201
    assert told(kit_of(tree, gate.guard)["closures"]) == [("open", True), ("open", True)]


def test_a_kit_names_the_passes_that_have_let_somebody_in(tree: Tree) -> None:
    gate = stand_at(tree)
    used, fresh = (give_pass(tree, single_use=True) for _ in range(2))
    often = give_pass(tree)
    for pass_id in (used, often):
        assert gate.scan(code=pass_out(tree, pass_id).token) == ("admitted", [])
    assert gate.scan(code=pass_out(tree, fresh).token, temperature=38.5) == ("turned_away", ["fever"])
    assert kit_of(tree, gate.guard)["used"] == [used]
    with db.transaction(scope(tree.school)) as session:
        assert list(used_up(session, tree.school, clock.now() + timedelta(hours=9))) == []
