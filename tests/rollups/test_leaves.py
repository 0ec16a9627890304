"""Leaves under random changes, races and moves: always what a brute-force count says, on every day and level."""

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
import time_machine
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from app.access.roles import Role
from app.access.service import SYSTEM
from app.institutions import service as institutions
from app.institutions.models import InstitutionKind
from app.institutions.schemas import MoveIn
from app.kernel import clock, db
from app.kernel.db import Scope
from app.kernel.errors import NotFound
from app.rollups import service as rollups
from app.rollups.metrics import DAY_METRICS, ROLL_METRICS
from tests.factories.databases import statements_of
from tests.factories.tree import Tree
from tests.rollups.leaves import NOBODY, enrol, fevers, inside, normal, read, report, some, students

Stands = dict[tuple[int, date], Counter[str]]
Happened = dict[tuple[int, date], Counter[tuple[int, str]]]
WINDOW = 4  # days


def days() -> list[date]:
    return [clock.today() - timedelta(days=back) for back in reversed(range(WINDOW))]


@pytest.mark.parametrize("seed", range(3))
def test_random_changes_are_what_counting_says(tree: Tree, client: TestClient, owner: Engine, seed: int) -> None:
    chance = random.Random(seed)
    schools = [tree.school, tree.add_school(), tree.add_school(tree.city), tree.add_school(tree.school, "村小")]
    units = [NOBODY, 5, 7]
    happened: Happened = defaultdict(Counter)
    stands: Stands = defaultdict(Counter)
    for _ in range(60):
        school, day, unit = chance.choice(schools), chance.choice(days()), chance.choice(units)
        if chance.random() < 0.5:
            delta = _random_day(chance, happened[school, day], unit)
            report(school, {unit: delta}, day)
            happened[school, day].update({(unit, name): count for name, count in delta.items()})
        else:
            delta = {metric.name: chance.randrange(0, 6) for metric in ROLL_METRICS}
            enrol(school, {unit: delta}, day)
            for later in days():
                if later >= day:
                    stands[school, later].update(delta)
    _compare_levels(tree, client, schools, happened, stands)
    _compare_leaves(owner, schools)


def _random_day(chance: random.Random, sofar: Counter[tuple[int, str]], unit: int) -> dict[str, int]:
    known = {name: count for (one, name), count in sofar.items() if one == unit}
    if known.get("normal", 0) > 0 and chance.random() < 0.4:
        return {"normal": -1, "fever": 1}  # a correction: figures go down as well as up
    if known.get("fever", 0) > 0 and chance.random() < 0.2:
        return {"reported": -1, "fever": -1}
    return {"reported": 2, "normal": 1, "attention": 1, "symptoms": 1, "late": chance.randrange(2)}


def _compare_levels(tree: Tree, client: TestClient, schools: list[int], happened: Happened, stands: Stands) -> None:
    login = tree.account(Role.PROVINCIAL_ADMIN, tree.province)
    below = {
        tree.province: schools,
        tree.city: schools,
        tree.county: [one for one in schools if one != schools[2]],
        tree.school: [schools[0], schools[3]],
        **{school: [school] for school in schools[1:]},
    }
    for day in days():
        for node, parts in below.items():
            expected: Counter[str] = Counter()
            for school in parts:
                expected.update(stands[school, day])
                for (_, name), count in happened[school, day].items():
                    expected[name] += count
            found = read(client, login, node, day=day)["counts"]
            for metric in (*ROLL_METRICS, *DAY_METRICS):
                assert found[metric.name] == expected[metric.name], (node, day, metric.name)
            children = read(client, login, node, "/children", day=day)["items"]
            for name, count in found.items():
                assert sum(item["counts"][name] for item in children) == count, (node, day, name)


def _compare_leaves(owner: Engine, schools: list[int]) -> None:
    # One row for each day, whatever was split: no gap, no overlap, and the units make the school.
    roll_names = ", ".join(f"sum({metric.name})" for metric in ROLL_METRICS)
    day_names = ", ".join(f"sum({metric.name})" for metric in DAY_METRICS)
    overlaps = text(
        "SELECT count(*) FROM school_roll a JOIN school_roll b ON a.institution_id = b.institution_id "
        "AND a.valid_from < b.valid_from AND coalesce(a.valid_to, 'infinity') > b.valid_from "
        "WHERE a.institution_id = ANY (:schools)"
    )
    with owner.connect() as connection:
        assert connection.scalar(overlaps, {"schools": schools}) == 0
        for day in days():
            sides = []
            for level in ("unit", "school"):
                roll = text(
                    f"SELECT {roll_names} FROM {level}_roll WHERE institution_id = ANY (:schools) "  # noqa: S608
                    "AND valid_from <= :day AND coalesce(valid_to, 'infinity') > :day"
                )
                leaf = text(
                    f"SELECT {day_names} FROM {level}_day WHERE institution_id = ANY (:schools) AND day = :day"  # noqa: S608
                )
                parameters = {"schools": schools, "day": day}
                rows = [connection.execute(statement, parameters).one() for statement in (roll, leaf)]
                sides.append([[int(count or 0) for count in row] for row in rows])
            assert sides[0] == sides[1], day


