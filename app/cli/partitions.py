"""`lianfang partitions`: the days of readings, as the database keeps them."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.checkins import service, tasks
from app.cli import database
from app.kernel import db

app = typer.Typer(no_args_is_help=True)
console = Console()


@app.command("list")
def show() -> None:
    """Every day that has a partition, with its rows (an estimate) and its size."""
    table = Table("day", "rows", "MB")
    with database.available(), db.transaction() as session:
        for one in service.list_partitions(session):
            table.add_row(str(one.day), "?" if one.rows < 0 else str(one.rows), f"{one.size / 1e6:.1f}")
    console.print(table)


@app.command("make")
def make(
    ahead: Annotated[int, typer.Option(help="days after today", min=0, max=31)] = tasks.AHEAD,
    back: Annotated[int, typer.Option(help="days before today", min=0, max=3660)] = 0,
) -> None:
    """Make the partitions that are missing; the worker does the same every night."""
    with database.available():
        made = tasks.make_partitions(back=back, ahead=ahead)
    console.print(f"{len(made)} partitions made")


@app.command("drop")
def drop() -> None:
    """Destroy the readings of days that no institution's rules keep any longer; the worker does so every night."""
    with database.available():
        gone = tasks.drop_partitions()
    for day, rows in gone.items():
        console.print(f"{day}: {rows} readings destroyed")
    console.print(f"{len(gone)} partitions dropped")
