"""One cluster on disk: where it lives, how it is made, its password and its port."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from app.kernel.postgres.accounts import SHARED, Account, account_for, can_enter, make_folder, run
from app.kernel.postgres.binaries import major_version
from app.kernel.postgres.errors import PostgresUnavailable

OWNER = "lianfang_owner"
DATABASE = "lianfang"

# Below the ranges from which systems take outgoing ports (32768 and 49152 upwards). A client that retries on
# an outgoing port where nobody listens may connect to itself and keep the restarted server from binding.
_PORTS = range(20_000, 30_000)
_BUILTIN_LOCALE_SINCE = 17


@dataclass(frozen=True)
class Home:
    """Where one cluster lives and as whom it runs (None: as the caller)."""

    root: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """The folder that PostgreSQL calls its data directory."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """What the server says; never rows or statements."""
        return self.root / "postgres.log"

    @property
    def keeper(self) -> Path:
        """Locked by the process that must stop the server."""
        return self.root / "keeper.lock"

    @property
    def password_file(self) -> Path:
        """Mode 0600, of the account that runs the server."""
        return self.root / "password"

    def url(self, port: int, database: str = DATABASE) -> str:
        """Address with the superuser's password. Raises PostgresUnavailable if that is lost."""
        try:
            password = self.password_file.read_text().strip()
        except FileNotFoundError:
            message = f"The password of the database in {self.root} is missing: restore {self.password_file}."
            raise PostgresUnavailable(message) from None
        return f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/{database}"


def settle(folder: Path) -> Home:
    """Decide where the cluster of a folder lives and which account runs it."""
    marker = folder / "elsewhere"
    if marker.exists():
        root = Path(marker.read_text().strip())
        if not root.is_dir():
            message = f"The database of {folder} was in {root}, which is gone: restore it or remove {marker}."
            raise PostgresUnavailable(message)
        return Home(root, account_for(root / "data"))
    account = account_for(folder / "data")
    if account is None or can_enter(account, folder):
        return Home(folder, account)
    if (folder / "data").exists():
        message = f"The database is in {folder}, but the account {account.name} may not enter it any more."
        raise PostgresUnavailable(message)
    make_folder(SHARED, 0o755)
    # The random part keeps a folder that was deleted and made again from finding its old data.
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16] + "-" + secrets.token_hex(4)
    make_folder(SHARED / name, 0o711)
    marker.write_text(f"{SHARED / name}\n")
    return Home(SHARED / name, account)


def create(home: Home, binaries: Path) -> None:
    """Make a new cluster. It gets its name only when it is complete, so a crash leaves no half of one."""
    draft = home.root / "data.new"
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    _write_password(home.password_file)
    if home.account:
        for path in (draft, home.password_file):
            os.chown(path, home.account.uid, home.account.gid)
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    locale = builtin if major_version(binaries) >= _BUILTIN_LOCALE_SINCE else ["--locale=C.UTF-8"]
    fixed = ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", f"--username={OWNER}"]
    places = [f"--pgdata={draft}", f"--pwfile={home.password_file}"]
    result = run([str(binaries / "initdb"), *places, *fixed, *locale], home.account)
    if result.returncode != 0:
        message = f"A database cannot be created in {home.root}: {result.stderr.strip() or 'initdb failed'}"
        raise PostgresUnavailable(message)
    draft.rename(home.data)
    # Without this a power cut could undo the rename, and the next start would take the data for a draft.
    handle = os.open(home.root, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def check_version(home: Home, binaries: Path) -> None:
    """Refuse binaries of another major version: PostgreSQL would, with words that help less."""
    written_by, offered = (home.data / "PG_VERSION").read_text().strip(), str(major_version(binaries))
    if written_by != offered:
        message = f"The data in {home.data} are of PostgreSQL {written_by}, the binaries are {offered}."
        raise PostgresUnavailable(message)


def choose_port(home: Home) -> int:
    """Return the port kept for this home, so that clients find a restarted server; another if it is taken."""
    kept = home.root / "port"
    candidates = [int(kept.read_text())] if kept.exists() else []
    candidates += [secrets.choice(_PORTS) for _ in range(50)]
    for port in candidates:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            kept.write_text(f"{port}\n")
            return port
    message = f"There is no free port on 127.0.0.1 between {_PORTS.start} and {_PORTS.stop - 1}."
    raise PostgresUnavailable(message)


def _write_password(path: Path) -> None:
    # A cluster is being made, so a password left by an interrupted attempt protects nothing.
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
