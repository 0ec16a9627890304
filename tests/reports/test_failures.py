"""Missing, late, false, concealed: found by rule, with evidence; explained, decided; counted as rates."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock, db
from app.kernel.db import Scope
from app.reports import service, tasks
from tests.factories.people import add_guardian
from tests.factories.tree import Tree
from tests.journeys.steps import moment, reading
from tests.reports.steps import Office, at


@pytest.fixture
def office(client: TestClient, tree: Tree) -> Office:
    return Office.open(client, tree)


def watch(tree: Tree) -> tuple[int, int, int]:
    """What the clock asks for, of this province alone: other tests' have days of their own."""
    today = clock.today()
    with db.transaction() as session:
        db.bind(session, Scope(subtrees=frozenset({tree.province})))
        booked = service.book_day(session, today)
        reminded = service.remind(session, today)
        return booked, reminded, service.find_missing(session, service.days_to_look_at())


def kinds(found: list[dict[str, Any]]) -> set[str]:
    return {one["kind"] for one in found}


def test_a_report_is_booked_reminded_of_and_missed(office: Office, tree: Tree) -> None:
    with at(6):
        assert watch(tree) == (4, 0, 0)
        assert watch(tree) == (0, 0, 0)
    with at(15, 31):
        assert watch(tree)[1] == 1
        assert watch(tree)[1] == 0
    with at(16, 16):
        assert watch(tree)[1] == 1
    with at(16, 31):
        assert watch(tree) == (0, 2, 1)  # the city and the county, an hour before theirs
        assert watch(tree) == (0, 0, 0)
        (missing,) = office.failures(Role.COUNTY_ADMIN, tree.county)
    assert (missing["kind"], missing["state"], missing["institution_id"]) == ("missing", "found", tree.school)
    assert [one["what"] for one in missing["evidence"]] == ["asked", "reminded", "reminded", "due", "found"]
    with at(16, 45):
        assert office.send(tree.school)["on_time"] is False
        found = office.failures(Role.COUNTY_ADMIN, tree.county)
    assert {(one["kind"], one["state"]) for one in found} == {("missing", "lapsed"), ("late", "found")}
    late = next(one for one in found if one["kind"] == "late")
    assert late["evidence"][-1]["details"] == {"minutes": 15}


def test_who_has_sent_is_not_reminded(office: Office, tree: Tree) -> None:
    with at(15):
        office.send(tree.school)
        watch(tree)
    with at(16, 31):
        _, reminded, missing = watch(tree)
        assert (reminded, missing) == (2, 0)


def test_a_figure_stated_otherwise_wants_a_reason(office: Office, tree: Tree) -> None:
    with at(16):
        stated = [{"figure": "not_measured", "count": 2}, {"figure": "entries", "count": 4, "reason": "闸机停电"}]
        draft = office.complete(tree.school, stated=stated)
        assert draft["differs"] == ["not_measured"]
        assert (draft["figures"]["entries"], draft["facts"]["entries"]) == (4, 0)
        assert draft["stated"] == {"not_measured": 2, "entries": 4}
        sent = office.send(tree.school)
        assert sent["revision"]["reasons"] == {"entries": "闸机停电"}
        (false,) = office.failures(Role.COUNTY_ADMIN, tree.county)
    assert false["kind"] == "false"
    details = next(one["details"] for one in false["evidence"] if one["what"] == "found")
    assert details == {"not_measured": {"stated": 2, "facts": 0}}


def test_a_fever_left_out_is_concealed(office: Office, tree: Tree) -> None:
    with at(9):
        office.log(tree.school, tree.classes[0], office.students[tree.school][0], 38.4)
    with at(16, 10):
        office.complete(tree.school, stated=[{"figure": "fever", "count": 0}])
        office.send(tree.school)
        found = office.failures(Role.COUNTY_ADMIN, tree.county)
    assert kinds(found) == {"false", "concealed"}


