"""A short form of the race of approvals; the long one is `python -m bench.approvals`."""

from bench import approvals


def test_one_of_eight_decides_and_seven_are_told_who() -> None:
    found = approvals.measure(rounds=6, turns=0, seconds=0)
    assert found.wrong == []
    assert found.answers == {"1 x 200, 7 x 409": 6}
