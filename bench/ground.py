"""A place to try what would harm others: a folder, a database server and API processes of its own, all on 127.0.0.1.

Nothing here reads the settings of the calling process: what has to run inside the program runs as a command with the
environment of the ground, so a test may use it beside the database that it tests with.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.kernel import migrations, postgres
from bench import undertaker
from bench.api import LIANFANG, ROOT, Api, NotReadyError


@dataclass
class Ground:
    """A migrated database with its server, and the environment by which the program finds both."""

    folder: Path
    options: Mapping[str, str]
    server: postgres.Server
    environment: dict[str, str] = field(repr=False)
    apis: list[Api] = field(default_factory=list)

    @property
    def owner_url(self) -> str:
        """For looking at rows, and for what only the superuser may do."""
        return self.server.url

    def start_database(self, options: Mapping[str, str] | None = None) -> None:
        """Start the server again, after a crash or a stop; ``options`` replace those it had."""
        self.options = self.options if options is None else options
        url = self.server.url
        self.server = postgres.start(self.folder / "postgres", options=self.options)
        if self.server.url != url:
            raise NotReadyError("the database came back on another port")

    def stop_database(self) -> None:
        """Shut the server down in order."""
        self.server.stop()

    def kill_database(self) -> None:
        """Kill the postmaster (-9); its backends notice and go."""
        os.kill(self.server.pid, signal.SIGKILL)

    def add_api(self, *, processes: int = 1, program: Sequence[str] = (LIANFANG, "serve")) -> Api:
        """Start one more API on this database."""
        api = Api(self.environment, self.folder / f"api-{len(self.apis)}.log", processes=processes, program=program)
        self.apis.append(api)
        api.start()
        return api

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the program (`lianfang ...`, or `python -m ...`) on this ground, to its end."""
        first = [sys.executable] if command[0] == "-m" else [LIANFANG]
        return subprocess.run(  # noqa: S603 - our own command
            [*first, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )


@contextlib.contextmanager
def prepared(options: Mapping[str, str] | None = None) -> Iterator[Ground]:
    """Have a new ground for the length of a block; everything that it started or wrote is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lianfang-ground-"))
    # The account that runs root's server must get in; what is secret below is closed by its own mode.
    folder.chmod(0o755)
    with undertaker.watch(folder):
        server = postgres.start(folder / "postgres", options=options or {})
        ground = Ground(folder, options or {}, server, {})
        try:
            ground.environment.update(_environment(folder, server.url))
            yield ground
        finally:
            for api in ground.apis:
                api.kill()
            ground.server.stop()


@contextlib.contextmanager
def visited() -> Iterator[Ground]:
    """A ground that another command keeps, by the environment that it has printed; what is started here ends here."""
    with tempfile.TemporaryDirectory(prefix="lianfang-visit-") as folder:
        server = postgres.Server(os.environ["LIANFANG_DATABASE_URL"], Path(folder), pid=0, adopted=True)
        ours = {"LIANFANG_PASSWORD_HASH_COST": "1", "LIANFANG_LOG_LEVEL": "WARNING"}
        ground = Ground(Path(folder), {}, server, {**os.environ, **ours})
        try:
            yield ground
        finally:
            for api in ground.apis:
                api.kill()


def database_folder(folder: Path) -> Path:
    """Where the server of a data folder really keeps its files: elsewhere, if its account cannot get in."""
    marker = folder / "postgres" / "elsewhere"
    return Path(marker.read_text().strip()) if marker.exists() else folder / "postgres"


def _environment(folder: Path, owner_url: str) -> dict[str, str]:
    migrations.run(owner_url)
    app_url = migrations.open_app_role(owner_url, migrations.password_of_app_role(folder / "data" / "secrets"))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIANFANG_")}
    return inherited | {
        "LIANFANG_DATABASE_URL": owner_url,
        "LIANFANG_APP_DATABASE_URL": app_url,
        "LIANFANG_DATA_FOLDER": str(folder / "data"),
        "LIANFANG_PASSWORD_HASH_COST": "1",
        "LIANFANG_LOG_LEVEL": "WARNING",
    }
