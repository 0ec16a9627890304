"""`lianfang accounts`: the first accounts, which no account could create; and those that nobody else may shut."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.orm import Session

from app.access import service as access
from app.access.roles import Role
from app.access.service import SYSTEM, Actor
from app.audit import service as audit
from app.cli import database
from app.cli.refusals import refusals
from app.identity import service as identity
from app.identity.models import AccountKind
from app.institutions import service as institutions
from app.kernel import db
from app.kernel.db import Scope

app = typer.Typer(no_args_is_help=True)
console = Console()


@app.callback()
def accounts() -> None:
    """Accounts and the roles they hold."""


@app.command("create")
def create(
    phone: Annotated[str, typer.Option(help="mobile number to sign in with")],
    name: Annotated[str, typer.Option(help="as others see it")],
    role: Annotated[Role, typer.Option(help="what the account is")],
    institution: Annotated[str, typer.Option(help="code of the institution in which it is that")],
) -> None:
    """Create an account with a role; prints a password once, to be changed at the first sign-in."""
    with database.available(), refusals():
        password = _create(phone, name, role, institution)
    console.print(f"Created. Password, shown once: [bold]{password}[/]")


@app.command("disable")
def disable(
    phone: Annotated[str, typer.Option(help="mobile number of the account")],
    reason: Annotated[str, typer.Option(help="why; kept in the trail")],
) -> None:
    """Let nobody sign in by an account, and end its sessions at once."""
    _set_state(phone, reason, identity.disable_account)
    console.print("Disabled.")


@app.command("enable")
def enable(
    phone: Annotated[str, typer.Option(help="mobile number of the account")],
    reason: Annotated[str, typer.Option(help="why; kept in the trail")],
) -> None:
    """Let the holder of an account sign in again."""
    _set_state(phone, reason, identity.enable_account)
    console.print("Enabled.")


def _set_state(phone: str, reason: str, change: Callable[[Session, Actor, int, str], object]) -> None:
    with database.available(), refusals(), db.transaction(identity.PLATFORM_SCOPE) as session:
        found = identity.find_account(session, phone)
        if found is None:
            raise typer.BadParameter("no account has this number", param_hint="--phone")
        change(session, SYSTEM, found.id, reason)


def _create(phone: str, name: str, role: Role, code: str) -> str:
    password = identity.generate_password()
    with db.transaction() as session:
        institution_id = institutions.scope_to_code(session, code)
        if institution_id is None:
            raise typer.BadParameter("no institution has this code", param_hint="--institution")
        institutions.require_role_fits(session, institution_id, role)
        db.widen(session, Scope(institutions=frozenset({institution_id})) | identity.PLATFORM_SCOPE)
        account = identity.create_account(
            session,
            SYSTEM,
            kind=AccountKind.STAFF,
            display_name=name,
            phone=phone,
            password=password,
            must_change=True,
        )
        session.flush()
        access.grant(session, SYSTEM, {"account_id": account.id, "institution_id": institution_id, "role": role})
        institutions.name_member(session, institution_id, account.id, name)
        audit.record(
            session,
            SYSTEM,
            "members.add",
            "account",
            account.id,
            institution_id=institution_id,
            details={"role": role.value},
        )
    return password
