"""Reads the program's own source, so that rules about it can be checked and shown to fail."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"


@dataclass(frozen=True)
class Module:
    """One file of the program, or a made-up one."""

    name: str  # "app.people.service.enrol"
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def feature(self) -> str:
        """The package under ``app``; empty for ``app`` itself."""
        return [*self.name.split("."), ""][1]

    @property
    def part(self) -> str:
        """The file's place in its feature: "service" for ``app.people.service.enrol``; empty for ``__init__``."""
        return [*self.name.split("."), "", ""][2]

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    """Every module of ``app``."""
    return tuple(
        Module(_name_of(path), path.read_text())
        for path in sorted(APP.rglob("*.py"))
        if "__pycache__" not in path.parts
    )


def _name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_files(*folders: str) -> list[Path]:
    """The Python files below ``folders`` of the project."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(module: Module) -> Iterator[tuple[str, str]]:
    """(module, name) of every import; the name is empty for ``import x``."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the end, decorators left out."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """(what is called, as written) for every call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node
