"""The installation's master keys, and the vault over them.

They come from ``LIANFANG_MASTER_KEYS``, else from ``secrets/master.key`` in the data folder: one key of 32 bytes a line
in hex, oldest first. Keys are only ever appended; without the first one no phone can be found again, and without the
others nothing that they encrypted can be read. Back the file up apart from the database.
"""

import contextlib
import os
import secrets
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from app.kernel import settings
from app.kernel.crypto import KEY_BYTES, Vault


def vault() -> Vault:
    """The vault of this installation; the same object for the whole process.

    Raises ValueError for keys that are no 32 bytes of hex.
    """
    configured = settings.current()
    given = configured.master_keys
    return _vault(given.get_secret_value() if given else None, configured.data_folder)


@lru_cache(maxsize=2)
def _vault(given: str | None, folder: Path) -> Vault:
    file = folder / "secrets" / "master.key"
    text = given.replace(",", "\n") if given else made_once(file, lambda: secrets.token_hex(KEY_BYTES) + "\n")
    return Vault([bytes.fromhex(line) for line in text.split()])


def made_once(file: Path, make: Callable[[], str]) -> str:
    """The text of a secret file (0600), made at first use; whoever else makes it at that moment gets the same."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Linked only when written: another process either finds no file or a whole one.
        draft = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as opened:
            opened.write(make())
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_text(encoding="ascii")
