"""Starting, adopting and stopping the server of a data folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from app.kernel.postgres import cluster, processes
from app.kernel.postgres.accounts import make_folder
from app.kernel.postgres.binaries import find_binaries, reachable_by
from app.kernel.postgres.errors import PostgresUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app.kernel.postgres.cluster import Home

# Recovery after a crash replays up to max_wal_size of log; a living server is given that long.
_READY_WITHIN = 300.0
# Orphaned backends of a killed postmaster hold its shared memory until they notice, a server that was not
# adopted may still be shutting down, and a port may be taken between the choice and its use.
_RETRY_FOR = 60.0
_PASSING = ("shared memory block", "lock file", "TCP/IP sockets")


@dataclass(frozen=True)
class Server:
    """A running server. ``url`` names the cluster's superuser: for migrations, never for requests."""

    url: str = field(repr=False)
    data: Path
    pid: int
    adopted: bool
    _keeper: processes.Keeper | None = field(default=None, repr=False, compare=False)

    def stop(self) -> None:
        """Stop the server if this process keeps it; otherwise do nothing. May be called twice."""
        if self._keeper is not None:
            self._keeper.stop()

    def is_running(self) -> bool:
        """Whether the postmaster is alive; after a crash, ``start`` brings it back on the same port."""
        return processes.is_postmaster(self.pid, self.data)


def start(folder: Path, *, options: Mapping[str, str] | None = None, binaries: Path | None = None) -> Server:
    """Create, start or adopt the server of a data folder.

    ``options`` are further settings for a server that is started here; an adopted one keeps its own.
    ``binaries`` is the folder of initdb and postgres (default: ``find_binaries()``).
    Raises PostgresUnavailable.
    """
    folder = folder.resolve()
    try:
        make_folder(folder, 0o711 if os.geteuid() == 0 else 0o700)
        with _locked(folder / "start.lock"):
            home = cluster.settle(folder)
            return _adopt(home) or _launch(home, binaries or find_binaries(), options or {})
    except (OSError, subprocess.SubprocessError) as error:
        message = f"PostgreSQL cannot be started for {folder}: {error}."
        raise PostgresUnavailable(message) from error


@contextlib.contextmanager
def running(folder: Path, *, options: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Have a server for the length of a block, stopped at its end if this process keeps it."""
    server = start(folder, options=options)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _adopt(home: Home) -> Server | None:
    """Return the server that already runs for this home, once it answers; None if there is none."""
    pid, port = processes.postmaster_of(home.data)
    if not pid:
        return None
    if not processes.is_postmaster(pid, home.data):
        processes.clear_stale_pid_file(home.data, pid)
        return None
    if not port or not _answers(home, pid, port):
        return None
    lock = os.open(home.keeper, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return Server(home.url(port), home.data, pid, adopted=True)
    # Its keeper was killed: without a new one the server would outlive every launcher.
    return Server(home.url(port), home.data, pid, adopted=True, _keeper=processes.Keeper(home, pid, lock))


def _launch(home: Home, binaries: Path, options: Mapping[str, str]) -> Server:
    binaries = reachable_by(home.account, binaries)
    if not home.data.exists():
        cluster.create(home, binaries)
    cluster.check_version(home, binaries)
    deadline = time.monotonic() + _RETRY_FOR
    while time.monotonic() < deadline:
        port, log_begin = cluster.choose_port(home), processes.log_size(home.log)
        pid = processes.spawn(home, binaries, port, options)
        keeper = processes.Keeper(home, pid, _new_keeper_lock(home))
        try:
            if _answers(home, pid, port):
                return Server(home.url(port), home.data, pid, adopted=False, _keeper=keeper)
        except BaseException:
            keeper.stop()
            raise
        keeper.stop()
        reason = processes.last_words(home.log, log_begin)
        if "FATAL" in reason and not any(words in reason for words in _PASSING):
            break
        time.sleep(0.2)
    message = f"PostgreSQL does not start in {home.root}: {processes.last_words(home.log)}"
    raise PostgresUnavailable(message)


def _new_keeper_lock(home: Home) -> int:
    """Lock a new file: the old one may still be held by the keeper of a server that crashed."""
    home.keeper.unlink(missing_ok=True)
    lock = os.open(home.keeper, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _answers(home: Home, pid: int, port: int) -> bool:
    """Wait until the server takes connections and has the database; False if it exits first."""
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        try:
            _ensure_database(home.url(port, "postgres"))
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                message = f"The server on port {port} does not accept the password in {home.password_file}."
                raise PostgresUnavailable(message) from error
        else:
            return True
        if not processes.is_postmaster(pid, home.data):
            return False
        time.sleep(0.05)
    message = f"PostgreSQL (process {pid}) does not answer on port {port}: {processes.last_words(home.log)}"
    raise PostgresUnavailable(message)


def _ensure_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [cluster.DATABASE])
        if known.fetchone() is None:
            connection.execute(f"CREATE DATABASE {cluster.DATABASE}")
