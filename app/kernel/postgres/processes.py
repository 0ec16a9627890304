"""The server's process: starting it, telling whether it lives, ending it."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.kernel.postgres.accounts import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.kernel.postgres.cluster import Home

_FAST_SHUTDOWN_WITHIN = 20.0
_LOG_LIMIT = 10_000_000

# Errors are logged without DETAIL and statement: both may quote a row, and rows hold personal data.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # After a checkpoint each page is logged in full once more: let that be rare, and small (decision record 22).
    "wal_compression": "pglz",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "logging_collector": "off",
}

_children: dict[int, subprocess.Popen[bytes]] = {}


class Keeper:
    """The duty to stop a server, held by one process at a time through a lock that dies with it."""

    def __init__(self, home: Home, pid: int, lock: int) -> None:
        """Take the duty; ``lock`` is a descriptor that holds the lock on ``home.keeper``."""
        self._data = home.data
        self._pid = pid
        self._lock = lock
        self._process_id = os.getpid()
        self._stopped = False
        atexit.register(self.stop)

    def stop(self) -> None:
        """Shut the server down, at once if it does not within 20 s; give up the lock."""
        # A forked child inherits this object and the exit hook, but not the duty.
        if self._stopped or os.getpid() != self._process_id:
            return
        self._stopped = True
        atexit.unregister(self.stop)
        # SIGQUIT leaves at once and costs a recovery at the next start, but loses nothing.
        for number in (signal.SIGINT, signal.SIGQUIT):
            if not is_postmaster(self._pid, self._data):
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)
            _wait_until_gone(self._pid, self._data, _FAST_SHUTDOWN_WITHIN)
        os.close(self._lock)


def spawn(home: Home, binaries: Path, port: int, options: Mapping[str, str]) -> int:
    """Start a postmaster as a child of this process and return its id; it is not ready yet."""
    if home.log.exists() and home.log.stat().st_size > _LOG_LIMIT:
        home.log.replace(home.log.with_suffix(".log.1"))
    settings = {**_SETTINGS, **options, "port": str(port)}
    arguments = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
    account = home.account
    log = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(  # noqa: S603 - a fixed program, no shell
            [str(binaries / "postgres"), "-D", str(home.data), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment(),
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    finally:
        os.close(log)
    _children[process.pid] = process
    return process.pid


def postmaster_of(data: Path) -> tuple[int, int]:
    """Process id and port from the server's own pid file; zeros for what it does not say (yet)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return 0, 0
    fields = [int(line) if line.strip().isdecimal() else 0 for line in lines[:4]]
    fields += [0] * (4 - len(fields))
    return fields[0], fields[3]


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether this process is the server of this data folder: not a zombie, nor a reused number."""
    child = _children.get(pid)
    if child is not None:
        # The command line of a child may still be empty for a moment after its start; poll() knows, and reaps.
        if child.poll() is None:
            return True
        _children.pop(pid, None)
    if not Path("/proc/self/cmdline").exists():
        return _exists(pid)
    return os.fsencode(data) in _command_line(pid)


def clear_stale_pid_file(data: Path, pid: int) -> None:
    """Remove the pid file of a dead server where its number now belongs to a zombie or to another program.

    PostgreSQL takes any living process of its account for the old server and would refuse to start. Backends
    that outlive their postmaster still block the start: they are found by the data folder's shared memory.
    """
    if not Path("/proc/self/cmdline").exists():
        return
    program = _command_line(pid)[0].rpartition(b"/")[2]
    if not program.startswith((b"postgres", b"postmaster")):
        (data / "postmaster.pid").unlink(missing_ok=True)


def log_size(log: Path) -> int:
    """Bytes written so far, to read later only what was added."""
    return log.stat().st_size if log.exists() else 0


def last_words(log: Path, since: int = 0) -> str:
    """Return the line after ``since`` bytes of the log that says best why a server is gone."""
    written = log.read_bytes() if log.exists() else b""
    # A log shorter than before was begun anew.
    fresh = written[since:] if len(written) >= since else written
    lines = fresh.decode(errors="replace").splitlines()[-200:]
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    words = (fatal or lines or ["it left no message"])[-1]
    return f"{words.strip()} (see {log})"


def _command_line(pid: int) -> list[bytes]:
    """Return the arguments of a process, one empty argument for a zombie or nothing at all."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return [b""]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_until_gone(pid: int, data: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while is_postmaster(pid, data) and time.monotonic() < deadline:
        time.sleep(0.02)
