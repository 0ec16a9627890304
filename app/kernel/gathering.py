"""Group commit: what arrives while one flush is in flight goes into the next, and is answered after its commit.

A flush costs the database one commit and its caller a handful of statements, however many calls it takes along. Nothing
waits for a timer: the flush before it is the window in which calls gather, `WINDOW` more when there was a crowd.
"""

import asyncio
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram

from app.kernel.errors import Unavailable

BATCH: Final = 128  # calls of a flush: more hold the locks longer than they save
CAPACITY: Final = 4000  # calls that wait, whatever the speed: what the memory of a process is planned for
LONGEST_WAIT: Final = 2.0  # seconds; who would wait longer for a flush, at the speed of the last ones, is turned away
PATIENCE: Final = 8.0  # seconds after which nobody waits for the answer any more
WINDOW: Final = 0.002  # seconds

_SIZES = Histogram(
    "gathered_flush_calls", "calls taken along by a flush", ["door"], buckets=(1, 2, 4, 8, 16, 32, 64, 128)
)
_SPLITS = Counter("gathered_flush_splits", "flushes that failed and were tried in halves", ["door"])
_SHED = Counter("gathered_shed", "calls turned away with 503", ["door"])
_WAITING = Gauge("gathered_waiting", "calls that wait for a flush", ["door"])

C = TypeVar("C")
A = TypeVar("A")
Flush = Callable[[Sequence[C]], Sequence[A | Exception]]


@dataclass(slots=True)
class _Waiting(Generic[C]):
    call: C
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    since: float = field(default_factory=time.monotonic)


class Gatherer(Generic[C, A]):
    """Flushes calls together, one flush at a time, in a thread of its own that the first call starts.

    ``flush`` commits, and answers each call in its order with an answer or an exception. A flush that raises is tried
    again in halves until the call that it fails for is alone, unless ``is_outage`` says that it would fail for all.
    Calls wait in lanes, taken from in turn: a crowd in one does not hold up the others.
    """

    def __init__(
        self,
        door: str,
        flush: Flush[C, A],
        *,
        is_outage: Callable[[Exception], bool],
        batch: int = BATCH,
        capacity: int = CAPACITY,
    ) -> None:
        """``door`` names the metrics; at most ``batch`` calls are flushed together, at most ``capacity`` wait."""
        self._flush = flush
        self._is_outage = is_outage
        self._batch, self._capacity = batch, capacity
        self._bound = capacity
        self._lanes: OrderedDict[Hashable, deque[_Waiting[C]]] = OrderedDict()
        self._count = 0
        self._arrived = threading.Condition()
        self._thread: threading.Thread | None = None
        self._sizes, self._splits = _SIZES.labels(door), _SPLITS.labels(door)
        self._shed, self._waiting = _SHED.labels(door), _WAITING.labels(door)

    def demand_room(self) -> None:
        """Raise `Unavailable` where too many wait already."""
        if self._count >= self._bound:
            self._shed.inc()
            raise Unavailable

    async def submit(self, call: C, *, lane: Hashable = None) -> A:
        """The answer to ``call``, once its flush has committed; raises what the flush gave, and `Unavailable`."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(call, loop, loop.create_future())
        with self._arrived:
            self.demand_room()
            self._lanes.setdefault(lane, deque()).append(waiting)
            self._count += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="gatherer", daemon=True)
                self._thread.start()
            self._arrived.notify()
        answer: A = await waiting.future
        return answer

    def _run(self) -> None:
        crowded = False
        while True:
            with self._arrived:
                self._arrived.wait_for(lambda: self._count)
            if crowded:
                time.sleep(WINDOW)
            taken = self._take()
            crowded = len(taken) > 1
            begun = time.monotonic()
            answers = self._answers([one.call for one in taken])
            _deliver(taken, answers)
            self._adapt(len(taken), time.monotonic() - begun)

    def _adapt(self, calls: int, seconds: float) -> None:
        """Let as many wait as will be answered in time; a full flush says how fast that goes."""
        if calls == self._batch:
            in_time = int(calls / seconds * LONGEST_WAIT)
            self._bound = min(self._capacity, max(self._batch, (self._bound + in_time) // 2))

    def _take(self) -> list[_Waiting[C]]:
        """As many calls as a flush takes, one of each lane in turn."""
        taken: list[_Waiting[C]] = []
        oldest = time.monotonic() - PATIENCE
        with self._arrived:
            while self._lanes and len(taken) < self._batch:
                lane, calls = self._lanes.popitem(last=False)
                one = calls.popleft()
                if calls:
                    self._lanes[lane] = calls
                self._count -= 1
                if one.since < oldest:
                    _deliver([one], [Unavailable()])
                else:
                    taken.append(one)
            self._waiting.set(self._count)
        return taken

    def _answers(self, calls: Sequence[C]) -> Sequence[A | Exception]:
        if not calls:
            return []
        self._sizes.observe(len(calls))
        try:
            return self._flush(calls)
        except Exception as error:  # noqa: BLE001 - it is handed to each caller, whose edge answers it
            if len(calls) == 1 or self._is_outage(error):
                return [error] * len(calls)
        self._splits.inc()
        middle = len(calls) // 2
        return [*self._answers(calls[:middle]), *self._answers(calls[middle:])]


def _deliver(taken: Sequence[_Waiting[Any]], answers: Sequence[Any]) -> None:
    # One wake-up for each event loop, not for each call: it is a write to a socket.
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for one, answer in zip(taken, answers, strict=True):
        by_loop.setdefault(one.loop, []).append((one.future, answer))
    for loop, some in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, some)


def _settle(some: Sequence[tuple["asyncio.Future[Any]", Any]]) -> None:
    for future, answer in some:
        if future.done():  # its caller has gone
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
