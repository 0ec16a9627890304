"""Back a database up, restore it, and run the isolation matrix on what was restored (F11).

python -m bench.restored
"""

import os
import subprocess
import sys

import psycopg

from bench import ground as grounds
from bench.api import ROOT
from bench.ground import Ground
from bench.province import plant
from tests.factories.databases import at


def restored(ground: Ground) -> str:
    """The owner's URL of a database that was read from a backup of the ground's. Raises RuntimeError."""
    plant(ground, schools=2, classes=2, families=8)
    folder = ground.folder / "backup"
    _demand(ground.run("backup", str(folder)))
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored TEMPLATE template0")
    for name in ("LIANFANG_DATABASE_URL", "LIANFANG_APP_DATABASE_URL"):
        ground.environment[name] = at(ground.environment[name], "restored")
    _demand(ground.run("restore", str(folder)))
    return ground.environment["LIANFANG_DATABASE_URL"]


def _demand(done: subprocess.CompletedProcess[str]) -> None:
    print(done.stdout.strip())
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def main() -> int:
    """Run; the exit code is that of the tests."""
    with grounds.prepared() as ground:
        url = restored(ground)
        # What was restored is encrypted under the ground's keys, which no backup holds.
        keys = (ground.folder / "data" / "secrets" / "master.key").read_text().split()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIANFANG_")}
        matrix = [sys.executable, "-m", "pytest", "tests/isolation", "-q", "--database", url]
        return subprocess.run(  # noqa: S603 - our own tests
            matrix, cwd=ROOT, env=environment | {"LIANFANG_MASTER_KEYS": ",".join(keys)}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
