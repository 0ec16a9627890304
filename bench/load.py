"""Load on the check-in endpoint from processes of its own, and what it costs to make.

A raw socket and prepared bodies: a general HTTP client would need more of the two cores than the service does.
"""

import random
import resource
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from uuid import uuid4

from bench.province import Family

_SPLIT = b"\r\n\r\n"


@dataclass
class Sample:
    """What one process saw: seconds of each answer, statuses, and the CPU it took to ask."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    cpu_seconds: float = 0.0

    def __add__(self, other: "Sample") -> "Sample":
        return Sample(
            self.latencies + other.latencies,
            self.statuses + other.statuses,
            self.cpu_seconds + other.cpu_seconds,
        )


def drive(port: int, families: Sequence[Family], *, clients: int, processes: int, seconds: float) -> Sample:
    """Keep ``clients`` connections busy for that long; the sum of what all processes saw."""
    shares = [families[number::processes] for number in range(processes)]
    with get_context("spawn").Pool(processes) as pool:
        pool.map(len, shares)  # all of them are up before the clock runs
        arguments = [(port, share, clients // processes, seconds) for share in shares]
        return sum(pool.starmap(_drive_here, arguments, chunksize=1), Sample())


def _drive_here(port: int, families: Sequence[Family], clients: int, seconds: float) -> Sample:
    samples = [Sample() for _ in range(clients)]
    before = _cpu()
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_ask, args=(port, families[number::clients], until, sample))
        for number, sample in enumerate(samples)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(samples, Sample())
    total.cpu_seconds = _cpu() - before
    return total


def _ask(port: int, families: Sequence[Family], until: float, sample: Sample) -> None:
    prepared = [request for family in families for request in _requests(family)]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (begun := time.monotonic()) < until:
            before, after = random.choice(prepared)
            connection.sendall(before + str(uuid4()).encode() + after)
            sample.statuses[_status(connection)] += 1
            sample.latencies.append(time.monotonic() - begun)


def _requests(family: Family) -> list[tuple[bytes, bytes]]:
    """For each child the bytes before and after the reading's id."""
    taken_at = datetime.now(UTC).isoformat(timespec="seconds")
    found = []
    for child in family.children:
        after = f'","person_id":{child.person_id},"temperature":36.6,"taken_at":"{taken_at}"}}'
        before = '{"id":"'
        head = (
            f"POST /api/v1/checkins HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {family.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(before) + 36 + len(after)}\r\n\r\n"
        )
        found.append(((head + before).encode(), after.encode()))
    return found


def _status(connection: socket.socket) -> int:
    """Read one answer to its end. Raises ConnectionError where there is none."""
    received = b""
    while _SPLIT not in received:
        received += _more(connection)
    head, _, body = received.partition(_SPLIT)
    length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
    missing = int(length) - len(body)
    while missing > 0:
        missing -= len(_more(connection))
    return int(head[9:12])


def _more(connection: socket.socket) -> bytes:
    chunk = connection.recv(65_536)
    if not chunk:
        raise ConnectionError("the API hung up")
    return chunk


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
