"""Refused without asking anyone: each rule by itself, whole classes at once, and who can lift it."""

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import event
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.access.roles import Role
from app.access.service import SYSTEM
from app.checkins import service as checkins
from app.checkins.models import Source
from app.checkins.service import Door, ReadingIn
from app.institutions import service as institutions
from app.institutions.models import UnitKind
from app.kernel import clock, db
from app.people.service import HOLDS, Hold, register_hold
from tests.entries.steps import Cast, Row, ask, close, decide, entry, open_step, outsider, window
from tests.factories.people import add_student, scope
from tests.people.steps import Office


def read(cast: Cast, person_id: int, day: date, temperature: float = 36.5, **answers: object) -> None:
    """A reading of a morning, as the guardian would have logged it."""
    with db.transaction(scope(cast.tree.school)) as session:
        institutions.widen_to_ancestors(session, cast.tree.school)
        taken_at = clock.at(day, time(7, 10))
        reading = ReadingIn.model_validate(
            {
                "id": uuid4(),
                "person_id": person_id,
                "taken_at": taken_at,
                "temperature": temperature,
                "answers": answers,
            }
        )
        (item,) = checkins.submit(
            session, SYSTEM, Door(source=Source.GUARDIAN), [reading], received_at=max(taken_at, clock.now())
        )
        assert item.receipt is not None, item


def days_ago(days: int) -> date:
    return clock.today() - timedelta(days=days)


def refused(request: Row) -> list[list[str]]:
    """The rules that keep out each person of a request."""
    return [[one["rule"] for one in person["refusals"]] for person in request["persons"]]


def test_a_fever_of_the_last_days_is_answered_at_once(cast: Cast) -> None:
    cast.settle("entry_readings_days", 0)
    parent, child = cast.family(enrolled_on=days_ago(10))
    read(cast, child, days_ago(3), 38.2)
    made = ask(parent, entry(child))
    assert (made["state"], refused(made), made["steps"]) == ("refused", [["fever"]], [])
    (refusal,) = made["persons"][0]["refusals"]
    assert refusal["detail"] == "近日有发热记录"
    assert "班主任" in refusal["lifted_by"]
    english = parent.ask("GET", f"/me/entry-requests/{made['id']}", 200, headers={"Accept-Language": "en"})
    assert english["persons"][0]["refusals"][0]["detail"] == "There was a fever in the last days."


def test_the_days_that_count_are_policy(cast: Cast) -> None:
    cast.settle("entry_readings_days", 0)
    parent, child = cast.family(enrolled_on=days_ago(10))
    read(cast, child, days_ago(4), 38.2)
    assert ask(parent, entry(child))["state"] == "submitted"
    cast.settle("entry_fever_days", 4)
    assert refused(ask(parent, entry(child))) == [["fever"]]


def test_a_missing_day_is_answered_at_once_until_it_is_made_up(cast: Cast) -> None:
    parent, child = cast.family(enrolled_on=days_ago(10))
    for back in (3, 1):
        read(cast, child, days_ago(back))
    assert refused(ask(parent, entry(child))) == [["readings_missing"]]
    read(cast, child, days_ago(2))
    assert ask(parent, entry(child))["state"] == "submitted"


def test_who_has_just_been_enrolled_owes_nothing_of_the_days_before(cast: Cast) -> None:
    parent, child = cast.family()
    assert ask(parent, entry(child))["state"] == "submitted"


def test_a_key_area_told_by_a_check_in_is_answered_at_once(cast: Cast) -> None:
    cast.settle("entry_readings_days", 0)
    cast.settle("key_areas", [{"division_code": "420100", "since": "2020-01-01"}])
    parent, child = cast.family(enrolled_on=days_ago(20))
    read(cast, child, days_ago(10), places=["420106"])
    other, brother = cast.family(enrolled_on=days_ago(20))
    read(cast, brother, days_ago(10), contact="case")
    assert refused(ask(parent, entry(child))) == [["key_area"]]
    assert refused(ask(other, entry(brother))) == [["key_area"]]


def test_what_is_declared_counts_as_well(cast: Cast) -> None:
    cast.settle("key_areas", [{"division_code": "420100", "since": "2020-01-01"}])
    parent, _ = cast.family()
    ill = outsider(health={"symptoms": ["fever"]})
    been = outsider(health={"places": ["420106"]})
    met = outsider(health={"contact": "key_area"})
    fine = outsider(health={"symptoms": ["cough"], "contact": "ill"})
    made = ask(parent, {**entry(), "others": [ill, been, met, fine]})
    assert refused(made) == [["declared_fever"], ["declared_key_area"], ["declared_key_area"], []]
    assert made["state"] == "submitted"


