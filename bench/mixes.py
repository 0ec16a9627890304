"""Everything at once in a few schools: nobody waits in a circle, no answer is an error, the figures stay right.

    python -m bench.mixes [--seconds 60] [--clients 12] [--write]

Clients choose at random: a family's reading, a doctor's queue with some readings sent again, a class, the gate, a
correction, a change of class, a departure, somebody new. Afterwards the database's count of deadlocks and the
service's own recount say how it went.
"""

import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg

from app.access.roles import Role
from app.kernel import clock
from bench import ground as grounds
from bench import population, report
from bench.api import Api
from bench.ground import Ground
from bench.population import Population, Sender

SIZE = Population(schools=5, classes=4, children=10)
_PATIENCE = 120.0  # seconds for what follows from the changes


@dataclass
class Findings:
    """Answers by what was sent and status; what the database and the recount say afterwards."""

    seconds: float
    clients: int
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    deadlocks: int = 0
    drift: str = ""

    @property
    def broken(self) -> int:
        """Answers that blame the service, and questions without an answer."""
        return sum(count for (_, status), count in self.answers.items() if status >= 500 or status == 0)

    @property
    def idle(self) -> list[str]:
        """What was never done: a mix without it shows nothing of it."""
        done = {name for (name, status), count in self.answers.items() if status < 300 and count}
        return [name for name in _MOVES if name not in done]

    @property
    def whole(self) -> bool:
        """Everything was done, and nothing went wrong."""
        return not (self.broken or self.idle or self.deadlocks or self.drift)


