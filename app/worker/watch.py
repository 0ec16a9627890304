"""What machines ask a worker or the clock over HTTP: does it live, can it work, what does it count."""

import time
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from kombu.exceptions import OperationalError as BrokerAway
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from app.kernel import db, migrations
from app.worker.celery import celery_app

STILL: Final = 60.0  # seconds; a loop goes round every second, a database that is away holds it up for a few
_PLAIN: Final = "text/plain; charset=utf-8"

Respond = Callable[[str, list[tuple[str, str]]], object]


class Pulse:
    """When a loop last went round: one that hangs is known by the age of that."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def beat(self) -> None:
        """It goes round."""
        self._at = time.monotonic()

    def alive(self) -> bool:
        """Whether it did within the last minute."""
        return time.monotonic() - self._at < STILL


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
        """One line for each scrape would bury everything else."""


def serve(host: str, port: int, pulse: Pulse) -> WSGIServer:
    """Answer ``/healthz``, ``/readyz`` and ``/metrics`` in a thread until the process ends. Raises OSError."""

    def answer(environ: dict[str, str], respond: Respond) -> Iterable[bytes]:
        status, kind, content = _answer(environ.get("PATH_INFO", ""), pulse)
        respond(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
        return [content]

    server = make_server(host, port, answer, handler_class=_Quiet)
    Thread(target=server.serve_forever, name="watch", daemon=True).start()
    return server


def _answer(path: str, pulse: Pulse) -> tuple[str, str, bytes]:
    match path:
        case "/metrics":
            return "200 OK", CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
        case "/healthz":
            return _told(pulse.alive())
        case "/readyz":
            return _told(pulse.alive() and _database_ready() and _broker_ready())
    return "404 Not Found", _PLAIN, b""


def _told(well: bool) -> tuple[str, str, bytes]:
    return ("200 OK", _PLAIN, b"ok\n") if well else ("503 Service Unavailable", _PLAIN, b"not now\n")


def _database_ready() -> bool:
    try:
        return migrations.served_by(db.engine())
    except SQLAlchemyError:
        return False


def _broker_ready() -> bool:
    try:
        with celery_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_max=0)
    except (BrokerAway, OSError):
        return False
    return True
