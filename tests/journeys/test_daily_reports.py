"""17:30 in a county of forty schools; a reporter who is ill; a phone that was offline at the cut-off."""

from datetime import timedelta
from typing import Any

from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import UnitKind
from app.kernel import clock, db
from app.kernel.db import Scope
from app.reports import service, tasks
from tests.factories.people import add_guardian
from tests.factories.tree import Tree
from tests.journeys.steps import moment, reading
from tests.reports.steps import Office, at

SCHOOLS = 40


def watch(tree: Tree) -> None:
    """What the clock asks for every five minutes, of this province."""
    with db.transaction(Scope(subtrees=frozenset({tree.province}))) as session:
        service.book_day(session, clock.today())
        service.remind(session, clock.today())
        service.find_missing(session, service.days_to_look_at())


def of_schools(found: list[dict[str, Any]], kind: str) -> set[int]:
    """The institutions with a failure of that kind."""
    return {one["institution_id"] for one in found if one["kind"] == kind}


def test_half_past_five_in_a_county_of_forty_schools(client: TestClient, tree: Tree) -> None:
    """Most send in time, three late, one nothing, one with a fever, one hides its own, one is sent back and amends."""
    office = Office.open(client, tree)
    schools = [tree.school, *(tree.add_school(name=f"第{number}小学") for number in range(2, SCHOOLS + 1))]
    hiding, returned, silent, late, honest = schools[1], schools[2], schools[3], schools[4:7], schools[7]
    unit, ill = (tree.add_unit(school, UnitKind.CLASS, "一班", grade_level=1) for school in (hiding, honest))
    office.enrol(hiding, unit, 2)
    office.enrol(honest, ill, 1)
    with at(6):
        watch(tree)
    with at(8):
        office.log(hiding, unit, office.students[hiding][0], 38.8)
        office.log(honest, ill, office.students[honest][0], 38.1)
        for student in office.students[tree.school]:
            office.log(tree.school, tree.classes[0], student, 36.5)
    with at(16, 5):
        watch(tree)
        office.complete(hiding, stated=[{"figure": "fever", "count": 0}, {"figure": "normal", "count": 1}])
        for school in set(schools) - {silent, *late}:
            office.send(school)
    with at(16, 35):
        watch(tree)
        missing = office.failures(Role.COUNTY_ADMIN, tree.county, kind="missing")
        assert of_schools(missing, "missing") == {silent, *late}
    with at(16, 50):
        for school in late:
            office.send(school)
        office.send_back(returned, Role.COUNTY_ADMIN, tree.county)
    with at(17, 5):
        office.send(returned)
        office.send(returned, reason="核对后重报")
        found = office.failures(Role.COUNTY_ADMIN, tree.county, state="found")
        assert of_schools(found, "missing") == {silent}
        assert of_schools(found, "late") == set(late)
        assert of_schools(found, "concealed") == of_schools(found, "false") == {hiding}
        _the_county_collects(office, tree, silent)
    _the_province_collects(office, tree, returned)


def _the_county_collects(office: Office, tree: Tree, silent: int) -> None:
    """A quarter of an hour before the offices' cut-off."""
    county = office.collect(Role.COUNTY_ADMIN, tree.county)
    assert county["schools"] == {
        "owed": 40,
        "sent": 39,
        "on_time": 36,
        "with_cases": 1,
        "zero": 38,
        "returned": 0,
        "missing": 1,
    }
    assert county["figures"] == county["school_figures"]
    assert [one["institution_id"] for one in county["missing"]] == [silent]
    draft = office.draft(tree.county, Role.COUNTY_ADMIN)
    assert [one["institution_id"] for one in draft["missing"]] == [silent]
    sent = office.send(tree.county, Role.COUNTY_ADMIN)
    assert (sent["on_time"], sent["revision"]["missing"]) == (True, [silent])


