"""`lianfang outbox`: events that have failed too often."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli import database
from app.kernel import clock
from app.worker import given_up

app = typer.Typer(no_args_is_help=True)
console = Console()

Ids = Annotated[list[int] | None, typer.Argument(help="as `list` shows them", min=1)]
Kind = Annotated[str | None, typer.Option(help="all events of this kind")]
Everything = Annotated[bool, typer.Option("--all", help="all that there are")]
Reason = Annotated[str, typer.Option(help="why; it is kept in the audit trail", prompt=True)]


@app.command("list")
def show(kind: Kind = None) -> None:
    """Every event that was given up, oldest first, with the kind of its last error."""
    table = Table("id", "event", "institution", "recorded", "last error")
    with database.available():
        found = given_up.listed(kind)
    for one in found:
        recorded = one.recorded_at.astimezone(clock.SHANGHAI).isoformat(sep=" ", timespec="seconds")
        table.add_row(str(one.id), one.kind, str(one.institution_id), recorded, one.error)
    console.print(table if found else "nothing was given up")


@app.command("retry")
def retry(reason: Reason, ids: Ids = None, kind: Kind = None, everything: Everything = False) -> None:
    """Have events heard from the beginning; what has brought them down should have been mended before."""
    chosen = _chosen(ids, kind, everything)
    with database.available():
        console.print(f"{given_up.retry(chosen, kind, reason)} events are tried again")


@app.command("drop")
def drop(reason: Reason, ids: Ids = None, kind: Kind = None, everything: Everything = False) -> None:
    """Have events heard never."""
    chosen = _chosen(ids, kind, everything)
    with database.available():
        console.print(f"{given_up.drop(chosen, kind, reason)} events are dropped")


def _chosen(ids: list[int] | None, kind: str | None, everything: bool) -> list[int] | None:
    if sum((bool(ids), kind is not None, everything)) != 1:
        raise typer.BadParameter("name either ids, or --kind, or --all")
    return ids or None
