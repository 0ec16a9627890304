"""Reminders of check-ins: who owes, then the teacher, the head, the level above; they stop when it is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.alerts import service, tasks
from app.kernel import clock, db
from app.kernel.db import Scope
from tests.checkins.steps import School, reading
from tests.factories.tree import Login, Tree
from tests.gates.steps import set_policy
from tests.notifications.steps import fresh, inbox

SATURDAY = 6


def next_day(weekday: int) -> date:
    """The first such day from tomorrow on; Monday is 1."""
    days = (clock.today() + timedelta(days=ahead) for ahead in range(1, 8))
    return next(day for day in days if day.isoweekday() == weekday)


@dataclass
class Morning:
    """A school day: a class of three children with a parent each, those who are told when they are missing."""

    school: School
    parents: list[Login]
    staff: dict[str, Login]
    clock: time_machine.Traveller
    deliver: Callable[[], int]
    day: date

    def at(self, hour: int, minute: int = 0, day: date | None = None) -> None:
        """Go on to a time of the day, and let the worker work."""
        self.clock.move_to(clock.at(day or self.day, time(hour, minute)))
        self.deliver()

    def log(self, *children: int) -> None:
        """Have parents send the reading of their child."""
        for one in children:
            self.school.log(fresh(self.parents[one]), reading(self.school.children[one]))

    def told(self) -> dict[str, list[str]]:
        """What each has been told, by template; those left out who were told nothing."""
        everybody = self.staff | {f"parent {place}": one for place, one in enumerate(self.parents)}
        texts = {name: self.texts(login) for name, login in everybody.items()}
        return {name: found for name, found in texts.items() if found}

    def texts(self, login: Login) -> list[str]:
        """What somebody reads, the oldest first."""
        return [one["text"] for one in inbox(self.school.client, fresh(login))["items"]][::-1]


@pytest.fixture
def morning(client: TestClient, owner: Engine, tree: Tree, deliver: Callable[[], int]) -> Iterator[Morning]:
    school = School.open(client, owner, tree)
    with owner.begin() as connection:  # what other tests have planned, on the same days
        connection.execute(text("DELETE FROM reminder_day"))
    roles = {"principal": (Role.PRINCIPAL, tree.school), "county": (Role.COUNTY_ADMIN, tree.county)}
    staff = {name: tree.account(*held) for name, held in roles.items()}
    staff |= {"teacher": school.teacher(), "other teacher": school.teacher(tree.classes[1])}
    parents = [school.parent(child) for child in school.children]
    day = next_day(1)
    with time_machine.travel(clock.at(day, time(5)), tick=False) as traveller:
        yield Morning(school, parents, staff, traveller, deliver, day)


OWED = "晨检尚未打卡, 请于 08:00 前完成。"


def test_reminders_stop_when_done(morning: Morning) -> None:
    assert tasks.plan_reminders() > 0
    assert tasks.plan_reminders() == 0
    morning.at(7)
    morning.log(0)
    morning.at(7, 29)
    assert morning.told() == {}
    morning.at(7, 30)
    reminded = {"parent 1": [OWED], "parent 2": [OWED]}
    assert morning.told() == reminded
    morning.log(1)
    morning.at(8, 10)
    told = reminded | {"teacher": ["三年级1班晨检缺 1 人, 应到 3 人。"]}
    assert morning.told() == told
    morning.log(2)
    morning.at(10, 30)
    assert morning.told() == told


def test_what_is_not_done_goes_up_as_counts(morning: Morning) -> None:
    tasks.plan_reminders()
    morning.log(0)
    morning.at(8, 59)
    assert {"principal", "county"} & morning.told().keys() == set()
    morning.at(9)
    assert morning.told()["principal"] == ["晨检缺 2 人, 涉及 1 个班。"]
    morning.at(10)
    assert morning.told()["county"] == ["晨检有 1 校缺 2 人。"]
    assert "other teacher" not in morning.told()


def test_who_reports_before_the_reminder_leaves_is_not_written_to(morning: Morning) -> None:
    school, parent = morning.school.id, morning.parents[0].account_id
    key = f"checkin_owed:{morning.day}:morning"
    own = Scope(frozenset({school}), frozenset({school}))
    found = []
    for _ in range(2):
        with db.transaction(own) as session:
            found.append(service.still_owes(session, school, parent, key))
        morning.log(0)
    assert found == [True, False]


def test_schools_are_planned_in_any_number_of_parts(morning: Morning) -> None:
    tree = morning.school.tree
    both = [(tree.school, tree.county), (tree.add_school(), tree.county)]
    with db.transaction(Scope(subtrees=frozenset({tree.county}))) as session:
        parts = [service.planned(session, [one], morning.day) for one in both]
        assert [{one.institution_ids for one in part} for part in parts] == [{(school,)} for school, _ in both]
        together = service.planned(session, both, morning.day)
    assert {one.institution_ids for one in together} == {tuple(school for school, _ in both)}


def test_nobody_is_reminded_on_a_day_without_school(morning: Morning) -> None:
    saturday = next(morning.day + timedelta(days=ahead) for ahead in range(7) if ahead == SATURDAY - 1)
    morning.at(5, day=saturday)
    tasks.plan_reminders()
    morning.at(12, day=saturday)
    assert morning.told() == {}


def test_rules_that_change_in_the_morning_move_the_reminders(morning: Morning) -> None:
    tasks.plan_reminders()
    slots = [{"slot": "morning", "opens": "05:00", "deadline": "09:00"}]
    set_policy(morning.school.tree, fresh(morning.staff["principal"]), "slots", slots)
    morning.at(8, 29)
    assert morning.told() == {}
    morning.at(8, 30)
    assert morning.told()["parent 0"] == ["晨检尚未打卡, 请于 09:00 前完成。"]
    morning.at(8, 45)
    assert len(morning.told()["parent 0"]) == 1


def test_a_dry_run_counts_and_writes_nothing(morning: Morning) -> None:
    morning.log(0)

    def counted(*, dry_run: bool) -> dict[str, int]:
        mine = [one for one in tasks.remind_day(morning.day, dry_run=dry_run) if _concerns(morning, one)]
        return {f"{one.due.slot} {one.due.stage}": one.messages for one in mine if one.messages}

    would = counted(dry_run=True)
    stages = ("guardians", "teacher", "principal", "office")
    assert would.keys() == {f"{slot} {stage}" for slot in ("morning", "noon") for stage in stages}
    assert (morning.told(), counted(dry_run=False)) == ({}, {})
    morning.clock.move_to(clock.at(morning.day, time(7, 45)))
    assert counted(dry_run=False) == {"morning guardians": would["morning guardians"]}
    assert morning.told() == {"parent 1": [OWED], "parent 2": [OWED]}
    assert counted(dry_run=False) == {}


def _concerns(morning: Morning, one: tasks.Reminded) -> bool:
    """Schools of other tests may share an event with this one."""
    return morning.school.id in one.due.institution_ids


def test_a_reminder_says_until_when_it_is_of_use(morning: Morning) -> None:
    tasks.plan_reminders()
    morning.at(7, 30)
    (message,) = inbox(morning.school.client, fresh(morning.parents[0]))["items"]
    assert datetime.fromisoformat(message["until"]) == clock.at(morning.day, time(8))
    morning.at(8, 1)
    assert inbox(morning.school.client, fresh(morning.parents[0]))["unread"] == 0
