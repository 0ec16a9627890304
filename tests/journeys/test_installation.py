"""The commands of `docker-compose.yml` in their order, without containers; hosts, folders and ports are others."""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
import pytest

from app.kernel import postgres
from app.kernel.postgres.accounts import account_for
from bench import broker, pooler, undertaker
from bench.api import Api, free_port
from bench.processes import Process, valkey
from tests.factories import compose

WITHIN = 60.0  # seconds until everything answers on a busy machine
BIN = Path(compose.ROOT / ".venv" / "bin")


@dataclass
class Machine:
    """Stands for the host: one folder for the volumes, one port for each port of a service."""

    folder: Path
    postgres_port: int
    ports: dict[str, int] = field(default_factory=dict)

    def here(self, service: str, text: str) -> str:
        """A word of the compose file as it must read on this machine."""
        for name, port in (("postgres", 5432), ("pgbouncer", 6432), ("valkey", 6379)):
            text = text.replace(f"{name}:{port}", f"127.0.0.1:{self.port(name)}")
        text = text.replace("host=postgres port=5432", f"host=127.0.0.1 port={self.port('postgres')}")
        text = re.sub(r"\b(8000|9100|6432)\b", str(self.port(service)), text.replace("0.0.0.0", "127.0.0.1"))  # noqa: S104
        text = text.replace("/var/lib/lianfang-data", str(self.folder / "data"))
        return re.sub(r"\$\{\w+:-(\w*)\}", r"\1", text.replace("/run/lianfang-", f"{self.folder}/"))

    def port(self, service: str) -> int:
        """The one on which a service listens."""
        return self.ports.setdefault(service, self.postgres_port if service == "postgres" else free_port())

    def environment(self, service: str) -> dict[str, str]:
        """What a service is given, and the path to its programs."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIANFANG_")}
        set_here = compose.services()[service].get("environment", {})
        own = {name: self.here(service, str(value)) for name, value in set_here.items()}
        path = f"{BIN}:{inherited['PATH']}"
        return inherited | {"PATH": path, "LIANFANG_DATA_FOLDER": str(self.folder / "data")} | own

    def command(self, service: str) -> list[str]:
        """What a service runs; the API's stands in the Dockerfile."""
        default = ["lianfang", "serve", "--host", "0.0.0.0", "--port", "8000"]  # noqa: S104
        words = compose.services()[service].get("command", default)
        program, *arguments = [self.here(service, word) for word in words]
        return [str(BIN / program), *arguments]

    def run(self, service: str, command: list[str]) -> subprocess.CompletedProcess[str]:
        """One that ends."""
        environment = self.environment(service)
        return subprocess.run(  # noqa: S603 - ours
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=WITHIN
        )

    def once(self, service: str) -> None:
        """A service that must end well."""
        done = self.run(service, self.command(service))
        assert done.returncode == 0, done.stdout + done.stderr

    def healthy(self, service: str) -> bool:
        """What its healthcheck says."""
        kind, *command = compose.services()[service]["healthcheck"]["test"]
        assert kind == "CMD"
        return self.run(service, [self.here(service, word) for word in command]).returncode == 0

    @contextmanager
    def staying(self, service: str, command: list[str], *, as_nobody: bool = False) -> Iterator[None]:
        """One that stays until it is told to end, and then does."""
        account = account_for(self.folder / "none") if as_nobody else None
        made = Process(command, self.environment(service), self.folder / f"{service}.log", account)
        made.start()
        try:
            yield
        finally:
            made.signal(signal.SIGTERM, within=60)


@pytest.fixture
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="lianfang-installed-"))
    folder.chmod(0o755)
    with undertaker.watch(folder):
        server = postgres.start(folder / "postgres")
        found = re.search(r":(\d+)/", server.url)
        assert found is not None
        made = Machine(folder, int(found[1]))
        for name in ("database", "pooler"):
            (folder / name).mkdir()
        made.once("secrets")
        with psycopg.connect(server.url, autocommit=True) as connection:
            # Their server is made with it.
            password = (folder / "database" / "owner.password").read_text()
            connection.execute(f"ALTER ROLE lianfang_owner PASSWORD '{password}'".encode())
        yield made
        server.stop()


@pytest.mark.skipif(pooler.BINARY is None, reason=pooler.MISSING)
def test_the_installation_starts_without_being_told_anything(machine: Machine) -> None:
    assert pooler.BINARY is not None
    machine.once("migrate")
    settings = machine.folder / "pgbouncer.ini"
    settings.write_text(machine.here("pgbouncer", (compose.ROOT / "deploy" / "pgbouncer.ini").read_text()))
    with ExitStack() as running:
        running.enter_context(machine.staying("pgbouncer", [pooler.BINARY, str(settings)], as_nobody=True))
        cache = [valkey(), "--port", str(machine.port("valkey")), *compose.services()["valkey"]["command"][1:]]
        running.enter_context(machine.staying("valkey", cache))
        broker.until(lambda: machine.healthy("pgbouncer"), WITHIN)
        staying = ["api", *(name for name in compose.ours() if name.startswith(("worker", "beat")))]
        for name in staying:
            running.enter_context(machine.staying(name, machine.command(name)))
        api = Api({}, machine.folder / "unused.log", port=machine.port("api"))
        broker.until(lambda: api.answers("/readyz"), WITHIN)
        assert api.answers("/readyz"), (machine.folder / "api.log").read_text()[-2000:]
        for name in staying[1:]:
            broker.until(partial(machine.healthy, name), WITHIN)
            assert machine.healthy(name), (machine.folder / f"{name}.log").read_text()[-2000:]
        assert api.ask("POST", "/api/v1/sessions", b'{"phone": "13900000000", "password": "x"}').status == 401
        assert heard(machine) == {"FeverReported", "InstitutionOpened", "ReadingsQueued"}


def heard(machine: Machine) -> set[str]:
    """Which of three events, one for each queue, the workers have heard."""
    password = (machine.folder / "database" / "owner.password").read_text()
    url = f"postgresql://lianfang_owner:{password}@127.0.0.1:{machine.postgres_port}/lianfang"
    add = (
        "INSERT INTO outbox (task_id, institution_id, name, payload, recorded_at, due_at, attempts) VALUES "
        '(gen_random_uuid(), 1, \'FeverReported\', \'{"person_id": 1, "checkin_id": "", "day": "2026-11-24"}\', '
        "now(), now(), 0), (gen_random_uuid(), 1, 'InstitutionOpened', '{}', now(), now(), 0), "
        "(gen_random_uuid(), 1, 'ReadingsQueued', '{\"import_id\": 0}', now(), now(), 0)"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(add.encode())

        def done() -> set[str]:
            found = connection.execute("SELECT name FROM outbox WHERE done_at IS NOT NULL")
            return {row[0] for row in found}

        broker.until(lambda: len(done()) == 3, WITHIN)
        return done()
