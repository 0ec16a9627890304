"""`lianfang serve` as a process that can be started, killed and asked."""

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LIANFANG = str(Path(sys.executable).parent / "lianfang")
# Below the ports that the system hands to outgoing connections: a client that retries while nobody listens could
# otherwise be connected to itself and keep the restarted API from its port.
_PORTS = range(20_000, 30_000)
_READY_WITHIN = 90.0


class NotReadyError(RuntimeError):
    """A process ended, or said nothing in time; the message quotes the end of its log."""


def free_port() -> int:
    """A port on which nobody listens now. Raises NotReadyError."""
    for _ in range(50):
        port = random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise NotReadyError("no free port on 127.0.0.1")


@dataclass(frozen=True)
class Answer:
    """An answer, and the seconds that it took; ``body`` is what its JSON says."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    seconds: float


@dataclass
class Api:
    """`lianfang serve` (or what else takes the same options) as a process of its own; keeps its port over restarts."""

    environment: Mapping[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    processes: int = 1
    program: Sequence[str] = (LIANFANG, "serve")
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that takes the signals. Raises NotReadyError where none was started."""
        return self._started.pid

    @property
    def _pid_file(self) -> Path:
        # By it the process is found where whoever started it was killed.
        return self.log.with_suffix(".pid")

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise NotReadyError("the API was not started")
        return self._process

    def start(self) -> None:
        """Spawn it and wait until it answers. Raises NotReadyError."""
        command = [*self.program, "--port", str(self.port), "--processes", str(self.processes)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                cwd=self.log.parent,  # it must not matter where it starts, nor may it leave anything there
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._pid_file.write_text(str(self._process.pid))
        deadline = time.monotonic() + _READY_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.answers():
                return
            time.sleep(0.05)
        self.kill()
        raise NotReadyError(f"the API does not answer: {self.log.read_text()[-2000:]}")

    def ask(self, method: str, path: str, body: bytes | None = None, token: str = "", within: float = 20.0) -> Answer:
        """One request on a connection of its own. Raises OSError or HTTPException where there is no answer."""
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=within)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, json.loads(content or b"{}"), time.monotonic() - begun)

    def answers(self, path: str = "/healthz") -> bool:
        """Whether ``path`` is answered with 200 within two seconds."""
        try:
            return self.ask("GET", path, within=2).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def kill(self) -> None:
        """Kill it (-9) with its children; nothing is tidied up."""
        if self._process is not None:
            # Its group is its own: it was started as the leader of a session.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._pid_file.unlink(missing_ok=True)

    def end(self, number: signal.Signals = signal.SIGTERM, *, within: float = 40.0) -> tuple[int, float]:
        """Send a signal and wait; the exit code and the seconds that it took. Raises TimeoutExpired."""
        begun = time.monotonic()
        os.kill(self.pid, number)
        code = self._started.wait(timeout=within)
        self._pid_file.unlink(missing_ok=True)
        return code, time.monotonic() - begun
