"""A streaming replica of a ground's database, for trying what reads from one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from app.kernel import postgres
from app.kernel.postgres.accounts import account_for, make_folder, run
from app.kernel.postgres.binaries import reachable_by
from bench.api import NotReadyError
from bench.ground import Ground, database_folder


@contextmanager
def running(ground: Ground) -> Iterator[postgres.Server]:
    """Copy the database while it runs, and follow it for the length of a block. Raises NotReadyError."""
    folder = ground.folder / "replica" / "postgres"
    account = account_for(folder / "data")
    binaries = reachable_by(account, postgres.find_binaries())
    make_folder(folder, 0o711)
    make_folder(folder / "data", 0o700)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text((database_folder(ground.folder) / "password").read_text())
    for path in (folder / "data", password):
        if account is not None:
            os.chown(path, account.uid, account.gid)
    source = urlunsplit(urlsplit(ground.owner_url)._replace(path="/postgres"))
    copy = [str(binaries / "pg_basebackup"), "--dbname", source, "--pgdata", str(folder / "data")]
    done = run([*copy, "--write-recovery-conf", "--checkpoint=fast"], account)
    if done.returncode != 0:
        raise NotReadyError(f"the database cannot be copied: {done.stderr[-1000:]}")
    with postgres.running(folder, options=ground.options) as server:
        yield server


def app_url(ground: Ground, server: postgres.Server) -> str:
    """The application role's URL of the replica."""
    parts, there = urlsplit(ground.environment["LIANFANG_APP_DATABASE_URL"]), urlsplit(server.url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{there.hostname}:{there.port}"))
