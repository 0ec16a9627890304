"""No small count can be read off a bulletin, nor worked out from it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bulletins.service.veiling import veil

COUNTS = st.lists(st.integers(0, 9), max_size=5)


@pytest.mark.parametrize(
    ("parts", "whole", "shown"),
    [
        ([0, 0, 0], 0, [0, 0, 0]),
        ([7, 9], 16, [7, 9]),
        ([3, 7, 9], 19, [None, None, 9]),
        ([3, 2, 9], 14, [None, None, 9]),
        ([1, 1, 6, 9], 17, [None, None, None, 9]),
        ([3, 0, 0], None, [None, 0, 0]),
        ([1, 1], None, [None, None]),
    ],
)
def test_what_is_shown(parts: list[int], whole: int | None, shown: list[int | None]) -> None:
    assert veil(sum(parts), parts, 5, small_whole=False) == (whole, shown)


def test_the_whole_of_a_school_is_hidden_where_it_is_small() -> None:
    assert veil(3, [3, 0], 5, small_whole=True) == (None, [None, 0])
    assert veil(3, [], 5, small_whole=True) == (None, [])
    assert veil(3, [], 5, small_whole=False) == (3, [])


def test_what_the_figures_hide_stays_hidden() -> None:
    assert veil(12, [None, None, 9], 5, small_whole=False) == (12, [None, None, 9])
    assert veil(12, [None, 9], 5, small_whole=False) == (12, [None, None])
    assert veil(None, [None, 0], 5, small_whole=False) == (None, [None, 0])


@given(COUNTS)
def test_no_small_count_follows_from_what_is_shown(parts: list[int]) -> None:
    """For each hidden small count there is another set of counts that would look the same."""
    whole, shown = veil(sum(parts), parts, 5, small_whole=False)
    hidden = [place for place, one in enumerate(shown) if one is None]
    assert all(one == parts[place] for place, one in enumerate(shown) if one is not None)
    assert all(place in hidden for place, one in enumerate(parts) if 0 < one < 5)
    for place in hidden:
        if parts[place] < 5:
            assert len(possible(whole, shown, hidden, place)) > 1


def possible(whole: int | None, shown: list[int | None], hidden: list[int], place: int) -> set[int]:
    """What a reader who knows that hidden counts are not nought may take one of them for."""
    known = sum(one for one in shown if one is not None)
    found = set()
    for guess in product(range(1, 10), repeat=len(hidden)):
        if whole is None or known + sum(guess) == whole:
            found.add(guess[hidden.index(place)])
    return found
