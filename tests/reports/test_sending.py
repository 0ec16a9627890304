"""Drafted from the facts, completed, signed, sent, returned, amended; frozen and provable."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import UnitKind
from app.kernel import clock
from app.kernel.rls import APP_ROLE
from tests.factories.tree import Tree
from tests.journeys.steps import moment
from tests.reports.steps import Office, at


@pytest.fixture
def office(client: TestClient, tree: Tree) -> Office:
    return Office.open(client, tree)


def test_a_draft_stands_for_the_moment_of_the_policy(office: Office, tree: Tree) -> None:
    one, two, _ = office.students[tree.school]
    with at(9):
        office.log(tree.school, tree.classes[0], one, 36.5)
        assert office.draft(tree.school)["figures"]["reported"] == 1
    with at(16, 10):
        office.log(tree.school, tree.classes[0], two, 36.6)
        draft = office.draft(tree.school)
    assert (draft["figures"]["reported"], draft["figures"]["missing"]) == (1, 2)
    assert draft["as_of"].startswith(f"{office.day}T08:00")  # 16:00 in Shanghai
    assert draft["due_at"].startswith(f"{office.day}T08:30")


def test_some_orders_want_the_day_before(office: Office, tree: Tree) -> None:
    value = {"value": {"day": "previous", "clock": "23:59"}, "locked": False}
    office.ask("PUT", Role.COUNTY_ADMIN, tree.county, f"/institutions/{tree.county}/policies/report_as_of", value)
    with at(9, days=0):
        office.log(tree.school, tree.classes[0], office.students[tree.school][0], 36.5)
    with at(9):
        for student in office.students[tree.school]:
            office.log(tree.school, tree.classes[0], student, 36.5)
        draft = office.draft(tree.school)
    assert draft["figures"]["reported"] == 1
    assert draft["as_of"].startswith(f"{office.day - timedelta(days=1)}T15:59")


def test_what_was_corrected_later_is_still_known_as_it_was(office: Office, tree: Tree) -> None:
    student = office.students[tree.school][0]
    with at(9):
        wrong = office.log(tree.school, tree.classes[0], student, 37.9)["id"]
    with at(16, 5):
        body = {
            "id": "0b7a7f2e-3f0a-4a53-9a53-0d6f3f1c2a11",
            "person_id": student,
            "temperature": 36.6,
            "reason": "看错了",
        }
        office.ask("POST", Role.HOMEROOM_TEACHER, tree.school, f"/checkins/{wrong}/corrections", body, status=201)
        assert office.draft(tree.school)["figures"]["fever"] == 1
    with at(23, 50):
        assert office.draft(tree.school)["figures"]["fever"] == 1


def test_a_zero_report_is_sent_frozen_and_proven(office: Office, tree: Tree, owner: Engine) -> None:
    with at(16, 20):
        sent = office.send(tree.school)
        assert (sent["state"], sent["on_time"], sent["number"]) == ("sent", True, 1)
        assert sent["revision"]["zero"] is True
        assert sent["revision"]["figures"]["on_roll"] == 3
        proof = office.ask("GET", Role.COUNTY_ADMIN, tree.county, office.report(tree.school, "/verification"))
    assert proof["whole"] is True
    where = {"school": tree.school}
    for change in ("UPDATE report_revision SET fever = 9", "DELETE FROM report_revision", "DELETE FROM report_seal"):
        with owner.connect() as connection:
            connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
            with pytest.raises(ProgrammingError, match="permission denied"):
                connection.execute(text(f"{change} WHERE institution_id = :school"), where)
    for change in (
        "UPDATE report_revision SET fever = 9 WHERE institution_id = :school",
        'UPDATE report_seal SET content = content || \'{"reason": "?"}\' WHERE institution_id = :school',
        "UPDATE report_seal SET digest = previous WHERE institution_id = :school",
        "UPDATE report_seal SET content = '{}', digest = previous WHERE institution_id = :school",
    ):
        with owner.begin() as connection:
            connection.execute(text(change), where)
        with at(16, 40):
            proof = office.ask("GET", Role.COUNTY_ADMIN, tree.county, office.report(tree.school, "/verification"))
        assert proof["whole"] is False, change


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE report_revision SET on_time = true",
        "UPDATE report_revision SET zero = NOT zero",
        "UPDATE report_revision SET owed = false",
        "UPDATE report_revision SET known_from = known_from - interval '20 minutes'",
        "UPDATE report_seal SET sent_by = 0",
        "UPDATE report_seal SET reason = NULL",
    ],
)
def test_what_is_shown_is_what_was_signed(office: Office, tree: Tree, owner: Engine, change: str) -> None:
    with at(16, 40):
        office.send(tree.school, reason="停电")
        assert verified(office, tree) == (True, True)
        with owner.begin() as connection:
            connection.execute(text(f"{change} WHERE institution_id = :school"), {"school": tree.school})
        assert verified(office, tree) == (True, False)


def test_a_revision_that_was_taken_out_is_missed(office: Office, tree: Tree, owner: Engine) -> None:
    with at(16, 20):
        office.send(tree.school)
        office.send(tree.school, reason="补报")
        assert verified(office, tree) == (True, True)
        with owner.begin() as connection:
            for gone in (
                "DELETE FROM report_seal WHERE chain = 2 AND institution_id = :school",
                "DELETE FROM report_revision WHERE number = 2 AND institution_id = :school",
            ):
                connection.execute(text(gone), {"school": tree.school})
        assert verified(office, tree) == (False, False)


def verified(office: Office, tree: Tree) -> tuple[bool, bool]:
    """What the county is told of the school's report."""
    proof = office.ask("GET", Role.COUNTY_ADMIN, tree.county, office.report(tree.school, "/verification"))
    return proof["complete"], proof["whole"]


