"""Runs benches one after the other and keeps what they print.

    python -m bench.report [checkins batches ...]

A bench is a module with a `section(...)` that returns Markdown beginning with ``## ``. Its command prints that, and
with ``--write`` keeps it in docs/performance/ under the module's name. docs/performance.md leads to them.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import machine

ROOT = Path(__file__).parents[1]
BENCHES = (
    "checkins",
    "batches",
    "rolls",
    "memory",
    "mixes",
    "rollups",
    "cold",
    "history",
    "overload",
    "approvals",
    "reports",
)
_FOLDER = ROOT / "docs" / "performance"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def section(title: str, *parts: str) -> str:
    """A section in Markdown, with the machine's facts and how busy it was at the end."""
    facts = "\n".join(f"- {fact}" for fact in (*machine.facts(), f"{machine.load()} at the end of the run"))
    taken = f"Taken on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC."
    return "\n\n".join([f"## {title}", taken, facts, *parts]) + "\n"


def publish(name: str, text: str, *, write: bool) -> None:
    """Print a section; keep it in docs/performance/ too."""
    print(text)
    if write:
        _FOLDER.mkdir(exist_ok=True)
        (_FOLDER / f"{name}.md").write_text(text)


def options(words: str | None, **numbers: float) -> argparse.ArgumentParser:
    """The options that benches share: ``--write``, and numbers with their defaults."""
    parser = argparse.ArgumentParser(description=words, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"default {default}")
    parser.add_argument("--write", action="store_true", help="also write the section into docs/performance/")
    return parser


def main() -> int:
    """Run each with ``--write``; the exit code says whether one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benches", nargs="*", help=f"default: {' '.join(BENCHES)}")
    wanted = parser.parse_args().benches or BENCHES
    failed = [
        name
        for name in wanted
        if subprocess.run([sys.executable, "-m", f"bench.{name}", "--write"], cwd=ROOT, check=False).returncode  # noqa: S603
    ]
    print(f"failed: {', '.join(failed)}" if failed else "all went as they must")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
