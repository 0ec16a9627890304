"""Plain ASGI middleware: the caller's language, what a body may be, entity tags."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.bodies import replay, strict_json
from app.api.problems import response_for
from app.kernel import language
from app.kernel.errors import Malformed, Problem, TooLarge, UnsupportedFormat


class SpeakLanguage:
    """Answers in the language that the caller prefers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the language for the request and say which one it was."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        language.use(language.negotiate(Headers(scope=scope).get("accept-language")))

        async def send_with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("Content-Language", language.current())
                headers.append("X-Content-Type-Options", "nosniff")
                headers.add_vary_header("Accept-Language")
            await send(message)

        return await self.app(scope, receive, send_with_language)


class BodyGuard:
    """Refuses, before anything parses it, a body that is too large or is not plain JSON.

    NaN, lone surrogates, UTF-16, NUL and deep nesting each end in a 500 somewhere behind here if they pass.
    """

    def __init__(self, app: ASGIApp, *, limit: int, upload_limit: int) -> None:
        self.app = app
        self.limit = limit
        self.upload_limit = upload_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body within its limit, look at it, and hand it on as it was."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            if b"%00" in scope.get("raw_path", b"") or b"%00" in scope["query_string"] or "\0" in scope["path"]:
                raise Malformed
            body = await self._read(scope, receive)
        except Problem as problem:
            return await response_for(problem)(scope, receive, send)
        scope.setdefault("state", {})["body"] = body
        return await self.app(scope, replay({"type": "http.request", "body": body, "more_body": False}, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        headers = Headers(scope=scope)
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        limit = self.upload_limit if kind == "multipart/form-data" else self.limit
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared[:20]) > limit:
            raise TooLarge(limit=limit)
        chunks, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                break
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit=limit)
            chunks.append(chunk)
            more = message.get("more_body", False)
        body = b"".join(chunks)
        if body and kind != "multipart/form-data":
            if kind != "application/json":
                raise UnsupportedFormat
            strict_json(body)
        return body


class EntityTags:
    """``ETag`` for every JSON answer to a GET, 304 where the caller has it already (RFC 9110, 13.1.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the answer back until its tag is known; answers here are pages, never streams."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/api/"):
            return await self.app(scope, receive, send)
        held: list[Message] = []
        wanted = Headers(scope=scope).get("if-none-match", "")

        async def hold(message: Message) -> None:
            held.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await _release(held, wanted, send)

        return await self.app(scope, receive, hold)


async def _release(held: list[Message], wanted: str, send: Send) -> None:
    start = held[0]
    body = b"".join(message.get("body", b"") for message in held[1:])
    headers = MutableHeaders(scope=start)
    # 200 is the one status that has a representation to tag; what nobody may keep is not tagged either.
    if start["status"] == 200 and headers.get("cache-control") != "no-store":  # noqa: PLR2004
        tag = headers.get("etag") or f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers["ETag"] = tag
        # Personal answers are for this caller alone; a tag may be asked for again, a copy may not be shared.
        headers["Cache-Control"] = "private, no-cache"
        headers.add_vary_header("Authorization")
        if tag in [one.strip().removeprefix("W/") for one in wanted.split(",")]:
            start["status"] = 304
            del headers["content-length"]
            body = b""
    await send(start)
    await send({"type": "http.response.body", "body": body})
