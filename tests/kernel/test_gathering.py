"""Calls that are flushed together: each gets its own answer, after the flush, and nobody waits for a crowd."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from app.kernel.errors import NotFound, Unavailable
from app.kernel.gathering import Gatherer


class Flushes:
    """A flush that can be held, and remembers what it took along."""

    def __init__(self) -> None:
        self.taken: list[list[Any]] = []
        self.held = threading.Event()
        self.held.set()

    def __call__(self, calls: Sequence[Any]) -> list[Any]:
        self.taken.append(list(calls))
        assert self.held.wait(10)
        if "outage" in calls:
            raise ConnectionError
        if "poison" in calls:
            raise ZeroDivisionError
        return [NotFound() if call == "unknown" else f"answer to {call}" for call in calls]

    def gatherer(self, **sizes: int) -> Gatherer[Any, Any]:
        return Gatherer("test", self, is_outage=lambda error: isinstance(error, ConnectionError), **sizes)


async def _until(true: Callable[[], object]) -> None:
    for _ in range(10_000):
        if true():
            return
        await asyncio.sleep(0.001)
    pytest.fail("it did not come about")


async def _crowd(gatherer: Gatherer[Any, Any], flushes: Flushes, calls: Sequence[Any], lane: Any = None) -> list[Any]:
    """Answers, or what was raised, of calls that all wait while one flush is in flight."""
    flushes.held.clear()
    first = asyncio.ensure_future(gatherer.submit("first"))
    await _until(lambda: flushes.taken)
    lanes = [lane(call) if lane else None for call in calls]
    others = [asyncio.ensure_future(gatherer.submit(one, lane=at)) for one, at in zip(calls, lanes, strict=True)]
    await asyncio.sleep(0)
    flushes.held.set()
    await first
    return await asyncio.gather(*others, return_exceptions=True)


def test_what_comes_during_a_flush_goes_into_the_next() -> None:
    flushes = Flushes()
    answers = asyncio.run(_crowd(flushes.gatherer(), flushes, range(20)))
    assert answers == [f"answer to {call}" for call in range(20)]
    assert flushes.taken == [["first"], list(range(20))]


def test_a_refusal_is_its_own_callers() -> None:
    flushes = Flushes()
    answers = asyncio.run(_crowd(flushes.gatherer(), flushes, ["a", "unknown", "b"]))
    assert [type(answer) for answer in answers] == [str, NotFound, str]


def test_a_call_that_breaks_a_flush_breaks_it_for_itself_alone() -> None:
    flushes = Flushes()
    calls = ["a", "b", "poison", "c", "d", "e", "f"]
    answers = asyncio.run(_crowd(flushes.gatherer(), flushes, calls))
    assert [type(answer) for answer in answers] == [str, str, ZeroDivisionError, str, str, str, str]
    # In halves, not one by one: the better half goes on together.
    assert ["c", "d", "e", "f"] in flushes.taken


def test_an_outage_is_everybodys_and_tried_once() -> None:
    flushes = Flushes()
    answers = asyncio.run(_crowd(flushes.gatherer(), flushes, ["a", "outage", "b"]))
    assert [type(answer) for answer in answers] == [ConnectionError] * 3
    assert len(flushes.taken) == 2


def test_a_flush_is_bounded_and_so_is_the_crowd() -> None:
    flushes = Flushes()
    answers = asyncio.run(_crowd(flushes.gatherer(batch=4, capacity=10), flushes, range(14)))
    assert [len(taken) for taken in flushes.taken] == [1, 4, 4, 2]
    assert [type(answer) for answer in answers] == [str] * 10 + [Unavailable] * 4
    assert all(answer.headers["Retry-After"] for answer in answers[10:])


def test_a_slow_flush_lets_fewer_wait() -> None:
    """As many as at its speed will be answered within two seconds, and never fewer than one flush takes."""
    flushes = Flushes()
    gatherer = flushes.gatherer(batch=4, capacity=1000)
    for seconds, least, most in (
        (0.001, 1000, 1000),
        (1.0, 400, 600),
        (1.0, 200, 300),
        (60.0, 100, 150),
        (60.0, 50, 80),
    ):
        gatherer._adapt(4, seconds)  # noqa: SLF001 - a real flush would have to be slow
        assert least <= gatherer._bound <= most  # noqa: SLF001 - as above
    for _ in range(20):
        gatherer._adapt(4, 60.0)  # noqa: SLF001 - as above
    assert gatherer._bound == 4  # noqa: SLF001 - as above
    gatherer.demand_room()


def test_a_crowd_in_one_lane_does_not_hold_up_the_others() -> None:
    flushes = Flushes()
    calls = [*(f"crowd {number}" for number in range(50)), "alone"]
    asyncio.run(_crowd(flushes.gatherer(batch=4), flushes, calls, lane=lambda call: call.split()[0]))
    assert "alone" in flushes.taken[1]


def test_who_has_gone_is_not_waited_for() -> None:
    flushes = Flushes()

    async def go() -> None:
        gatherer = flushes.gatherer()
        flushes.held.clear()
        gone = asyncio.ensure_future(gatherer.submit("gone"))
        await _until(lambda: flushes.taken)
        gone.cancel()
        flushes.held.set()
        assert await gatherer.submit("next") == "answer to next"

    asyncio.run(go())


def test_callers_of_several_event_loops_are_answered_in_their_own() -> None:
    flushes = Flushes()
    gatherer = flushes.gatherer()
    answers: dict[int, Any] = {}

    def call(number: int) -> None:
        answers[number] = asyncio.run(gatherer.submit(number))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"answer to {number}" for number in range(8)}
