"""`lianfang institutions import` and `lianfang rolls import`: spreadsheets from the terminal, with a progress bar."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.cli import database
from app.cli.refusals import refusals
from app.institutions import service as institution_service
from app.kernel import db
from app.kernel.db import Scope
from app.people import service as people

institutions = typer.Typer(no_args_is_help=True)
rolls = typer.Typer(no_args_is_help=True)
console = Console()

File = Annotated[Path, typer.Argument(help=".xlsx or .csv", exists=True, dir_okay=False, readable=True)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="read and check everything, change nothing")]
PerRow = Annotated[bool, typer.Option("--per-row", help="take the good rows; default: all rows or none")]
SHOWN_ERRORS = 50


@institutions.command("import")
def import_institutions(
    file: File,
    below: Annotated[str | None, typer.Option(help="code of the institution to hang roots of the file on")] = None,
    dry_run: DryRun = False,
    per_row: PerRow = False,
) -> None:
    """Create institutions from a sheet: code, name, kind, school type, parent code, division, opened on."""
    with database.available(bulk=True), file.open("rb") as stream, progress_bar() as progress, refusals():
        task = progress.add_task(file.name, total=None)
        with db.transaction() as session:
            parent = institution_service.scope_to_code(session, below)
            outcome = institution_service.import_sheet(
                session,
                SYSTEM,
                parent,
                stream,
                file.name,
                dry_run=dry_run,
                per_row=per_row,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    report(outcome, dry_run=dry_run)


@rolls.command("import")
def import_rolls(
    file: File,
    school: Annotated[str, typer.Option(help="code of the school")],
    kind: Annotated[str, typer.Option(help="students or staff")] = "students",
    dry_run: DryRun = False,
    per_row: PerRow = False,
) -> None:
    """Take a school's roll from a sheet, with guardians; the template comes from the API."""
    with database.available(bulk=True), file.open("rb") as stream, progress_bar() as progress, refusals():
        task = progress.add_task(file.name, total=None)
        with db.transaction() as session:
            institution_id = enter_school(session, school, "--school")
            outcome = people.import_roll(
                session,
                SYSTEM,
                institution_id,
                stream,
                file.name,
                kind=kind,
                mode="per_row" if per_row else "all_or_nothing",
                dry_run=dry_run,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    report(outcome, dry_run=dry_run)


def enter_school(session: Session, code: str, option: str) -> int:
    """Bind the transaction to the school with this code; raises `typer.BadParameter` where there is none."""
    institution_id = institution_service.scope_to_code(session, code)
    if institution_id is None:
        raise typer.BadParameter("no school has this code", param_hint=option)
    db.bind(session, Scope(frozenset({institution_id}), frozenset({institution_id})))
    return institution_id


def progress_bar() -> Progress:
    """Rows done of all, and how long it has taken."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def report(outcome: Any, *, dry_run: bool) -> None:
    """Say what became of a roll or a tree; exit code 1 where rows were refused."""
    word = "would be" if dry_run else "were"
    console.print(
        f"{outcome.rows} rows: {outcome.created} {word} created, {outcome.updated} updated, {outcome.failed} refused."
    )
    report_errors(outcome)


def report_errors(outcome: Any) -> None:
    """List the first errors and exit with 1, if there are any."""
    if not outcome.errors:
        return
    table = Table("row", "column", "code", "what is wrong")
    for error in outcome.errors[:SHOWN_ERRORS]:
        table.add_row(str(error.row), error.column or "", error.code, error.detail)
    console.print(table)
    if len(outcome.errors) > SHOWN_ERRORS:
        console.print(f"… and {len(outcome.errors) - SHOWN_ERRORS} more.")
    raise typer.Exit(1)
