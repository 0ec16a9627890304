"""Looking back: the archive, the fourteen days, the family's screen."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.access.roles import Role
from app.institutions.models import UnitKind
from app.kernel import clock
from tests.checkins.steps import School, at, morning, reading, stamp
from tests.factories.people import add_household_member, add_staff, add_staff_login, add_student
from tests.factories.tree import Tree


def _looks(school: School, child: int) -> list[tuple[str, int]]:
    with school.owner.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT act, account_id FROM audit_entry WHERE institution_id = :school AND subject = 'person'"
                " AND subject_id = :child AND act LIKE 'checkins.%' ORDER BY seq"
            ),
            {"school": school.id, "child": str(child)},
        )
        return [(row.act, row.account_id) for row in rows]


def test_the_archive_stands_in_time_order_with_corrections(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    moments = [stamp(clock.now() - timedelta(days=day)) for day in (1, 3, 0, 2)]
    receipts = school.batch(parent, [reading(child, taken_at=moment) for moment in moments])["items"]
    wrong = receipts[1]["id"]
    right = school.correct(parent, wrong, child, temperature=38.1, answers={"symptoms": ["cough", "fever"]})
    page = school.get(parent, f"/persons/{child}/checkins", limit=2)
    rest = school.get(parent, f"/persons/{child}/checkins", limit=200, cursor=page["next"])
    entries = page["items"] + rest["items"]
    assert [one["taken_at"] for one in entries] == sorted(one["taken_at"] for one in entries)
    assert len(entries) == 5
    by_id = {one["id"]: one for one in entries}
    assert by_id[wrong]["replaced_by"] == right["id"]
    assert by_id[right["id"]]["replaces"] == wrong
    assert by_id[right["id"]]["temperature"] == 38.1
    assert by_id[right["id"]]["answers"]["symptoms"] == ["fever", "cough"]
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    period: dict[str, Any] = {"from": yesterday, "to": yesterday}
    only = school.get(parent, f"/persons/{child}/checkins", **period)
    assert [one["day"] for one in only["items"]] == [yesterday]
    assert school.get(parent, f"/persons/{child}/checkins", 422, **period | {"to": "2020-01-01"})
    assert school.get(parent, f"/persons/{child}/checkins", 400, cursor="x")["code"] == "bad_cursor"


def test_a_look_by_the_school_leaves_a_trace_and_the_familys_own_does_not(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    school.log(parent, reading(child))
    own = school.get(parent, f"/persons/{child}/checkins")["items"][0]
    school.get(parent, f"/persons/{child}/temperature-record")
    assert (own["skewed"], own["implausible"]) == (None, None)
    teacher = school.teacher()
    seen = school.get(teacher, f"/persons/{child}/checkins")["items"][0]
    school.get(teacher, f"/persons/{child}/temperature-record")
    assert (seen["skewed"], seen["implausible"]) == (False, False)
    assert _looks(school, child) == [
        ("checkins.read_archive", teacher.account_id),
        ("checkins.read_record", teacher.account_id),
    ]


def test_others_see_no_archive(school: School) -> None:
    child = school.children[0]
    for path in (f"/persons/{child}/checkins", f"/persons/{child}/temperature-record"):
        foreign = school.get(school.parent(school.children[1]), path, 404)
        nobody = school.get(school.parent(school.children[1]), path.replace(str(child), str(10**15)), 404)
        assert foreign == nobody
        school.get(school.teacher(school.tree.classes[1]), path, 404)
        school.get(school.staff(Role.GATE_GUARD), path, 403)
        school.get(school.tree.account(Role.COUNTY_ADMIN, school.tree.county), path, 403)


def test_fourteen_days_for_filing(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    now = clock.now()
    items = [reading(child, 36.5, taken_at=stamp(now - timedelta(days=day))) for day in range(7) if day != 3]
    items += [reading(child, 36.9, taken_at=stamp(now - timedelta(minutes=5)))]
    school.batch(parent, items)
    record = school.get(parent, f"/persons/{child}/temperature-record")
    assert len(record["days"]) == 14
    assert (record["name"], record["unit"], record["complete"]) == ("学生甲", "三年级1班", False)
    assert record["days_missing"] == 8
    assert record["days"][-1]["slots"] == [
        {"slot": "morning", "temperature": 36.9, "site": None, "status": "normal", "late": False}
    ]
    assert record["days"][-4] == {
        "day": (clock.today() - timedelta(days=3)).isoformat(),
        "status": None,
        "slots": [],
    }


def _family(school: School, login: Any, **params: Any) -> dict[int, dict[str, Any]]:
    members = school.get(login, "/me/family", **params)["members"]
    return {member["person_id"]: member for member in members}


def test_one_screen_for_a_family_over_two_schools(school: School, tree: Tree) -> None:
    mother, father, child = school.parent(), school.parent(), school.children[0]
    grandmother = add_household_member(school.tree, child, name="外婆", relation="外祖母")
    other = tree.add_school(name="另一所小学")
    unit = tree.add_unit(other, UnitKind.CLASS, "一年级1班")
    younger = add_student(tree, unit, "妹妹", school=other)
    for login in (mother, father):
        school.tree.hold(login, Role.GUARDIAN, other, person_id=younger)
    answers = {"symptoms": ["cough"], "whereabouts": "home", "contact": "none"}
    receipt = school.log(mother, reading(child, 36.7, answers=answers))
    mine, yours = _family(school, mother), _family(school, father)
    assert mine.keys() == yours.keys() == {child, grandmother, younger}
    assert [mine[child]["institution"]["id"], mine[child]["unit"]["name"]] == [school.id, "三年级1班"]
    assert mine[younger]["institution"]["name"] == "另一所小学"
    assert mine[grandmother]["child_id"] == child
    assert (mine[child]["status"], mine[younger]["status"]) == ("attention", None)
    assert mine[child]["readings"][0]["logged_by"] == "you"
    shown = yours[child]["readings"][0]
    assert (shown["logged_by"], shown["id"], shown["temperature"]) == ("other_guardian", receipt["id"], 36.7)
    assert yours[child]["remembered"] == answers | {"places": []}
    states = {one["slot"]: one["state"] for one in mine[child]["slots"]}
    assert states == {"morning": "done", "noon": "due", "evening": "optional"}
    assert {one["state"] for one in mine[grandmother]["slots"]} == {"optional"}
    with at(morning(9, days=0)):
        later = tree.account(Role.GUARDIAN, other, person_id=younger)
        states = {one["slot"]: one["state"] for one in _family(school, later)[younger]["slots"]}
    assert states["morning"] == "late"


def test_a_teachers_class_is_not_the_teachers_family(school: School) -> None:
    person = add_staff(school.tree, name="教师甲")
    login = add_staff_login(school.tree, person)
    school.tree.hold(login, Role.HOMEROOM_TEACHER, school.id, unit_id=school.unit)
    assert set(_family(school, login)) == {person}
    assert _family(school, school.staff(Role.PRINCIPAL)) == {}


def test_a_past_day_of_the_family(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    yesterday = clock.today() - timedelta(days=1)
    school.log(parent, reading(child, 38.0, taken_at=stamp(clock.now() - timedelta(days=1))))
    assert _family(school, parent)[child]["status"] is None
    assert _family(school, parent, day=yesterday.isoformat())[child]["status"] == "fever"


def test_whoever_no_school_has_bound_yet_has_an_empty_family(school: School) -> None:
    family = school.get(school.tree.account(None, school.id), "/me/family")

    assert family["members"] == []