@pytest.mark.parametrize(("begins", "ends", "held"), [(6, 22, False), (5, 12, True), (12, 23, True)])
def test_outside_the_permitted_hours(cast: Cast, begins: int, ends: int, *, held: bool) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child, **window(begins=begins, ends=ends)))
    assert refused(made) == ([["outside_hours"]] if held else [[]])
    if held:
        assert "06:00–22:00" in made["persons"][0]["refusals"][0]["detail"]


def test_a_venue_closed_without_exception_names_the_order_and_who_can_lift_it(cast: Cast, client: TestClient) -> None:
    order = close(cast.county.login, client, cast.tree.county, exceptions=False)
    parent, child = cast.family()
    made = ask(parent, entry(child))
    assert (made["state"], refused(made)) == ("refused", [["venue_closed"]])
    (refusal,) = made["persons"][0]["refusals"]
    assert order["number"] in refusal["detail"]
    assert refusal["lifted_by"].startswith("玄武区教育局")


def test_a_place_closed_to_society_keeps_outsiders_out_and_lets_pupils_ask(cast: Cast, client: TestClient) -> None:
    close(cast.county.login, client, cast.tree.county, degree="closed_to_society", exceptions=False)
    parent, child = cast.family()
    made = ask(parent, {**entry(child), "others": [outsider()]})
    assert refused(made) == [[], ["venue_closed"]]
    assert [one["level"] for one in made["steps"]] == ["school", "school"]


def test_a_visitor_whose_number_is_on_the_roll_is_held_as_the_roll_knows(cast: Cast) -> None:
    cast.settle("entry_readings_days", 0)
    known = outsider()
    child = add_student(cast.tree, cast.tree.classes[0], identity_number=known["identity_number"])
    read(cast, child, days_ago(0), 38.6)
    parent, _ = cast.family()
    assert refused(ask(parent, {**entry(), "others": [known]})) == [["fever"]]


def test_who_falls_ill_between_asking_and_the_last_approval_is_not_let_in(cast: Cast) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    decide(cast.teacher, made)
    read(cast, child, clock.today(), 38.6)
    assert decide(cast.principal, made)["state"] == "refused"
    assert refused(parent.get(f"/me/entry-requests/{made['id']}")) == [["fever"]]


def test_a_fever_since_a_window_began_counts_as_well(cast: Cast) -> None:
    cast.settle("entry_readings_days", 0)
    with time_machine.travel(clock.at(clock.today() + timedelta(days=1), time(10))):
        cast.principal = cast.speaker(Role.PRINCIPAL)
        parent, child = cast.family()
        read(cast, child, clock.today(), 38.6)
        assert refused(ask(parent, entry(child, **window(days=0)))) == [["fever"]]


@pytest.fixture
def observed() -> Iterator[set[int]]:
    """A hold as a feature that is yet to come would register it: persons under observation."""
    people: set[int] = set()

    def find(_session: Session, _school: int, person_ids: Collection[int], _at: datetime) -> Collection[int]:
        return people & set(person_ids)

    register_hold(Hold("observation", "正在医学观察", "Under observation.", "观察期满", "The end of it.", find))
    yield people
    HOLDS.pop("observation")


def test_a_feature_registers_its_hold_and_every_entry_honours_it(cast: Cast, observed: set[int]) -> None:
    parent, child = cast.family()
    assert ask(parent, entry(child))["state"] == "submitted"
    observed.add(child)
    made = ask(parent, entry(child))
    assert (made["state"], refused(made)) == ("refused", [["observation"]])
    assert made["persons"][0]["refusals"][0]["lifted_by"] == "观察期满"


def test_two_holds_of_one_name_are_a_mistake(observed: set[int]) -> None:
    assert observed == set()
    with pytest.raises(ValueError, match="observation"):
        register_hold(Hold("observation", "", "", "", "", lambda *_: ()))


