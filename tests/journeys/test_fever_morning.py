"""A fever morning: a mother with a child in each of two schools, seen from the kitchen to the provincial office.

After every step the figures of each school, county, of the city and the province equal a recount of the rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from app.kernel import clock
from tests.factories.people import add_student
from tests.factories.tree import Tree
from tests.journeys.steps import Caller, children, figures, found_school, moment, open_class, reading, recount

NAMES = ("欧阳甲", "欧阳乙", "上官丙", "司徒丁", "夏侯戊")


@dataclass
class Morning:
    """The people and places of the story."""

    owner: Engine
    tree: Tree
    day: date
    schools: list[int]  # the elder child's, and the younger's in another county
    classes: list[int]
    elder: int
    younger: int
    mates: list[int]
    mother: Caller
    father: Caller
    teacher: Caller
    principal: Caller
    province: Caller
    offices: list[tuple[Caller, int]]

    def check(self, **expected: int) -> None:
        """The province shows what is expected, and every place shows what its rows say."""
        shown = figures(self.province, self.tree.province, self.day)
        assert {name: shown[name] for name in expected} == expected
        for caller, place in self.offices:
            counted = recount(self.owner, place, self.day)
            told = figures(caller, place, self.day)
            assert {name: told[name] for name in counted} == counted, place
        for place in (self.tree.province, self.tree.city):
            children(self.province, place, self.day)

    def by_school(self, metric: str) -> list[int]:
        """A figure of each school as the province sees it."""
        return [figures(self.province, school, self.day)[metric] for school in self.schools]

    def missing(self) -> list[int]:
        """Who is missing in the elder child's class, as the homeroom teacher sees it."""
        found = self.teacher.get(f"/units/{self.classes[0]}/missing", day=self.day.isoformat())
        assert found["missing"] == len(found["items"])
        return sorted(item["person_id"] for item in found["items"])


