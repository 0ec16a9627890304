"""A short form of the kill trial; the long one is `python -m bench.kill`."""

from bench import kill

FAMILIES = 32


def test_nothing_acknowledged_is_lost_or_doubled_when_api_and_database_are_killed() -> None:
    outcome = kill.run(kills=3, acknowledged=400, families=FAMILIES)
    assert outcome.acknowledged >= 400
    assert outcome.whole, str(outcome)


def test_the_trial_sees_losses_where_acknowledgements_come_before_the_disk() -> None:
    outcome = kill.run(kills=1, acknowledged=100, families=FAMILIES, lossy=True)
    assert outcome.lost > 0, str(outcome)
