"""PgBouncer in transaction mode before a database, as it stands in production.

A general one: whatever database and role a client names is passed on to the server. Roles sign in to it with the
passwords that they have there; it runs as an account of its own where the caller is root.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg

from app.kernel.postgres.accounts import account_for
from bench import undertaker
from bench.api import NotReadyError, free_port

BINARY = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
MISSING = "PgBouncer is not installed (Debian: apt-get install pgbouncer)"
_READY_WITHIN = 10.0


@dataclass(frozen=True)
class Pooler:
    """A running PgBouncer."""

    port: int

    def url(self, direct: str) -> str:
        """The same sign-in as ``direct``, through the pooler."""
        parts = urlsplit(direct)
        sign_in = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{sign_in}@127.0.0.1:{self.port}"))


@contextmanager
def running(urls: Sequence[str], *, connections: int = 10) -> Iterator[Pooler]:
    """Have one before the server of ``urls`` (one for each role that signs in) for the length of a block.

    ``connections``: to the server, for each database and role; any number of clients share them. Raises NotReadyError.
    """
    if BINARY is None:
        raise NotReadyError(MISSING)
    folder, port = Path(tempfile.mkdtemp(prefix="lianfang-pooler-")), free_port()
    folder.chmod(0o755)  # the account that runs it for root must get in; what is secret is closed by its own mode
    with undertaker.watch(folder):
        process = _spawn(BINARY, folder, port, urls, connections)
        try:
            _await(Pooler(port).url(urls[0]), process, folder)
            yield Pooler(port)
        finally:
            process.terminate()
            process.wait(timeout=10)


def _spawn(binary: str, folder: Path, port: int, urls: Sequence[str], connections: int) -> subprocess.Popen[bytes]:
    account = account_for(folder / "none")
    users = "".join(f'"{name}" "{password}"\n' for name, password in map(_sign_in, urls))
    for name, content in (("users.txt", users), ("pgbouncer.ini", _settings(folder, port, urls[0], connections))):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(content)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    with (folder / "pgbouncer.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - a fixed program
            [binary, str(folder / "pgbouncer.ini")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            start_new_session=True,
        )
    (folder / "pgbouncer.pid").write_text(str(process.pid))
    return process


def _sign_in(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")


def _settings(folder: Path, port: int, url: str, connections: int) -> str:
    server = urlsplit(url)
    lines = [
        "[databases]",
        f"* = host={server.hostname} port={server.port}",
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = scram-sha-256",
        f"auth_file = {folder / 'users.txt'}",
        "pool_mode = transaction",
        "max_client_conn = 2000",
        f"default_pool_size = {connections}",
    ]
    return "\n".join([*lines, ""])


def _await(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NotReadyError(f"PgBouncer does not answer: {(folder / 'pgbouncer.log').read_text()[-1000:]}")
