"""`lianfang migrate`."""

from typing import Annotated

import typer
from rich.console import Console

from app.cli import database
from app.kernel import migrations


def migrate(
    to: Annotated[str, typer.Option(help="revision, `head`, or `-1` for one step back")] = "head",
) -> None:
    """Bring the database to the present schema and give the application's role its password."""
    with database.available(migrate=to == "head") as found:
        if to != "head":
            migrations.run(found.owner_url, to)
        where = "embedded database" if found.embedded else "database of LIANFANG_DATABASE_URL"
        Console().print(f"{where}: revision [bold]{migrations.current(found.owner_url)}[/]")