def _the_province_collects(office: Office, tree: Tree, returned: int) -> None:
    """Ten minutes before half past five; and as it was known at the cut-off of schools."""
    with at(17, 20):
        office.send(tree.city, Role.CITY_ADMIN)
        province = office.collect(Role.PROVINCIAL_ADMIN, tree.province)
        assert province["figures"]["on_roll"] == province["school_figures"]["on_roll"] == 6
        assert province["figures"]["fever"] == 1
        rates = office.ask(
            "GET", Role.PROVINCIAL_ADMIN, tree.province, f"/institutions/{tree.city}/report-rates", **_of(office)
        )
        # The city, the county and forty schools.
        assert (rates["completeness"]["numerator"], rates["completeness"]["denominator"]) == (41, 42)
        assert rates["timeliness"]["numerator"] == 38
        at_cut_off = moment(16, 30, days=0).isoformat()
        then = office.collect(Role.PROVINCIAL_ADMIN, tree.province, known_at=at_cut_off)
        assert (then["received"], then["schools"]["sent"]) == (0, 36)
        proof = office.ask("GET", Role.CITY_ADMIN, tree.city, office.report(returned, "/verification"))
        assert (proof["whole"], len(proof["items"])) == (True, 3)


def _of(office: Office) -> dict[str, Any]:
    return {"from": office.day.isoformat(), "to": office.day.isoformat()}


def test_the_reporter_is_ill(client: TestClient, tree: Tree) -> None:
    """The county wants the reporter alone; the school names another reporter, and the report goes out in time."""
    office = Office.open(client, tree)
    value = {"value": ["school_reporter"], "locked": True}
    path = f"/institutions/{tree.county}/policies/report_signers"
    office.ask("PUT", Role.COUNTY_ADMIN, tree.county, path, value)
    with at(16):
        assert office.send(tree.school, Role.PRINCIPAL, status=403)["code"] == "not_a_signer"
        member = {"phone": "19900000777", "name": "替补信息员", "role": "school_reporter"}
        office.ask("POST", Role.PRINCIPAL, tree.school, f"/institutions/{tree.school}/members", member, status=201)
        sent = office.send(tree.school, Role.SCHOOL_REPORTER)
    assert sent["on_time"] is True


def test_a_reading_of_an_offline_phone_after_the_cut_off(client: TestClient, tree: Tree) -> None:
    """The frozen figures stay; the school is not blamed; the amendment tells what became known."""
    office = Office.open(client, tree)
    child = office.students[tree.school][0]
    family = add_guardian(tree, child)
    with at(16, 10):
        office.send(tree.school)
    with at(19):
        body = {"phone": family.phone, "password": family.password, "device_name": "手机"}
        token = client.post("/api/v1/sessions", json=body).json()["access_token"]
        offline = reading(child, 38.7, moment(7, 0, days=0))
        answer = client.post("/api/v1/checkins", json=offline, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 201, answer.text
        figures = office.ask("GET", Role.COUNTY_ADMIN, tree.county, f"/institutions/{tree.school}/figures")
        assert figures["counts"]["fever"] == 1
        assert office.read(Role.COUNTY_ADMIN, tree.county, tree.school)["revision"]["figures"]["fever"] == 0
        assert tasks.find_concealed(tree.school, office.day) is False
        office.complete(
            tree.school,
            stated=[
                {"figure": "fever", "count": 1, "reason": "家长手机离线, 截止后补传"},
                {"figure": "reported", "count": 1, "reason": "家长手机离线, 截止后补传"},
            ],
        )
        amended = office.send(tree.school, reason="家长手机离线, 截止后补传")
        assert (amended["number"], amended["on_time"]) == (2, True)
        assert amended["revision"]["figures"]["fever"] == 1
        before = (clock.now() - timedelta(hours=1)).isoformat()
        then = office.read(Role.CITY_ADMIN, tree.city, tree.school, known_at=before)
        assert then["revision"]["figures"]["fever"] == 0
        assert office.failures(Role.COUNTY_ADMIN, tree.county) == []
