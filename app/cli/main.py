"""Entry point: one module a command, gathered here."""

import signal

import typer

from app.cli import (
    accounts,
    audit,
    background,
    backups,
    demo,
    doctor,
    documents,
    imports,
    keys,
    migrate,
    outbox,
    partitions,
    readings,
    reminders,
    reports,
    rollups,
    secrets,
    serve,
    shard,
    up,
)
from app.kernel import garbage

app = typer.Typer(
    name="lianfang",
    help="Joint epidemic prevention for the schools of a province (联防).",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold personal data
)
app.command("up")(up.up)
app.command("serve")(serve.serve)
app.command("worker")(background.work)
app.command("beat")(background.beat)
app.command("migrate")(migrate.migrate)
app.command("secrets")(secrets.make)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("drill")(backups.drill)
app.command("shard")(shard.shard)
app.command("demo")(demo.build)
app.command("remind")(reminders.remind)
app.command("doctor")(doctor.examine)
app.command("openapi")(documents.openapi)
app.command("permissions")(documents.permissions)
app.command("workflows")(documents.workflows)
app.add_typer(imports.institutions, name="institutions", help="The tree of institutions.")
app.add_typer(imports.rolls, name="rolls", help="Students, staff and their guardians.")
app.add_typer(readings.app, name="readings", help="Readings of the daily check-in.")
app.add_typer(accounts.app, name="accounts", help="Accounts and the roles they hold.")
app.add_typer(keys.app, name="keys", help="Keys that sign access tokens.")
app.add_typer(audit.app, name="audit", help="The append-only trail.")
app.add_typer(partitions.app, name="partitions", help="The days of readings, as the database keeps them.")
app.add_typer(outbox.app, name="outbox", help="Events that have failed too often.")
app.add_typer(reports.app, name="reports", help="Daily reports.")
app.add_typer(rollups.app, name="rollups", help="Figures and their recount.")


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    """What the `lianfang` script calls."""
    # SIGTERM unwinds as Ctrl-C does; by default it would end the process there and then, and leave behind the embedded
    # database and the worker that a command has started.
    signal.signal(signal.SIGTERM, _leave)
    garbage.spare_what_stays()
    app()
