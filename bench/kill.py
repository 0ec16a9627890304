"""Kill the API and the database (-9) under load, and see whether anything is lost or doubled.

    python -m bench.kill [--kills 20] [--acknowledged 10000] [--lossy]

Sixteen clients send readings and send each again until it is acknowledged; what was acknowledged goes into a ledger.
Meanwhile the API process or the postmaster is killed at random. At the end the ledger is held against the rows, and
the counters against a recount. With ``--lossy`` the server may acknowledge before it is durable: then something must be
lost, or the trial could not have seen a loss (the exit code is inverted).
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from bench import ground as grounds
from bench.api import Api
from bench.ground import Ground
from bench.ledger import CLIENTS, DAYS, Ledger, clients
from bench.province import plant

# The log leaves shared memory only every ten seconds: a kill in between takes with it what was acknowledged.
LOSSY = {
    "synchronous_commit": "off",
    "wal_writer_delay": "10s",
    "wal_writer_flush_after": "1GB",
    "wal_buffers": "128MB",
}
# Counted anew without the service: who has a standing reading on a day, and whether one of them is a fever.
_DIFFERENT_LEAVES = """
WITH persons AS (
    SELECT institution_id, day, unit_id, person_id, bool_or(status = 'fever') AS feverish
      FROM checkin WHERE replaced_by IS NULL AND NOT household GROUP BY 1, 2, 3, 4
), classes AS (
    SELECT institution_id, day, unit_id, count(*) AS reported, count(*) FILTER (WHERE feverish) AS fever
      FROM persons GROUP BY 1, 2, 3
), schools AS (
    SELECT institution_id, day, sum(reported) AS reported, sum(fever) AS fever FROM classes GROUP BY 1, 2
)
SELECT (SELECT count(*) FROM classes AS counted FULL JOIN unit_day AS kept USING (institution_id, day, unit_id)
         WHERE (coalesce(counted.reported, 0), coalesce(counted.fever, 0))
            <> (coalesce(kept.reported, 0), coalesce(kept.fever, 0)))
     + (SELECT count(*) FROM schools AS counted FULL JOIN school_day AS kept USING (institution_id, day)
         WHERE (coalesce(counted.reported, 0), coalesce(counted.fever, 0))
            <> (coalesce(kept.reported, 0), coalesce(kept.fever, 0)))
"""


@dataclass(frozen=True)
class Outcome:
    """What is left when all is over. ``different`` counts leaves that do not agree with their rows."""

    acknowledged: int
    attempts: int
    killed: Counter[str]
    lost: int
    doubled: int
    changed: int
    different: int
    recount_agrees: bool
    seconds: float

    @property
    def whole(self) -> bool:
        """Nothing lost, doubled or changed, and the counters right."""
        return self.recount_agrees and not (self.lost or self.doubled or self.changed or self.different)

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} readings acknowledged to {CLIENTS} clients after {self.attempts} requests; "
            f"killed: API {self.killed['api']}, database {self.killed['database']}; {self.seconds:.0f} s in all\n"
            f"lost {self.lost}, doubled {self.doubled}, changed {self.changed}, leaves that differ from their rows "
            f"{self.different}; the service's recount {'agrees' if self.recount_agrees else 'DIFFERS'}"
        )


def run(*, kills: int, acknowledged: int, lossy: bool = False) -> Outcome:
    """The whole trial on a ground of its own. Raises RefusedError where a client got an answer it cannot work with."""
    begun = time.monotonic()
    targets = (["database", "api"] * kills)[:kills]
    random.shuffle(targets)
    with grounds.prepared() as ground:
        province = plant(ground, schools=4, classes=2, families=CLIENTS * 10)
        if lossy:
            # Stopped in order, so what the trial stands on is durable; only what follows may be lost.
            ground.stop_database()
            ground.start_database(LOSSY)
        api = ground.add_api()
        with clients(api.port, province.families) as ledger:
            _kill_one_by_one(ground, api, ledger, targets, acknowledged)
        api.end()
        return _compare(ground, ledger, targets, time.monotonic() - begun)


def _kill_one_by_one(ground: Ground, api: Api, ledger: Ledger, targets: Sequence[str], acknowledged: int) -> None:
    """Kill with work between the kills, a random moment after it has been seen to go on."""
    share = acknowledged // (len(targets) + 1)
    for target in targets:
        ledger.wait_for_more(max(share, CLIENTS))
        time.sleep(random.uniform(0.0, 0.2))
        if target == "api":
            api.kill()
            api.start()
        else:
            ground.kill_database()
            ground.start_database()
    ledger.wait_for_more(max(acknowledged - len(ledger.readings), CLIENTS))


def _compare(ground: Ground, ledger: Ledger, targets: Sequence[str], seconds: float) -> Outcome:
    with psycopg.connect(ground.owner_url) as connection:
        rows = connection.execute("SELECT id, person_id, temperature FROM checkin").fetchall()
        leaves = connection.execute(_DIFFERENT_LEAVES).fetchone()
    kept = {row[0]: row[1:] for row in rows}
    recount = ground.run("rollups", "recount", "--days", str(DAYS + 2))
    return Outcome(
        acknowledged=len(ledger.readings),
        attempts=ledger.attempts,
        killed=Counter(targets),
        lost=len(ledger.readings.keys() - kept.keys()),
        # A second row of a reading, or a row that no client has been told of: none is left without an answer.
        doubled=len(rows) - len(kept) + len(kept.keys() - ledger.readings.keys()),
        changed=sum(
            kept[id_] != (reading.child.person_id, reading.tenths)
            for id_, reading in ledger.readings.items()
            if id_ in kept
        ),
        different=int(leaves[0]) if leaves else -1,
        recount_agrees=recount.returncode == 0,
        seconds=seconds,
    )


def main() -> int:
    """Run, print, and say by the exit code whether it went as it must."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--acknowledged", type=int, default=10_000)
    parser.add_argument("--lossy", action="store_true", help="acknowledge before it is durable: must lose")
    wanted = parser.parse_args()
    outcome = run(kills=wanted.kills, acknowledged=wanted.acknowledged, lossy=wanted.lossy)
    print(outcome)
    if wanted.lossy:
        print("the trial sees losses" if outcome.lost else "THE TRIAL SAW NO LOSS WHERE THERE MUST BE SOME")
        return 0 if outcome.lost else 1
    return 0 if outcome.whole else 1


if __name__ == "__main__":
    sys.exit(main())
