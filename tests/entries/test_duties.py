"""Staff on duty enter by their roster, without a request."""

from app.access.roles import Role
from app.kernel import clock
from tests.entries.steps import Cast, Row, window
from tests.factories.people import add_staff, add_student


def roster(cast: Cast, *person_ids: int, status: int = 201, **more: object) -> Row:
    """Put some on duty tomorrow."""
    shifts = [{"person_id": one, **window()} for one in person_ids]
    body = {"duty": "总值班", "shifts": shifts, **more}
    found: Row = cast.reporter.post(f"/institutions/{cast.tree.school}/duty-shifts", body, status)
    return found


def test_a_roster_is_made_shown_and_shortened(cast: Cast) -> None:
    one, two = add_staff(cast.tree, name="职工甲"), add_staff(cast.tree, name="职工乙")
    made = roster(cast, one, two)["items"]
    assert [(shift["name"], shift["duty"]) for shift in made] == [("职工甲", "总值班"), ("职工乙", "总值班")]
    guard = cast.speaker(Role.GATE_GUARD)
    path = f"/institutions/{cast.tree.school}/duty-shifts"
    assert [shift["id"] for shift in guard.get(path)["items"]] == [shift["id"] for shift in made]
    assert guard.get(path, to=clock.now().isoformat())["items"] == []
    cast.reporter.ask("DELETE", f"/duty-shifts/{made[0]['id']}", 204)
    assert [shift["cancelled_at"] is None for shift in guard.get(path)["items"]] == [False, True]
    assert cast.reporter.ask("DELETE", f"/duty-shifts/{made[0]['id']}", 409)["code"] == "duty_shift_over"


def test_who_is_on_duty_has_a_pass_for_the_shift(cast: Cast) -> None:
    me, person = cast.staff(name="职工甲")
    (shift,) = roster(cast, person)["items"]
    (given,) = me.get("/me/passes")["items"]
    assert (given["source"], given["source_id"], given["name"]) == ("duty_shift", shift["id"], "职**")
    assert given["token"]
    cast.reporter.ask("DELETE", f"/duty-shifts/{shift['id']}", 204)
    assert [one["token"] for one in me.get("/me/passes")["items"]] == [None]


def test_only_staff_of_the_school_once_at_a_time(cast: Cast) -> None:
    person = add_staff(cast.tree)
    roster(cast, person)
    assert roster(cast, person, status=409)["code"] == "duty_shift_taken"
    pupil = add_student(cast.tree, cast.tree.classes[0])
    assert roster(cast, pupil, status=404)["code"] == "not_found"
    elsewhere = cast.tree.add_school()
    assert roster(cast, add_staff(cast.tree, school=elsewhere), status=404)["code"] == "not_found"
    teacher = cast.teacher.post(f"/institutions/{cast.tree.school}/duty-shifts", {"duty": "x", "shifts": []}, 403)
    assert teacher["code"] == "forbidden"
