"""`lianfang readings …`: readings from a sheet, with a progress bar."""

from typing import Annotated

import typer

from app.access.service import SYSTEM
from app.checkins import service as checkins
from app.cli import database
from app.cli.imports import DryRun, File, PerRow, console, enter_school, progress_bar, report_errors
from app.cli.refusals import refusals
from app.kernel import db
from app.kernel.sheet_errors import ImportMode

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _readings() -> None:
    """A group of commands, however few there are."""


@app.command("import")
def import_readings(
    file: File,
    institution: Annotated[str, typer.Option(help="code of the school")],
    dry_run: DryRun = False,
    per_row: PerRow = False,
) -> None:
    """Log the readings that a sheet lists, of any age; the template comes from the API."""
    with database.available(bulk=True), file.open("rb") as stream, progress_bar() as progress, refusals():
        task = progress.add_task(file.name, total=None)
        with db.transaction() as session:
            institution_id = enter_school(session, institution, "--institution")
            outcome = checkins.import_checkins(
                session,
                SYSTEM,
                institution_id,
                stream,
                file.name,
                mode=ImportMode.PER_ROW if per_row else ImportMode.ALL_OR_NOTHING,
                dry_run=dry_run,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    word = "would have landed" if dry_run else "landed"
    console.print(
        f"{outcome.rows} rows: {outcome.accepted} {word}, {outcome.duplicate} had before, {outcome.failed} refused."
    )
    report_errors(outcome)
