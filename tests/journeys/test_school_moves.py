"""A school moves to another county: history stays where it was, today's figures are under the new one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions import service as institutions
from app.institutions.models import InstitutionKind
from app.kernel import clock, db
from tests.factories.people import add_student
from tests.factories.tree import Tree
from tests.journeys.steps import Caller, children, figures, found_school, moment, open_class, reading

FIRST, SECOND, THIRD = 1, 2, 3  # days from today


def day(number: int) -> date:
    return clock.today() + timedelta(days=number)


@dataclass
class Move:
    """Two counties of a city; the school that moves and one that stays, of one child each."""

    east: int
    west: int
    city: int
    moving: int
    staying: int
    child: int
    neighbour: int
    mother: Caller
    other_mother: Caller
    principal: Caller
    east_admin: Caller
    west_admin: Caller
    city_admin: Caller

    def reported(self, on: date) -> tuple[int, int, int]:
        """Checked in that day in the old county, the new one and the city, whose parts add up to it."""
        places = ((self.east_admin, self.east), (self.west_admin, self.west), (self.city_admin, self.city))
        found = [figures(caller, place, on) for caller, place in places]
        parts = children(self.city_admin, self.city, on)
        for metric, whole in found[2].items():
            assert sum(part[metric] for part in parts.values()) == whole
        assert [parts[self.east], parts[self.west]] == found[:2]
        assert found[2]["due"] == 2
        return found[0]["reported"], found[1]["reported"], found[2]["reported"]

    def log(self, mother: Caller, child: int, temperature: float = 36.6) -> None:
        now = clock.now() - timedelta(minutes=2)
        mother.post("/checkins", reading(child, temperature, now), 201)

    def everybody(self) -> list[Caller]:
        return [
            self.mother,
            self.other_mother,
            self.principal,
            self.east_admin,
            self.west_admin,
            self.city_admin,
        ]


@pytest.fixture
def story(client: TestClient, tree: Tree, deliver: Callable[[], int]) -> Move:
    def caller(role: Role, place: int, **tie: int) -> Caller:
        return Caller(client, tree.account(role, place, **tie))

    west = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    east_admin = caller(Role.COUNTY_ADMIN, tree.county)
    schools = [found_school(east_admin, tree.county, name) for name in ("城东小学", "城中小学")]
    principals = [caller(Role.PRINCIPAL, school) for school in schools]
    classes = [open_class(*one, "三年级1班", 3) for one in zip(principals, schools, strict=True)]
    deliver()
    pupils = [
        add_student(tree, unit, school=school, enrolled_on=clock.today() - timedelta(days=9))
        for unit, school in zip(classes, schools, strict=True)
    ]
    mothers = [caller(Role.GUARDIAN, school, person_id=pupil) for school, pupil in zip(schools, pupils, strict=True)]
    return Move(
        east=tree.county,
        west=west,
        city=tree.city,
        moving=schools[0],
        staying=schools[1],
        child=pupils[0],
        neighbour=pupils[1],
        mother=mothers[0],
        other_mother=mothers[1],
        principal=principals[0],
        east_admin=east_admin,
        west_admin=caller(Role.COUNTY_ADMIN, west),
        city_admin=caller(Role.CITY_ADMIN, tree.city),
    )


@contextmanager
def at(story: Move, number: int, hour: int) -> Iterator[None]:
    """An hour of one of the days, everybody signed in anew."""
    with time_machine.travel(moment(hour, 0, days=number)):
        for caller in story.everybody():
            caller.sign_in()
        yield


def order_move(story: Move, effective_on: date | None) -> None:
    body = {"parent_id": story.west} | ({"effective_on": effective_on.isoformat()} if effective_on else {})
    story.east_admin.post(f"/institutions/{story.moving}/moves", body, 404)
    story.principal.post(f"/institutions/{story.moving}/moves", body, 403)
    story.city_admin.post(f"/institutions/{story.moving}/moves", body, 201)


def apply_planned_moves() -> None:
    """What the clock of the worker does every day."""
    with db.transaction() as session:
        institutions.apply_due_placements(session)


def assert_seen_by(story: Move, sees: Caller, blind: Caller) -> None:
    for path in (f"/institutions/{story.moving}", f"/institutions/{story.moving}/figures"):
        sees.get(path)
        blind.get(path, 404)
    story.principal.get(f"/institutions/{story.moving}/figures")
    assert story.mother.get("/me/family")["members"]


def test_a_move_of_today(story: Move, deliver: Callable[[], int]) -> None:
    days = {number: day(number) for number in (FIRST, SECOND, THIRD)}
    with at(story, FIRST, 7):
        story.log(story.mother, story.child, 38.0)
        story.log(story.other_mother, story.neighbour)
        assert story.reported(days[FIRST]) == (2, 0, 2)
        assert_seen_by(story, story.east_admin, story.west_admin)
    with at(story, SECOND, 7):
        story.log(story.mother, story.child)
        assert story.reported(days[SECOND]) == (1, 0, 1)
        order_move(story, None)
        deliver()
        assert story.reported(days[FIRST]) == (2, 0, 2)
        assert story.reported(days[SECOND]) == (0, 1, 1)
        story.log(story.other_mother, story.neighbour)
        assert story.reported(days[SECOND]) == (1, 1, 2)
        assert_seen_by(story, story.west_admin, story.east_admin)
        old_parts = story.east_admin.get(f"/institutions/{story.east}/figures/children", day=str(days[FIRST]))["items"]
        names = {part["institution_id"]: part["name"] for part in old_parts if part["counts"]["due"]}
        assert names == {story.moving: "—", story.staying: "城中小学"}
    with at(story, THIRD, 7):
        story.log(story.mother, story.child, 37.9)
        assert story.reported(days[THIRD]) == (0, 1, 1)
        assert figures(story.east_admin, story.east, days[FIRST])["fever"] == 1
        assert figures(story.west_admin, story.west, days[FIRST])["fever"] == 0
        assert figures(story.west_admin, story.west, days[THIRD])["fever"] == 1
        assert [entry["temperature"] for entry in _archive(story)] == [38.0, 36.6, 37.9]


def test_a_move_of_a_later_day_is_made_by_the_clock(story: Move, deliver: Callable[[], int]) -> None:
    days = {number: day(number) for number in (FIRST, SECOND, THIRD)}
    with at(story, FIRST, 7):
        story.log(story.mother, story.child)
        order_move(story, days[THIRD])
        deliver()
        assert story.reported(days[FIRST]) == (1, 0, 1)
        assert_seen_by(story, story.east_admin, story.west_admin)
    with at(story, SECOND, 7):
        apply_planned_moves()
        deliver()
        story.log(story.mother, story.child)
        assert story.reported(days[SECOND]) == (1, 0, 1)
        assert_seen_by(story, story.east_admin, story.west_admin)
    with at(story, THIRD, 7):
        apply_planned_moves()
        apply_planned_moves()  # the clock may strike twice
        deliver()
        story.log(story.mother, story.child)
        found = [story.reported(days[number]) for number in (FIRST, SECOND, THIRD)]
        assert found == [(1, 0, 1), (1, 0, 1), (0, 1, 1)]
        assert_seen_by(story, story.west_admin, story.east_admin)
        placements = story.city_admin.get(f"/institutions/{story.moving}/placements")["items"]
        assert [(one["parent_id"], one["applied"]) for one in placements] == [(story.east, True), (story.west, True)]


def _archive(story: Move) -> list[dict[str, object]]:
    """The child's readings, which the move has not touched."""
    entries: list[dict[str, object]] = story.mother.get(f"/persons/{story.child}/checkins")["items"]
    return entries
