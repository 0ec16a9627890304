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
from collections.abc import Sequence

from bench import ground as grounds
from bench import tally
from bench.api import Api
from bench.ground import Ground
from bench.ledger import CLIENTS, Ledger, clients
from bench.province import Province, plant
from bench.tally import Tally

# The log leaves shared memory only every ten seconds: a kill in between takes with it what was acknowledged.
LOSSY = {
    "synchronous_commit": "off",
    "wal_writer_delay": "10s",
    "wal_writer_flush_after": "1GB",
    "wal_buffers": "128MB",
}


def run(*, kills: int, acknowledged: int, lossy: bool = False) -> Tally:
    """The whole trial on a ground of its own. Raises RefusedError where a client got an answer it cannot work with."""
    with grounds.prepared() as ground:
        province = plant(ground, schools=4, classes=2, families=CLIENTS * 10)
        api = ground.add_api()
        return trial(ground, api, province, kills=kills, acknowledged=acknowledged, lossy=lossy)


def trial(ground: Ground, api: Api, province: Province, *, kills: int, acknowledged: int, lossy: bool = False) -> Tally:
    """Kill and compare; the API and the database run afterwards as they did before."""
    before = tally.ids(ground)
    targets = (["database", "api"] * kills)[:kills]
    random.shuffle(targets)
    usual = ground.options
    if lossy:
        # Stopped in order, so what the trial stands on is durable; only what follows may be lost.
        ground.stop_database()
        ground.start_database(LOSSY)
    with clients(api.port, province.families) as ledger:
        _kill_one_by_one(ground, api, ledger, targets, acknowledged)
    if lossy:
        ground.stop_database()
        ground.start_database(usual)
    return tally.take(ground, ledger, before)


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


def main() -> int:
    """Run, print, and say by the exit code whether it went as it must."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--acknowledged", type=int, default=10_000)
    parser.add_argument("--lossy", action="store_true", help="acknowledge before it is durable: must lose")
    wanted = parser.parse_args()
    begun = time.monotonic()
    outcome = run(kills=wanted.kills, acknowledged=wanted.acknowledged, lossy=wanted.lossy)
    print(f"{wanted.kills} kills, {CLIENTS} clients, {time.monotonic() - begun:.0f} s in all; {outcome}")
    if wanted.lossy:
        print("the trial sees losses" if outcome.lost else "THE TRIAL SAW NO LOSS WHERE THERE MUST BE SOME")
        return 0 if outcome.lost else 1
    return 0 if outcome.whole else 1


if __name__ == "__main__":
    sys.exit(main())
