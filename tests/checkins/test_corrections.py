"""A correction replaces and keeps; the figures go down as well as up."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from app.access.roles import Role
from app.kernel import clock
from tests.checkins.steps import School, at, morning, reading, stamp
from tests.factories.people import add_household_member


def test_a_mistyped_fever_is_taken_back(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    wrong = school.log(parent, reading(child, 38.6))
    assert school.counts() == {"reported": 1, "fever": 1}
    right = school.correct(parent, wrong["id"], child, temperature=36.8, answers={"symptoms": ["cough"]})
    assert (right["status"], right["day"], right["slot"]) == ("attention", wrong["day"], wrong["slot"])
    assert school.counts() == {"reported": 1, "attention": 1, "symptoms": 1}
    rows = {str(row["id"]): row for row in school.rows()}
    assert str(rows[wrong["id"]]["replaced_by"]) == right["id"]
    assert rows[wrong["id"]]["temperature"] == 386
    assert str(rows[right["id"]]["replaces"]) == wrong["id"]
    assert rows[right["id"]]["correction_reason"] == "输入错误"
    assert rows[right["id"]]["recorded_by"] == parent.account_id
    school.check()


def test_a_corrected_reading_is_not_corrected_twice_but_its_correction_is(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    first = school.log(parent, reading(child, 38.6))
    second = school.correct(parent, first["id"], child, temperature=37.8)
    assert school.correct(parent, first["id"], child, 409, temperature=36.5)["code"] == "already_corrected"
    school.correct(parent, second["id"], child, temperature=36.5)
    assert school.counts() == {"reported": 1, "normal": 1}
    school.check()


def test_sending_a_correction_again_answers_as_the_first_time(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    wrong = school.log(parent, reading(child, 38.6))
    body = {"id": str(uuid4()), "person_id": child, "temperature": 36.5, "reason": "输入错误"}
    first = school.post(parent, f"/checkins/{wrong['id']}/corrections", body, 201)
    again = school.post(parent, f"/checkins/{wrong['id']}/corrections", body, 200)
    assert (first.pop("outcome"), again.pop("outcome")) == ("accepted", "duplicate")
    assert first == again
    # The reading itself, sent again by a phone that missed the answer, does not come back to life.
    school.log(parent, reading(child, 38.6, id=wrong["id"]), 200)
    assert school.counts() == {"reported": 1, "normal": 1}
    school.check()


def test_an_id_of_another_reading_is_no_correction(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    one, other = (school.log(parent, reading(child, value)) for value in (36.5, 36.6))
    assert school.correct(parent, one["id"], child, 409, id=other["id"], temperature=36.7)["code"] == "id_taken"


def test_a_correction_that_finds_a_fever_tells_of_it(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    wrong = school.log(parent, reading(child, 36.6))
    right = school.correct(parent, wrong["id"], child, temperature=38.6)
    school.correct(parent, right["id"], child, temperature=38.7)
    with school.owner.connect() as connection:
        told = connection.execute(
            text("SELECT payload->>'checkin_id' FROM outbox WHERE name = 'FeverReported' AND institution_id = :school"),
            {"school": school.id},
        )
        assert list(told.scalars()) == [right["id"]]
    school.check()


def test_corrections_are_audited_and_need_a_reason(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    wrong = school.log(parent, reading(child, 38.6))
    school.correct(parent, wrong["id"], child, 422, temperature=36.5, reason=" ")
    right = school.correct(parent, wrong["id"], child, temperature=36.5, reason="看错体温计")
    with school.owner.connect() as connection:
        entry = connection.execute(
            text(
                "SELECT account_id, reason, details FROM audit_entry"
                " WHERE institution_id = :school AND act = 'checkins.correct' AND subject_id = :child"
            ),
            {"school": school.id, "child": str(child)},
        ).one()
    assert (entry.account_id, entry.reason) == (parent.account_id, "看错体温计")
    assert entry.details["replaced"] == wrong["id"]
    assert entry.details["by"] == right["id"]
    assert sorted(entry.details["fields"]) == ["status", "temperature"]


def test_others_do_not_learn_that_a_reading_is_there(school: School) -> None:
    child, other = school.children[:2]
    wrong = school.log(school.parent(), reading(child, 38.6))
    stranger = school.parent(other)
    foreign = school.correct(stranger, wrong["id"], child, 404, temperature=36.5)
    assert foreign == school.correct(stranger, str(uuid4()), 10**15, 404, temperature=36.5)
    assert foreign == school.correct(stranger, wrong["id"], other, 404, temperature=36.5)
    # The principal sees the person, but corrects nobody's reading.
    school.correct(school.staff(Role.PRINCIPAL), wrong["id"], child, 403, temperature=36.5)
    assert school.counts() == {"reported": 1, "fever": 1}


def test_a_correction_keeps_the_day_and_whether_it_was_late(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    wrong = school.log(parent, reading(child, 38.6))
    with at(morning(10, days=2)):
        right = school.correct(school.parent(), wrong["id"], child, temperature=36.5)
        assert (right["day"], right["late"]) == (wrong["day"], False)
        day = clock.today() - timedelta(days=2)
        assert school.counts(day) == {"reported": 1, "normal": 1}
        school.check(day)
    with at(morning(10, days=8)):
        late = school.correct(school.parent(), right["id"], child, 422, temperature=36.6)
        assert late["code"] == "too_long_ago"


def test_a_household_members_reading_is_corrected_in_its_own_figures(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    mother = add_household_member(school.tree, child)
    wrong = school.log(parent, reading(mother, 38.6))
    assert school.counts(unit=0) == {"household_reported": 1, "household_fever": 1}
    school.correct(parent, wrong["id"], mother, temperature=36.5)
    assert school.counts(unit=0) == {"household_reported": 1}
    school.check()


def test_a_correction_of_one_of_two_readings_leaves_the_other_to_count(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    earlier = stamp(clock.now() - timedelta(minutes=30))
    wrong = school.log(parent, reading(child, 38.6, taken_at=earlier))
    school.log(parent, reading(child, 36.5))
    school.correct(parent, wrong["id"], child, not_measured_reason="broken")
    assert school.counts() == {"reported": 1, "attention": 1}
    school.check()
