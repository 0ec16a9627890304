"""Readings stand in partitions of a day each: made ahead, dropped by the rules, never scanned all at once."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import time_machine
from sqlalchemy import Connection, Engine, event, insert, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from starlette.testclient import TestClient

from app.access.roles import Role
from app.checkins import service, tasks
from app.checkins.models import CheckIn, HealthStatus, Slot, Source
from app.kernel import clock, db
from app.kernel.rls import APP_ROLE
from tests.checkins.steps import School, reading, stamp
from tests.factories.people import scope


def standing() -> list[date]:
    with db.transaction() as session:
        return [one.day for one in service.list_partitions(session)]


def days_ago(days: int) -> date:
    return clock.today() - timedelta(days=days)


def drop(day: date) -> int | None:
    with db.transaction() as session:
        return service.drop_partition(session, day)


def make(day: date) -> bool:
    with db.transaction() as session:
        return service.make_partition(session, day)


def where(owner: Engine, reading_id: str) -> str:
    """The name of the table in which a reading stands."""
    with owner.connect() as connection:
        found = connection.execute(select(text("tableoid::regclass::text")).where(CheckIn.id == UUID(reading_id)))
        return str(found.scalar_one())


def put(owner: Engine, school: School, day: date) -> str:
    """A reading of any day at all, as only the owner can bring it in."""
    id_ = uuid4()
    values = {
        **dict.fromkeys(("household", "late", "skewed", "implausible"), False),
        "taken_at": clock.now(),
        "received_at": clock.now(),
    }
    with owner.begin() as connection:
        connection.execute(
            insert(CheckIn).values(
                institution_id=school.id,
                person_id=school.children[0],
                id=id_,
                unit_id=school.unit,
                day=day,
                temperature=365,
                form_version=1,
                slot=Slot.MORNING,
                source=Source.GUARDIAN,
                status=HealthStatus.NORMAL,
                counted=True,
                **values,
            )
        )
    return str(id_)


def test_partitions_are_made_ahead_and_a_second_night_makes_none(client: TestClient) -> None:
    assert client is not None
    tasks.make_partitions()
    wanted = [clock.today() + timedelta(days=ahead) for ahead in range(tasks.AHEAD + 1)]
    assert set(wanted) <= set(standing())
    assert tasks.make_partitions() == []
    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert set(tasks.make_partitions()) <= {wanted[-1] + timedelta(days=more) for more in (1, 2, 3)}


def test_a_reading_without_a_partition_lands_and_moves_when_it_is_made(school: School) -> None:
    far = clock.today() + timedelta(days=tasks.AHEAD + 5)
    id_ = put(school.owner, school, far)
    assert where(school.owner, id_) == "checkin_default"
    assert make(far)
    assert where(school.owner, id_) == f"checkin_{far:%Y%m%d}"
    # Nothing but the place has changed: it stands under the school's own policy, and is found there.
    with db.transaction(scope(school.id)) as session:
        assert session.scalars(select(CheckIn.id).where(CheckIn.day == far)).all() == [UUID(id_)]


def test_readings_land_in_the_partition_of_their_day(school: School) -> None:
    tasks.make_partitions(back=3)
    id_ = school.log(school.parent(), reading(school.children[0], taken_at=stamp(clock.now() - timedelta(days=2))))[
        "id"
    ]
    assert where(school.owner, id_) == f"checkin_{days_ago(2):%Y%m%d}"


def test_only_what_no_rule_keeps_is_dropped_and_the_trail_says_how_much(school: School) -> None:
    kept, gone = days_ago(500), days_ago(501)
    for day in (kept, gone, days_ago(366)):
        make(day)
        put(school.owner, school, day)
    _keep_for(school, 500)
    dropped = tasks.drop_partitions()
    assert dropped[gone] == 1
    assert kept not in dropped
    assert kept in standing()
    assert gone not in standing()
    assert tasks.drop_partitions() == {}
    with school.owner.connect() as connection:
        trail = text("SELECT details FROM audit_entry WHERE act = 'checkins.drop_partition' AND subject_id = :day")
        assert connection.scalars(trail, {"day": gone.isoformat()}).all() == [{"rows": 1}]


def _keep_for(school: School, days: int) -> None:
    login = school.tree.account(Role.PROVINCIAL_ADMIN, school.tree.province)
    path = f"/api/v1/institutions/{school.tree.province}/policies/retention_days"
    answer = school.client.put(path, json={"value": days}, headers=login.headers)
    assert answer.is_success, answer.text


@pytest.mark.parametrize("days", [0, 1, 30, -1])
def test_the_last_days_are_never_dropped(client: TestClient, days: int) -> None:
    assert client is not None
    make(days_ago(days))
    with pytest.raises(DBAPIError, match="no partition is dropped"):
        drop(days_ago(days))
    assert days_ago(days) in standing()


@pytest.mark.parametrize("days", [3662, -33])
def test_partitions_of_other_times_are_not_made(client: TestClient, days: int) -> None:
    assert client is not None
    with pytest.raises(DBAPIError, match="no partition is made"):
        make(days_ago(days))


def test_a_day_without_a_partition_is_dropped_as_nothing(client: TestClient) -> None:
    assert client is not None
    assert drop(days_ago(3000)) is None


@pytest.fixture
def application(owner: Engine) -> Iterator[Connection]:
    """The application's role, in a transaction that is taken back."""
    with owner.connect() as made:
        made.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
        yield made
        made.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {partition}",
        "INSERT INTO {partition} SELECT * FROM checkin",
        "DELETE FROM {partition}",
        "DROP TABLE {partition}",
        "ALTER TABLE checkin DETACH PARTITION {partition}",
        "CREATE TABLE checkin_20990101 PARTITION OF checkin FOR VALUES FROM ('2099-01-01') TO ('2099-01-02')",
        "SELECT * FROM checkin_default",
    ],
)
def test_the_application_reaches_no_partition_by_itself(application: Connection, statement: str) -> None:
    partition = f"checkin_{clock.today():%Y%m%d}"
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        application.execute(text(statement.format(partition=partition)))


