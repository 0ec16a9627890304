"""The gate: in or away, by pass, closure and thermometer; offline; who is inside; each event once, in any order."""

import random
from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.gates import service as gates
from app.gates import tasks
from app.institutions.models import InstitutionKind
from app.kernel import clock, db
from app.rollups import service as rollups
from app.rollups.metrics import BY_NAME
from tests.closures.steps import add_venue, admin, ordered
from tests.factories.people import add_guardian, add_household_member, add_student, scope, valid_identity_number
from tests.factories.tree import Tree
from tests.gates.steps import Gate, ago, give_pass, moment, pass_out, set_policy, stand_at, token
from tests.institutions.steps import at_once, code_of, get, post


@pytest.fixture
def gate(tree: Tree) -> Gate:
    return stand_at(tree)


def figures(tree: Tree) -> dict[str, int]:
    found: dict[str, int] = get(tree, admin(tree, "city"), f"/institutions/{tree.city}/figures").json()["counts"]
    return {name: found[name] for name in ("entries", "exits", "turned_away")}


def drift(tree: Tree) -> list[Any]:
    with db.transaction(scope(tree.school)) as session:
        found = rollups.recount(session, tree.school, clock.today())
    return [one for one in found if BY_NAME[one.metric].fed_by == "gates"]


def total_inside(tree: Tree) -> int:
    path = f"/institutions/{tree.province}/insiders/children"
    return int(get(tree, admin(tree, "province"), path).json()["inside"])


def test_in_and_out_again(tree: Tree, gate: Gate) -> None:
    code = token(tree)
    assert gate.scan(code=code) == ("admitted", [])
    (inside,) = gate.inside()
    assert (inside["name"], inside["area_id"], inside["person_id"], inside["overstayed"]) == ("王*", 0, None, False)
    assert total_inside(tree) == 1
    assert gate.scan(code=code, direction="out", temperature=None) == ("admitted", [])
    assert gate.inside() == []
    assert total_inside(tree) == 0
    assert figures(tree) == {"entries": 1, "exits": 1, "turned_away": 0}
    assert drift(tree) == []
    log = get(tree, gate.head, f"/institutions/{tree.school}/gate-events").json()["items"]
    assert [(one["direction"], one["outcome"], one["temperature"]) for one in log] == [
        ("in", "admitted", 36.5),
        ("out", "admitted", None),
    ]


def test_what_speaks_against_a_pass(tree: Tree, gate: Gate) -> None:
    library = add_venue(tree, gate.head, "library")["id"]
    gym = add_venue(tree, gate.head, "gymnasium")["id"]
    now = clock.now()
    early = token(tree, valid_from=now + timedelta(hours=1), valid_until=now + timedelta(hours=2))
    assert gate.scan(code=early) == ("turned_away", ["pass_not_valid_now"])
    bound = token(tree, venue_ids=(library,))
    assert gate.scan(code=bound) == ("admitted", [])
    assert gate.scan(code=bound, venue_id=library) == ("admitted", [])
    assert gate.scan(code=bound, venue_id=gym) == ("turned_away", ["venue_not_allowed"])
    once = token(tree, single_use=True)
    assert gate.scan(code=once) == ("admitted", [])
    assert gate.scan(code=once, direction="out") == ("admitted", [])
    assert gate.scan(code=once) == ("turned_away", ["pass_used"])
    assert {one["area_id"] for one in gate.inside()} == {0, library}
    assert figures(tree) == {"entries": 2, "exits": 1, "turned_away": 2}
    assert drift(tree) == []


def test_a_single_use_pass_is_not_used_up_by_being_turned_away(tree: Tree, gate: Gate) -> None:
    once = token(tree, single_use=True)
    assert gate.scan(code=once, temperature=38.5) == ("turned_away", ["fever"])
    assert gate.scan(code=once) == ("admitted", [])