@pytest.fixture
def morning(client: TestClient, owner: Engine, tree: Tree, deliver: Callable[[], int]) -> Morning:
    def caller(role: Role, place: int, **tie: int) -> Caller:
        return Caller(client, tree.account(role, place, **tie))

    counties = [tree.county, tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")]
    admins = [caller(Role.COUNTY_ADMIN, county) for county in counties]
    names = ("玄武第一小学", "秦淮第二小学")
    schools = [found_school(*one) for one in zip(admins, counties, names, strict=True)]
    principals = [caller(Role.PRINCIPAL, school) for school in schools]
    classes = [open_class(*one, "三年级1班", 3) for one in zip(principals, schools, strict=True)]
    deliver()

    def student(at: int, name: str) -> int:
        since = clock.today() - timedelta(days=20)
        return add_student(tree, classes[at], name, school=schools[at], enrolled_on=since)

    elder, younger, *mates, _ = (student(at, name) for at, name in zip((0, 1, 0, 0, 1), NAMES, strict=True))
    mother, father = (caller(Role.GUARDIAN, schools[0], person_id=elder) for _ in range(2))
    for parent in (mother, father):
        tree.hold(parent.login, Role.GUARDIAN, schools[1], person_id=younger)
    province = caller(Role.PROVINCIAL_ADMIN, tree.province)
    return Morning(
        owner=owner,
        tree=tree,
        day=clock.today() + timedelta(days=1),
        schools=schools,
        classes=classes,
        elder=elder,
        younger=younger,
        mates=sorted(mates),
        mother=mother,
        father=father,
        teacher=caller(Role.HOMEROOM_TEACHER, schools[0], unit_id=classes[0]),
        principal=principals[0],
        province=province,
        offices=[
            *zip(admins, counties, strict=True),
            (caller(Role.CITY_ADMIN, tree.city), tree.city),
            *((province, place) for place in (tree.province, *schools)),
        ],
    )


def test_a_fever_morning(morning: Morning, deliver: Callable[[], int]) -> None:
    everybody = [morning.mother, morning.father, morning.teacher, morning.principal]
    everybody += [caller for caller, _ in morning.offices]
    with time_machine.travel(moment(6, 50)):
        for caller in everybody:
            caller.sign_in()
        _before_breakfast(morning)
        receipts = _two_readings_sent_twice(morning)
        _the_other_guardian_sees_that_it_is_done(morning)
        _a_mistyped_fever_is_taken_back(morning, receipts[1]["id"])
        assert deliver() >= 1
        morning.check(reported=2, fever=0)
        _a_fever_is_found_after_all(morning, receipts[0]["id"])
        assert deliver() >= 1
    with time_machine.travel(moment(8, 30)):
        for caller in everybody:
            caller.sign_in()
        _the_teacher_logs_a_paper_slip_after_the_deadline(morning)
        _the_service_itself_finds_no_drift(morning)
        _the_offices_have_heard_no_name(morning)


def _before_breakfast(m: Morning) -> None:
    m.check(due=5, reported=0, missing=5, fever=0)
    assert m.missing() == sorted([m.elder, *m.mates])
    family = m.mother.get("/me/family", day=m.day.isoformat())
    assert {member["person_id"] for member in family["members"]} >= {m.elder, m.younger}
    assert {member["status"] for member in family["members"]} == {None}
    assert {member["institution"]["id"] for member in family["members"]} == set(m.schools)


def _two_readings_sent_twice(m: Morning) -> list[dict[str, Any]]:
    """Taken in a cellar without a network, sent, the answer lost, sent again."""
    items = [reading(m.elder, 36.6, moment(6, 48, days=0)), reading(m.younger, 38.2, moment(6, 49, days=0))]
    sent_at = moment(6, 50, days=0).astimezone(clock.SHANGHAI).isoformat()
    first = m.mother.post("/checkins/batches", {"items": items, "sent_at": sent_at})
    assert (first["accepted"], first["duplicate"], first["refused"]) == (2, 0, 0)
    m.check(due=5, reported=2, missing=3, normal=1, fever=1, late=0)
    second = m.mother.post("/checkins/batches", {"items": items[::-1], "sent_at": sent_at})
    assert (second["accepted"], second["duplicate"], second["refused"]) == (0, 2, 0)
    m.check(due=5, reported=2, missing=3, normal=1, fever=1, late=0)
    receipts = [item["receipt"] for item in first["items"]]
    again = [item["receipt"] for item in second["items"]][::-1]
    assert [one | {"outcome": ""} for one in receipts] == [one | {"outcome": ""} for one in again]
    assert [one["status"] for one in receipts] == ["normal", "fever"]
    assert m.by_school("fever") == [0, 1]
    assert m.missing() == m.mates
    return receipts


def _the_other_guardian_sees_that_it_is_done(m: Morning) -> None:
    family = m.father.get("/me/family", day=m.day.isoformat())
    seen = {member["person_id"]: member for member in family["members"]}
    assert (seen[m.elder]["status"], seen[m.younger]["status"]) == ("normal", "fever")
    for child in (m.elder, m.younger):
        states = {slot["slot"]: slot["state"] for slot in seen[child]["slots"]}
        assert states["morning"] == "done"
        assert [one["logged_by"] for one in seen[child]["readings"]] == ["other_guardian"]


def _a_mistyped_fever_is_taken_back(m: Morning, wrong: str) -> None:
    body = {"id": str(uuid4()), "person_id": m.younger, "temperature": 36.2, "reason": "输入错误"}
    m.mother.post(f"/checkins/{wrong}/corrections", body, 201)
    m.check(reported=2, normal=2, fever=0, missing=3)
    assert m.by_school("normal") == [1, 1]
    again = body | {"id": str(uuid4())}
    assert m.father.post(f"/checkins/{wrong}/corrections", again, 409)["code"] == "already_corrected"
    archive = m.father.get(f"/persons/{m.younger}/checkins?from={m.day}&to={m.day}")
    entries = {entry["id"]: entry for entry in archive["items"]}
    assert entries[wrong]["replaced_by"] == body["id"]
    assert (entries[wrong]["temperature"], entries[body["id"]]["temperature"]) == (38.2, 36.2)
    assert entries[body["id"]]["correction_reason"] == "输入错误"


def _a_fever_is_found_after_all(m: Morning, earlier: str) -> None:
    body = {"id": str(uuid4()), "person_id": m.elder, "temperature": 37.8, "reason": "复测"}
    m.mother.post(f"/checkins/{earlier}/corrections", body, 201)
    m.check(reported=2, normal=1, fever=1, missing=3)
    assert m.by_school("fever") == [1, 0]
    behind = m.principal.get(f"/institutions/{m.schools[0]}/figures/fever/persons", day=m.day.isoformat())
    assert (behind["total"], [one["name"] for one in behind["items"]]) == (1, [NAMES[0]])


def _the_teacher_logs_a_paper_slip_after_the_deadline(m: Morning) -> None:
    slip = reading(m.mates[0], 36.9, moment(7, 30, days=0))
    m.teacher.post(f"/units/{m.classes[0]}/checkins", {"items": [slip]})
    m.check(due=5, reported=3, normal=2, fever=1, late=1, missing=2)
    assert m.missing() == m.mates[1:]
    school = m.principal.get(f"/institutions/{m.schools[0]}/missing", day=m.day.isoformat())
    assert (school["due"], school["reported"], school["missing"]) == (3, 2, 1)


def _the_service_itself_finds_no_drift(m: Morning) -> None:
    found = m.principal.post(f"/institutions/{m.schools[0]}/recounts", {"day": m.day.isoformat()})
    assert found["items"] == []


def _the_offices_have_heard_no_name(m: Morning) -> None:
    """Neither in figures nor where they try their luck."""
    for caller, place in m.offices:
        for part in ("", "/ancestors", "/placements", "/policies"):
            caller.get(f"/institutions/{place}{part}")
        span = {"from": m.day.isoformat(), "to": m.day.isoformat()}
        caller.get(f"/institutions/{place}/figures/trend?{urlencode(span)}")
    for path in (
        f"/persons/{m.elder}",
        f"/persons/{m.elder}/checkins",
        f"/persons/{m.elder}/temperature-record",
        f"/institutions/{m.schools[0]}/persons",
        f"/institutions/{m.schools[0]}/units",
        f"/institutions/{m.schools[0]}/missing",
        f"/institutions/{m.schools[0]}/figures/fever/persons",
        f"/units/{m.classes[0]}/missing",
    ):
        m.province.get(path, 403)
    told = "".join(answer for caller, _ in m.offices for answer in caller.heard)
    assert len(told) > 1000
    assert [name for name in NAMES if name in told] == []