def test_many_writers_at_once_lose_nothing_and_never_deadlock(tree: Tree, client: TestClient) -> None:
    schools = sorted([tree.school, tree.add_school()])
    chances = [random.Random(number) for number in range(6)]
    barrier = threading.Barrier(len(chances))
    failures: list[BaseException] = []

    def write(chance: random.Random) -> None:
        barrier.wait()
        try:
            for _ in range(15):
                _write_some(chance, schools)
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=write, args=(chance,)) for chance in chances]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    login = tree.account(Role.COUNTY_ADMIN, tree.county)
    writes = len(chances) * 15
    assert some(read(client, login, tree.county), "reported", "due") == (writes * 2, writes)


def _write_some(chance: random.Random, schools: list[int]) -> None:
    scope = Scope(institutions=frozenset(schools), subtrees=frozenset(schools))
    first = chance.choice(schools)
    with db.transaction(scope) as session:
        rollups.add_roll(session, first, clock.today(), {chance.randrange(4): students(1)})
        parts = {school: chance.sample(range(6), 3) for school in schools}
        rollups.lock_days(session, [(school, clock.today(), unit) for school in schools for unit in parts[school]])
        rollups.add_days(session, {(school, clock.today(), parts[school][0]): normal(1) for school in schools})


@pytest.mark.parametrize("sharded", [False, True])
def test_leaves_are_locked_at_once_and_on_shards_school_by_school(tree: Tree, *, sharded: bool) -> None:
    schools = [tree.school, tree.add_school(), tree.add_school()]
    changes = {(school, clock.today(), unit): normal(1) for school in schools for unit in (1, 2)}
    with (
        db.transaction(Scope(institutions=frozenset(schools), subtrees=frozenset(schools))) as session,
        statements_of(session, sharded=sharded) as sent,
    ):
        rollups.lock_days(session, changes)
        rollups.add_days(session, changes)
    asked = [values["asked_institution_id"] for _, values in sent if "asked_institution_id" in values]
    # The rows are looked for, the classes' locked, and at the end the schools'.
    both, one = [school for school in schools for _ in (1, 2)], [[school, school] for school in schools]
    locked = [[school] for school in schools]
    each = [keys for keys in one for _ in ("look", "lock")]
    assert asked == ([*each, *locked] if sharded else [both, both, schools])


def test_a_count_below_zero_is_refused(tree: Tree) -> None:
    report(tree.school, {NOBODY: normal(1)})
    with pytest.raises(IntegrityError, match="not_negative"):
        report(tree.school, {NOBODY: {"reported": -2, "normal": -2}})
    with pytest.raises(IntegrityError, match="adds_up"):
        report(tree.school, {NOBODY: {"reported": 1}})


def test_what_is_no_figure_of_that_leaf_is_refused(tree: Tree) -> None:
    with pytest.raises(ValueError, match="due"):
        report(tree.school, {NOBODY: {"due": 1}})
    with pytest.raises(ValueError, match="fever"):
        enrol(tree.school, {NOBODY: {"fever": 1}})


def test_a_unit_that_was_not_locked_is_not_added_to(tree: Tree) -> None:
    def add() -> None:
        with db.transaction(inside(tree.school)) as session:
            rollups.lock_days(session, [(tree.school, clock.today(), 1)])
            rollups.add_days(session, {(tree.school, clock.today(), unit): normal(1) for unit in (1, 2)})

    with pytest.raises(RuntimeError, match="not locked"):
        add()


def test_a_school_outside_of_the_scope_has_no_leaves(tree: Tree) -> None:
    other = tree.add_school()

    def lock(*, roll: bool) -> None:
        with db.transaction(inside(tree.school)) as session:
            if roll:
                rollups.add_roll(session, other, clock.today(), {1: students(1)})
            else:
                rollups.lock_days(session, [(other, clock.today(), 1)])

    for roll in (True, False):
        with pytest.raises(NotFound):
            lock(roll=roll)


