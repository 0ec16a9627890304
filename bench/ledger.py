"""Clients under load, and the ledger of what was acknowledged to them."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from bench.phone import Phone, Reading, RefusedError, take
from bench.province import Family

CLIENTS = 16
DAYS = 3


@dataclass
class Ledger:
    """Which readings were acknowledged; written by every client."""

    readings: dict[UUID, Reading] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    attempts: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def enter(self, reading: Reading, attempts: int) -> None:
        """Note an acknowledgement, and how often the reading was sent for it."""
        with self._changed:
            self.readings[reading.id] = reading
            self.attempts += attempts
            self._changed.notify_all()

    def refuse(self, words: str) -> None:
        """Note an answer that should not have come."""
        with self._changed:
            self.refusals.append(words)
            self._changed.notify_all()

    def wait_for_more(self, readings: int, seconds: float = 120.0) -> None:
        """Until that many more are acknowledged. Raises RefusedError where a client was refused or nothing moves."""
        with self._changed:
            target = len(self.readings) + readings
            reached = self._changed.wait_for(lambda: self.refusals or len(self.readings) >= target, seconds)
        if self.refusals or not reached:
            raise RefusedError((self.refusals or [f"fewer than {readings} readings in {seconds:.0f} s"])[0])


@contextmanager
def clients(port: int, families: Sequence[Family], *, count: int = CLIENTS) -> Iterator[Ledger]:
    """Have ``count`` clients send readings for the length of a block; each finishes the one in its hand."""
    ledger, over, given_up = Ledger(), threading.Event(), threading.Event()

    def work(own: Sequence[Family]) -> None:
        phone = Phone(port, given_up)
        try:
            while not over.is_set():
                _send_one(phone, own, ledger)
        except RefusedError as error:
            ledger.refuse(str(error))
        finally:
            phone.close()

    threads = _started(work, [families[number::count] for number in range(count)])
    try:
        yield ledger
    except BaseException:
        given_up.set()
        raise
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _started(work: Callable[[Sequence[Family]], None], shares: Sequence[Sequence[Family]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    return threads


def _send_one(phone: Phone, families: Sequence[Family], ledger: Ledger) -> None:
    family = random.choice(families)
    reading = take(random.choice(family.children), days=DAYS)
    before = phone.attempts
    phone.send(family, reading)
    ledger.enter(reading, phone.attempts - before)