def test_students_need_no_pass_until_all_is_closed(tree: Tree, gate: Gate) -> None:
    student = add_student(tree, tree.classes[0], name="王小明")
    grandmother = add_household_member(tree, student)
    assert gate.scan(person_id=student) == ("admitted", [])
    assert gate.scan(person_id=grandmother) == ("admitted", [])
    ordered(tree, admin(tree, "county"), tree.county)
    assert gate.scan(person_id=student) == ("admitted", [])
    assert gate.scan(person_id=grandmother) == ("turned_away", ["no_pass"])
    ordered(tree, admin(tree, "county"), tree.county, degree="closed")
    assert gate.scan(person_id=student) == ("turned_away", ["no_pass"])
    give_pass(tree, person_id=student)
    assert gate.scan(person_id=student) == ("admitted", [])
    ordered(tree, admin(tree, "city"), tree.city, degree="closed", exceptions=False)
    assert gate.scan(person_id=student) == ("turned_away", ["closed_without_exception"])
    assert gate.scan(person_id=student, direction="out") == ("admitted", [])
    names = {one["name"] for one in get(tree, gate.head, f"/institutions/{tree.school}/gate-events").json()["items"]}
    assert names == {"王**", "家**"}


def test_a_fever_turns_away_and_makes_a_reading_and_an_alert(tree: Tree, gate: Gate, owner: Engine) -> None:
    student = add_student(tree, tree.classes[0])
    assert gate.scan(person_id=student, temperature=38.2, site="forehead") == ("turned_away", ["fever"])
    assert gate.scan(code=token(tree), temperature=37.3) == ("turned_away", ["fever"])
    archive = get(tree, gate.head, f"/persons/{student}/checkins").json()["items"]
    assert [(one["temperature"], one["source"], one["status"]) for one in archive] == [(38.2, "gate", "fever")]
    with owner.connect() as connection:
        names = connection.scalars(
            text("SELECT name FROM outbox WHERE institution_id = :id AND name LIKE 'Fever%' ORDER BY 1"),
            {"id": tree.school},
        ).all()
    assert names == ["FeverAtGate", "FeverAtGate", "FeverReported"]
    assert figures(tree)["turned_away"] == 2
    assert gate.inside() == []


def test_the_policy_says_what_a_fever_is(tree: Tree, gate: Gate) -> None:
    fever = {"default": 37.3, "forehead": 36.8}
    set_policy(tree, gate.head, "fever_threshold", fever)
    assert gate.scan(code=token(tree), temperature=36.9, site="forehead") == ("turned_away", ["fever"])
    kit = get(tree, gate.guard, f"/institutions/{tree.school}/gate-kits/current").json()
    assert kit["fever_thresholds"] == {"default": 37.3, "forehead": 36.8}


def test_a_queue_lands_once_in_any_order(tree: Tree, gate: Gate) -> None:
    """Somebody came, went and came again while there was no network: shuffled, doubled, in pieces."""
    code = token(tree)
    times = (("in", 50), ("out", 40), ("in", 30), ("out", 20), ("in", 10))
    queue = [gate.event(code=code, direction=way, occurred_at=ago(at), decided="admitted") for way, at in times]
    for seed in range(3):
        random.Random(seed).shuffle(queue)
        outcomes = [one["outcome"] for piece in (queue[:2], queue[1:]) for one in gate.send(*piece)]
        assert outcomes.count("accepted") == (5 if seed == 0 else 0)
    (inside,) = gate.inside()
    assert abs((clock.now() - timedelta(minutes=10)).timestamp() - moment(inside["since"]).timestamp()) < 60
    assert figures(tree) == {"entries": 3, "exits": 2, "turned_away": 0}
    assert drift(tree) == []
    assert gate.send(queue[0], queue[0])[1]["outcome"] == "duplicate"


def test_what_was_decided_without_a_network_stays_and_is_marked(tree: Tree, gate: Gate) -> None:
    pass_id = give_pass(tree, single_use=True)
    code = pass_out(tree, pass_id).token
    post(tree, gate.head, f"/passes/{pass_id}/revocations", {"reason": "取消"})
    first = gate.event(code=code, occurred_at=ago(10), decided="admitted")
    late = gate.event(code=code, decided="admitted", temperature=38.0)
    found = gate.send(late, first)
    assert [(one["decision"], one["findings"]) for one in found] == [
        ("admitted", ["pass_revoked", "pass_used", "fever"]),
        ("admitted", []),
    ]
    log = get(tree, gate.head, f"/institutions/{tree.school}/gate-events", pass_id=pass_id).json()["items"]
    assert [one["queued"] for one in log] == [True, True]


