"""The way in: what lands, once, and what is refused, item by item."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.access.roles import Role
from app.institutions.models import UnitKind
from app.kernel import clock
from tests.checkins.steps import School, at, morning, reading, stamp
from tests.factories.people import add_guardian, add_household_member, add_staff, add_staff_login, add_student
from tests.factories.tree import Tree


def test_a_reading_lands_once_and_both_answers_are_the_receipt(school: School) -> None:
    parent, body = school.parent(), reading(school.children[0])
    first = school.log(parent, body)
    assert first.items() >= {"id": body["id"], "slot": "morning", "status": "normal", "late": False}.items()
    assert first["day"] == clock.today().isoformat()
    again = school.log(parent, body, 200)
    assert (first.pop("outcome"), again.pop("outcome")) == ("accepted", "duplicate")
    assert first == again
    assert school.counts() == {"reported": 1, "normal": 1}
    school.check()


@pytest.mark.parametrize(
    ("content", "status", "figures"),
    [
        ({"temperature": 37.2}, "normal", {"normal": 1}),
        ({"temperature": 37.3}, "fever", {"fever": 1}),
        ({"temperature": 36}, "normal", {"normal": 1}),
        ({"answers": {"symptoms": ["cough"]}}, "attention", {"attention": 1, "symptoms": 1}),
        ({"answers": {"symptoms": ["fever"]}}, "fever", {"fever": 1, "symptoms": 1}),
        ({"answers": {"contact": "case"}}, "attention", {"attention": 1}),
        ({"answers": {"contact": "none", "whereabouts": "home"}}, "normal", {"normal": 1}),
        (
            {"temperature": None, "not_measured_reason": "no_thermometer"},
            "attention",
            {"attention": 1, "not_measured": 1},
        ),
    ],
)
def test_the_status_follows_from_the_reading(
    school: School, content: dict[str, Any], status: str, figures: dict[str, int]
) -> None:
    receipt = school.log(school.parent(), reading(school.children[0], **{"temperature": 36.5} | content))
    assert receipt["status"] == status
    assert school.counts() == {"reported": 1} | figures
    school.check()


def test_a_day_counts_by_its_most_severe_reading(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    school.log(parent, reading(child, None, not_measured_reason="broken"))
    school.log(parent, reading(child, 38.0))
    school.log(parent, reading(child, 36.5))
    assert school.counts() == {"reported": 1, "fever": 1}
    school.check()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("temperature", True, "not_number"),
        ("temperature", "36.5", "not_number"),
        ("temperature", 36.55, "one_decimal"),
        ("temperature", 33.9, "impossible_temperature"),
        ("temperature", 43.1, "impossible_temperature"),
        ("temperature", 2**63, "impossible_temperature"),
        ("person_id", 2**63, "too_large"),
        ("person_id", True, "not_integer"),
        ("id", "x", "not_uuid"),
        ("taken_at", "2026-03-01T07:00:00", "offset_missing"),
        ("taken_at", 1_700_000_000, "not_text"),
        ("source", "teacher", "unknown_field"),
        ("status", "normal", "unknown_field"),
        ("institution_id", 1, "unknown_field"),
        ("site", "toe", "not_a_choice"),
        ("answers", {"symptoms": ["plague"]}, "not_a_choice"),
        ("answers", {"symptoms": "cough"}, "not_list"),
        ("answers", {"mood": "good"}, "unknown_field"),
        ("not_measured_reason", "broken", "measured_or_why_not"),
    ],
)
def test_bad_input_is_refused_where_it_is_wrong_and_changes_nothing(
    school: School, field: str, value: object, code: str
) -> None:
    parent, good = school.parent(), reading(school.children[0])
    bad = reading(school.children[0]) | {field: value}
    alone = school.log(parent, bad, 422)
    pointer = {"measured_or_why_not": ""}.get(code, f"/{field}")
    assert alone["errors"][0]["code"] == code
    assert alone["errors"][0]["pointer"].startswith(pointer)
    together = school.batch(parent, [bad, good])
    assert [item["outcome"] for item in together["items"]] == ["refused", "accepted"]
    problem = together["items"][0]["problem"]
    assert problem["code"] == "invalid"
    assert problem["errors"][0]["code"] == code
    assert problem["errors"][0]["pointer"].startswith(f"/items/0{pointer}")
    assert len(school.rows()) == 1
    school.check()


def test_what_is_no_reading_at_all_stops_nobody(school: School) -> None:
    items: list[Any] = [None, 7, "x", [], {}, reading(school.children[0])]
    answer = school.batch(school.parent(), items)
    assert [item["outcome"] for item in answer["items"]] == ["refused"] * 5 + ["accepted"]
    assert (answer["accepted"], answer["refused"]) == (1, 5)


@pytest.mark.parametrize("items", [[], None, [{}] * 201])
def test_a_batch_has_one_to_two_hundred_items(school: School, items: object) -> None:
    school.post(school.parent(), "/checkins/batches", {"items": items}, 422)


def test_somebody_elses_child_is_answered_as_nobody(school: School) -> None:
    parent, id_ = school.parent(), str(uuid4())
    strange = school.batch(parent, [reading(school.children[1], id=id_)])["items"]
    nobody = school.batch(parent, [reading(10**15, id=id_)])["items"]
    assert strange == nobody
    assert strange[0]["problem"]["code"] == "not_found"
    alone = school.log(parent, reading(school.children[1]), 404)
    assert alone == school.log(parent, reading(10**15), 404)
    assert school.rows() == []


def test_the_source_follows_from_the_role(school: School) -> None:
    child, tree = school.children[0], school.tree
    teacher = add_staff(tree, name="教师甲")
    login = add_staff_login(tree, teacher)
    tree.hold(login, Role.HOMEROOM_TEACHER, school.id, unit_id=school.unit)
    own = add_student(tree, school.unit, "教师之子")
    tree.hold(login, Role.GUARDIAN, school.id, person_id=own)
    school.batch(login, [reading(teacher), reading(child), reading(own)])
    school.log(school.staff(Role.SCHOOL_DOCTOR), reading(child))
    school.log(tree.account(Role.STUDENT, school.id, person_id=child), reading(child))
    sources = {(row["person_id"], row["source"]) for row in school.rows()}
    assert sources == {(teacher, "self"), (child, "teacher"), (own, "guardian"), (child, "doctor"), (child, "self")}
    school.check()


@pytest.mark.parametrize("role", [Role.PRINCIPAL, Role.GATE_GUARD, Role.SCHOOL_REPORTER, Role.AUDITOR])
def test_others_log_nobody(school: School, role: Role) -> None:
    school.log(school.staff(role), reading(school.children[0]), 403)


def test_a_household_counts_apart(school: School) -> None:
    child = school.children[0]
    mother = add_household_member(school.tree, child)
    school.batch(school.parent(), [reading(mother, 38.5), reading(child)])
    assert school.counts() == {"reported": 1, "normal": 1}
    assert school.counts(unit=0) == {"household_reported": 1, "household_fever": 1}
    school.check()


def test_one_request_reaches_children_in_several_schools(school: School, tree: Tree) -> None:
    parent = school.parent()
    other = tree.add_school(name="另一所小学")
    since = clock.today() - timedelta(days=3)
    child = add_student(tree, tree.add_unit(other, UnitKind.CLASS, "一年级1班"), school=other, enrolled_on=since)
    tree.hold(parent, Role.GUARDIAN, other, person_id=child)
    answer = school.batch(parent, [reading(child, 38.0), reading(school.children[0])])
    assert answer["accepted"] == 2
    school.check()
    school.check(school=other)


def test_the_same_id_twice_in_a_batch_lands_once(school: School) -> None:
    body = reading(school.children[0])
    answer = school.batch(school.parent(), [body, body, reading(school.children[0], 38.0)])
    assert sorted(item["outcome"] for item in answer["items"]) == ["accepted", "accepted", "duplicate"]
    assert len(school.rows()) == 2
    school.check()


def test_a_class_is_logged_by_its_teacher_and_who_is_not_named_stays_missing(school: School) -> None:
    teacher, stranger = school.teacher(), add_student(school.tree, school.tree.classes[1])
    items = [reading(school.children[0]), reading(school.children[1], 37.9), reading(stranger)]
    answer = school.post(teacher, f"/units/{school.unit}/checkins", {"items": items})
    assert [item["outcome"] for item in answer["items"]] == ["accepted", "accepted", "refused"]
    missing = school.get(teacher, f"/units/{school.unit}/missing")
    assert [one["person_id"] for one in missing["items"]] == [school.children[2]]
    school.post(teacher, f"/units/{school.tree.classes[1]}/checkins", {"items": items}, 404)
    assert {row["source"] for row in school.rows()} == {"teacher"}


def test_the_gate_learns_whom_to_let_in_and_nothing_else(school: School) -> None:
    guard = school.staff(Role.GATE_GUARD)
    school.log(school.parent(school.children[1]), reading(school.children[1], 39.0))
    items = [reading(school.children[0], 38.0), reading(school.children[1], 36.4), reading(10**15)]
    answer = school.post(guard, f"/institutions/{school.id}/gate-readings", {"items": items})
    assert [(item["admit"], item["status"]) for item in answer["items"]] == [
        (False, "fever"),
        (True, "normal"),
        (False, None),
    ]
    assert set(answer["items"][0]) == {"index", "id", "outcome", "admit", "status", "problem"}
    assert school.counts() == {"reported": 2, "fever": 2}
    school.check()
    school.post(guard, f"/institutions/{school.tree.county}/gate-readings", {"items": items}, 404)
    school.post(school.teacher(), f"/institutions/{school.id}/gate-readings", {"items": items}, 403)


def test_late_is_what_comes_after_the_deadline_whenever_it_was_measured(school: School) -> None:
    early = morning(6, 30, days=0)
    with at(morning(9, days=0)):
        parent, child = school.parent(), school.children[0]
        school.log(parent, reading(child, taken_at=stamp(early)))
        assert school.counts() == {"reported": 1, "normal": 1, "late": 1}
        other = school.children[1]
        school.log(school.parent(other), reading(other))
    with at(morning(11, 30, days=0)):
        parent = school.parent()
        receipt = school.log(parent, reading(child))
        assert (receipt["slot"], receipt["late"]) == ("noon", False)
    # Heard of in time once is enough.
    assert school.counts() == {"reported": 2, "normal": 2, "late": 1}
    school.check()


def test_a_fever_is_told_to_those_above_by_ids_alone(school: School) -> None:
    parent = school.parent()
    body = reading(school.children[0], 38.2)
    school.log(parent, body)
    school.log(parent, body, 200)
    school.log(parent, reading(school.children[0], 36.5))
    with school.owner.connect() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT payload FROM outbox WHERE name = 'FeverReported' AND institution_id = {school.id}"  # noqa: S608
        ).all()
    assert [row.payload for row in rows] == [
        {"person_id": school.children[0], "checkin_id": body["id"], "day": clock.today().isoformat()}
    ]


def test_a_guardian_of_two_children_sends_for_both(school: School) -> None:
    parent = add_guardian(school.tree, school.children[0])
    school.tree.hold(parent, Role.GUARDIAN, school.id, person_id=school.children[1])
    assert school.batch(parent, [reading(one) for one in school.children])["accepted"] == 2
