"""A short form of the kill trial; the long one is `python -m bench.kill`."""

from bench import kill
from bench.api import Api
from bench.ground import Ground
from bench.province import Province


def test_nothing_acknowledged_is_lost_or_doubled_when_api_and_database_are_killed(
    ground: Ground, province: Province, api: Api
) -> None:
    left = kill.trial(ground, api, province, kills=3, acknowledged=400)
    assert left.acknowledged >= 400
    assert left.whole, str(left)


def test_the_trial_sees_losses_where_acknowledgements_come_before_the_disk(
    ground: Ground, province: Province, api: Api
) -> None:
    left = kill.trial(ground, api, province, kills=1, acknowledged=100, lossy=True)
    assert left.lost > 0, str(left)
