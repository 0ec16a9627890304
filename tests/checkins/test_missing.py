"""Who is missing, and who stands behind a figure: lists and figures never disagree."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.access.roles import Role
from app.kernel import clock
from app.rollups.metrics import DAY_METRICS
from tests.checkins.steps import School, reading, stamp
from tests.factories.people import add_household_member, add_staff, add_student


def test_a_class_shows_who_is_missing(school: School) -> None:
    teacher, parent, child = school.teacher(), school.parent(), school.children[0]
    path = f"/units/{school.unit}/missing"
    first = school.get(teacher, path, limit=2)
    assert (first["due"], first["reported"], first["missing"], len(first["items"])) == (3, 0, 3, 2)
    assert len(school.get(teacher, path, limit=2, cursor=first["next"])["items"]) == 1
    school.log(parent, reading(child))
    assert [one["person_id"] for one in school.get(teacher, path)["items"]] == school.children[1:]
    noon = school.get(teacher, path, slot="noon")
    assert (noon["missing"], noon["slot"]) == (3, "noon")
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    assert school.get(teacher, path, day=yesterday)["missing"] == 3


def test_a_school_shows_it_by_class_and_names_on_request(school: School) -> None:
    principal = school.staff(Role.PRINCIPAL)
    other = add_student(school.tree, school.tree.classes[1], "学生丁")
    nowhere = add_staff(school.tree, name="职工甲")
    school.log(school.parent(), reading(school.children[0]))
    path = f"/institutions/{school.id}/missing"
    shown = school.get(principal, path)
    assert (shown["due"], shown["reported"], shown["missing"]) == (5, 1, 4)
    assert [(one["unit_id"], one["missing"], one["persons"]) for one in shown["items"]] == [
        (0, 1, None),
        (school.unit, 2, None),
        (school.tree.classes[1], 1, None),
    ]
    named = school.get(principal, path, persons=True)
    assert [[one["person_id"] for one in unit["persons"]] for unit in named["items"]] == [
        [nowhere],
        school.children[1:],
        [other],
    ]
    first = school.get(principal, path, limit=1)
    second = school.get(principal, path, limit=1, cursor=first["next"])
    assert [one["unit_id"] for one in first["items"] + second["items"]] == [0, school.unit, school.tree.classes[1]]
    with school.owner.connect() as connection:
        looks = connection.execute(
            text("SELECT count(*) FROM audit_entry WHERE institution_id = :school AND act = 'missing.read'"),
            {"school": school.id},
        )
        assert looks.scalar_one() == 1


def test_who_may_see_who_is_missing(school: School) -> None:
    school_path, unit_path = f"/institutions/{school.id}/missing", f"/units/{school.unit}/missing"
    teacher, stranger = school.teacher(), school.teacher(school.tree.classes[1])
    school.get(teacher, school_path, 403)
    assert school.get(stranger, unit_path, 404) == school.get(stranger, "/units/999999999999/missing", 404)
    for role in (Role.GATE_GUARD, Role.AUDITOR):
        school.get(school.staff(role), school_path, 403)
    school.get(school.tree.account(Role.PROVINCIAL_ADMIN, school.tree.province), school_path, 403)
    school.get(school.parent(), unit_path, 403)


def _total(school: School, login: Any, metric: str, **params: Any) -> int:
    answer = school.get(login, f"/institutions/{school.id}/figures/{metric}/persons", **params)
    assert answer["total"] == len(answer["items"])
    assert len({one["person_id"] for one in answer["items"]}) == answer["total"]
    return int(answer["total"])


def test_every_figure_opens_to_as_many_persons_as_it_says(school: School) -> None:
    chance = random.Random(7)
    tree, doctor = school.tree, school.staff(Role.SCHOOL_DOCTOR)
    since = clock.today() - timedelta(days=9)
    new = [add_student(tree, tree.classes[1], enrolled_on=since), *(add_staff(tree, enrolled_on=since) for _ in "xy")]
    people = [*school.children, *new]
    family = [add_household_member(tree, child) for child in school.children]
    items = [
        reading(
            person,
            chance.choice([36.5, 37.9]),
            answers=chance.choice([{}, {"symptoms": ["cough"]}]),
            taken_at=stamp(clock.now() - timedelta(hours=hours)),
        )
        for person, hours in zip([*chance.choices(people + family, k=6), *people[:3]], [0] * 6 + [30] * 3, strict=True)
    ]
    items.append(reading(people[-1], None, not_measured_reason="away"))
    assert school.batch(doctor, items)["accepted"] == 10
    for day in (clock.today(), clock.today() - timedelta(days=1)):
        on = {"day": day.isoformat()}
        for unit in (0, *tree.classes):
            stored = school.counts(day, unit)
            for metric in (one for one in DAY_METRICS if one.fed_by == "checkins"):
                assert _total(school, doctor, metric.name, unit_id=unit, **on) == stored.get(metric.name, 0), metric
        whole = {name: _total(school, doctor, name, **on) for name in ("due", "reported", "missing", "on_roll")}
        assert whole["missing"] == whole["due"] - whole["reported"]
        assert whole["on_roll"] == whole["due"]
        school.check(day)
    assert _total(school, doctor, "persons_uncovered") == 2


def test_a_figure_is_opened_by_those_who_may_and_the_look_is_recorded(school: School) -> None:
    child, teacher = school.children[0], school.teacher()
    school.log(school.parent(), reading(child, 38.4, answers={"symptoms": ["cough"]}))
    path = f"/institutions/{school.id}/figures/fever/persons"
    assert school.get(teacher, path, 403)["code"] == "forbidden"
    shown = school.get(teacher, path, unit_id=school.unit)["items"]
    assert shown[0].items() >= {"person_id": child, "status": "fever", "temperature": 38.4}.items()
    school.get(teacher, path, 404, unit_id=school.tree.classes[1])
    school.get(teacher, f"/institutions/{school.tree.county}/figures/fever/persons", 404, unit_id=school.unit)
    school.get(school.tree.account(Role.COUNTY_ADMIN, school.tree.county), path, 403)
    with school.owner.connect() as connection:
        look = connection.execute(
            text("SELECT account_id, details FROM audit_entry WHERE institution_id = :school AND act = 'figures.open'"),
            {"school": school.id},
        ).one()
    assert look.account_id == teacher.account_id
    assert look.details["persons"] == [child]


@pytest.mark.parametrize("metric", ["units", "units_uncovered", "nonsense"])
def test_what_counts_no_persons_does_not_open(school: School, metric: str) -> None:
    path = f"/institutions/{school.id}/figures/{metric}/persons"
    assert school.get(school.staff(Role.PRINCIPAL), path, 422)["code"] == "no_such_figure"
