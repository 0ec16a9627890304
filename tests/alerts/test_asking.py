"""Readings asked for by hand: those who owe, once in half an hour, whoever asks; never those who have reported."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.alerts import service
from app.kernel import clock, db
from app.kernel.db import Scope
from tests.alerts.test_reminders import next_day
from tests.checkins.steps import School, reading
from tests.factories.people import add_student
from tests.factories.tree import Login, Tree
from tests.gates.steps import set_policy
from tests.notifications.steps import deliveries, fresh, inbox

ASKED = "学校还没有收到今天的打卡, 请尽快完成。"


class Office:
    """A class of three: the first has reported, the second has a parent with an account, the third has nobody."""

    def __init__(self, client: TestClient, owner: Engine, tree: Tree) -> None:
        self.client, self.tree = client, tree
        self.school = School.open(client, owner, tree)
        self.teacher, self.principal = self.school.teacher(), self.school.staff(Role.PRINCIPAL)
        self.parents = [self.school.parent(one) for one in self.school.children[:2]]

    def remind(self, login: Login, status: int = 201, *, whole: bool = False) -> dict[str, int]:
        """Tap; how many are missing, reminded, were reminded before, are not to be reached."""
        place = f"institutions/{self.tree.school}" if whole else f"units/{self.tree.classes[0]}"
        answer = self.client.post(f"/api/v1/{place}/reminders", headers=fresh(login).headers)
        assert answer.status_code == status, answer.text
        self.said: Any = answer.json()
        return {name: self.said[name] for name in ("missing", "reminded", "before", "unreached")}

    def listed(self, login: Login) -> list[Any]:
        """Whose reading was asked for."""
        path = f"/api/v1/institutions/{self.tree.school}/reminders"
        answer = self.client.get(path, headers=fresh(login).headers)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["items"]
        return found

    def texts(self, parent: int) -> list[str]:
        """What a parent has been told."""
        return [one["text"] for one in inbox(self.client, fresh(self.parents[parent]))["items"]]


@pytest.fixture
def hands() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.at(next_day(1), time(7, 20)), tick=False) as traveller:
        yield traveller


@pytest.fixture
def office(client: TestClient, owner: Engine, tree: Tree, hands: time_machine.Traveller) -> Office:
    assert hands is not None
    made = Office(client, owner, tree)
    made.school.log(fresh(made.parents[0]), reading(made.school.children[0]))
    return made


def test_one_tap_reminds_those_who_owe(office: Office) -> None:
    assert office.remind(office.teacher) == {"missing": 2, "reminded": 1, "before": 0, "unreached": 1}
    assert (office.texts(0), office.texts(1)) == ([], [ASKED])
    second, third = office.school.children[1:]
    asked = {one["person_id"]: (one["accounts"], one["unit_id"]) for one in office.listed(office.teacher)}
    assert asked == {second: (1, office.tree.classes[0]), third: (0, office.tree.classes[0])}


def test_several_people_and_double_taps_remind_once_in_half_an_hour(
    office: Office, hands: time_machine.Traveller
) -> None:
    office.remind(office.teacher)
    nothing = {"missing": 2, "reminded": 0, "before": 1, "unreached": 1}
    assert office.remind(office.teacher, 200) == nothing
    assert office.remind(office.principal, 200, whole=True) == nothing
    hands.shift(timedelta(minutes=29))
    assert office.remind(office.principal, 200, whole=True) == nothing
    assert office.texts(1) == [ASKED]
    hands.shift(timedelta(minutes=1))
    assert office.remind(office.principal, whole=True)["reminded"] == 1
    assert office.texts(1) == [ASKED, ASKED]


def test_two_who_tap_at_once_remind_once(office: Office) -> None:
    logins = [fresh(office.teacher), fresh(office.principal)] * 4
    barrier, reminded = threading.Barrier(len(logins)), []

    def tap(login: Login) -> None:
        barrier.wait()
        path = f"/api/v1/units/{office.tree.classes[0]}/reminders"
        reminded.append(office.client.post(path, headers=login.headers).json()["reminded"])

    threads = [threading.Thread(target=tap, args=(one,)) for one in logins]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(reminded) == [0] * 7 + [1]
    assert office.texts(1) == [ASKED]


def test_a_parent_of_two_classes_is_reminded_once(office: Office) -> None:
    sister = add_student(office.tree, office.tree.classes[1], "妹妹", enrolled_on=clock.today() - timedelta(days=9))
    office.tree.hold(office.parents[1], Role.GUARDIAN, office.tree.school, person_id=sister)
    assert office.remind(office.principal, whole=True) == {"missing": 3, "reminded": 2, "before": 0, "unreached": 1}
    assert office.texts(1) == [ASKED]


def test_in_quiet_hours_it_waits_for_their_end(
    office: Office, hands: time_machine.Traveller, deliver: Callable[[], int]
) -> None:
    hands.move_to(clock.at(clock.today(), time(5, 10)))
    office.remind(office.teacher)
    assert datetime.fromisoformat(office.said["leaves_at"]) == clock.at(clock.today(), time(6, 30))
    deliver()
    assert deliveries(office.client, fresh(office.principal), office.tree.school) == []
    hands.move_to(clock.at(clock.today(), time(23, 10)))
    office.remind(office.teacher)
    assert office.said["leaves_at"] is None  # the day will be over
    assert office.texts(1) == [ASKED, ASKED]


def test_who_has_reported_by_the_time_it_leaves_is_not_written_to(office: Office) -> None:
    school, parent = office.tree.school, office.parents[1].account_id
    own, key = Scope(frozenset({school}), frozenset({school})), f"checkin_asked_for:{clock.today()}:7"
    found = []
    for _ in range(2):
        with db.transaction(own) as session:
            found.append(service.asked_and_still_owes(session, school, parent, key))
        office.school.log(fresh(office.parents[1]), reading(office.school.children[1]))
    assert found == [True, False]
    assert office.remind(office.teacher, 200) == {"missing": 1, "reminded": 0, "before": 0, "unreached": 1}


def test_a_teacher_reminds_the_own_class_alone(office: Office) -> None:
    other = office.school.teacher(office.tree.classes[1])
    doctor = office.school.staff(Role.SCHOOL_DOCTOR)
    unit, school = f"/api/v1/units/{office.tree.classes[0]}", f"/api/v1/institutions/{office.tree.school}"
    tries = [(other, unit), (office.teacher, school), (doctor, unit), (office.parents[0], unit)]
    said = [office.client.post(f"{path}/reminders", headers=fresh(who).headers).status_code for who, path in tries]
    assert said == [404, 403, 403, 403]
    office.remind(office.teacher)
    assert office.listed(other) == []
    assert len(office.listed(doctor)) == 2


def test_a_tap_of_yesterday_does_not_stand_today(office: Office, hands: time_machine.Traveller) -> None:
    office.remind(office.teacher)
    hands.shift(timedelta(days=1))
    assert office.listed(office.teacher) == []
    assert office.remind(office.teacher) == {"missing": 3, "reminded": 2, "before": 0, "unreached": 1}


def test_nobody_is_told_twice_where_the_policy_shortens_the_day(office: Office) -> None:
    slots = [{"slot": "morning", "opens": "05:00", "deadline": "07:00"}]
    set_policy(office.tree, fresh(office.principal), "slots", slots)
    assert office.remind(office.teacher)["reminded"] == 1  # after the deadline, too: a reading is wanted all the same
    assert office.remind(office.teacher, 200)["reminded"] == 0