def test_who_signs_is_said_by_the_policy(office: Office, tree: Tree) -> None:
    value = {"value": ["school_reporter", "principal"], "locked": True}
    office.ask("PUT", Role.COUNTY_ADMIN, tree.county, f"/institutions/{tree.county}/policies/report_signers", value)
    with at(16, 20):
        problem = office.send(tree.school, Role.VICE_PRINCIPAL, status=403)
        assert problem["code"] == "not_a_signer"
        assert problem["params"]["roles"] == "校长、学校信息员"
        assert office.send(tree.school, Role.PRINCIPAL)["number"] == 1
        path = office.report(tree.school, "/sendings")
        office.ask("POST", Role.COUNTY_ADMIN, tree.county, path, {"reason": "代签"}, status=403)


def test_returned_amended_and_every_revision_kept(office: Office, tree: Tree) -> None:
    with at(16, 10):
        office.send(tree.school)
        assert office.send(tree.school, status=422)["errors"][0]["pointer"] == "/reason"
    with at(16, 40):
        assert office.send_back(tree.school, Role.COUNTY_ADMIN, tree.county)["state"] == "returned"
        assert office.send_back(tree.school, Role.COUNTY_ADMIN, tree.county, status=409)["code"] == "move_not_possible"
        assert office.draft(tree.school)["returned"]["reason"] == "请核对发热人数"
        assert office.read(Role.PRINCIPAL, tree.school, tree.school)["returned"]["reason"] == "请核对发热人数"
        assert office.draft(tree.county, Role.COUNTY_ADMIN)["received"][0]["returned"] is True
        assert office.read(Role.COUNTY_ADMIN, tree.county, tree.school)["number"] == 1
    with at(16, 50):
        again = office.send(tree.school)
        assert (again["number"], again["on_time"]) == (2, True)
        assert office.send(tree.school, reason="补报一人")["number"] == 3
        revisions = office.ask("GET", Role.CITY_ADMIN, tree.city, office.report(tree.school, "/revisions"))["items"]
        proof = office.ask("GET", Role.CITY_ADMIN, tree.city, office.report(tree.school, "/verification"))
        known = clock.at(office.day, clock.now().astimezone(clock.SHANGHAI).time().replace(hour=16, minute=45))
        then = office.read(Role.CITY_ADMIN, tree.city, tree.school, known_at=known.isoformat())
    assert [one["number"] for one in revisions] == [1, 2, 3]
    assert [one["previous"] for one in revisions[1:]] == [one["digest"] for one in revisions[:2]]
    assert [one["sent_by"] for one in revisions] == [None] * 3
    assert [bool(one["returned"]) for one in revisions] == [True, False, False]
    assert proof["whole"] is True
    assert then["number"] == 1


