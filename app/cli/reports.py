"""`lianfang reports`: prove what was sent, and do at once what the clock does every five minutes."""

from typing import Annotated

import typer
from rich.console import Console

from app.cli import database
from app.institutions import service as institutions
from app.kernel import db, discovery
from app.reports import service, tasks

app = typer.Typer(no_args_is_help=True)
console = Console()


@app.command("verify")
def verify(code: Annotated[str, typer.Argument(help="code of the institution that has sent them")]) -> None:
    """Hold all that an institution has sent against digests, chain and signatures; exit code 1 if anything differs."""
    with database.available(), db.transaction() as session:
        institution_id = institutions.scope_to_code(session, code)
        if institution_id is None:
            raise typer.BadParameter("no institution has this code")
        proofs = service.verify_all(session, institution_id)
    for one in proofs.items:
        wrong = [
            what
            for what, holds in (
                ("content", one.content_holds),
                ("chain", one.chain_holds),
                ("signature", one.signature_holds),
            )
            if not holds
        ]
        if wrong:
            console.print(f"[red]{one.day}, revision {one.number}: {', '.join(wrong)}[/]")
    console.print(f"{len(proofs.items)} revisions, {'whole' if proofs.whole else 'not whole'}")
    if not proofs.whole:
        raise typer.Exit(1)


@app.command("watch")
def watch() -> None:
    """Book today's reports, remind of them, find the missing ones."""
    discovery.import_features()
    with database.available():
        booked, reminded, missing = tasks.watch()
    console.print(f"{booked} booked, {reminded} reminded, {missing} missing")
