"""A stand-in for WeChat's login server: a real HTTP server on the loopback that speaks its wire format."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SESSION_KEY = "c2Vzc2lvbi1rZXktb2YtdGhlLXN0YW5kLWlu"


@dataclass
class WeChat:
    """The server's state. ``faults`` are used up one a request: a status, a raw body, or a named trouble."""

    endpoint: str
    app_id: str = "wx0123456789abcdef"
    secret: str = "0123456789abcdef0123456789abcdef"
    users: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    requests: list[dict[str, str]] = field(default_factory=list)
    faults: list[int | str | bytes] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def issue(self, openid: str, unionid: str | None = None) -> str:
        """A fresh login code of this WeChat user."""
        code = f"0{len(self.users):031d}"
        self.users[code] = (openid, unionid)
        return code

    def answer(self, query: dict[str, str]) -> dict[str, Any]:
        """What WeChat says to this query."""
        if query.get("appid") != self.app_id:
            return {"errcode": 40013, "errmsg": "invalid appid, rid: 0-0-0"}
        if query.get("secret") != self.secret:
            return {"errcode": 40125, "errmsg": "invalid appsecret, rid: 0-0-0"}
        if query.get("grant_type") != "authorization_code":
            return {"errcode": 40002, "errmsg": "invalid grant_type, rid: 0-0-0"}
        code = query.get("js_code", "")
        if code in self.used:
            return {"errcode": 40163, "errmsg": "code been used, rid: 0-0-0"}
        if code not in self.users:
            return {"errcode": 40029, "errmsg": "invalid code, rid: 0-0-0"}
        self.used.add(code)
        openid, unionid = self.users[code]
        session = {"session_key": SESSION_KEY, "openid": openid}
        return session if unionid is None else session | {"unionid": unionid}


class _Handler(BaseHTTPRequestHandler):
    wechat: WeChat

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path != "/sns/jscode2session":
            self._send(404, b"")
            return
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.wechat.requests.append(query)
        fault = self.wechat.faults.pop(0) if self.wechat.faults else None
        if fault == "drop":
            return
        if fault == "drip":
            self._drip()
        elif isinstance(fault, bytes):
            self._send(200, fault)
        elif isinstance(fault, int):
            self._send(fault, b"{}")
        else:
            self._send(200, json.dumps(self.wechat.answer(query)).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if status in {301, 302}:
            self.send_header("Location", self.wechat.endpoint)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """One byte after another, each well within a read timeout, until the caller has gone."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        try:
            while not self.wechat.released.wait(0.05):
                self.wfile.write(b" ")
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay silent."""


@contextmanager
def running() -> Iterator[WeChat]:
    """A stand-in on a free port of the loopback."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        wechat = WeChat(endpoint=f"http://127.0.0.1:{server.server_address[1]}/sns/jscode2session")
        handler.wechat = wechat  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield wechat
        finally:
            wechat.released.set()
            server.shutdown()
            thread.join()