def test_a_class_is_looked_at_in_as_many_statements_as_one_pupil(cast: Cast) -> None:
    def statements(unit: int) -> list[str]:
        said: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            # Without its parameters: a list of ids has as many places as ids.
            if re.search(r"\b(entry_request|entry_person|entry_step|person|standing|checkin)\b", statement):
                said.append(statement.split("%(", 1)[0])

        teacher = cast.speaker(Role.HOMEROOM_TEACHER, unit_id=unit)
        body = {"purpose": "return", "reason": "返校", **window()}
        event.listen(db.engine(), "before_cursor_execute", note)
        made = teacher.post(f"/units/{unit}/entry-requests", body, 201)
        event.remove(db.engine(), "before_cursor_execute", note)
        assert made["state"] == "submitted"
        return said

    small, large = (cast.tree.add_unit(cast.tree.school, UnitKind.CLASS, name) for name in ("五1班", "五2班"))
    add_student(cast.tree, small)
    for number in range(30):
        add_student(cast.tree, large, name=f"学生{number}")
    assert statements(large) == statements(small)


def test_the_approver_sees_answers_and_the_last_days_and_the_look_is_recorded(cast: Cast) -> None:
    parent, child = cast.family(enrolled_on=days_ago(10))
    for back in (3, 2, 1):
        read(cast, child, days_ago(back), 36.4 + back / 10)
    health = {"symptoms": ["cough"], "contact": "none", "places": ["320100"]}
    made = ask(parent, {**entry(), "persons": [{"person_id": child, "health": health}]})
    path = f"/entry-requests/{made['id']}/health-records"
    (item,) = cast.teacher.get(path)["items"]
    assert item["health"] == health
    assert [(one["status"], one["temperature"]) for one in item["days"]] == [
        ("normal", 36.6),
        ("normal", 36.5),
        (None, None),
    ]
    parent.get(path, 403)
    looks = Office(cast.client, cast.tree, cast.principal.login).get(
        f"/institutions/{cast.tree.school}/audit-entries", act="entries.read_health"
    )["items"]
    assert [one["details"]["persons"] for one in looks] == [[child]]


def test_a_window_that_is_over_too_long_or_too_far_is_refused(cast: Cast) -> None:
    parent, child = cast.family()
    for wrong in (window(days=-1), window(until_days=40), window(days=70), {**window(begins=12, ends=9)}):
        problem = ask(parent, entry(child, **wrong), 422)
        assert problem["code"] in ("entry_window_not_possible", "invalid")


def test_wrong_numbers_and_repeated_persons_are_pointed_at(cast: Cast) -> None:
    parent, child = cast.family()
    number = outsider()["identity_number"]
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    problem = ask(parent, {**entry(), "others": [outsider(), outsider(identity_number=wrong)]}, 422)
    assert problem["errors"][0]["pointer"] == "/others/1/identity_number"
    twice = [outsider(identity_number=number), outsider(identity_number=number)]
    assert ask(parent, {**entry(), "others": twice}, 422)["errors"][0]["code"] == "once"
    assert ask(parent, entry(child, child), 422)["errors"][0]["code"] == "once"
    assert ask(parent, entry(), 422)["errors"][0]["code"] == "somebody"
    cast.reporter.ask("PATCH", f"/persons/{child}", 200, json={"identity_number": number})
    both = {**entry(child), "others": [outsider(identity_number=number)]}
    assert ask(parent, both, 422)["errors"][0]["code"] == "once"


def test_a_class_returns_early_and_two_of_its_pupils_are_held_back(cast: Cast) -> None:
    pupils = [add_student(cast.tree, cast.tree.classes[0], name=f"学生{one}") for one in range(5)]
    read(cast, pupils[1], clock.today(), 38.4)
    read(cast, pupils[3], clock.today(), contact="case")
    body = {"purpose": "return", "reason": "提前返校", **window()}
    made = cast.teacher.post(f"/units/{cast.tree.classes[0]}/entry-requests", body, 201)
    assert (made["kind"], made["state"]) == ("roll", "submitted")
    assert refused(made) == [[], ["fever"], [], ["key_area"], []]
    # The teacher has asked; the school's head decides.
    assert open_step(made)["roles"] == ["vice_principal", "principal"]
    assert decide(cast.principal, made)["state"] == "approved"
    shown = cast.teacher.get(f"/entry-requests/{made['id']}")["persons"]
    assert [one["outcome"] for one in shown] == ["approved", "refused", "approved", "refused", "approved"]
    passes = cast.principal.get(f"/institutions/{cast.tree.school}/passes")["items"]
    assert [one["person_id"] for one in passes] == [pupils[0], pupils[2], pupils[4]]