def test_a_partition_that_was_granted_by_mistake_still_shows_nothing(school: School) -> None:
    tasks.make_partitions()
    school.log(school.parent(), reading(school.children[0]))
    with school.owner.connect() as connection:
        for table in (f"checkin_{clock.today():%Y%m%d}", "checkin_default"):
            connection.execute(text(f"GRANT ALL ON {table} TO {APP_ROLE}"))
            connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
            connection.execute(text(f"SET LOCAL app.institutions = '{{{school.id}}}'"))
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608 - named above
            connection.execute(text("RESET ROLE"))
        connection.rollback()


def test_a_name_in_place_of_a_date_does_nothing(application: Connection) -> None:
    for function in ("make_checkin_partition", "drop_checkin_partition"):
        with pytest.raises(DBAPIError), application.begin_nested():
            application.execute(text(f"SELECT {function}('person')"))
        with pytest.raises(DBAPIError), application.begin_nested():
            application.execute(text(f"SELECT {function}(NULL)"))


@pytest.fixture
def statements(client: TestClient) -> Iterator[list[tuple[str, Any]]]:
    """Every statement on readings that the application sends, with its values."""
    assert client is not None
    seen: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if re.search(r"\bcheckin\b", statement):
            seen.append((statement, values))

    event.listen(db.engine(), "before_cursor_execute", keep)
    yield seen
    event.remove(db.engine(), "before_cursor_execute", keep)


def _walk(school: School) -> None:
    """What a morning asks of the readings: logging, correcting, looking back, counting, following the roll."""
    parent, teacher, child = school.parent(), school.teacher(), school.children[0]
    first = school.log(parent, reading(child, taken_at=stamp(clock.now() - timedelta(days=1))))
    school.log(parent, reading(child, same_as_last=True))
    school.batch(parent, [reading(child, taken_at=stamp(clock.now() - timedelta(days=back))) for back in range(7)])
    school.correct(parent, first["id"], child, temperature=36.8)
    for login in (parent, teacher):
        school.get(login, f"/persons/{child}/checkins")
        school.get(login, f"/persons/{child}/temperature-record")
        school.get(login, "/me/family")
    school.get(teacher, f"/units/{school.unit}/missing")
    office = school.staff(Role.PRINCIPAL)
    school.get(office, f"/institutions/{school.id}/missing")
    for figure in ("reported", "symptoms", "missing"):
        school.get(office, f"/institutions/{school.id}/figures/{figure}/persons")
    with db.transaction(scope(school.id)) as session:
        service.rehome(session, school.id, days_ago(20))
    tasks.flag_school(school.id)
    school.check()


def test_no_statement_looks_at_days_that_it_does_not_name(
    school: School, statements: list[tuple[str, Any]], owner_url: str
) -> None:
    tasks.make_partitions(back=70)
    _walk(school)
    assert len({statement for statement, _ in statements}) > 15
    never = re.compile(rf"checkin_default|checkin_({days_ago(65):%Y%m%d}|{days_ago(-5):%Y%m%d})")
    with psycopg.connect(owner_url, cursor_factory=psycopg.ClientCursor) as connection:

        def is_wide(statement: str, values: Any = None) -> bool:
            plan = connection.execute(f"EXPLAIN {statement}".encode(), values).fetchall()
            return any(never.search(line) for (line,) in plan)

        assert is_wide("SELECT id FROM checkin WHERE institution_id = 1 AND person_id = 1")
        assert [statement for statement, values in statements if is_wide(statement, values)] == []
