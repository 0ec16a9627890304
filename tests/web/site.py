"""The service with its built client, on a port of this machine; and a browser that looks at it."""

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.types import ASGIApp

from app.api.main import create_app
from bench.api import free_port
from tests.factories.tree import PASSWORD

ROOT = Path(__file__).parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_UP_WITHIN = 30.0

__all__ = ["PASSWORD", "browsing", "serving"]


@contextlib.contextmanager
def serving(port: int | None = None, around: Callable[[ASGIApp], ASGIApp] = lambda app: app) -> Iterator[str]:
    """Serve the whole application over HTTP for the length of a block; its address.

    ``around``: what stands before it.
    """
    port = port or free_port()
    server = uvicorn.Server(uvicorn.Config(around(create_app()), host="127.0.0.1", port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + _UP_WITHIN
    while not server.started:
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.02)
    try:
        yield f"http://localhost:{port}"
    finally:
        server.should_exit = True
        thread.join(_UP_WITHIN)


@contextlib.contextmanager
def browsing(*options: str) -> Iterator[Browser]:
    """Debian's Chromium, headless, with more ``options``; each context that is made of it is a phone of its own."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found, "no Chromium: scripts/browser"
    assert (ROOT / "web" / "dist" / "index.html").is_file(), "the client is not built: scripts/web build"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*OPTIONS, *options], env=dict(os.environ))
        try:
            yield browser
        finally:
            browser.close()
