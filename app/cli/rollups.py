"""`lianfang rollups`: hold the stored leaves against their rows."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli import database
from app.kernel import discovery
from app.rollups import tasks as rollups

app = typer.Typer(no_args_is_help=True)
console = Console()


@app.callback()
def figures() -> None:
    """Figures and their recount."""


@app.command("recount")
def recount(
    days: Annotated[int, typer.Option(help="how many days back, today included", min=1, max=400)] = 3,
    repair: Annotated[bool, typer.Option("--repair", help="write the counted figures; audited")] = False,
) -> None:
    """Count every school's figures from its rows; exit code 1 where a stored figure differs."""
    discovery.import_features()  # registers who can recount what
    with database.available(bulk=repair):
        drifts = rollups.recount_all(days, repair=repair)
    table = Table("institution", "day", "unit", "metric", "stored", "counted")
    for drift in drifts[:100]:
        table.add_row(
            *(str(one) for one in (drift.institution_id, drift.day, drift.unit_id, drift.metric)),
            str(drift.stored),
            str(drift.counted),
        )
    if drifts:
        console.print(table)
    console.print(f"{len(drifts)} figures differ")
    if drifts and not repair:
        raise typer.Exit(1)
