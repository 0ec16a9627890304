"""The installation's master keys, and the vault over them.

They come from ``LIANFANG_MASTER_KEYS``, else from ``secrets/master.key`` in the data folder: one key of 32 bytes a line
in hex, oldest first. Keys are only ever appended; without the first one no phone can be found again, and without the
others nothing that they encrypted can be read. Back the file up apart from the database.
"""

import contextlib
import os
import secrets
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
    return _vault(given.get_secret_value() if given else None, configured.data_folder / "secrets" / "master.key")


@lru_cache(maxsize=2)
def _vault(given: str | None, file: Path) -> Vault:
    text = given.replace(",", "\n") if given else _read_or_make(file)
    return Vault([bytes.fromhex(line) for line in text.split()])


def _read_or_make(file: Path) -> str:
    """The file's text. Made whole under another name first: a second process sees all of it or none."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(KEY_BYTES) + "\n")
            stream.flush()
            # A key that a power cut takes back would leave behind rows that nobody can read.
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_text(encoding="ascii")
