"""`lianfang audit`: prove that nobody has touched the trail."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.audit import service as trail
from app.cli import database
from app.kernel import db

app = typer.Typer(no_args_is_help=True)
console = Console()


@app.command("verify")
def verify(
    anchors: Annotated[
        Path | None, typer.Option(help="heads written earlier; finds a chain whose end was cut off")
    ] = None,
) -> None:
    """Recompute every chain; exit code 1 if an entry was changed, removed, moved or cut off."""
    with database.available() as found, db.engine_for(found.owner_url).connect() as connection:
        report = trail.verify(connection, trail.read_anchors(anchors) if anchors else None)
    for break_ in report.breaks:
        console.print(f"[red]chain {break_.institution_id}, entry {break_.seq}: {break_.what}[/]")
    console.print(f"{report.chains} chains, {report.entries} entries, {len(report.breaks)} breaks")
    if report.breaks:
        raise typer.Exit(1)


@app.command("anchor")
def anchor(file: Annotated[Path, typer.Argument(help="where to write the heads; keep it off this machine")]) -> None:
    """Write the head of every chain, for a later `verify --anchors`."""
    with database.available() as found, db.engine_for(found.owner_url).connect() as connection:
        count = trail.write_anchors(connection, file)
    console.print(f"{count} heads written to {file}")
