"""`docker-compose.yml` as the tests read it."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole file, its anchors resolved."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def services() -> dict[str, Any]:
    """Every service by its name."""
    found: dict[str, Any] = document()["services"]
    return found


def ours() -> dict[str, Any]:
    """Those that run the program."""
    return {name: service for name, service in services().items() if service.get("image") == "lianfang"}
