"""What is hidden cannot be computed from what is shown, whatever a province counts."""

import random
from collections.abc import Mapping

import pytest

from app.rollups.cells import NOTHING, TOGETHER, hide
from app.rollups.metrics import CASE_METRICS

STATUS, SYMPTOMS, HOUSEHOLD = (frozenset(group) for group in TOGETHER)
CASES = [metric.name for metric in CASE_METRICS]


def part(fever: int = 0, attention: int = 0, symptoms: int = 0, household_fever: int = 0) -> dict[str, int]:
    return {
        "normal": 30,
        "fever": fever,
        "attention": attention,
        "symptoms": symptoms,
        "household_fever": household_fever,
    }


def test_every_figure_of_cases_belongs_to_what_is_hidden_together() -> None:
    assert {*STATUS, *SYMPTOMS, *HOUSEHOLD} == {*CASES, "normal"}


@pytest.mark.parametrize(
    ("fevers", "hidden"),
    [
        ([0, 0, 0], []),
        ([0, 5, 6], []),
        ([0, 4, 6], [1, 2]),  # alone it would be the rest
        ([0, 4, 6, 9], [1, 2]),  # the smallest that is large enough
        ([1, 1, 1, 9], [0, 1, 2, 3]),  # each counts one at least: the rest would say that it is no more
        ([1, 9, 20, 30], [0, 1]),
        ([3, 4, 20], [0, 1]),
        ([1, 1, 1, 1, 1, 0], [0, 1, 2, 3, 4, 5]),  # nothing else is left: then the zeros as well
        ([4], [0]),
    ],
)
def test_what_is_small_is_hidden_with_what_would_give_it_away(fevers: list[int], hidden: list[int]) -> None:
    found = hide(dict(enumerate(part(fever=one) for one in fevers)), 5, NOTHING)
    assert [place for place, names in found.items() if names] == hidden
    assert {found[place] for place in hidden} <= {STATUS}


def test_figures_that_have_nothing_to_do_with_it_stay() -> None:
    found = hide({1: part(fever=40, symptoms=3), 2: part(fever=40, symptoms=30), 3: part(fever=40)}, 5, NOTHING)
    assert found == {1: SYMPTOMS, 2: SYMPTOMS, 3: NOTHING}


@pytest.mark.parametrize("below", [0, 1])
def test_nothing_is_hidden_where_nobody_asks(below: int) -> None:
    assert set(hide({1: part(fever=1), 2: part(attention=2)}, below, NOTHING).values()) == {NOTHING}


def test_what_the_whole_hides_all_its_parts_hide() -> None:
    found = hide({1: part(fever=50), 2: part()}, 5, STATUS)
    assert found == {1: STATUS, 2: STATUS}


def _rest(parts: Mapping[int, Mapping[str, int]], hidden: Mapping[int, frozenset[str]], name: str) -> list[int]:
    return [counts[name] for place, counts in parts.items() if name in hidden[place]]


@pytest.mark.parametrize("seed", range(60))
def test_any_hidden_figure_might_be_as_large_as_one_that_is_shown(seed: int) -> None:
    chance = random.Random(seed)
    below = chance.randint(2, 20)
    for _ in range(50):
        few = chance.choice([2, 6, 40])
        parts = {
            place: part(*(max(0, chance.randint(-few, few)) for _ in CASES)) for place in range(chance.randint(1, 12))
        }
        hidden = hide(parts, below, NOTHING)
        for name in CASES:
            shown = [counts[name] for place, counts in parts.items() if name not in hidden[place]]
            assert all(count == 0 or count >= below for count in shown)
            rest = _rest(parts, hidden, name)
            counting = [count for count in rest if count]
            room = sum(counting) - (len(counting) - 1)  # what one of them may be at most, if the others count one each
            assert not counting or room >= below or len(rest) == len(parts)
        for group in TOGETHER:
            assert all(names.issuperset(group) or not names & frozenset(group) for names in hidden.values())
