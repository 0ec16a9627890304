"""Take the broker away under check-ins, and see what goes on, what waits and what comes of it.

    python -m bench.broker [--away 300]

Sixteen clients send readings; the broker is killed (-9) for a while, with all that it holds, and comes back empty. The
check-ins must go on; the events that were recorded meanwhile must be heard within two minutes, each with one effect.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from bench import ground as grounds
from bench import machine, tally
from bench.ground import Ground
from bench.ledger import CLIENTS, Ledger, clients
from bench.processes import WITNESS, Broker, background, broker
from bench.province import Province, plant
from bench.tally import Tally
from bench.witness import ACT

DRAINED_WITHIN = 120.0


@dataclass(frozen=True)
class Outcome:
    """Rates are of acknowledged readings a second; ``backlog`` is what waited when the broker came back."""

    before: float
    away: float
    backlog: int
    drained: float
    fevers: int
    effects: int
    doubled: int
    tally: Tally

    @property
    def whole(self) -> bool:
        """As it must be."""
        kept = self.effects == self.fevers > 0 and not self.doubled and self.backlog > 0
        return kept and self.drained <= DRAINED_WITHIN and self.away > self.before / 2 and self.tally.whole

    def __str__(self) -> str:
        return (
            f"check-ins a second: {self.before:.0f} before, {self.away:.0f} without the broker\n"
            f"{self.backlog} events waited when it came back, none after {self.drained:.1f} s\n"
            f"{self.fevers} fevers, {self.effects} effects, {self.doubled} of them doubled\n{self.tally}"
        )


def trial(ground: Ground, province: Province, *, before: float, away: float) -> Outcome:
    """Run it on a ground of its own; seconds."""
    stood, first = tally.ids(ground), _first(ground)
    with broker(ground) as made, background(ground, "worker", program=WITNESS), background(ground, "beat"):
        api = ground.add_api()
        with clients(api.port, province.families) as ledger:
            ledger.wait_for_more(CLIENTS)
            rate = _rate(ledger, before)
            made.kill()
            rate_away = _rate(ledger, away)
        backlog, drained = _come_back(ground, made)
        fevers, effects, distinct = _count(ground, first)
        api.end()
    left = tally.take(ground, ledger, stood)
    return Outcome(rate, rate_away, backlog, drained, fevers, effects, effects - distinct, left)


def _rate(ledger: Ledger, seconds: float) -> float:
    begun, count = time.monotonic(), len(ledger.readings)
    while time.monotonic() < begun + seconds:
        # In small steps: whoever is refused, or waits in vain, ends the trial at once.
        ledger.wait_for_more(CLIENTS)
    return (len(ledger.readings) - count) / (time.monotonic() - begun)


def _come_back(ground: Ground, made: Broker) -> tuple[int, float]:
    backlog, begun = waiting(ground), time.monotonic()
    made.start()
    until(lambda: waiting(ground) == 0, 2 * DRAINED_WITHIN)
    return backlog, time.monotonic() - begun


def until(reached: Callable[[], bool], seconds: float) -> None:
    """Wait for it, and no longer than that."""
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.1)


def waiting(ground: Ground) -> int:
    """Events that are due and not heard."""
    return _one(ground, "SELECT count(*) FROM outbox WHERE done_at IS NULL AND recorded_at <= now()")[0]


def _first(ground: Ground) -> int:
    return _one(ground, "SELECT coalesce(max(id), 0) FROM outbox")[0]


def _count(ground: Ground, first: int) -> tuple[int, int, int]:
    """(fevers told since, effects of them, different ones among these)."""
    (fevers,) = _one(ground, f"SELECT count(*) FROM outbox WHERE name = 'FeverReported' AND id > {first}")
    seen = f"FROM audit_entry WHERE act = '{ACT}' AND subject_id IN (SELECT payload ->> 'checkin_id' FROM outbox "
    effects, distinct = _one(ground, f"SELECT count(*), count(DISTINCT subject_id) {seen} WHERE id > {first})")
    return fevers, effects, distinct


def _one(ground: Ground, query: str) -> tuple[int, ...]:
    with psycopg.connect(ground.owner_url) as connection:
        found = connection.execute(query.encode()).fetchone()
    return tuple(found or ())


def main() -> int:
    """Run, print, and say by the exit code whether it went as it must."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--away", type=float, default=300.0, help="seconds without the broker")
    wanted = parser.parse_args()
    print("\n".join([*machine.facts(), machine.load()]))
    with grounds.prepared() as ground:
        outcome = trial(ground, plant(ground, schools=4, classes=2, families=CLIENTS * 10), before=20, away=wanted.away)
    print(outcome)
    print(machine.load())
    return 0 if outcome.whole else 1


if __name__ == "__main__":
    sys.exit(main())