def test_a_fever_entered_after_sending_is_concealed_unless_a_family_measured_it(office: Office, tree: Tree) -> None:
    ill, at_home, _ = office.students[tree.school]
    family = add_guardian(tree, at_home)
    with at(15):
        office.send(tree.school)
    with at(18):
        headers = {"Authorization": f"Bearer {sign_in(office, family.phone, family.password)}"}
        body = reading(at_home, 38.6, moment(13, 0, days=0))
        assert office.client.post("/api/v1/checkins", json=body, headers=headers).status_code == 201
        assert tasks.find_concealed(tree.school, office.day) is False
        office.log(tree.school, tree.classes[0], ill, 38.9, taken_at=moment(10, 0, days=0))
        assert tasks.find_concealed(tree.school, office.day) is True
        assert tasks.find_concealed(tree.school, office.day) is False
        (concealed,) = office.failures(Role.COUNTY_ADMIN, tree.county)
    assert concealed["kind"] == "concealed"
    assert [one["what"] for one in concealed["evidence"]] == ["asked", "sent", "due", "changed", "found"]
    assert concealed["evidence"][-1]["details"]["fever"] == {"entered_after_sending": 1}


def test_who_sends_before_the_moment_of_the_figures_amends(office: Office, tree: Tree) -> None:
    ill = office.students[tree.school][0]
    with at(8):
        office.send(tree.school)
    with at(10):
        office.log(tree.school, tree.classes[0], ill, 38.6)
    with at(16, 40):
        assert tasks.find_concealed(tree.school, office.day) is True
        (concealed,) = office.failures(Role.COUNTY_ADMIN, tree.county)
        found = next(one["details"] for one in concealed["evidence"] if one["what"] == "found")
        assert found == {"fever": {"said": 0, "known": 1}}
        office.send(tree.school, reason="十点新增一人发热")
        assert tasks.find_concealed(tree.school, office.day) is False


def test_what_is_corrected_after_sending_was_not_hidden(office: Office, tree: Tree) -> None:
    with at(9):
        wrong = office.log(tree.school, tree.classes[0], office.students[tree.school][0], 38.4)["id"]
    with at(16, 10):
        office.send(tree.school)
    with at(17):
        body = {
            "id": str(uuid4()),
            "person_id": office.students[tree.school][0],
            "temperature": 38.2,
            "reason": "看错了",
        }
        office.ask("POST", Role.HOMEROOM_TEACHER, tree.school, f"/checkins/{wrong}/corrections", body, status=201)
        assert tasks.find_concealed(tree.school, office.day) is False


def test_what_is_sent_again_is_judged_again(office: Office, tree: Tree) -> None:
    verdict = {"verdict": "drop", "reason": "首次, 已提醒"}
    with at(16):
        office.complete(tree.school, stated=[{"figure": "not_measured", "count": 2}])
        office.send(tree.school)
        (first,) = office.failures(Role.COUNTY_ADMIN, tree.county)
        path = f"/report-failures/{first['id']}/decisions"
        office.ask("POST", Role.COUNTY_ADMIN, tree.county, path, verdict, status=201)
        office.send_back(tree.school, Role.COUNTY_ADMIN, tree.county)
        office.send(tree.school)
        again = office.failures(Role.COUNTY_ADMIN, tree.county, state="found")
    assert [(one["kind"], one["number"]) for one in again] == [("false", 2)]
    assert [one["what"] for one in again[0]["evidence"]] == ["asked", "sent", "returned", "amended", "found", "due"]
    unlike = {"not_measured": {"stated": 2, "facts": 0, "reason": None}}
    assert again[0]["evidence"][1]["details"]["unlike_facts"] == unlike


def sign_in(office: Office, phone: str, password: str) -> str:
    body = {"phone": phone, "password": password, "device_name": "手机"}
    return str(office.client.post("/api/v1/sessions", json=body).json()["access_token"])


def test_a_failure_is_explained_and_decided_by_a_level_above(office: Office, tree: Tree) -> None:
    with at(17):
        office.send(tree.school)
        office.send(tree.county, Role.COUNTY_ADMIN)
        (late,) = office.failures(Role.CITY_ADMIN, tree.city, kind="late")
        path = f"/report-failures/{late['id']}"
        word = {"explanation": "停电至 16:50"}
        told = office.ask("POST", Role.PRINCIPAL, tree.school, f"{path}/explanations", word, status=201)
        assert (told["state"], told["explanation"]) == ("explained", "停电至 16:50")
        assert _told(office, tree, decided=False) == ["explained"]
        assert _told(office, tree, decided=True) == []
        verdict = {"verdict": "drop", "reason": "情况属实"}
        office.ask("POST", Role.PRINCIPAL, tree.school, f"{path}/decisions", verdict, status=403)
        told = office.ask("POST", Role.REVIEWER, tree.county, f"{path}/decisions", verdict, status=201)
        assert told["state"] == "dropped"
        assert _told(office, tree, decided=False) == []
        assert _told(office, tree, decided=True) == ["dropped"]
        assert [one["what"] for one in told["evidence"][-2:]] == ["explained", "decided"]
        assert told["evidence"][-1]["details"] == {"institution_id": tree.county, "verdict": "dropped"}
        office.ask("POST", Role.PRINCIPAL, tree.school, f"{path}/explanations", word, status=409)


