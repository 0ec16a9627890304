"""With a broker and workers of their own: the broker goes away, a worker is killed, machines ask how they are."""

import http.client
import signal
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.kernel.events import Queue
from bench import broker as trials
from bench.api import free_port
from bench.ground import Ground
from bench.processes import WITNESS, Broker, background, broker
from bench.province import Province
from bench.witness import ACT, STOPPED

WITHIN = 30.0  # seconds that anything asynchronous may take on a busy machine


@pytest.fixture
def made(ground: Ground) -> Iterator[Broker]:
    with broker(ground) as started:
        yield started


def record(ground: Ground, province: Province, name: str, **payload: object) -> None:
    """Write an event to the outbox, as an act of the first family's school does."""
    with psycopg.connect(ground.owner_url) as connection:
        connection.execute(
            "INSERT INTO outbox (task_id, institution_id, name, payload, recorded_at, due_at, attempts) "
            "VALUES (gen_random_uuid(), %s, %s, %s, now(), now(), 0)",
            (province.families[0].children[0].institution_id, name, Jsonb(payload)),
        )


def fever(ground: Ground, province: Province) -> str:
    """Record one; the reading's id."""
    reading, child = str(uuid4()), province.families[0].children[0]
    record(ground, province, "FeverReported", person_id=child.person_id, checkin_id=reading, day="2026-11-24")
    return reading


def effects(ground: Ground, reading: str) -> int:
    with psycopg.connect(ground.owner_url) as connection:
        statement = "SELECT count(*) FROM audit_entry WHERE act = %s AND subject_id = %s"
        found = connection.execute(statement, (ACT, reading)).fetchone()
    return 0 if found is None else int(found[0])


def a_minute_passes(ground: Ground) -> None:
    """What was handed over and not done is due again."""
    with psycopg.connect(ground.owner_url) as connection:
        connection.execute("UPDATE outbox SET due_at = now() WHERE done_at IS NULL")


def test_check_ins_go_on_without_the_broker_and_each_effect_happens_once(ground: Ground, province: Province) -> None:
    outcome = trials.trial(ground, province, before=2, away=3)
    assert outcome.whole, str(outcome)


@pytest.mark.usefixtures("made")
def test_a_worker_killed_in_the_middle_has_its_effect_once(ground: Ground, province: Province) -> None:
    reading = fever(ground, province)
    ground.environment["LIANFANG_WITNESS_STOPS"] = "yes"
    try:
        with background(ground, "worker", program=WITNESS) as victim:
            victim.says(STOPPED)
            victim.signal(signal.SIGKILL)
    finally:
        del ground.environment["LIANFANG_WITNESS_STOPS"]
    assert (effects(ground, reading), trials.waiting(ground)) == (0, 1)
    a_minute_passes(ground)
    with background(ground, "worker", program=WITNESS):
        trials.until(lambda: trials.waiting(ground) == 0, WITHIN)
    assert (effects(ground, reading), trials.waiting(ground)) == (1, 0)


@pytest.mark.usefixtures("made")
def test_what_is_urgent_is_heard_while_nobody_works_on_the_rest(ground: Ground, province: Province) -> None:
    record(ground, province, "ReadingsQueued", import_id=0)
    reading = fever(ground, province)
    with background(ground, "worker", "--queue", Queue.ALERTS, program=WITNESS):
        trials.until(lambda: effects(ground, reading) == 1, WITHIN)
        assert (effects(ground, reading), trials.waiting(ground)) == (1, 1)
    with background(ground, "worker", "--queue", Queue.BULK, "--queue", Queue.DEFAULT):
        trials.until(lambda: trials.waiting(ground) == 0, WITHIN)
    assert trials.waiting(ground) == 0


@pytest.mark.parametrize("process", ["worker", "beat"])
def test_machines_ask_worker_and_clock_how_they_are(ground: Ground, made: Broker, process: str) -> None:
    port = free_port()
    with background(ground, process, "--watch-port", str(port)):
        trials.until(lambda: asked(port, "/readyz")[0] == 200, WITHIN)
        assert asked(port, "/healthz") == (200, "ok\n")
        assert "lianfang_outbox_waiting" in asked(port, "/metrics")[1]
        assert asked(port, "/elsewhere")[0] == 404
        made.kill()
        assert asked(port, "/readyz")[0] == 503
        assert asked(port, "/healthz")[0] == 200
        made.start()
        assert asked(port, "/readyz")[0] == 200


def asked(port: int, path: str) -> tuple[int, str]:
    """(status, content); (0, "") where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()
