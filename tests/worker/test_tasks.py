"""The scheduled tasks, run as the clock would run them."""

from datetime import time, timedelta

import time_machine
from prometheus_client import REGISTRY
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.access.service import SYSTEM
from app.institutions import service as institutions
from app.institutions.models import InstitutionKind
from app.institutions.schemas import MoveIn
from app.kernel import clock, db
from app.kernel.db import Scope
from app.rollups import service as rollups
from app.worker import relay, tasks
from app.worker.celery import celery_app
from tests.factories.tree import Tree
from tests.rollups.leaves import NOBODY, enrol, inside, read, some, students


def test_every_entry_of_the_schedule_is_a_task() -> None:
    assert tasks.deliver is not None
    for entry in celery_app.conf.beat_schedule.values():
        assert entry["task"] in celery_app.tasks


def test_nothing_but_json_is_read_from_the_broker_and_no_results_are_kept() -> None:
    assert celery_app.conf.accept_content == ["json"]
    assert celery_app.conf.task_ignore_result
    assert celery_app.conf.task_acks_late
    assert celery_app.conf.result_backend is None


def test_a_planned_move_is_made_on_its_day_and_the_figures_follow(tree: Tree, client: TestClient) -> None:
    county = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    enrol(tree.school, {NOBODY: students(3)})
    today = clock.today()
    tomorrow = today + timedelta(days=1)
    with db.transaction(Scope(subtrees=frozenset({tree.province}))) as session:
        institutions.move(session, SYSTEM, tree.school, MoveIn(parent_id=county, effective_on=tomorrow))
    tasks.place()
    relay.drain()
    login = tree.account(Role.CITY_ADMIN, tree.city)
    assert some(read(client, login, tree.county), "due") == (3,)
    with time_machine.travel(clock.at(tomorrow, time(0, 0, 1)), tick=True):
        tasks.place()
        tasks.place()
        relay.drain()
    seen = {day: some(read(client, login, county, day=day), "due") for day in (today, tomorrow)}
    assert seen == {today: (0,), tomorrow: (3,)}


def test_what_was_done_a_week_ago_is_forgotten_and_what_waits_is_not(tree: Tree, owner: Engine) -> None:
    add = text(
        "INSERT INTO outbox (task_id, institution_id, name, payload, recorded_at, due_at, attempts, done_at) "
        "VALUES (gen_random_uuid(), :school, :name, '{}', :at, :at, 20, :done)"
    )
    old, recent = (clock.now() - timedelta(days=days) for days in (8, 6))
    with owner.begin() as connection:
        for name, at, done in (("old", old, old), ("recent", old, recent), ("waiting", old, None)):
            connection.execute(add, {"school": tree.school, "name": name, "at": at, "done": done})
    tasks.purge()
    with owner.begin() as connection:
        left = connection.scalars(
            text("DELETE FROM outbox WHERE institution_id = :school RETURNING name"), {"school": tree.school}
        )
        assert set(left) == {"recent", "waiting"}


def test_drift_that_the_nightly_recount_finds_is_counted(tree: Tree) -> None:
    with db.transaction(inside(tree.school)) as session:
        rollups.count_units(session, tree.school)
    before = REGISTRY.get_sample_value("lianfang_rollup_drift_total") or 0
    tasks.recount_school(tree.school)
    assert REGISTRY.get_sample_value("lianfang_rollup_drift_total") == before
    enrol(tree.school, {NOBODY: students(3)})
    tasks.recount_school(tree.school)
    assert REGISTRY.get_sample_value("lianfang_rollup_drift_total") == before + 4  # on_roll and due, unit and school
