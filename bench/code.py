"""Numbers for the code: `python -m bench.code`, as Markdown.

Coverage is taken from ``.coverage`` where a run has left one (`pytest --cov`); contracts are asked of import-linter.
"""

import ast
import io
import re
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException

ROOT = Path(__file__).parents[1]
PARTS = ("app", "alembic", "tests", "bench")


def main() -> None:
    """Print it."""
    print("| part | files | lines | p90 lines of a file | longest file | functions | p90 lines | longest function |")
    print("|---|---|---|---|---|---|---|---|")
    for part in PARTS:
        print(_row(part))
    print(f"\nImport contracts: {_contracts()}\n")
    print(f"Coverage of `app/` (branches included): {_coverage()}")


def _row(part: str) -> str:
    sources = [path.read_text() for path in sorted((ROOT / part).rglob("*.py"))]
    files = [len(text.splitlines()) for text in sources]
    lengths = list(_function_lengths(sources))
    figures = (len(files), sum(files), _p90(files), max(files), len(lengths), _p90(lengths), max(lengths))
    return f"| `{part}/` | " + " | ".join(f"{figure:,}" for figure in figures) + " |"


def _function_lengths(sources: Iterable[str]) -> Iterator[int]:
    """Lines from ``def`` to the end; decorators are left out, docstrings are not."""
    for text in sources:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (node.end_lineno or node.lineno) - node.lineno + 1


def _p90(values: list[int]) -> int:
    return round(statistics.quantiles(values, n=10)[-1])


def _contracts() -> str:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed tool
    found = re.search(r"Contracts: (\d+) kept, (\d+) broken", done.stdout)
    return f"{found[1]} kept, {found[2]} broken" if found else "import-linter says nothing of them"


def _coverage() -> str:
    if not (ROOT / ".coverage").exists():
        return "not measured (`pytest --cov` leaves a file)"
    try:
        measured = Coverage(data_file=str(ROOT / ".coverage"), config_file=str(ROOT / "pyproject.toml"))
        measured.load()
        return f"{measured.report(file=io.StringIO()):.1f} %"
    except CoverageException as error:
        return f"not readable: {error}"


if __name__ == "__main__":
    main()
