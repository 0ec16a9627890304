"""Daily reports: who is reminded, who is told what came of it, and that each is told once."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock, db
from app.kernel.db import Scope
from app.reports import service
from tests.factories.tree import Tree
from tests.reports.steps import Office, at

Deliver = Callable[[], int]


@pytest.fixture
def office(client: TestClient, tree: Tree) -> Office:
    """A county with two schools, with somebody who signs in each and somebody who reviews."""
    made = Office.open(client, tree)
    for role, place in ((Role.SCHOOL_REPORTER, tree.school), (Role.COUNTY_ADMIN, tree.county)):
        made.logins[role, place] = tree.account(role, place)
    return made


def watch(tree: Tree) -> None:
    with db.transaction(Scope(subtrees=frozenset({tree.province}))) as session:
        service.book_day(session, clock.today())
        service.remind(session, clock.today())
        service.find_missing(session, service.days_to_look_at())


def told(office: Office, role: Role, place: int) -> list[dict[str, Any]]:
    """What somebody's inbox holds, the oldest first."""
    found: list[dict[str, Any]] = office.ask("GET", role, place, "/me/messages")["items"]
    return found[::-1]


def templates(office: Office, role: Role, place: int) -> list[str]:
    return [one["template"] for one in told(office, role, place)]


def test_signers_are_reminded_until_they_have_sent(office: Office, tree: Tree, deliver: Deliver) -> None:
    with at(6):
        watch(tree)
    with at(15, 31):
        watch(tree)
        deliver()
        assert templates(office, Role.SCHOOL_REPORTER, tree.school) == ["report_due"]
        assert "16:30" in told(office, Role.SCHOOL_REPORTER, tree.school)[0]["text"]
        office.send(tree.school)
    with at(16, 31):
        watch(tree)
        deliver()
        assert templates(office, Role.SCHOOL_REPORTER, tree.school) == ["report_due"]
        # The county owes one itself, an hour later.
        assert templates(office, Role.COUNTY_ADMIN, tree.county) == ["report_due"]


def test_the_level_above_hears_once_how_many_owe(office: Office, tree: Tree, deliver: Deliver) -> None:
    tree.add_school(name="第二小学")
    with at(6):
        watch(tree)
    with at(16, 31):
        watch(tree)
        deliver()
        watch(tree)
        deliver()
        assert templates(office, Role.SCHOOL_REPORTER, tree.school) == ["report_late"]
        late = [one for one in told(office, Role.COUNTY_ADMIN, tree.county) if one["template"] == "reports_late_below"]
        assert len(late) == 1
        assert "2" in late[0]["text"]


def test_what_is_sent_back_and_what_is_questioned_is_told(office: Office, tree: Tree, deliver: Deliver) -> None:
    with at(16):
        office.complete(tree.school, stated=[{"figure": "not_measured", "count": 2}])
        office.send(tree.school)
        deliver()
        signer = templates(office, Role.SCHOOL_REPORTER, tree.school)
        assert signer == ["report_failure"]
        assert templates(office, Role.COUNTY_ADMIN, tree.county) == ["report_failure"]
        office.send_back(tree.school, Role.COUNTY_ADMIN, tree.county)
        deliver()
        assert templates(office, Role.SCHOOL_REPORTER, tree.school) == [*signer, "report_returned"]
        (failure,) = office.failures(Role.COUNTY_ADMIN, tree.county)
        path = f"/report-failures/{failure['id']}"
        explained = {"explanation": "体温计故障"}
        office.ask("POST", Role.SCHOOL_REPORTER, tree.school, f"{path}/explanations", explained, status=201)
        deliver()
        assert templates(office, Role.COUNTY_ADMIN, tree.county) == ["report_failure", "failure_explained"]
        verdict = {"verdict": "drop", "reason": "说明属实"}
        office.ask("POST", Role.COUNTY_ADMIN, tree.county, f"{path}/decisions", verdict, status=201)
        deliver()
        assert templates(office, Role.SCHOOL_REPORTER, tree.school)[-1] == "failure_decided"
