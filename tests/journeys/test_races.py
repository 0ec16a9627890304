"""A short form of the races; the long one is `python -m bench.races`."""

from bench import races
from bench.api import Api
from bench.ground import Ground
from bench.province import Province


def test_one_winner_and_defined_answers_for_the_rest(ground: Ground, province: Province, api: Api) -> None:
    found = races.run(ground, api, province, rounds=8)
    assert found.wrong == []
