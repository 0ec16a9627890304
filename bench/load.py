"""Load on an endpoint, from prepared requests: as fast as the answers come, or by a timetable.

By a timetable (`rate`) requests are due at a constant rate whatever the answers do, and what an answer took is counted
from the moment at which its request was due: a service that stalls is seen to stall. Sockets are served by one epoll
loop; a general HTTP client would need more of the machine than the service does.
"""

import resource
import select
import socket
import statistics
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

_SPLIT = b"\r\n\r\n"
_PATIENCE = 10.0  # seconds for the last answers
FOR_A_WHILE = frozenset({429, 503})  # what was refused so is sent again, after all others
HUNG_UP = 0  # stands for the status of a request that was never answered
NEVER_SENT = -1  # of one that was due while all connections were busy


@dataclass(frozen=True)
class Seen:
    """What a load showed: receipts a second, how many, what was none, the slowest of so many in a hundred, CPU used."""

    rate: float
    answers: int
    failed: int
    p50_ms: float
    p99_ms: float
    cpu_seconds: float
    # What wrk does not tell. A refusal for a while is blunt that does not say for how long.
    statuses: Counter[int] = field(default_factory=Counter)
    blunt: int = 0
    lasted: float = 0.0  # seconds to the last answer


@dataclass
class Sample:
    """What was seen: seconds of each answer, statuses, and the CPU that asking took."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    cpu_seconds: float = 0.0
    blunt: int = 0
    lasted: float = 0.0

    def __add__(self, other: "Sample") -> "Sample":
        return Sample(
            max(self.seconds, other.seconds),
            self.latencies + other.latencies,
            self.statuses + other.statuses,
            self.cpu_seconds + other.cpu_seconds,
            self.blunt + other.blunt,
            max(self.lasted, other.lasted),
        )

    def seen(self) -> Seen:
        """The same in figures."""
        receipts = self.statuses[200] + self.statuses[201]
        cuts = statistics.quantiles(self.latencies, n=100)
        return Seen(
            rate=receipts / self.seconds,
            answers=receipts,
            failed=self.statuses.total() - receipts,
            p50_ms=cuts[49] * 1000,
            p99_ms=cuts[98] * 1000,
            cpu_seconds=self.cpu_seconds,
            statuses=self.statuses,
            blunt=self.blunt,
            lasted=self.lasted,
        )


def read(part: Path) -> list[bytes]:
    """The requests of a file that `population.prepare` wrote."""
    return [one for one in part.read_bytes().split(b"\0") if one]


def drive(port: int, parts: Sequence[Path], *, connections: int, seconds: float, rate: float | None = None) -> Seen:
    """Send each request until it is taken or refused for good, from one process a file; what all saw together."""
    shares = len(parts)
    names = [str(part) for part in parts]
    each = rate / shares if rate is not None else None
    with get_context("spawn").Pool(shares) as pool:
        pool.map(len, names)  # all are up before the clock runs
        arguments = [(port, name, connections // shares, seconds, each) for name in names]
        return sum(pool.starmap(_drive_here, arguments, chunksize=1), Sample()).seen()


def _drive_here(port: int, part: str, connections: int, seconds: float, rate: float | None) -> Sample:
    requests = read(Path(part))
    loop = _Loop(port, requests, connections)
    before = _cpu()
    sample = loop.run(seconds, rate)
    sample.cpu_seconds = _cpu() - before
    return sample


class _Loop:
    """Some connections, each with at most one request under way."""

    def __init__(self, port: int, requests: list[bytes], connections: int) -> None:
        self._port = port
        self._requests = deque(requests)
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._received: dict[int, bytes] = {}
        self._due: dict[int, float] = {}  # of the request that is under way
        self._sent: dict[int, bytes] = {}
        self._idle: deque[int] = deque()
        self._sample = Sample()
        for _ in range(connections):
            self._connect()

    def run(self, seconds: float, rate: float | None) -> Sample:
        """Ask for that long and wait for the last answers.

        By a timetable the requests must last: raises RuntimeError. Otherwise their end is the end.
        """
        begun = time.perf_counter()
        until = begun + seconds
        if rate is None:
            self._as_answered(until)
        else:
            self._by_timetable(begun, until, rate)
        self._sample.seconds = time.perf_counter() - begun if rate is None else seconds
        patience = time.perf_counter() + _PATIENCE
        while self._due and time.perf_counter() < patience:
            self._answers(0.1)
        self._sample.lasted = time.perf_counter() - begun
        self._sample.statuses[HUNG_UP] += len(self._due)
        for connection in self._sockets.values():
            connection.close()
        return self._sample

    def _as_answered(self, until: float) -> None:
        while (now := time.perf_counter()) < until and (self._requests or self._due):
            while self._idle and self._requests:
                self._send(now)
            self._answers(0.1)

    def _by_timetable(self, begun: float, until: float, rate: float) -> None:
        waiting: deque[float] = deque()
        number = 0
        while (now := time.perf_counter()) < until or waiting:
            while (due := begun + number / rate) <= min(now, until):
                waiting.append(due)
                number += 1
            while waiting and self._idle:
                self._send(waiting.popleft())
            if now > until + _PATIENCE:
                self._sample.statuses[NEVER_SENT] += len(waiting)
                return
            self._answers(max(0.0, min(due, until) - time.perf_counter()) if not waiting else 0.1)

    def _send(self, due: float) -> None:
        if not self._requests:
            raise RuntimeError("more requests than were prepared: let it run shorter, or prepare more")
        number = self._idle.popleft()
        self._due[number] = due
        self._received[number] = b""
        self._sent[number] = self._requests.popleft()
        self._sockets[number].sendall(self._sent[number])

    def _answers(self, timeout: float) -> None:
        for number, _ in self._poll.poll(timeout):
            chunk = self._read(number)
            self._received[number] = self._received.get(number, b"") + chunk
            if not chunk:
                self._hung_up(number)
            elif (status := _status(self._received[number])) is not None:
                self._sample.statuses[status] += 1
                self._sample.latencies.append(time.perf_counter() - self._due.pop(number))
                self._idle.append(number)
                if status in FOR_A_WHILE:
                    self._sample.blunt += b"\nretry-after:" not in self._received[number].lower()
                    self._requests.append(self._sent[number])

    def _read(self, number: int) -> bytes:
        try:
            return self._sockets[number].recv(65_536)
        except ConnectionError:
            return b""

    def _hung_up(self, number: int) -> None:
        if self._due.pop(number, None) is not None:
            self._sample.statuses[HUNG_UP] += 1
        else:
            self._idle.remove(number)
        self._poll.unregister(number)
        self._sockets.pop(number).close()
        self._connect()

    def _connect(self) -> None:
        made = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets[made.fileno()] = made
        self._poll.register(made.fileno(), select.EPOLLIN)
        self._idle.append(made.fileno())


def _status(received: bytes) -> int | None:
    """The status of an answer that has come to its end."""
    head, split, body = received.partition(_SPLIT)
    if not split:
        return None
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return int(head[9:12]) if len(body) >= length else None


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
