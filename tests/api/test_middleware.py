"""What a body may be, which language an answer has, entity tags: on a small application of its own."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.api import problems
from app.api.middleware import BodyGuard, EntityTags, SpeakLanguage
from app.kernel.schemas import Count, Name, Schema

JSON = {"Content-Type": "application/json"}


class Thing(Schema):
    """Something with a name."""

    name: Name
    count: Count = 0


@pytest.fixture(scope="module")
def caller() -> TestClient:
    """An application that echoes."""
    app = FastAPI()
    problems.install(app)

    @app.post("/things")
    def make(thing: Thing) -> Thing:
        return thing

    @app.get("/api/things")
    def read() -> Thing:
        return Thing(name="棉签", count=3)

    app.add_middleware(EntityTags)
    app.add_middleware(BodyGuard, limit=1000, upload_limit=2000)
    app.add_middleware(SpeakLanguage)
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": NaN}',
        b'{"name": "a", "count": Infinity}',
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000"}',
        '{"name": "a"}'.encode("utf-16"),
        b"[" * 400 + b"]" * 400,
        b'{"name": "a"',
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_plain_json_is_malformed(caller: TestClient, body: bytes) -> None:
    answer = caller.post("/things", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"count": 1}, "/name", "required"),
        ({"name": "a", "role": "x"}, "/role", "unknown_field"),
        ({"name": "a", "count": True}, "/count", "not_integer"),
        ({"name": "a", "count": "7"}, "/count", "not_integer"),
        ({"name": "a", "count": 2**31}, "/count", "too_large"),
        ({"name": "a", "count": 2**63}, "/count", "too_large"),
        ({"name": "   "}, "/name", "too_short"),
        ({"name": "a\u0007"}, "/name", "control_characters"),
    ],
)
def test_a_wrong_field_is_pointed_at(caller: TestClient, body: dict[str, object], pointer: str, code: str) -> None:
    answer = caller.post("/things", json=body)

    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


def test_a_value_never_comes_back(caller: TestClient) -> None:
    assert "秘密" not in caller.post("/things", json={"name": "a", "count": "秘密"}).text


def test_a_large_body_is_refused_before_it_is_read(caller: TestClient) -> None:
    answer = caller.post("/things", content=b"{}", headers={**JSON, "Content-Length": str(100 * 2**20)})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_large_stream_is_refused_at_its_limit(caller: TestClient) -> None:
    sent = []

    def chunks() -> Iterator[bytes]:
        for _ in range(10_000):
            sent.append(1)
            yield b" " * 500

    assert caller.post("/things", content=chunks(), headers=JSON).status_code == 413


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        (None, "zh-CN"),
        ("en", "en"),
        ("en-GB,en;q=0.8", "en"),
        ("fr, en;q=0.3, zh;q=0.9", "zh-CN"),
        ("zh;q=0.1,en;q=0.2", "en"),
        ("en;q=0", "zh-CN"),
        (";;;q=q", "zh-CN"),
    ],
)
def test_the_answer_is_in_the_callers_language(caller: TestClient, header: str | None, spoken: str) -> None:
    answer = caller.post("/things", json={}, headers={"Accept-Language": header} if header else {})

    assert answer.headers["content-language"] == spoken
    assert ("必填。" in answer.text) == (spoken == "zh-CN")


def test_an_unchanged_answer_is_not_sent_again(caller: TestClient) -> None:
    first = caller.get("/api/things")
    second = caller.get("/api/things", headers={"If-None-Match": f'W/"x", {first.headers["etag"]}'})
    other = caller.get("/api/things", headers={"If-None-Match": '"x"'})

    assert (second.status_code, second.content) == (304, b"")
    assert other.json() == first.json() == {"name": "棉签", "count": 3}
    assert first.headers["cache-control"] == "private, no-cache"


def test_a_nul_in_the_address_is_refused(caller: TestClient) -> None:
    assert caller.get("/api/things?q=%00").status_code == 400
    assert caller.get("/api/%00").status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_a_body_of_another_kind_is_named_as_such(caller: TestClient, kind: str) -> None:
    answer = caller.post("/things", content=b'{"name": "a"}', headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_format")


def test_a_body_that_is_wrong_as_a_whole_has_the_empty_pointer(caller: TestClient) -> None:
    answer = caller.post("/things", json=[])

    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("", "not_object")]


def test_unknown_addresses_and_methods_are_problems_too(caller: TestClient) -> None:
    assert caller.get("/nowhere").json()["code"] == "not_found"
    assert caller.delete("/things").json()["code"] == "method_not_allowed"
