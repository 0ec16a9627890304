"""Finds what the features declare, so that a process knows all of it before it begins to work."""

import importlib
from functools import cache
from pathlib import Path

from app.kernel.workflow import Machine

_ROOT = Path(__file__).parents[1]


@cache
def import_tables() -> None:
    """Import each ``models.py`` of the program, and the kernel's own tables: the metadata is whole."""
    for name in ("app.kernel.events", "app.kernel.idempotency", "app.kernel.workflow"):
        importlib.import_module(name)
    _import("models")


@cache
def import_features() -> None:
    """Import also what registers itself: reaches and listeners. Whatever calls services runs this first."""
    import_tables()
    _import("reach")
    _import("listeners")


def machines() -> list[Machine]:
    """Every table of moves, in the alphabetical order of what it moves."""
    found: dict[str, Machine] = {}
    for path in sorted(_ROOT.glob("*/workflow.py")):
        module = importlib.import_module(f"app.{path.parent.name}.workflow")
        found |= {one.subject: one for one in vars(module).values() if isinstance(one, Machine)}
    return [found[subject] for subject in sorted(found)]


def with_endpoints() -> list[str]:
    """The names of the features that have endpoints, in alphabetical order."""
    return sorted(found.parent.name for found in _ROOT.glob("*/endpoints.py"))


def _import(part: str) -> None:
    for found in sorted(_ROOT.glob(f"*/{part}.py")):
        importlib.import_module(f"app.{found.parent.name}.{part}")
