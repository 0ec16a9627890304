"""`lianfang up`: everything on one machine, for a first look; what ``scripts/run`` calls."""

import socket
from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Table

from app.cli import database, serve
from app.cli.demo import DemoAccount, ensure_demo, remembered_accounts
from app.kernel import clock, settings

console = Console()


def up(
    port: Annotated[int, typer.Option(help="port of the API", min=1, max=65535)] = 8000,
    schools: Annotated[int, typer.Option(help="schools of the demo province", min=1, max=14_000)] = 60,
    empty: Annotated[bool, typer.Option("--empty", help="no demo data")] = False,
) -> None:
    """Start the database, migrate, fill in the demo at the first start, and serve until Ctrl-C."""
    _demand_free(port)
    with database.available(migrate=True) as found:
        if not empty:
            ensure_demo(schools, console)
        _greet(port, embedded=found.embedded, accounts=[] if empty else remembered_accounts())
        serve.run_api("127.0.0.1", port)
    console.print("Stopped; the data are kept.")


def _demand_free(port: int) -> None:
    # Said before minutes of demo data, not after them.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            console.print(f"[red]Port {port} is in use; choose another with --port.[/]")
            raise typer.Exit(1) from error


def _greet(port: int, *, embedded: bool, accounts: list[DemoAccount]) -> None:
    base = f"http://127.0.0.1:{port}"
    console.print()
    console.print(f"[bold]Lianfang 联防[/] is starting on [bold]{base}[/]")
    addresses = {"API reference": "/docs", "OpenAPI": "/openapi.json", "ready": "/readyz", "metrics": "/metrics"}
    if (settings.current().web_folder / "index.html").is_file():
        addresses = {"in a browser": "/", **addresses}
    # One a line: in a narrow terminal an address that is wrapped cannot be clicked.
    for what, where in addresses.items():
        console.print(f"  {what:<14} {base}{where}")
    console.print("  database       " + ("embedded, in the data folder" if embedded else "LIANFANG_DATABASE_URL"))
    if accounts:
        _show_accounts(accounts)
        _show_curl(base, accounts)
    console.print("\nCtrl-C stops everything; the data are kept.\n")


def _show_accounts(accounts: list[DemoAccount]) -> None:
    table = Table(title="Demo accounts", title_justify="left")
    for heading in ("role", "where", "phone", "password"):
        table.add_column(heading, no_wrap=heading != "where")
    for account in accounts:
        table.add_row(account.role, account.where, account.phone, account.password)
    console.print(table)


def _show_curl(base: str, accounts: list[DemoAccount]) -> None:
    parent = next(account for account in accounts if account.role == "guardian")
    sign_in = f'{{"phone":"{parent.phone}","password":"{parent.password}"}}'
    reading = f'{{"id":"{uuid4()}","person_id":{parent.person_id},"temperature":36.6,"taken_at":"{_now()}"}}'
    json_type = "-H 'Content-Type: application/json'"
    pick_token = """python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])'"""  # noqa: S105 - a command
    console.print("Three lines to try, as a parent at ten to seven:", style="bold")
    # Plain print: these are to be copied, and rich would wrap them.
    print(f"  TOKEN=$(curl -s {base}/api/v1/sessions {json_type} -d '{sign_in}' | {pick_token})")  # noqa: T201
    print(f'  curl -s {base}/api/v1/me/family -H "Authorization: Bearer $TOKEN"')  # noqa: T201
    print(f"  curl -s {base}/api/v1/checkins -H \"Authorization: Bearer $TOKEN\" {json_type} -d '{reading}'")  # noqa: T201


def _now() -> str:
    return clock.now().astimezone(clock.SHANGHAI).isoformat(timespec="seconds")
