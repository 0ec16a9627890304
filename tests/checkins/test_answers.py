"""Forms have versions; answers are remembered, the temperature never is; no thermometer says the same for a week."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.checkins import forms, tasks
from app.kernel import clock
from tests.checkins.steps import School, reading, stamp


def test_the_current_form_in_both_languages(school: School) -> None:
    parent = school.parent()
    form = school.get(parent, "/checkin-forms/current")
    assert (form["version"], form["versions_read"]) == (2, [1, 2])
    assert (form["lowest"], form["highest"]) == (34.0, 43.0), "so that a number pad takes only what can be"
    symptoms = form["questions"][0]["options"]
    assert [one["code"] for one in symptoms] == [one.code for one in forms.SYMPTOMS]
    assert symptoms[4]["label"] == "腮腺肿大"
    english = school.client.get(
        "/api/v1/checkin-forms/current", headers=parent.headers | {"Accept-Language": "en"}
    ).json()
    assert english["questions"][0]["options"][4]["label"] == "swollen parotid"
    assert english["not_measured_reasons"][0]["label"] == "no thermometer at home"


def test_the_order_of_the_symptoms_never_changes() -> None:
    known = (
        "fever cough headache sore_throat swollen_parotid abdominal_pain diarrhoea vomiting rash dizziness fatigue"
        " red_eyes"
    )
    assert " ".join(option.code for option in forms.SYMPTOMS[:12]) == known
    for mask in range(1 << len(forms.SYMPTOMS)):
        assert forms.mask(forms.codes(mask)) == mask


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_of_the_form_are_read(school: School, version: int) -> None:
    answers: dict[str, Any] = {"symptoms": ["cough", "rash"], "whereabouts": "local", "contact": "ill"}
    if version == 2:
        answers["places"] = ["320102"]
    school.log(school.parent(), reading(school.children[0], form_version=version, answers=answers))
    row = school.rows()[0]
    assert (row["form_version"], forms.codes(row["symptoms"])) == (version, ["cough", "rash"])
    answers.pop("symptoms")
    assert row["answers"] == answers


def test_a_newer_phone_is_understood_as_far_as_possible_and_never_refused(school: School) -> None:
    answers = {
        "symptoms": ["cough", "loss_of_taste"],
        "whereabouts": "moon",
        "contact": "none",
        "mood": {"today": ["fine", 1, None]},
    }
    receipt = school.log(school.parent(), reading(school.children[0], form_version=9, answers=answers))
    assert receipt["status"] == "attention"
    row = school.rows()[0]
    assert (row["form_version"], forms.codes(row["symptoms"])) == (9, ["cough"])
    unread = {name: answers[name] for name in ("symptoms", "whereabouts", "mood")}
    assert row["answers"] == {"contact": "none", "unread": unread}


def test_a_retired_form_with_a_field_that_it_never_had_is_taken(school: School) -> None:
    answers = {"symptoms": [], "places": ["320102"]}
    receipt = school.log(school.parent(), reading(school.children[0], form_version=1, answers=answers))
    assert receipt["status"] == "normal"
    assert school.rows()[0]["answers"] == {"unread": {"places": ["320102"]}}


@pytest.mark.parametrize(
    "answers", [{"x": "长" * 3000}, {"x": [[[[[1]]]]]}, {f"x{one}": "y" * 80 for one in range(30)}]
)
def test_what_nobody_can_read_is_bounded(school: School, answers: dict[str, Any]) -> None:
    school.log(school.parent(), reading(school.children[0], form_version=9, answers=answers))
    assert list(school.rows()[0]["answers"]["unread"]) == ["dropped_bytes"]


def test_an_unreadable_symptom_asks_for_a_second_look(school: School) -> None:
    answers = {"symptoms": ["loss_of_taste"]}
    receipt = school.log(school.parent(), reading(school.children[0], form_version=9, answers=answers))
    assert receipt["status"] == "attention"


def test_answers_are_repeated_but_never_the_temperature(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    answers = {"symptoms": ["cough"], "whereabouts": "local", "contact": "ill"}
    yesterday = stamp(clock.now() - timedelta(days=1))
    school.log(parent, reading(child, 36.9, answers=answers, taken_at=yesterday))
    same = school.log(school.parent(), reading(child, 36.4, same_as_last=True))
    assert same["status"] == "attention"
    row = school.rows()[-1]
    assert (row["temperature"], forms.codes(row["symptoms"])) == (364, ["cough"])
    assert row["answers"] == {"whereabouts": "local", "contact": "ill"}
    school.log(parent, reading(child, None, same_as_last=True), 422)
    both = school.log(parent, reading(child, same_as_last=True, answers={"symptoms": []} | answers), 422)
    assert both["errors"][0]["code"] == "answers_or_same"


def test_repeating_follows_the_order_of_measuring_not_of_the_batch(school: School) -> None:
    parent, child, now = school.parent(), school.children[0], clock.now()

    def ago(minutes: int, **more: Any) -> dict[str, Any]:
        return reading(child, taken_at=stamp(now - timedelta(minutes=minutes)), **more)

    items = [
        ago(10, same_as_last=True),
        ago(30, same_as_last=True),
        ago(20, answers={"symptoms": ["rash"]}),
        ago(40, answers={"symptoms": ["cough"]}),
        ago(50, same_as_last=True),
    ]
    answer = school.batch(parent, items)
    assert answer["items"][4]["problem"]["code"] == "nothing_remembered"
    by_time = {row["taken_at"]: forms.codes(row["symptoms"]) for row in school.rows()}
    assert list(by_time.values()) == [["cough"], ["cough"], ["rash"], ["rash"]]


def _week(child: int, value: float, days: range, now: datetime) -> list[dict[str, Any]]:
    return [reading(child, value, taken_at=stamp(now - timedelta(days=day))) for day in days]


def _flags(school: School) -> list[bool]:
    """As they stand after the night's look at them."""
    tasks.flag_school(school.id)
    return [bool(row["implausible"]) for row in school.rows() if row["replaced_by"] is None]


def test_a_week_of_one_value_is_flagged_whatever_the_order(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    week = _week(child, 36.5, range(7), clock.now())
    for body in (*week[3:], *week[:2]):
        school.log(parent, body)
        assert not any(_flags(school))
    school.log(parent, week[2])
    # The last day of the run is the one to look at, although it was not the last to come.
    assert _flags(school) == [False] * 6 + [True]
    shown = school.get(school.teacher(), f"/persons/{child}/checkins")["items"]
    assert [one["implausible"] for one in shown] == _flags(school)
    # Flagged, not punished: it counts as any other.
    assert school.counts() == {"reported": 1, "normal": 1}
    last = max(school.rows(), key=lambda row: row["taken_at"])
    school.correct(parent, str(last["id"]), child, temperature=36.6)
    assert not any(_flags(school))


def test_a_week_of_one_value_from_two_hands_is_a_measurement(school: School) -> None:
    child, now = school.children[0], clock.now()
    mother, father = school.parent(), school.parent()
    school.batch(mother, _week(child, 36.5, range(3, 7), now))
    school.batch(father, _week(child, 36.5, range(3), now))
    school.batch(mother, _week(school.children[1], 36.5, range(7), now))
    assert not any(_flags(school))


def test_a_whole_week_in_one_batch_is_flagged_too(school: School) -> None:
    school.batch(school.parent(), _week(school.children[0], 36.5, range(7), clock.now()))
    assert _flags(school) == [False] * 6 + [True]
