"""The master keys of an installation."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from app.kernel import secrets, settings
from app.kernel.crypto import CannotDecrypt

KEYS = ["11" * 32, "22" * 32]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder."""
    monkeypatch.setenv("LIANFANG_DATA_FOLDER", str(tmp_path))
    monkeypatch.delenv("LIANFANG_MASTER_KEYS", raising=False)
    settings.current.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    settings.current.cache_clear()


def _print_of(folder: str) -> bytes:
    os.environ["LIANFANG_DATA_FOLDER"] = folder
    settings.current.cache_clear()
    return secrets.vault().fingerprint("text", "purpose")


def test_a_key_is_made_once_and_for_its_owner_only(folder: Path) -> None:
    first = secrets.vault().fingerprint("text", "purpose")
    file = folder / "secrets" / "master.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["master.key"]
    assert secrets.vault() is secrets.vault()
    secrets._vault.cache_clear()  # noqa: SLF001 - as another process would begin
    assert secrets.vault().fingerprint("text", "purpose") == first


def test_processes_that_start_together_share_one_key(folder: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert len(set(pool.map(_print_of, [str(folder)] * 8))) == 1


@pytest.mark.usefixtures("folder")
def test_keys_are_appended_and_the_last_encrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANFANG_MASTER_KEYS", KEYS[0])
    settings.current.cache_clear()
    old = secrets.vault()
    sealed, found_by = old.encrypt("text", "here"), old.fingerprint("text", "purpose")
    monkeypatch.setenv("LIANFANG_MASTER_KEYS", ",".join(KEYS))
    settings.current.cache_clear()
    new = secrets.vault()
    assert new.decrypt(sealed, "here") == "text"
    assert new.fingerprint("text", "purpose") == found_by
    with pytest.raises(CannotDecrypt):
        old.decrypt(new.encrypt("text", "here"), "here")


@pytest.mark.usefixtures("folder")
def test_what_is_no_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("11", "zz" * 32, f"{KEYS[0]},{KEYS[0]}"):
        monkeypatch.setenv("LIANFANG_MASTER_KEYS", wrong)
        settings.current.cache_clear()
        with pytest.raises(ValueError, match=r"master key|fromhex"):
            secrets.vault()
