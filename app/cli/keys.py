"""`lianfang keys`: the pairs that sign access tokens."""

import typer
from rich.console import Console

from app.cli import database
from app.identity import service as identity
from app.kernel import db

app = typer.Typer(no_args_is_help=True)


@app.command("rotate")
def rotate() -> None:
    """Make the next signing key: published now, signing from tomorrow, when every verifier has fetched it."""
    with database.available(), db.transaction(identity.PLATFORM_SCOPE) as session:
        key = identity.rotate_keys(session)
        Console().print(f"key [bold]{key.kid}[/] is published; it signs from {key.signs_from.isoformat()}")