def test_a_wrong_clock_is_corrected_by_the_moment_of_sending(tree: Tree, gate: Gate) -> None:
    wrong = timedelta(days=2)
    at = clock.now() - wrong - timedelta(minutes=30)
    event = gate.event(code=token(tree), occurred_at=at.isoformat(), decided="admitted")
    gate.send(event, sent_at=(clock.now() - wrong).isoformat())
    (one,) = get(tree, gate.head, f"/institutions/{tree.school}/gate-events").json()["items"]
    assert one["skewed"] is True
    assert abs(moment(one["occurred_at"]).timestamp() - (clock.now() - timedelta(minutes=30)).timestamp()) < 60
    (ahead,) = gate.send(gate.event(code=token(tree), occurred_at=ago(-60)))
    assert ahead["problem"]["code"] == "event_in_future"


def test_one_bad_item_stops_no_other(tree: Tree, gate: Gate) -> None:
    other = tree.add_school()
    strange = stand_at_other(tree, other)
    items = [
        gate.event(code="nonsense"),
        gate.event(code=token(tree), venue_id=strange),
        gate.event(person_id=10**12),
        gate.event(),
        {"id": str(uuid4()), "venue_id": "x"},
        gate.event(code=token(tree)),
    ]
    found = gate.send(*items)
    assert [one["problem"]["code"] if one["problem"] else one["decision"] for one in found] == [
        "holder_unknown",
        "gate_unknown",
        "holder_unknown",
        "invalid",
        "invalid",
        "admitted",
    ]
    assert found[3]["id"] == items[3]["id"]
    assert {error["pointer"] for error in found[4]["problem"]["errors"]} >= {"/venue_id", "/direction"}


def stand_at_other(tree: Tree, school: int) -> int:
    head = tree.account(Role.PRINCIPAL, school)
    return int(add_venue(tree, head, "gate", school=school)["id"])


def test_eight_scans_of_a_single_use_pass_at_once_let_one_in(tree: Tree, gate: Gate) -> None:
    for _ in range(5):
        code = token(tree, single_use=True)
        decisions = at_once([lambda code=code: gate.scan(code=code)] * 8)  # type: ignore[misc]
        assert sorted(decision for decision, _ in decisions) == ["admitted", *["turned_away"] * 7]
    assert figures(tree) == {"entries": 5, "exits": 0, "turned_away": 35}
    assert total_inside(tree) == 5
    assert drift(tree) == []


def test_who_should_have_left_is_overstayed(tree: Tree, gate: Gate) -> None:
    code = token(tree, valid_from=clock.now() - timedelta(hours=3), valid_until=clock.now() + timedelta(seconds=240))
    gate.scan(code=code)
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        assert (len(gate.inside()), gate.inside(overstayed=True)) == (1, [])
        set_policy(tree, gate.head, "overstay_minutes", 1)
        (one,) = gate.inside(overstayed=True)
    assert (one["name"], one["overstayed"]) == ("王*", True)


def test_an_overstay_is_told_once(tree: Tree, gate: Gate, owner: Engine, deliver: Any) -> None:
    stays = [token(tree, valid_until=clock.now() + timedelta(minutes=10)) for _ in range(3)]

    def told() -> int:
        deliver()
        statement = text("SELECT count(*) FROM outbox WHERE institution_id = :id AND name = 'Overstayed'")
        with owner.connect() as connection:
            return int(connection.scalar(statement, {"id": tree.school}) or 0)

    for code in stays:
        gate.scan(code=code)
    gate.scan(code=stays[0], direction="out")
    with time_machine.travel(clock.now() + timedelta(minutes=41)) as traveller:
        set_policy(tree, tree.account(Role.PRINCIPAL, tree.school), "overstay_minutes", 60)
        assert told() == 0
        traveller.shift(timedelta(minutes=30))
        assert told() == 2
        gate.guard = tree.account(Role.GATE_GUARD, tree.school)
        gate.scan(code=stays[1], direction="out")
        assert gate.scan(code=stays[1], decided="admitted")[0] == "admitted"
        traveller.shift(timedelta(minutes=90))
        assert told() == 3
        assert told() == 3


