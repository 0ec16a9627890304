"""Nothing that can be sent ends in a 5xx, and what is not understood changes nothing (PROMISES, "Bad input")."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.kernel import settings
from tests.contract import evil
from tests.identity.steps import caller_from
from tests.isolation.calls import Call, Take, body_fields
from tests.isolation.filler import FILLER, cases_of
from tests.isolation.fixtures import Worlds
from tests.isolation.matrix import Case, refused_inside
from tests.isolation.sessions import CHANGES_ACCOUNT
from tests.isolation.worlds import Province, granted

# Fields that take any JSON on purpose: unknown members inside are kept as they came.
FREE = {"answers", "value"}
BODY_LIMIT = 256 * 1024


@pytest.fixture(scope="session")
def world(worlds: Worlds) -> Province:
    return worlds[0]


class Sender:
    """Sends one operation again and again, each time with one thing wrong."""

    def __init__(self, client: TestClient, world: Province, case: Case) -> None:
        # From an address of its own: what is counted by address here is not counted against other tests.
        self.client, self.world, self.case = caller_from(client), world, case
        self.actor = granted(world, case.operation)[0]
        world.renew()
        self.sign_in()
        self.call = case.build(Take(lambda kind: world.own(kind, self.actor)))
        self.document: Any = client.app.openapi()  # type: ignore[attr-defined]  # FastAPI behind the ASGI type
        item = self.document["paths"][case.operation.path]
        self.described = item[case.operation.method.lower()]

    def send(self, call: Call, content: bytes | None = None, headers: Mapping[str, str] | None = None) -> Response:
        path = self.case.operation.path.format(**call.path)
        if content is None and call.body is not None:
            content = evil.raw(call.body)
        own = {"Content-Type": "application/json"} if content is not None else {}
        merged = {**self.headers, **own, **(headers or {})}
        answer = self.client.request(
            self.case.operation.method,
            path,
            params=dict(call.query),
            headers={name.encode(): value.encode("latin-1") for name, value in merged.items()},
            content=content,
        )
        if answer.status_code == 401 or (answer.is_success and self.case.operation.id in CHANGES_ACCOUNT):
            self.sign_in()
        return answer

    def sign_in(self) -> None:
        """Once more, after a good request has ended the session."""
        self.headers = self.world.headers(self.actor, self.case.operation.id)

    def bad_bodies(self) -> Iterator[tuple[str, Response, bool]]:
        """(what was wrong, the answer, whether it must be a refusal)."""
        body = self.call.body
        for way in evil.places(body):
            was = body
            for key in way:
                was = was[key]
            free = bool(FREE & set(way))
            for value in [*evil.NEVER, *evil.ODD]:
                never = any(value is one for one in evil.NEVER)
                number = isinstance(was, int | float) and not isinstance(was, bool) and isinstance(value, bool)
                answer = self.send(Call(self.call.path, self.call.query, evil.replaced(body, way, value)))
                yield f"{way} = {str(value)[:40]!r}", answer, never or (number and not free)
        known = {name for name, _ in body_fields(self.document, self.described)}
        for way in evil.objects(body):
            for name, value in evil.ASSIGNED.items():
                if name in known or FREE & set(way):
                    continue
                answer = self.send(Call(self.call.path, self.call.query, evil.with_field(body, way, name, value)))
                yield f"{way} with {name}", answer, True

    def bad_queries(self) -> Iterator[tuple[str, Response]]:
        """One parameter wrong at a time, in the query and in the path."""
        for parameter in self.described.get("parameters", ()):
            name = parameter["name"]
            for value in evil.IN_QUERY:
                if parameter["in"] == "query":
                    yield (
                        f"{name}={value[:30]!r}",
                        self.send(Call(self.call.path, {**self.call.query, name: value}, self.call.body)),
                    )
                elif parameter["in"] == "path" and value:
                    path = {**self.call.path, name: value.replace("\u0000", "%00")}
                    yield f"{name}={value[:30]!r}", self.send(Call(path, self.call.query, self.call.body))


def wrong(sender: Sender) -> Iterator[str]:
    """Every bad input of an operation that was not answered as it should be."""
    name = sender.case.operation.id
    for place, answer in sender.bad_queries():
        yield from _judged(f"{name}: {place}", answer, refusal=False)
    if sender.call.files is None and sender.call.body is not None:
        for place, answer, refusal in sender.bad_bodies():
            yield from _judged(f"{name}: {place}", answer, refusal=refusal)
    if "requestBody" in sender.described:
        for place, content, kind in evil.WHOLE:
            answer = sender.send(sender.call, content, {"Content-Type": kind})
            yield from _judged(f"{name}: {place}", answer, refusal=place != "nothing")


def _judged(place: str, answer: Response, *, refusal: bool) -> Iterator[str]:
    if answer.status_code >= 500:
        yield f"{place}: {answer.status_code}"
    if answer.status_code >= 400 and answer.headers.get("content-type") != "application/problem+json":
        yield f"{place}: {answer.status_code} as {answer.headers.get('content-type')}"
    if refusal and answer.status_code < 400 and not refused_inside(answer):
        yield f"{place}: accepted with {answer.status_code}"


@pytest.mark.parametrize("operation_id", sorted(FILLER))
def test_no_input_is_a_defect(client: TestClient, world: Province, operation_id: str) -> None:
    found = [one for case in cases_of(client, operation_id)[:1] for one in wrong(Sender(client, world, case))]
    assert found == []


@pytest.mark.parametrize("headers", evil.HEADERS, ids=lambda one: next(iter(one)))
@pytest.mark.parametrize("operation_id", ["read_me", "read_figures"])
def test_no_header_is_a_defect(client: TestClient, world: Province, operation_id: str, headers: dict[str, str]) -> None:
    sender = Sender(client, world, cases_of(client, operation_id)[0])
    assert sender.send(sender.call, headers=headers).status_code < 500


@pytest.mark.parametrize(
    "token", ["", "x", "\u00e9", "a.b.c", "x" * 10_000, "..", "e30.e30.e30", "Bearer x", "\x7f", "null"]
)
def test_no_token_is_a_defect(client: TestClient, token: str) -> None:
    for scheme in ("Bearer ", "bearer ", "Basic ", ""):
        value = (scheme + token).encode("latin-1", "replace")
        answer = client.get("/api/v1/me", headers={b"Authorization": value})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_announced_giant_is_refused_before_it_is_read(client: TestClient, world: Province) -> None:
    read = []

    def body() -> Iterator[bytes]:
        read.append(1)
        yield b"{"

    headers = {
        **world.headers("guardian", ""),
        "Content-Type": "application/json",
        "Content-Length": str(100 * 1024**2),
    }
    answer = client.post("/api/v1/checkins", content=body(), headers=headers)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert read == []


def test_a_giant_in_chunks_is_refused_at_the_limit(client: TestClient, world: Province) -> None:
    chunk, asked, told = b" " * 65536, [], []

    async def receive() -> dict[str, Any]:
        asked.append(len(chunk))
        return {"type": "http.request", "body": chunk, "more_body": len(asked) < 100 * 1024**2 // len(chunk)}

    async def send(message: Any) -> None:
        told.append(message)

    headers = {**world.headers("guardian", ""), "content-type": "application/json"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/checkins",
        "raw_path": b"/api/v1/checkins",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("10.0.0.1", 1),
        "server": ("testserver", 80),
    }
    asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]  # an ASGI application is awaitable
    assert told[0]["status"] == 413
    assert sum(asked) <= BODY_LIMIT + 2 * len(chunk)


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 50, "1e9", "٣", ""])
def test_a_wrong_length_is_no_defect(client: TestClient, world: Province, length: str) -> None:
    headers: Any = {**world.headers("guardian", ""), "Content-Type": "application/json"}
    headers["Content-Length"] = length.encode()
    assert client.post("/api/v1/checkins", content=b"{}", headers=headers).status_code < 500


def test_uploads_have_a_limit_of_their_own(client: TestClient, world: Province) -> None:
    limit = settings.current().upload_limit_bytes
    assert limit > BODY_LIMIT
    headers = {
        **world.headers("principal", ""),
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(limit + 1),
    }
    school = world.ids["school"]
    answer = client.post(f"/api/v1/institutions/{school}/roll-imports", content=b"--x--", headers=headers)
    assert answer.status_code == 413


def test_a_refusal_never_echoes_what_was_sent(client: TestClient, world: Province) -> None:
    secret = "Forsythia-4711"
    body = {"id": secret, "person_id": secret, "temperature": secret, "note": secret, "answers": {secret: secret}}
    headers = world.headers("guardian", "")
    for answer in (
        client.post("/api/v1/checkins", json=body, headers=headers),
        client.post("/api/v1/checkins/batches", json={"items": [body], "sent_at": secret}, headers=headers),
        client.post("/api/v1/sessions", json={"phone": secret, "password": secret}),
        client.get(f"/api/v1/units/{secret}", headers=headers),
    ):
        assert 400 <= answer.status_code < 500
        assert secret not in answer.text
