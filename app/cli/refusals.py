"""How a command says that something cannot be done."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from app.kernel.errors import Problem

console = Console(stderr=True)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a `Problem` into its sentence and exit code 1."""
    try:
        yield
    except Problem as problem:
        console.print(f"[red]{problem.detail()}[/] ({problem.code})")
        raise typer.Exit(1) from problem
