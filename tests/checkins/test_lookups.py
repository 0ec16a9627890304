"""The way in and the lists look up what they were asked for, however much a school holds beside it."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event, text

from app.access.roles import Role
from app.checkins import tasks
from app.kernel import clock, db
from app.kernel.rls import APP_ROLE
from tests.checkins.steps import School, reading

_TABLES = {"person", "standing", "unit_day", "school_day", "checkin"}
_OTHERS = 10_000  # readings of the day, and figures of other days, of the same school
_READ = _OTHERS / 10  # a small partition of another day may be read whole; what is large may not

_FILL = [
    """INSERT INTO checkin (institution_id, day, person_id, id, unit_id, household, counted, slot, source, status,
        temperature, form_version, late, skewed, implausible, taken_at, received_at)
    SELECT :school, :day, 1000000000 + n, gen_random_uuid(), :unit, false, true, 'M', 'G', 'N', 365, 1, false, false,
        false, now(), now() FROM generate_series(1, :others) n""",
    """INSERT INTO unit_day (institution_id, day, unit_id, reported, normal, attention, fever, symptoms, not_measured,
        late, household_reported, household_fever)
    SELECT :school, CAST(:day AS date) - n, :unit, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM generate_series(1, :others) n""",
]
_CROWDED = 3_000  # persons beside those of the test, of one school
_CROWD = [
    """INSERT INTO person (institution_id, kind, state, name, unit_id, enrolled_on)
    SELECT :school, 'student', 'enrolled', '学生' || n, :unit, CAST(:day AS date) - 30
    FROM generate_series(1, :others) n""",
    """INSERT INTO standing (institution_id, person_id, valid_from, unit_id)
    SELECT institution_id, id, enrolled_on, unit_id FROM person WHERE institution_id = :school AND unit_id = :unit""",
    """INSERT INTO checkin (institution_id, day, person_id, id, unit_id, household, counted, slot, source, status,
        temperature, form_version, late, skewed, implausible, taken_at, received_at)
    SELECT institution_id, :day, id, gen_random_uuid(), unit_id, false, true, 'M', 'G', 'N', 365, 1, false, false,
        false, now(), now() FROM person WHERE institution_id = :school AND unit_id = :unit AND id % 2 = 0""",
]


@pytest.fixture
def lookups(client: object) -> Iterator[list[tuple[str, Any]]]:
    """Every query that the application sends, with its values."""
    assert client is not None
    seen: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            seen.append((statement, values))

    event.listen(db.engine(), "before_cursor_execute", keep)
    yield seen
    event.remove(db.engine(), "before_cursor_execute", keep)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", ()):
        yield from _nodes(one)


def _table(node: dict[str, Any]) -> str:
    return "checkin" if node["Relation Name"].startswith("checkin_") else str(node["Relation Name"])


def _read(node: dict[str, Any]) -> float:
    beside = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + beside) * node["Actual Loops"])


def _seen(lookups: list[tuple[str, Any]], school: School, owner_url: str) -> dict[str, float]:
    """By table, the most rows that a single step of these queries reads."""
    seen: dict[str, float] = {}
    with psycopg.connect(owner_url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(f"SET LOCAL ROLE {APP_ROLE}".encode())
        for scope in ("institutions", "lineage"):
            connection.execute(f"SET LOCAL app.{scope} = '{{{school.id}}}'".encode())
        for statement, values in lookups:
            row = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode(), values).fetchone()
            assert row is not None
            found = row[0] if isinstance(row[0], list) else json.loads(row[0])
            for node in _nodes(found[0]["Plan"]):
                if "Relation Name" in node and _table(node) in _TABLES:
                    seen[_table(node)] = max(seen.get(_table(node), 0.0), _read(node))
        connection.rollback()
    return seen


def _fill(owner: Engine, statements: list[str], school: School, **more: Any) -> None:
    tasks.make_partitions()
    facts = {"school": school.id, "unit": school.unit, "day": clock.today(), "others": _OTHERS, **more}
    with owner.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), facts)


def test_a_batch_reads_its_own_rows_and_no_more(
    school: School, lookups: list[tuple[str, Any]], owner: Engine, owner_url: str
) -> None:
    _fill(owner, _FILL, school)
    parent = school.parent()
    lookups.clear()
    assert school.batch(parent, [reading(school.children[0]) for _ in range(3)])
    seen = _seen(lookups, school, owner_url)
    assert seen.keys() == _TABLES
    assert {table: rows for table, rows in seen.items() if rows > _READ} == {}


@pytest.fixture
def crowded(school: School, owner: Engine) -> School:
    """A school of thousands who stand in another class; every second one of them has been heard of."""
    _fill(owner, _CROWD, school, unit=school.tree.classes[1], others=_CROWDED)
    return school


def test_who_is_missing_in_a_class_is_found_without_the_rest_of_the_school(
    crowded: School, lookups: list[tuple[str, Any]], owner_url: str
) -> None:
    teacher = crowded.teacher()
    crowded.log(crowded.parent(), reading(crowded.children[0]))
    lookups.clear()
    shown = crowded.get(teacher, f"/units/{crowded.unit}/missing")
    assert (shown["due"], shown["reported"], len(shown["items"])) == (3, 1, 2)
    seen = _seen(lookups, crowded, owner_url)
    assert seen.keys() >= {"person", "standing", "checkin"}
    # In a province of one school it may pay to go through its persons; never once for each of them.
    assert seen.pop("person") <= _CROWDED + len(crowded.children)
    assert {table: rows for table, rows in seen.items() if rows > _READ} == {}


@pytest.mark.parametrize("path", ["missing", "missing?persons=true", "figures/missing/persons", "figures/due/persons"])
def test_who_is_missing_in_a_school_is_found_by_going_through_it_once(
    crowded: School, lookups: list[tuple[str, Any]], owner_url: str, path: str
) -> None:
    doctor = crowded.staff(Role.SCHOOL_DOCTOR)
    lookups.clear()
    shown = crowded.get(doctor, f"/institutions/{crowded.id}/{path}")
    half = _CROWDED // 2 + len(crowded.children)
    assert shown.get("missing", shown.get("total")) == (half + _CROWDED // 2 if "due" in path else half)
    seen = _seen(lookups, crowded, owner_url)
    assert seen["standing"] >= _CROWDED
    assert {table: rows for table, rows in seen.items() if rows > 2 * _CROWDED} == {}