def move(tree: Tree, node: int, parent: int, day: date) -> None:
    """Move a node with all below it, as on ``day``, which has begun: what is recorded later today is not heard yet."""
    scope = Scope(subtrees=frozenset({tree.province}))
    with time_machine.travel(clock.at(day, time.min), tick=True), db.transaction(scope) as session:
        institutions.move(session, SYSTEM, node, MoveIn(parent_id=parent))


@pytest.fixture
def county(tree: Tree) -> int:
    """A second county of the city."""
    return tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")


def test_a_moved_school_leaves_its_history_where_it_was(
    tree: Tree, client: TestClient, county: int, deliver: Callable[[], int]
) -> None:
    today, yesterday = clock.today(), clock.today() - timedelta(days=1)
    enrol(tree.school, {NOBODY: students(10)}, yesterday)
    report(tree.school, {NOBODY: normal(9)}, yesterday)
    report(tree.school, {NOBODY: fevers(1)}, today)
    move(tree, tree.school, county, today)
    deliver()
    with db.transaction(inside(tree.school)) as session:
        rollups.relocate(session, tree.school, today)  # hearing it twice changes nothing
    login = tree.account(Role.CITY_ADMIN, tree.city)

    def seen(node: int, day: date) -> tuple[int | None, ...]:
        return some(read(client, login, node, day=day), "due", "reported", "fever")

    assert seen(tree.county, yesterday) == (10, 9, 0)
    assert seen(county, yesterday) == (0, 0, 0)
    assert seen(tree.county, today) == (0, 0, 0)
    assert seen(county, today) == (10, 1, 1)
    assert seen(tree.city, yesterday) == (10, 9, 0)
    report(tree.school, {NOBODY: normal(1)}, yesterday)  # what comes late belongs to where it stood then
    assert seen(tree.county, yesterday) == (10, 10, 0)
    report(tree.school, {NOBODY: normal(1)}, yesterday - timedelta(days=1))
    assert seen(tree.county, yesterday - timedelta(days=1)) == (0, 1, 0)


@pytest.mark.parametrize("backwards", [False, True])
def test_two_moves_heard_late_in_any_order_are_told_apart_by_day(
    tree: Tree, client: TestClient, county: int, *, backwards: bool
) -> None:
    today = clock.today()
    days = [today - timedelta(days=back) for back in (2, 1, 0)]
    third = tree.add_institution(tree.city, InstitutionKind.COUNTY, "鼓楼区教育局")
    enrol(tree.school, {NOBODY: students(10)}, days[0])
    for day in days:
        report(tree.school, {NOBODY: normal(1)}, day)
    move(tree, tree.school, county, days[1])
    move(tree, tree.school, third, days[2])
    for day in sorted(days[1:], reverse=backwards):
        with db.transaction(inside(tree.school)) as session:
            rollups.relocate(session, tree.school, day)
    login = tree.account(Role.CITY_ADMIN, tree.city)
    for day, place in zip(days, (tree.county, county, third), strict=True):
        for node in (tree.county, county, third):
            expected = (10, 1) if node == place else (0, 0)
            assert some(read(client, login, node, day=day), "due", "reported") == expected, (day, node)


def test_the_former_county_still_sees_its_past_without_the_name(
    tree: Tree, client: TestClient, county: int, deliver: Callable[[], int]
) -> None:
    yesterday = clock.today() - timedelta(days=1)
    enrol(tree.school, {NOBODY: students(10)}, yesterday)
    login = tree.account(Role.COUNTY_ADMIN, tree.county)
    move(tree, tree.school, county, clock.today())
    deliver()
    (child,) = read(client, login, tree.county, "/children", day=yesterday)["items"]
    assert (child["institution_id"], child["name"], *some(child, "due")) == (tree.school, "—", 10)


def test_a_whole_county_moves_with_the_schools_below_it(
    tree: Tree, client: TestClient, deliver: Callable[[], int]
) -> None:
    city = tree.add_institution(tree.province, InstitutionKind.CITY, "苏州市教育局")
    yesterday = clock.today() - timedelta(days=1)
    for school in (tree.school, tree.add_school(tree.school, "村小")):
        enrol(school, {NOBODY: students(10)}, yesterday)
    move(tree, tree.county, city, clock.today())
    deliver()
    login = tree.account(Role.PROVINCIAL_ADMIN, tree.province)
    for day, old, new in ((yesterday, 20, 0), (clock.today(), 0, 20)):
        assert some(read(client, login, tree.city, day=day), "due") == (old,)
        assert some(read(client, login, city, day=day), "due") == (new,)
        assert some(read(client, login, tree.province, day=day), "due") == (20,)