def _told(office: Office, tree: Tree, *, decided: bool) -> list[str]:
    return [one["state"] for one in office.failures(Role.CITY_ADMIN, tree.city, decided=decided)]


def test_nobody_judges_the_own_office(office: Office, tree: Tree) -> None:
    with at(18):
        office.send(tree.county, Role.COUNTY_ADMIN)
        (late,) = office.failures(Role.COUNTY_ADMIN, tree.county)
        verdict = {"verdict": "drop", "reason": "无妨"}
        path = f"/report-failures/{late['id']}/decisions"
        problem = office.ask("POST", Role.COUNTY_ADMIN, tree.county, path, verdict, status=403)
        assert problem["code"] == "not_above"
        assert office.ask("POST", Role.CITY_ADMIN, tree.city, path, verdict, status=201)["state"] == "dropped"


def test_rates_and_counts_open_to_the_rows(office: Office, tree: Tree) -> None:
    late, silent = (tree.add_school(name=name) for name in ("迟报小学", "漏报小学"))
    with at(9):
        office.log(tree.school, tree.classes[0], office.students[tree.school][0], 38.2)
    with at(16):
        watch(tree)
        office.send(tree.school)
    with at(16, 50):
        office.send(late)
        watch(tree)
        since: dict[str, Any] = {"from": office.day.isoformat()}
        rates = office.ask("GET", Role.COUNTY_ADMIN, tree.county, f"/institutions/{tree.county}/report-rates", **since)
        schools = office.collect(Role.COUNTY_ADMIN, tree.county)["schools"]

        def rows(**wanted: Any) -> list[int]:
            path = f"/institutions/{tree.county}/daily-reports"
            found = office.ask("GET", Role.COUNTY_ADMIN, tree.county, path, **since, **wanted)["items"]
            return [one["institution_id"] for one in found]

        assert rates["completeness"] == {"numerator": 2, "denominator": 3, "percent": 66.6}
        assert rates["timeliness"] == {"numerator": 1, "denominator": 2, "percent": 50.0}
        by_school = {one["institution_id"]: one["completeness"]["numerator"] for one in rates["items"]}
        assert by_school == {tree.school: 1, late: 1, silent: 0}
        assert rows(outcome="missing", overdue="true") == [silent]
        assert (rows(owed="true", on_time="true"), rows(owed="true", on_time="false")) == ([tree.school], [late])
        assert rows(kind="school", outcome="cases") == [tree.school]
        assert rows(kind="school", outcome="zero") == [late]
        assert rows(outcome="missing", overdue="false") == [tree.county]  # an hour before its own
        assert rows(outcome="nothing_owed") == []
        opened = {name: len(rows(kind="school", outcome=name)) for name in ("cases", "zero", "missing")}
        assert opened == {"cases": schools["with_cases"], "zero": schools["zero"], "missing": schools["missing"]}


def test_rates_are_told_as_they_were_known(office: Office, tree: Tree) -> None:
    with at(16):
        watch(tree)
    with at(16, 50):
        office.send(tree.school)
    with at(17):
        path, then = f"/institutions/{tree.school}/report-rates", moment(16, 40, days=0).isoformat()
        asked: dict[str, Any] = {"from": office.day}
        before = office.ask("GET", Role.COUNTY_ADMIN, tree.county, path, known_at=then, **asked)
        now = office.ask("GET", Role.COUNTY_ADMIN, tree.county, path, **asked)
    assert [one["completeness"]["numerator"] for one in (before, now)] == [0, 1]
    assert [one["completeness"]["denominator"] for one in (before, now)] == [1, 1]


def test_a_period_runs_forward(office: Office, tree: Tree) -> None:
    days: dict[str, Any] = {"from": office.day.isoformat(), "to": (office.day - timedelta(days=1)).isoformat()}
    path = f"/institutions/{tree.county}/report-rates"
    problem = office.ask("GET", Role.COUNTY_ADMIN, tree.county, path, status=422, **days)
    assert problem["code"] == "period_not_possible"
