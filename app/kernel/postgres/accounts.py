"""As whom the server runs and which folders that account can enter."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.kernel.postgres.errors import PostgresUnavailable

# For root alone: what the unprivileged account cannot reach where it is.
SHARED = Path("/var/lib/lianfang")


@dataclass(frozen=True)
class Account:
    """The unprivileged account that root's server runs as."""

    name: str
    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """Root's stand-in: the owner of a cluster that exists, else nobody. None if the caller is not root."""
    if os.geteuid() != 0:
        return None
    try:
        owner = data.stat().st_uid if data.exists() else 0
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        message = "PostgreSQL does not run as root, and there is no account such as nobody to run it."
        raise PostgresUnavailable(message) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def environment() -> dict[str, str]:
    """Nothing of the caller's: PGDATA, PGPORT or a locale would change what the server does."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def run(command: list[str], account: Account | None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end as an account (None: as the caller)."""
    return subprocess.run(  # noqa: S603 - fixed programs, no shell
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def can_enter(account: Account, folder: Path) -> bool:
    """Whether the account reaches the folder. Asked by trying: modes alone do not tell of ACLs or mounts."""
    return run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], account).returncode == 0


def make_folder(path: Path, mode: int) -> None:
    """Create a folder with exactly this mode whatever the umask; one that exists keeps the mode it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        path.chmod(mode)