def visit(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "name": "陈师傅", "phone": "13800138000", "reason": "送教材", **more}


def test_the_guard_registers_a_visitor(tree: Tree, gate: Gate, owner: Engine) -> None:
    path = f"/institutions/{tree.school}/walk-ups"
    body = visit(identity_number=valid_identity_number())
    made = post(tree, gate.guard, path, body)
    assert made.status_code == 201, made.text
    assert made.json()["name"] == "陈**"
    again = post(tree, gate.guard, path, body).json()
    assert again["pass_id"] == made.json()["pass_id"]
    assert gate.scan(code=made.json()["code"]) == ("admitted", [])
    assert gate.scan(code=again["code"]) == ("turned_away", ["pass_used"])
    wrong = post(tree, gate.guard, path, visit(identity_number="110101199003070000"))
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/identity_number"]
    with owner.connect() as connection:
        row = connection.execute(text("SELECT * FROM walk_up WHERE institution_id = :id"), {"id": tree.school}).one()
    assert body["identity_number"].encode() not in bytes(row.identity_cipher)
    assert row.phone_masked == "138****8000"
    ordered(tree, admin(tree, "county"), tree.county, number="玄疫防〔2020〕7号")
    closed = post(tree, gate.guard, path, visit(identity_number=valid_identity_number()))
    assert (closed.status_code, closed.json()["params"]) == (409, {"number": "玄疫防〔2020〕7号"})


def test_a_visitor_is_registered_without_a_network(tree: Tree, gate: Gate) -> None:
    """Two came yesterday, one before and one after the county closed; the phone sends it today, twice."""
    path = f"/institutions/{tree.school}/walk-ups"
    noon = clock.at(clock.today() - timedelta(days=1), time(12))
    with time_machine.travel(noon):
        ordered(tree, admin(tree, "county"), tree.county)
    found: dict[int, Any] = {}
    for hour in (-1, 1):
        came = (noon + timedelta(hours=hour)).isoformat()
        body = visit(identity_number=valid_identity_number(), registered_at=came)
        made, again = (post(tree, gate.guard, path, body) for _ in range(2))
        assert (made.status_code, again.json()["pass_id"]) == (201, made.json()["pass_id"])
        event = gate.event(code=made.json()["code"], occurred_at=came, decided="admitted")
        assert [gate.send(event)[0]["outcome"] for _ in range(2)] == ["accepted", "duplicate"]
        (found[hour],) = gate.send(event)
        assert gate.scan(code=again.json()["code"])[0] == "turned_away"
    assert [found[hour]["findings"] for hour in (-1, 1)] == [[], ["closed_to_society"]]
    assert len(gate.inside()) == 2
    for wrong, code in (("2001-01-01T00:00:00Z", "event_too_old"), (ago(-60), "event_in_future")):
        body = visit(identity_number=valid_identity_number(), registered_at=wrong)
        assert code_of(post(tree, gate.guard, path, body)) == (422, code)


def test_who_came_and_went_is_forgotten_when_its_days_are_over(tree: Tree, gate: Gate, owner: Engine) -> None:
    set_policy(tree, gate.head, "gate_retention_days", 20)
    other = stand_at(Tree.grow(tree.client))
    codes = {days: token(tree, valid_from=clock.now() - timedelta(days=25)) for days in (22, 21, 3)}
    for days, code in codes.items():
        for way, minutes in (("in", 60), ("out", 30)):
            if (days, way) != (21, "out"):
                at = ago(days * 24 * 60 + minutes)
                (one,) = gate.send(gate.event(code=code, direction=way, occurred_at=at, decided="admitted"))
                assert one["outcome"] == "accepted"
    body = visit(identity_number=valid_identity_number(), registered_at=ago(22 * 24 * 60))
    post(tree, gate.guard, f"/institutions/{tree.school}/walk-ups", body)
    other.send(other.event(code=token(other.tree), occurred_at=ago(22 * 24 * 60), decided="admitted"))
    entries = figures(tree)
    assert tasks.purge_school(tree.school) == 3 + 1 + 1
    assert tasks.purge_school(tree.school) == 0
    log = get(tree, gate.head, f"/institutions/{tree.school}/gate-events").json()["items"]
    assert len(log) == 2
    assert len(gate.inside()) == 1, "nobody leaves by being forgotten"
    assert figures(tree) == entries
    with owner.connect() as connection:
        left = {
            table: connection.scalar(text(f"SELECT count(*) FROM {table} WHERE institution_id = :id"), {"id": school})  # noqa: S608
            for table, school in (("walk_up", tree.school), ("gate_event", other.tree.school))
        }
    assert left == {"walk_up": 0, "gate_event": 1}


