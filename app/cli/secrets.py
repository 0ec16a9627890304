"""`lianfang secrets`: the passwords and keys of an installation, made once."""

import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.kernel import migrations, settings
from app.kernel.postgres.cluster import OWNER
from app.kernel.rls import APP_ROLE
from app.kernel.secrets import made_once, vault

EVERYWHERE = "*:*:*"  # host, port and database in a line of libpq's password file


def make(
    database: Annotated[Path, typer.Argument(help="for the server and who migrates it: the owner's password")],
    pooler: Annotated[Path, typer.Argument(help="for PgBouncer: who may sign in through it")],
) -> None:
    """Make what is missing, in two folders and the data folder; what is there stays. Nothing is shown."""
    own = settings.current().data_folder / "secrets"
    vault()
    app = migrations.password_of_app_role(own)
    owner = made_once(database / "owner.password", lambda: secrets.token_urlsafe(24))
    made_once(own / "pgpass", lambda: f"{EVERYWHERE}:{APP_ROLE}:{app}\n")
    made_once(database / "pgpass", lambda: f"{EVERYWHERE}:{OWNER}:{owner}\n{EVERYWHERE}:{APP_ROLE}:{app}\n")
    made_once(pooler / "users.txt", lambda: f'"{APP_ROLE}" "{app}"\n')
    # The server and the pooler run as accounts of their own images; nobody else has these two volumes.
    for file in (database / "owner.password", pooler / "users.txt"):
        file.parent.chmod(0o755)
        file.chmod(0o444)
    Console().print("every secret is there")
