"""Two API processes, each with a worker of its own, on one database: directly, and through PgBouncer."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from app.policies.settings.values import SITES
from bench import ledger, pooler, tally
from bench.api import Answer, Api
from bench.ground import Ground
from bench.phone import Reading
from bench.province import Family, Province, plant
from tests.factories.tree import PASSWORD

WITHIN = 30.0  # seconds that anything asynchronous may take on a busy machine
CONNECTIONS = 4  # of PgBouncer to the server: far fewer than the processes hold, so that every one is shared


@dataclass(frozen=True)
class Pair:
    """Both answer for the same province."""

    one: Api
    other: Api
    ground: Ground
    province: Province

    def sign_in(self, family: Family) -> str:
        answer = self.one.ask("POST", "/api/v1/sessions", _json(phone=family.phone, password=PASSWORD))
        assert answer.status == 201, answer.body
        return str(answer.body["access_token"])


@pytest.fixture(scope="module", params=["direct", "pooled"])
def pair(ground: Ground, request: pytest.FixtureRequest) -> Iterator[Pair]:
    if request.param == "pooled":
        if pooler.BINARY is None:
            pytest.skip(pooler.MISSING)
        direct = ground.environment["LIANFANG_APP_DATABASE_URL"]
        with pooler.running([direct], connections=CONNECTIONS) as before:
            urls = {"LIANFANG_APP_DATABASE_URL": before.url(direct), "LIANFANG_DIRECT_DATABASE_URL": direct}
            yield from _started(ground, {**ground.environment, **urls})
    else:
        yield from _started(ground, ground.environment)


def _started(ground: Ground, environment: dict[str, str]) -> Iterator[Pair]:
    one, other = (Api(environment, ground.folder / f"side-by-side-{uuid4()}.log") for _ in range(2))
    one.start()
    other.start()
    yield Pair(one, other, ground, plant(ground, schools=2, classes=2, families=ledger.CLIENTS))
    one.end()
    other.end()


def _json(**values: object) -> bytes:
    return json.dumps(values).encode()


def submit(api: Api, family: Family, temperature: float) -> Answer:
    reading = Reading(uuid4(), family.children[0], round(temperature * 10), datetime.now(UTC))
    return api.ask("POST", "/api/v1/checkins", reading.body, family.token)


def test_who_signs_out_of_one_is_signed_out_of_the_other_at_once(pair: Pair) -> None:
    token = pair.sign_in(pair.province.families[0])
    assert pair.other.ask("GET", "/api/v1/me", token=token).status == 200
    assert pair.one.ask("DELETE", "/api/v1/sessions/current", token=token).status == 204
    assert pair.other.ask("GET", "/api/v1/me", token=token).status == 401


def test_a_refresh_token_is_used_once_whoever_is_asked(pair: Pair) -> None:
    family = pair.province.families[1]
    signed_in = pair.one.ask("POST", "/api/v1/sessions", _json(phone=family.phone, password=PASSWORD)).body
    first = pair.other.ask("POST", "/api/v1/sessions/refresh", _json(refresh_token=signed_in["refresh_token"]))
    again = pair.one.ask("POST", "/api/v1/sessions/refresh", _json(refresh_token=signed_in["refresh_token"]))
    # Within the grace of a lost answer: the same successor, not a second family.
    assert (first.status, again.status) == (200, 200)
    assert first.body["refresh_token"] == again.body["refresh_token"]


def test_a_key_that_one_publishes_the_other_publishes_too(pair: Pair) -> None:
    done = pair.ground.run("keys", "rotate")
    assert done.returncode == 0, done.stderr
    (one, other) = (api.ask("GET", "/.well-known/jwks.json").body["keys"] for api in (pair.one, pair.other))
    assert len(one) > 1
    assert one == other
    assert pair.other.ask("GET", "/api/v1/me", token=pair.sign_in(pair.province.families[2])).status == 200


def test_a_rule_that_is_set_in_one_holds_in_the_other_at_once(pair: Pair) -> None:
    family, path = pair.province.families[3], f"/api/v1/institutions/{pair.province.id}/policies/fever_threshold"
    for threshold, status in ((37.0, "fever"), (37.3, "normal")):
        rule = _json(value={"default": threshold, **dict.fromkeys(SITES)})
        assert pair.one.ask("PUT", path, rule, pair.province.office).status == 200
        assert submit(pair.other, family, 37.1).body["status"] == status


def test_readings_through_both_are_kept_and_their_events_heard_once(pair: Pair) -> None:
    before, last = tally.ids(pair.ground), _last(pair.ground)
    half = len(pair.province.families) // 2
    with (
        ledger.clients(pair.one.port, pair.province.families[:half], count=half) as one,
        ledger.clients(pair.other.port, pair.province.families[half:], count=half) as other,
    ):
        one.wait_for_more(100)
        other.wait_for_more(100)
    one.readings |= other.readings
    left = tally.take(pair.ground, one, before)
    assert left.whole, str(left)
    deadline = time.monotonic() + WITHIN
    while _outbox(pair.ground, last).waiting and time.monotonic() < deadline:
        time.sleep(0.1)
    found = _outbox(pair.ground, last)
    assert (found.waiting, found.tried_again) == (0, [])
    assert found.fevers > 0


def _last(ground: Ground) -> int:
    """The newest event; those before it are of tests that stop servers, which makes events be tried again."""
    with psycopg.connect(ground.owner_url) as connection:
        found = connection.execute("SELECT coalesce(max(id), 0) FROM outbox").fetchone()
    assert found is not None
    return int(found[0])


@dataclass(frozen=True)
class Outbox:
    """How many events wait, which had to be tried again and why, how many are of fevers; all since an event."""

    waiting: int
    tried_again: list[str]
    fevers: int


def _outbox(ground: Ground, last: int) -> Outbox:
    """Reminders planned for later wait for their moment and do not count."""
    with psycopg.connect(ground.owner_url) as connection:
        found = connection.execute(
            "SELECT count(*) FILTER (WHERE done_at IS NULL AND recorded_at <= now()), "
            "coalesce(array_agg(name || ': ' || last_error) FILTER (WHERE attempts > 0), '{}'), "
            "count(*) FILTER (WHERE name = 'FeverReported') FROM outbox WHERE id > %s",
            [last],
        ).fetchone()
    assert found is not None
    return Outbox(*found)
