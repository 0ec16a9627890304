"""Finds every feature's tables, so that the metadata is whole before anything compares or migrates it."""

import importlib
from pathlib import Path


def import_all() -> None:
    """Import each ``models.py`` of the program, and the kernel's own tables."""
    root = Path(__file__).parents[1]
    for name in ("app.kernel.events", "app.kernel.workflow"):
        importlib.import_module(name)
    for models in sorted(root.glob("*/models.py")):
        importlib.import_module(f"app.{models.parent.name}.models")
