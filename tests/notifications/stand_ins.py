"""Stand-ins for those who carry messages: servers on the loopback that speak their wire formats and error codes."""

import base64
import hashlib
import hmac
import json
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.kernel import settings

APP_ID, SECRET = "wx0123456789abcdef", "0123456789abcdef0123456789abcdef"
DINGTALK_SECRET = "SEC0123456789abcdef"
KEY_ID, KEY_SECRET = "LTAI0123456789", "aliyun-secret-of-the-stand-in"


@dataclass
class Asked:
    """A request as it has arrived."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Carriers:
    """WeChat, WeCom, DingTalk and Aliyun. ``answers`` are given first, in order: an errcode, a status, raw bytes.

    ``sent``: what was taken, by path. ``tokens``: WeChat's, the last of which is taken.
    """

    address: str = ""
    answers: list[int | str | bytes] = field(default_factory=list)
    sent: list[Asked] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    tokens: list[str] = field(default_factory=lambda: ["token-1"])
    forced: int = 0
    nonces: set[str] = field(default_factory=set)

    def environment(self) -> dict[str, str]:
        """What an operator would set."""
        templates = ("fever", "report_due", "digest")
        fields = {"thing1": "title", "thing2": "text", "time3": "time"}
        return {
            "LIANFANG_WECHAT_API": self.address,
            "LIANFANG_WECHAT_APP_ID": APP_ID,
            "LIANFANG_WECHAT_SECRET": SECRET,
            "LIANFANG_WECHAT_TEMPLATES": json.dumps({one: {"id": f"T-{one}", **fields} for one in templates}),
            "LIANFANG_WECOM_API": self.address,
            "LIANFANG_DINGTALK_API": self.address,
            "LIANFANG_ALIYUN_API": self.address,
            "LIANFANG_ALIYUN_KEY_ID": KEY_ID,
            "LIANFANG_ALIYUN_KEY_SECRET": KEY_SECRET,
            "LIANFANG_ALIYUN_SIGN_NAME": "联防",
            "LIANFANG_ALIYUN_TEMPLATES": json.dumps({"fever": "SMS_1", "one_time_code": "SMS_2"}),
        }

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """What the provider behind a path says."""
        self.asked.append(asked)
        doors: dict[str, Callable[[Asked], Any]] = {
            "/cgi-bin/stable_token": self._token,
            "/cgi-bin/message/subscribe/send": self._wechat,
            "/cgi-bin/webhook/send": self._wecom,
            "/robot/send": self._dingtalk,
            "/": self._aliyun,
        }
        forced = self.answers.pop(0) if self.answers and asked.path != "/cgi-bin/stable_token" else None
        if isinstance(forced, bytes):
            return 200, forced
        if forced is not None:
            return _refusal(asked.path, forced)
        said = doors[asked.path](asked)
        if said.get("errcode", 0) == 0 and said.get("Code", "OK") == "OK" and "access_token" not in said:
            self.sent.append(asked)
        return 200, json.dumps(said).encode()

    def _token(self, asked: Asked) -> Any:
        given = asked.json
        if (given["appid"], given["secret"], given["grant_type"]) != (APP_ID, SECRET, "client_credential"):
            return {"errcode": 40125, "errmsg": "invalid appsecret, rid: 0-0-0"}
        if given["force_refresh"]:
            self.forced += 1
            self.tokens.append(f"token-{len(self.tokens) + 1}")
        return {"access_token": self.tokens[-1], "expires_in": 7200}

    def _wechat(self, asked: Asked) -> Any:
        if asked.query["access_token"] != self.tokens[-1]:
            return {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"}
        given = asked.json
        if {"touser", "template_id", "data"} - given.keys() or any(
            name.startswith("thing") and not 0 < len(value["value"]) <= 20 for name, value in given["data"].items()
        ):
            return {"errcode": 47003, "errmsg": "argument invalid! data.thing1.value invalid rid: 0-0-0"}
        return {"errcode": 0, "errmsg": "ok", "msgid": 1}

    def _wecom(self, asked: Asked) -> Any:
        if len(asked.json["text"]["content"].encode()) > 2048:
            return {"errcode": 40058, "errmsg": "invalid Request Parameter"}
        return {"errcode": 0, "errmsg": "ok"}

    def _dingtalk(self, asked: Asked) -> Any:
        stamped = f"{asked.query.get('timestamp')}\n{DINGTALK_SECRET}".encode()
        wanted = base64.b64encode(hmac.new(DINGTALK_SECRET.encode(), stamped, hashlib.sha256).digest()).decode()
        if asked.query.get("sign") != wanted:
            return {"errcode": 310000, "errmsg": "description:机器人发送签名不匹配"}
        return {"errcode": 0, "errmsg": "ok"}

    def _aliyun(self, asked: Asked) -> Any:
        head, _, signature = asked.headers["authorization"].partition(",Signature=")
        names = head.partition("SignedHeaders=")[2]
        lines = "".join(f"{name}:{asked.headers[name]}\n" for name in names.split(";"))
        canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(asked.body).hexdigest()}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        wanted = hmac.new(KEY_SECRET.encode(), f"ACS3-HMAC-SHA256\n{hashed}".encode(), hashlib.sha256).hexdigest()
        if signature != wanted or f"Credential={KEY_ID}," not in head:
            return {"Code": "SignatureDoesNotMatch", "Message": "Specified signature does not match"}
        nonce = asked.headers["x-acs-signature-nonce"]
        if nonce in self.nonces:
            return {"Code": "SignatureNonceUsed", "Message": "Specified signature nonce was used already."}
        self.nonces.add(nonce)
        return {"Code": "OK", "Message": "OK", "BizId": "900619746936498440^0", "RequestId": "F655A8D5"}


def _refusal(path: str, what: int | str) -> tuple[int, bytes]:
    if path == "/":
        return 200, json.dumps({"Code": what, "Message": str(what), "RequestId": "F655A8D5"}).encode()
    if isinstance(what, int) and 500 <= what < 600:
        return what, b"<html>"
    return 200, json.dumps({"errcode": what, "errmsg": f"error {what}"}).encode()


@contextmanager
def running() -> Iterator[Carriers]:
    """The carriers on a free port of the loopback."""
    carriers = Carriers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = carriers.answer(Asked(url.path, query, headers, body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        carriers.address = f"http://127.0.0.1:{server.server_address[1]}"
        with _serving(server):
            yield carriers


@dataclass
class MailServer:
    """A mail server. ``replies`` to a receiver are given first, in order."""

    port: int = 0
    replies: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """What points the service at it."""
        said = {"HOST": "127.0.0.1", "PORT": str(self.port), "SECURITY": "none"}
        said["SENDER"] = "联防 <lianfang@school.example>"
        return {f"LIANFANG_SMTP_{name}": value for name, value in said.items()}

    def code_for(self, address: str) -> str:
        """The code of the last mail to an address."""
        texts = [one.get_content() for one in self.mails if one["To"] == address]
        return str(re.findall(r"\b\d{6}\b", texts[-1])[0])


@contextmanager
def mail_running() -> Iterator[MailServer]:
    """A mail server on a free port of the loopback (RFC 5321, as far as a letter needs it)."""
    held = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            with suppress(OSError):
                while line := self.rfile.readline():
                    word = line[:4].upper().strip().decode()
                    if word == "DATA":
                        self._say("354 go on")
                        self._take()
                    elif word == "RCPT":
                        self._say(held.replies.pop(0) if held.replies else "250 ok")
                    else:
                        self._say({"QUIT": "221 bye"}.get(word, "250 ok"))

        def _take(self) -> None:
            lines = list(iter(self.rfile.readline, b".\r\n"))
            held.mails.append(message_from_bytes(b"".join(lines), policy=default))
            self._say("250 taken")

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        held.port = server.server_address[1]
        with _serving(server):
            yield held


@contextmanager
def mail_set_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server, and the service set up to use it."""
    with mail_running() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        settings.current.cache_clear()
        yield server
    settings.current.cache_clear()


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
