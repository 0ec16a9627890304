"""Imports that wait for the worker: in chunks, each once; kept encrypted, and no longer than needed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.access.roles import Role
from app.access.service import SYSTEM
from app.checkins.events import ReadingsQueued
from app.identity import service as identity
from app.kernel import clock, db, events
from app.worker import relay
from tests.checkins.steps import School, morning
from tests.checkins.uploads import Uploads, row, told, wrong

ROOT = Path(__file__).parents[2]
# A worker that is killed when the listener has done its work and the commit is yet to come.
KILLED = """
import os, signal, sys
from app.checkins.events import ReadingsQueued
from app.kernel import discovery, events
from app.worker import relay

discovery.import_features()
events.listen(ReadingsQueued, lambda session, event: os.kill(os.getpid(), signal.SIGKILL))
relay.deliver(int(sys.argv[1]))
"""


@pytest.fixture
def office(school: School) -> Uploads:
    return Uploads(school, school.staff(Role.PRINCIPAL))


def readings(school: School, count: int) -> list[list[str]]:
    """So many rows of yesterday and the day before, each of another minute."""
    until = morning(0, days=0)
    return [row(school.children[number % 3], until - timedelta(minutes=1 + number)) for number in range(count)]


def pending(school: School) -> list[int]:
    """The outbox rows of imports that are yet to be heard."""
    waiting = "institution_id = :school AND name = 'ReadingsQueued' AND done_at IS NULL"
    with school.owner.connect() as connection:
        statement = text(f"SELECT id FROM outbox WHERE {waiting} ORDER BY id")  # noqa: S608 - no input
        return list(connection.execute(statement, {"school": school.id}).scalars())


def step(school: School) -> None:
    """Let the worker do the one thing that is due."""
    (outbox_id,) = pending(school)
    assert relay.deliver(outbox_id) is None


def state(job: Any) -> tuple[str, int, tuple[int, int, int]]:
    return job["state"], job["done"], told(job)


def test_a_large_import_lands_in_chunks_and_shows_how_far_it_is(school: School, office: Uploads) -> None:
    rows = readings(school, 2300)
    rows[7][3] = "365"
    rows[2000][1] = (clock.today() - timedelta(days=30)).isoformat()
    queued = office.send(rows, 202, background="true", mode="per_row")
    assert (state(queued), queued["rows"], queued["finished_at"]) == (("running", 1, (0, 0, 1)), 2300, None)
    assert school.rows() == []
    seen = []
    while pending(school):
        step(school)
        seen.append(state(office.read(queued["id"])))
    assert seen == [("running", 1001, (999, 0, 2)), ("running", 2001, (1999, 0, 2)), ("done", 2300, (2298, 0, 2))]
    done = office.read(queued["id"])
    assert wrong(done) == [(9, "temperature", "impossible_temperature"), (2002, "day", "too_long_ago")]
    assert done["errors"][1]["detail"] == "只能补报最近 7 天的健康打卡。"
    assert office.read(queued["id"], language="en")["errors"][1]["detail"].isascii()
    assert len(school.rows()) == 2298
    assert {one["recorded_by"] for one in school.rows()} == {office.login.account_id}
    for days in (1, 2):
        school.check(clock.today() - timedelta(days=days))


def test_what_waits_is_kept_encrypted_and_not_in_the_outbox(school: School, office: Uploads) -> None:
    office.send([row(school.children[0], morning(6, 30, days=0), 38.8, "咳嗽")], 202, background="true")
    (kept,) = office.waiting()
    assert b"38.8" not in kept
    assert b"cough" not in kept
    with school.owner.connect() as connection:
        statement = text("SELECT payload FROM outbox WHERE institution_id = :school AND name = 'ReadingsQueued'")
        (payload,) = connection.execute(statement, {"school": school.id}).scalars()
    assert set(payload) == {"import_id"}
    step(school)
    assert office.waiting() == []
    assert school.rows()[0]["temperature"] == 388


def test_a_large_sheet_waits_without_being_asked_to(school: School, office: Uploads) -> None:
    queued = office.send(readings(school, 10_001), 202)
    assert (queued["state"], queued["rows"], len(office.waiting())) == ("running", 10_001, 11)
    office.cancel(queued["id"])


def test_a_worker_killed_in_the_middle_does_it_once(school: School, office: Uploads) -> None:
    queued = office.send(readings(school, 1200), 202, background="true", mode="per_row")
    (outbox_id,) = pending(school)
    command = [sys.executable, "-c", KILLED, str(outbox_id)]
    killed = subprocess.run(command, cwd=ROOT, env=os.environ, timeout=60, check=False)  # noqa: S603 - ours
    assert killed.returncode == -signal.SIGKILL
    assert state(office.read(queued["id"])) == ("running", 0, (0, 0, 0))
    assert (school.rows(), len(office.waiting())) == ([], 2)
    step(school)
    step(school)
    assert relay.deliver(outbox_id) is None
    assert state(office.read(queued["id"])) == ("done", 1200, (1200, 0, 0))
    assert len(school.rows()) == 1200


def test_all_or_nothing_holds_over_all_chunks(school: School, office: Uploads) -> None:
    rows = readings(school, 1200)
    rows[0][1] = (clock.today() - timedelta(days=30)).isoformat()
    queued = office.send(rows, 202, background="true")
    step(school)
    done = office.read(queued["id"])
    assert (state(done), wrong(done)) == (("done", 1200, (0, 0, 1)), [(2, "day", "too_long_ago")])
    assert (school.rows(), office.waiting()) == ([], [])
    queued = office.send(rows[1:], 202, background="true")
    step(school)
    assert state(office.read(queued["id"])) == ("done", 1199, (1199, 0, 0))


def test_a_cancelled_import_goes_no_further(school: School, office: Uploads) -> None:
    queued = office.send(readings(school, 1200), 202, background="true", mode="per_row")
    step(school)
    cancelled = office.cancel(queued["id"])
    assert (state(cancelled), office.waiting()) == (("cancelled", 1000, (1000, 0, 0)), [])
    assert cancelled["finished_at"] is not None
    step(school)
    assert state(office.read(queued["id"])) == state(cancelled)
    assert (len(school.rows()), pending(school)) == (1000, [])
    assert office.cancel(queued["id"], 409)["code"] == "move_not_possible"
    at_once = office.send(readings(school, 1))
    assert office.cancel(at_once["id"], 409)["code"] == "move_not_possible"


def test_who_has_lost_the_role_lands_nothing_more(school: School, deliver: Callable[[], int]) -> None:
    teacher = Uploads(school, school.teacher())
    queued = teacher.send(readings(school, 3), 202, background="true", mode="per_row", unit_id=school.unit)
    with school.owner.begin() as connection:
        statement = text("UPDATE membership SET ended_at = now() WHERE account_id = :account")
        connection.execute(statement, {"account": teacher.login.account_id})
    deliver()
    head = Uploads(school, school.staff(Role.PRINCIPAL))
    done = head.read(queued["id"])
    assert state(done) == ("done", 3, (0, 0, 3))
    assert {one["code"] for one in done["errors"]} == {"not_found"}
    assert school.rows() == []


def test_an_import_that_the_worker_gives_up_says_so(
    school: School, office: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = office.send(readings(school, 1200), 202, background="true", mode="per_row")
    step(school)
    (outbox_id,) = pending(school)

    def fail(_session: Session, _event: ReadingsQueued) -> None:
        raise LookupError

    monkeypatch.setitem(events.LISTENERS, ReadingsQueued, [fail])
    for _ in range(events.ATTEMPTS - 1):
        assert relay.deliver(outbox_id) == "LookupError"
    assert office.read(queued["id"])["state"] == "running"
    assert relay.deliver(outbox_id) == "LookupError"
    failed = office.read(queued["id"])
    assert (state(failed), failed["failure"]) == (("failed", 1000, (1000, 0, 0)), "given_up")
    assert failed["finished_at"] is not None
    assert (office.waiting(), len(school.rows())) == ([], 1000)
    assert office.cancel(queued["id"], 409)["code"] == "move_not_possible"


def test_an_import_of_a_disabled_account_goes_no_further(school: School, deliver: Callable[[], int]) -> None:
    teacher = Uploads(school, school.teacher())
    queued = teacher.send(readings(school, 1200), 202, background="true", mode="per_row", unit_id=school.unit)
    step(school)
    with db.transaction(identity.PLATFORM_SCOPE) as session:
        identity.disable_account(session, SYSTEM, teacher.login.account_id, "left")
    deliver()
    failed = Uploads(school, school.staff(Role.PRINCIPAL)).read(queued["id"])
    assert (failed["state"], failed["done"], failed["failure"]) == ("failed", 1000, "sender_disabled")
    assert teacher.waiting() == []
