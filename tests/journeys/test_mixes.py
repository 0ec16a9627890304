"""A short form of the mixes; the long one is `python -m bench.mixes`."""

from bench import ground as grounds
from bench import mixes, population


def test_all_sources_at_once_neither_fail_nor_deadlock_nor_drift() -> None:
    with grounds.prepared() as ground:
        population.populate(ground, mixes.SIZE)
        found = mixes.run(ground, ground.add_api(), seconds=5, clients=8, seed=20261124)
    assert (found.broken, found.deadlocks, found.drift) == (0, 0, "")
    assert sum(count for (_, status), count in found.answers.items() if status < 300) >= 20
