"""The demo's accounts, remembered beside the database so that every start can print them."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from app.kernel import settings


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demo with its password; ``person_id`` is a guardian's child, a teacher's or student's own."""

    role: str
    where: str
    phone: str
    password: str
    institution_id: int
    person_id: int | None = None


def _path() -> Path:
    return settings.current().data_folder / "secrets" / "demo-accounts.json"


def remember(accounts: list[DemoAccount]) -> None:
    """Write them where only the operator can read."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump([asdict(account) for account in accounts], file, ensure_ascii=False, indent=1)


def remembered_accounts() -> list[DemoAccount]:
    """Those of the demo that was built here; none where it was not."""
    path = _path()
    if not path.exists():
        return []
    return [DemoAccount(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