def test_what_was_amended_meanwhile_is_not_returned_unseen(office: Office, tree: Tree) -> None:
    with at(16, 10):
        read = {"If-Match": f'"{office.send(tree.school)["version"]}"'}
        amended = office.send(tree.school, reason="补报一人")["version"]
        path, body = office.report(tree.school, "/returns"), {"reason": "请核对发热人数"}
        problem = office.ask("POST", Role.COUNTY_ADMIN, tree.county, path, body, status=412, headers=read)
        assert problem["code"] == "precondition_failed"
        assert office.read(Role.COUNTY_ADMIN, tree.county, tree.school)["state"] == "sent"
        now = {"If-Match": f'"{amended}"'}
        assert office.ask("POST", Role.COUNTY_ADMIN, tree.county, path, body, status=201, headers=now)["number"] == 2


def test_a_state_is_told_as_it_was_known_then(office: Office, tree: Tree) -> None:
    with at(16, 10):
        office.send(tree.school)
    with at(16, 40):
        office.send_back(tree.school, Role.COUNTY_ADMIN, tree.county)
    with at(17):
        office.send(tree.school)
    with at(17, 10):
        seen = []
        for hour, minute in ((16, 0), (16, 20), (16, 50), (17, 5)):
            then = {"known_at": moment(hour, minute, days=0).isoformat()}
            report = office.read(Role.CITY_ADMIN, tree.city, tree.school, **then)
            county = office.collect(Role.COUNTY_ADMIN, tree.county, **then)
            assert county["items"][0]["state"] == report["state"]
            seen.append(
                (report["state"], report["number"], county["schools"]["returned"], county["schools"]["missing"])
            )
    assert seen == [("owed", 0, 0, 1), ("sent", 1, 0, 0), ("returned", 1, 1, 0), ("sent", 2, 0, 0)]


def test_nobody_returns_the_own_report(office: Office, tree: Tree) -> None:
    with at(17, 0):
        office.send(tree.county, Role.COUNTY_ADMIN)
        assert office.send_back(tree.county, Role.COUNTY_ADMIN, tree.county, status=403)["code"] == "not_above"
        assert office.send_back(tree.county, Role.CITY_ADMIN, tree.city)["state"] == "returned"


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"answers": [{"question": "masks", "answer": True}]}, "/answers/0/answer"),
        ({"answers": [{"question": "masks", "answer": 1.5}]}, "/answers/0/answer"),
        ({"answers": [{"question": "masks", "answer": 1}, {"question": "masks", "answer": 2}]}, ""),
        ({"stated": [{"figure": "fever", "count": 1}, {"figure": "fever", "count": 2}]}, ""),
        ({"stated": [{"figure": "fever", "count": 1}, {"figure": "missing", "count": 0}]}, "/stated/1/figure"),
        ({"stated": [{"figure": "reported", "count": 4}]}, "/stated"),
    ],
)
def test_what_completes_no_draft(office: Office, tree: Tree, said: dict[str, Any], pointer: str) -> None:
    masks = {"code": "masks", "kind": "number", "title": "口罩存量"}
    form = {"code": "daily", "title": "日报", "level": "school", "questions": [masks]}
    office.ask("POST", Role.COUNTY_ADMIN, tree.county, f"/institutions/{tree.county}/report-forms", form, status=201)
    with at(15):
        problem = office.complete(tree.school, status=422, **said)
        assert [one["pointer"] for one in problem["errors"]] == [pointer]
        assert office.draft(tree.school)["figures"]["reported"] == 0


def test_an_older_draft_does_not_overwrite(office: Office, tree: Tree) -> None:
    with at(15):
        draft = office.draft(tree.school)
        match = {"If-Match": f'"{draft["version"]}"'}
        path = office.report(tree.school, "/draft")
        office.ask("PUT", Role.SCHOOL_REPORTER, tree.school, path, {"answers": []}, headers=match)
        office.ask("PUT", Role.SCHOOL_REPORTER, tree.school, path, {"answers": []}, headers=match, status=412)


