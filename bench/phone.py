"""A client on a bad network: it names its reading once and sends it until somebody acknowledges it."""

import contextlib
import http.client
import json
import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from bench.api import Answer
from bench.province import Child, Family
from tests.factories.tree import PASSWORD

_TRY_AGAIN = frozenset({429, 502, 503, 504})
_ACKNOWLEDGED = frozenset({200, 201})
_EXPIRED = 401
_SIGNED_IN = 201


class RefusedError(RuntimeError):
    """An answer that sending again would not change."""


@dataclass(frozen=True)
class Reading:
    """What a phone sends, and sends again unchanged."""

    id: UUID
    child: Child
    tenths: int
    taken_at: datetime

    @property
    def body(self) -> bytes:
        """The request's body."""
        return json.dumps(
            {
                "id": str(self.id),
                "person_id": self.child.person_id,
                "temperature": self.tenths / 10,
                "taken_at": self.taken_at.isoformat(timespec="seconds"),
            }
        ).encode()


def take(child: Child, *, days: int = 1, feverish: float = 0.1) -> Reading:
    """A plausible reading of one of the last ``days`` times 24 hours; every tenth one is a fever."""
    tenths = random.randint(374, 395) if random.random() < feverish else random.randint(360, 371)
    back = timedelta(seconds=random.randrange(60, max(days * 86_400, 120)))
    return Reading(uuid4(), child, tenths, datetime.now(UTC) - back)


class Phone:
    """One connection at a time to an API that may be gone; ``given_up`` ends its patience."""

    def __init__(self, port: int, given_up: threading.Event) -> None:
        self._port = port
        self._given_up = given_up
        self._tokens: dict[str, str] = {}
        self._connection: http.client.HTTPConnection | None = None
        self.attempts = 0

    def send(self, family: Family, reading: Reading) -> None:
        """Return once the reading is acknowledged, however often it takes. Raises RefusedError."""
        wait = 0.02
        while not self._try(family, reading):
            if self._given_up.wait(wait * random.uniform(0.5, 1.0)):
                raise RefusedError("given up")
            wait = min(wait * 2, 0.4)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None

    def _try(self, family: Family, reading: Reading) -> bool:
        self.attempts += 1
        answer = self._post("/api/v1/checkins", reading.body, self._tokens.get(family.phone, family.token))
        if answer is None or answer.status in _TRY_AGAIN:
            return False
        if answer.status == _EXPIRED:
            self._sign_in(family)
            return False
        if answer.status in _ACKNOWLEDGED and answer.body["id"] == str(reading.id):
            return True
        raise RefusedError(f"{answer.status} {answer.body}")

    def _sign_in(self, family: Family) -> None:
        """Access tokens hold for ten minutes, trials may take longer."""
        answer = self._post("/api/v1/sessions", json.dumps({"phone": family.phone, "password": PASSWORD}).encode())
        if answer is not None and answer.status == _SIGNED_IN:
            self._tokens[family.phone] = answer.body["access_token"]

    def _post(self, path: str, body: bytes, token: str = "") -> Answer | None:
        """The answer; None where there was none: then what was asked may or may not have been done."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        begun = time.monotonic()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            self._connection.request("POST", path, body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return None
        return Answer(answer.status, dict(answer.getheaders()), json.loads(content), time.monotonic() - begun)
