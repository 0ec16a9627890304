"""The web client at ``/``: what it is given, and what it never takes from the API."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.api import web
from app.api.main import create_app
from app.kernel import settings

SCRIPT = "/assets/app-1a2b3c.js"
PAGE = {"Accept": "text/html,application/xhtml+xml"}


def build(folder: Path) -> None:
    """What a build leaves behind, in small."""
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>联防</title>")
    (folder / "worker.js").write_text("self.addEventListener('fetch', () => {})")
    (folder / "manifest.webmanifest").write_text('{"name": "联防"}')
    script = folder / SCRIPT[1:]
    script.write_text("export {}")
    script.with_name(script.name + ".br").write_bytes(b"small")
    script.with_name(script.name + ".gz").write_bytes(b"smallish")


def serve(folder: Path) -> TestClient:
    """The whole application with what stands in ``folder``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIANFANG_WEB_FOLDER", str(folder))
        settings.current.cache_clear()
        app = create_app()
    settings.current.cache_clear()
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def browser(owner_url: str, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Somebody who looks at a service with a built client."""
    assert owner_url
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    return serve(folder)


@pytest.mark.parametrize("path", ["/", "/family", "/family/entries/7", "/sign-in"])
def test_addresses_of_the_client_are_its_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path, headers=PAGE)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "联防" in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/me", 401),
        ("/.well-known/nothing", 404),
        ("/.well-known/jwks.json", 200),
        ("/healthz", 200),
        ("/healthz/deep", 404),
        ("/readyz/", 404),
        ("/metrics/all", 404),
        ("/openapi.json", 200),
        ("/docs/nothing", 404),
    ],
)
def test_what_is_the_apis_stays_the_apis(browser: TestClient, path: str, status: int) -> None:
    answer = browser.get(path, headers=PAGE)

    assert answer.status_code == status
    assert "text/html" not in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/assets/gone-9f9f9f.js", "/gone.js", "/../pyproject.toml", "/assets/../../secret"])
def test_what_is_not_built_is_missing(browser: TestClient, path: str) -> None:
    answer = browser.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_missing_asset_is_never_the_page(browser: TestClient) -> None:
    assert browser.get("/assets/gone-9f9f9f.js", headers=PAGE).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_client_is_only_read(browser: TestClient, method: str) -> None:
    assert browser.request(method, "/family", headers=PAGE).status_code == 404


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("br, gzip", "br", b"small"),
        ("gzip, deflate", "gzip", b"smallish"),
        ("gzip;q=0.5, br;q=0", "gzip", b"smallish"),
        ("gzip;q=0.000, br;q=what", "br", b"small"),
        ("identity", None, b"export {}"),
    ],
)
def test_assets_come_as_small_as_the_caller_takes_them(
    browser: TestClient, accepted: str, encoding: str | None, body: bytes
) -> None:
    with browser.stream("GET", SCRIPT, headers={"Accept-Encoding": accepted}) as answer:
        assert b"".join(answer.iter_raw()) == body
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize("path", ["/", "/worker.js", "/manifest.webmanifest"])
def test_what_keeps_its_name_is_asked_for_again(browser: TestClient, path: str) -> None:
    first = browser.get(path, headers=PAGE)
    again = browser.get(path, headers=PAGE | {"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


def test_a_page_runs_and_loads_nothing_foreign(browser: TestClient) -> None:
    headers = browser.get("/", headers=PAGE).headers

    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "max-age=" in headers["strict-transport-security"]


def test_head_is_the_same_without_a_body(browser: TestClient) -> None:
    answer = browser.head("/", headers=PAGE)

    assert (answer.status_code, answer.content) == (200, b"")


def test_where_nothing_is_built_the_api_serves_alone(owner_url: str, tmp_path: Path) -> None:
    assert owner_url
    caller = serve(tmp_path)

    assert web.read(tmp_path) == {}
    assert caller.get("/", headers=PAGE).json()["code"] == "not_found"
    assert caller.get("/healthz").status_code == 200