@dataclass
class Client:
    """One of those who send; ``pool`` and ``landed`` are shared, so that one reading comes from several."""

    api: Api
    tokens: dict[int, str]
    found: Findings
    pool: list[dict[str, Any]]
    landed: list[dict[str, Any]]
    chance: random.Random

    def run(self, until: float) -> None:
        """Send until then."""
        while time.monotonic() < until:
            name = self.chance.choices(list(_MOVES), [weight for weight, _ in _MOVES.values()])[0]
            _MOVES[name][1](self, name)

    def ask(self, name: str, account: int, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send, count the answer, give what it says."""
        try:
            answer = self.api.ask("POST", f"/api/v1{path}", json.dumps(body).encode(), self.tokens[account], within=60)
        except (OSError, http.client.HTTPException):
            self.found.answers[name, 0] += 1
            return {}
        self.found.answers[name, answer.status] += 1
        return answer.body if answer.status < 300 else {}

    def school(self) -> int:
        """One of the schools."""
        return self.chance.choice(SIZE.institutions)

    def reading(self, person: int) -> dict[str, Any]:
        """A reading of one of the last days."""
        back = timedelta(seconds=self.chance.randrange(60, 2 * 86_400))
        return {
            "id": str(uuid4()),
            "person_id": person,
            "temperature": self.chance.choice([36.2, 36.5, 36.8, 37.6, 38.4]),
            "taken_at": (datetime.now(UTC) - back).isoformat(timespec="seconds"),
            "answers": {"symptoms": self.chance.choice([[], [], ["cough"], ["fever", "headache"]])},
        }


def _single(client: Client, name: str) -> None:
    person = client.chance.choice(SIZE.persons_of(client.school()))
    reading = client.reading(person)
    client.pool.append(reading)
    if client.ask(name, SIZE.sender_of(person, Sender.FAMILY), "/checkins", reading):
        client.landed.append(reading)


def _queue(client: Client, name: str) -> None:
    school = client.school()
    fresh = [client.reading(person) for person in client.chance.choices(SIZE.persons_of(school), k=8)]
    client.pool.extend(fresh)
    items = fresh + client.chance.sample(client.pool, k=8)
    client.chance.shuffle(items)
    client.ask(name, SIZE.office_of(school, Role.SCHOOL_DOCTOR), "/checkins/batches", {"items": items})


def _class(client: Client, name: str) -> None:
    unit = client.chance.choice(SIZE.units_of(client.school()))
    children = range((unit - 1) * SIZE.children + 1, unit * SIZE.children + 1)
    items = [client.reading(person) for person in client.chance.sample(children, k=len(children))]
    client.ask(name, SIZE.families + unit, f"/units/{unit}/checkins", {"items": items})


def _gate(client: Client, name: str) -> None:
    school = client.school()
    people = client.chance.choices(SIZE.persons_of(school), k=5)
    items = [{key: value for key, value in client.reading(one).items() if key != "answers"} for one in people]
    guard = SIZE.office_of(school, Role.GATE_GUARD)
    client.ask(name, guard, f"/institutions/{school}/gate-readings", {"items": items})


def _correction(client: Client, name: str) -> None:
    if client.landed:
        wrong = client.chance.choice(client.landed)
        person = wrong["person_id"]
        right = {"id": str(uuid4()), "person_id": person, "temperature": 36.4, "reason": "输入错误"}
        client.ask(name, SIZE.sender_of(person, Sender.FAMILY), f"/checkins/{wrong['id']}/corrections", right)


def _change_of_class(client: Client, name: str) -> None:
    school = client.school()
    since = clock.today() - timedelta(days=client.chance.randrange(3))
    body = {"unit_id": client.chance.choice([None, *SIZE.units_of(school)]), "effective_on": since.isoformat()}
    person = client.chance.choice(SIZE.persons_of(school))
    client.ask(name, SIZE.office_of(school, Role.PRINCIPAL), f"/persons/{person}/unit-changes", body)


def _departure(client: Client, name: str) -> None:
    school = client.school()
    # The first child of each class may leave; the others stay, or nobody would be left to log.
    person = client.chance.choice(SIZE.persons_of(school)[:: SIZE.children])
    body = {"reason": "transferred"}
    client.ask(name, SIZE.office_of(school, Role.PRINCIPAL), f"/persons/{person}/departures", body)


def _somebody_new(client: Client, name: str) -> None:
    school = client.school()
    body = {"kind": "student", "name": "新生", "unit_id": client.chance.choice(SIZE.units_of(school))}
    client.ask(name, SIZE.office_of(school, Role.PRINCIPAL), f"/institutions/{school}/persons", body)


# What is sent, how often as against the others, and by what.
_MOVES: dict[str, tuple[int, Callable[[Client, str], None]]] = {
    "a family's reading": (12, _single),
    "a doctor's queue, partly sent before": (4, _queue),
    "a class": (3, _class),
    "the gate": (4, _gate),
    "a correction": (6, _correction),
    "a change of class": (2, _change_of_class),
    "a departure": (1, _departure),
    "somebody new": (1, _somebody_new),
}


def run(ground: Ground, api: Api, *, seconds: float, clients: int, seed: int) -> Findings:
    """The whole trial on an empty ground; the API is ended."""
    found = Findings(seconds, clients)
    before = _asked(ground, _DEADLOCKS)
    tokens = population.sign(ground, SIZE)
    pool = [Client(api, tokens, found, [], [], random.Random(seed)).reading(1) for _ in range(8)]
    landed: list[dict[str, Any]] = []
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=Client(api, tokens, found, pool, landed, random.Random(seed + number)).run, args=(until,)
        )
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _wait_for_events(ground)
    api.end()
    # With their last backend gone the counts of all are in.
    found.deadlocks = _asked(ground, _DEADLOCKS) - before
    recount = ground.run("rollups", "recount", "--days", "5")
    found.drift = "" if recount.returncode == 0 else (recount.stdout + recount.stderr)[-2000:]
    return found


_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
_WAITING = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND recorded_at <= now()"


def _asked(ground: Ground, question: str) -> int:
    with psycopg.connect(ground.owner_url) as connection:
        row = connection.execute(question).fetchone()
    return int(row[0]) if row else 0


def _wait_for_events(ground: Ground) -> None:
    """Until what follows from the changes has been done. Raises TimeoutError."""
    patience = time.monotonic() + _PATIENCE
    while _asked(ground, _WAITING):
        if time.monotonic() > patience:
            raise TimeoutError("events wait longer than they may")
        time.sleep(0.2)


def section(found: Findings) -> str:
    """What was found, as Markdown."""
    statuses = sorted({status for _, status in found.answers})
    rows = [[name, *(found.answers[name, status] or "" for status in statuses)] for name in _MOVES]
    how = (
        f"`python -m bench.mixes`: {found.clients} clients for {found.seconds:.0f} s in {SIZE.schools} schools of"
        f" {SIZE.roster} children. Answers by status; 4xx are refusals that the mix provokes (already corrected, left,"
        " not on roll)."
    )
    told = (
        f"- deadlocks {found.deadlocks}; answers of 5xx, or none at all, {found.broken};"
        f" never done: {', '.join(found.idle) or '–'}\n"
        f"- S5: the recount of all schools {'agrees' if not found.drift else 'differs: ' + found.drift}"
    )
    return report.section("All sources at once (S5)", how, report.table(["", *map(str, statuses)], rows), told)


def main() -> int:
    """Run, print, and fail where something went wrong."""
    wanted = report.options(__doc__, seconds=60.0, clients=12, seed=20261124).parse_args()
    with grounds.prepared() as ground:
        population.populate(ground, SIZE)
        api = ground.add_api(processes=2)
        found = run(ground, api, seconds=wanted.seconds, clients=wanted.clients, seed=wanted.seed)
    report.publish("mixes", section(found), write=wanted.write)
    return 0 if found.whole else 1


if __name__ == "__main__":
    sys.exit(main())