def test_days_to_come_and_long_ago_are_closed(office: Office, tree: Tree) -> None:
    for days in (3, -9):
        path = f"/institutions/{tree.school}/daily-reports/{office.day + timedelta(days=days)}/draft"
        assert office.ask("GET", Role.SCHOOL_REPORTER, tree.school, path, status=409)["code"] == "report_not_open"


def test_each_level_collects_what_it_has_received(office: Office, tree: Tree) -> None:
    sister = tree.add_school(name="玄武第二小学")
    with at(9):
        office.log(tree.school, tree.classes[0], office.students[tree.school][0], 38.2)
    with at(16, 20):
        office.send(tree.school)
    with at(17, 10):
        draft = office.draft(tree.county, Role.COUNTY_ADMIN)
        assert [one["name"] for one in draft["missing"]] == ["玄武第二小学"]
        assert [one["zero"] for one in draft["received"]] == [False]
        assert draft["figures"]["fever"] == 1
        office.send(tree.county, Role.COUNTY_ADMIN)
    with at(17, 20):
        office.send(sister)
        city = office.draft(tree.city, Role.CITY_ADMIN)
        assert city["figures"]["fever"] == 1
        office.send(tree.city, Role.CITY_ADMIN)
        province = office.collect(Role.PROVINCIAL_ADMIN, tree.province)
        county = office.collect(Role.COUNTY_ADMIN, tree.county)
        cut_off = clock.at(office.day, clock.now().astimezone(clock.SHANGHAI).time().replace(hour=16, minute=30))
        then = office.collect(Role.COUNTY_ADMIN, tree.county, known_at=cut_off.isoformat())
    assert (province["received"], province["owed"], province["figures"]["fever"]) == (1, 1, 1)
    assert province["schools"] == {
        "owed": 2,
        "sent": 2,
        "on_time": 1,
        "with_cases": 1,
        "zero": 1,
        "returned": 0,
        "missing": 0,
    }
    assert province["school_figures"] == {
        name: sum(one["school_figures"][name] for one in province["items"]) for name in province["school_figures"]
    }
    assert [one["on_time"] for one in county["items"]] == [True, False]
    assert [(one["number"], one["state"]) for one in then["items"]] == [(1, "sent"), (0, "owed")]
    assert then["missing"] == [{"institution_id": sister, "name": "玄武第二小学"}]
    assert (then["schools"]["sent"], then["schools"]["missing"], county["missing"]) == (1, 1, [])


def test_a_centre_school_adds_its_villages(office: Office, tree: Tree) -> None:
    village = tree.add_school(tree.school, name="村小")
    unit = tree.add_unit(village, UnitKind.CLASS, "一班", grade_level=1)
    office.enrol(village, unit, 2)
    with at(16, 20):
        office.send(village)
        sent = office.send(tree.school)
        county = office.collect(Role.COUNTY_ADMIN, tree.county)
    assert sent["revision"]["figures"]["on_roll"] == 5
    assert county["figures"]["on_roll"] == county["school_figures"]["on_roll"] == 5
    assert county["schools"]["sent"] == 2


def test_a_fever_in_a_village_is_not_the_centre_schools_own(office: Office, tree: Tree) -> None:
    village = tree.add_school(tree.school, name="村小")
    unit = tree.add_unit(village, UnitKind.CLASS, "一班", grade_level=1)
    office.enrol(village, unit, 2)
    with at(9):
        office.log(village, unit, office.students[village][0], 38.5)
    with at(16, 20):
        office.send(village)
        assert office.send(tree.school)["revision"]["zero"] is False
        schools = office.collect(Role.COUNTY_ADMIN, tree.county)["schools"]
    assert (schools["with_cases"], schools["zero"]) == (1, 1)


def test_no_report_is_owed_on_a_day_without_school(office: Office, tree: Tree) -> None:
    value = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "closed": [office.day.isoformat()], "extra": []}
    path = f"/institutions/{tree.county}/policies/school_days"
    office.ask("PUT", Role.COUNTY_ADMIN, tree.county, path, {"value": value, "locked": False})
    with at(17):
        assert office.draft(tree.school)["owed"] is False
        assert office.draft(tree.county, Role.COUNTY_ADMIN)["missing"] == []
        assert office.collect(Role.CITY_ADMIN, tree.city)["schools"]["owed"] == 0
