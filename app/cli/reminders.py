"""`lianfang remind`: reminders of check-ins by hand, or what they would be."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.alerts import tasks
from app.cli import database
from app.kernel import clock, discovery

console = Console()


def remind(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="today, if absent")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="count all of the day's, and write nothing")] = False,
) -> None:
    """Remind of the check-ins that are owed, as far as the moments of the day have come; nobody is told twice."""
    discovery.import_features()
    counts: dict[tuple[str, str, str], tuple[int, int]] = {}
    with database.available():
        for one in tasks.remind_day(day.date() if day else clock.today(), dry_run=dry_run):
            key = (one.due.at, one.due.slot, one.due.stage)
            schools, messages = counts.get(key, (0, 0))
            counts[key] = (schools + len(one.due.institution_ids), messages + one.messages)
    table = Table("at", "slot", "to", "schools", "messages")
    for (at, slot, stage), (schools, messages) in sorted(counts.items()):
        local = datetime.fromisoformat(at).astimezone(clock.SHANGHAI)
        table.add_row(f"{local:%H:%M}", slot, stage, str(schools), str(messages))
    console.print(table)