def test_who_is_inside_moves_with_the_school(tree: Tree, gate: Gate, deliver: Any) -> None:
    gate.scan(code=token(tree))
    apart = tree.add_institution(tree.province, InstitutionKind.CITY, "苏州市教育局")
    move = {"parent_id": apart}
    assert post(tree, admin(tree, "province"), f"/institutions/{tree.school}/moves", move).status_code == 201
    deliver()
    items = get(tree, admin(tree, "province"), f"/institutions/{tree.province}/insiders/children").json()["items"]
    assert {one["institution_id"]: one["inside"] for one in items} == {apart: 1}


def test_only_the_guard_works_the_gate(tree: Tree, gate: Gate) -> None:
    assert gates.masked("欧阳修文") == "欧**"
    for role in (Role.PRINCIPAL, Role.STAFF, Role.SCHOOL_DOCTOR):
        login = tree.account(role, tree.school)
        body = {"items": [gate.event(code="x")]}
        assert post(tree, login, f"/institutions/{tree.school}/gate-events", body).status_code == 403
        assert get(tree, login, f"/institutions/{tree.school}/gate-kits/current").status_code == 403


def test_who_fell_ill_since_a_pass_was_given_is_kept_out(tree: Tree, gate: Gate) -> None:
    pupil = add_student(tree, tree.classes[0])
    doctor = tree.account(Role.SCHOOL_DOCTOR, tree.school)
    ordered(tree, admin(tree, "county"), tree.county, degree="closed")
    given = give_pass(tree, person_id=pupil)
    assert gate.scan(code=pass_out(tree, given).token) == ("admitted", [])
    reading = {"id": str(uuid4()), "person_id": pupil, "temperature": 38.4, "taken_at": ago(1)}
    assert post(tree, doctor, "/checkins", reading).status_code == 201
    assert gate.scan(code=pass_out(tree, given).token) == ("turned_away", ["fever"])
    assert gate.scan(person_id=pupil) == ("turned_away", ["fever"])
    assert gate.scan(person_id=pupil, direction="out") == ("admitted", [])
    (queued,) = gate.send(gate.event(person_id=pupil, decided="admitted"))
    assert (queued["decision"], queued["findings"]) == ("admitted", ["fever"])


@pytest.mark.parametrize("clocks", [{"sent_at": "2199-01-01T00:00:00Z"}, {}])
def test_what_cannot_have_been_a_queue_is_refused(tree: Tree, gate: Gate, clocks: dict[str, str]) -> None:
    event = gate.event(code=token(tree), occurred_at="2001-01-01T00:00:00+08:00", decided="admitted")
    (refused,) = gate.send(event, **clocks)
    assert refused["problem"]["code"] == "event_too_old"
    assert figures(tree) == {"entries": 0, "exits": 0, "turned_away": 0}


def test_guardians_see_who_has_looked_at_the_log(tree: Tree, gate: Gate) -> None:
    pupil, other = add_student(tree, tree.classes[0]), add_student(tree, tree.classes[0])
    parent = add_guardian(tree, pupil)
    gate.scan(person_id=pupil)
    gate.scan(code=token(tree))

    def acts() -> list[str]:
        items = get(tree, parent, f"/persons/{pupil}/looks").json()["items"]
        return [one["act"] for one in items if one["act"].startswith("gates.")]

    assert acts() == []
    get(tree, gate.head, f"/institutions/{tree.school}/gate-events", person_id=other)
    assert acts() == []
    get(tree, gate.head, f"/institutions/{tree.school}/gate-events")
    gate.inside()
    assert sorted(acts()) == ["gates.list_events", "gates.list_insiders"]
