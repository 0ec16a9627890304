"""The web client at ``/``: what ``web/`` was built to, from memory, with headers that let it run nothing foreign.

It gets only what no route of the API takes, and no path beneath one. Where nothing is built, the API serves alone.
"""

import hashlib
import mimetypes
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

PAGE: Final = "/index.html"
# Built files whose names change with what they hold.
HASHED: Final = "/assets/"
ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}  # in the order of preference

# Scripts, styles and connections are the service's own; nothing is written into the page but by the framework's
# node operations, so that neither 'unsafe-inline' nor 'unsafe-eval' is needed.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
SECURITY: Final = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Over plain HTTP browsers ignore it; behind TLS nobody is ever led back.
    "Strict-Transport-Security": "max-age=31536000",
}


@dataclass(frozen=True, slots=True)
class File:
    """A built file in each encoding ("" as it is), with its tag and what its answers say."""

    bodies: Mapping[str, bytes]
    headers: Mapping[str, str]

    def answer(self, wanted: Headers) -> Response:
        """The smallest form that the caller takes; 304 where the caller has it."""
        taken = wanted.get("accept-encoding", "")
        encoding = next((one for one in ENCODINGS if one in self.bodies and _takes(taken, one)), "")
        headers = dict(self.headers) | ({"Content-Encoding": encoding} if encoding else {})
        known = [one.strip().removeprefix("W/") for one in wanted.get("if-none-match", "").split(",")]
        if self.headers["ETag"] in known:
            return Response(status_code=304, headers=headers)
        return Response(self.bodies[encoding], headers=headers)


def _takes(accepted: str, encoding: str) -> bool:
    for one in accepted.split(","):
        name, _, weight = one.replace(" ", "").partition(";q=")
        # "q=0" in any of its spellings is a refusal; whatever else stands there is none.
        if name == encoding:
            return not weight or weight.strip("0.") != ""
    return False


def read(folder: Path) -> dict[str, File]:
    """Every built file by its path; none where nothing was built."""
    if not (folder / PAGE[1:]).is_file():
        return {}
    suffixes = tuple(ENCODINGS.values())
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(suffixes)]
    return {f"/{path.relative_to(folder).as_posix()}": _file(path, folder) for path in found}


def _file(path: Path, folder: Path) -> File:
    bodies = {"": path.read_bytes()}
    for encoding, suffix in ENCODINGS.items():
        packed = path.with_name(path.name + suffix)
        if packed.is_file():
            bodies[encoding] = packed.read_bytes()
    fixed = f"/{path.relative_to(folder).as_posix()}".startswith(HASHED)
    kind = {".webmanifest": "application/manifest+json"}.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    text = kind and (kind.startswith("text/") or kind in ("application/javascript", "application/manifest+json"))
    return File(
        bodies,
        {
            "Content-Type": f"{kind}; charset=utf-8" if text else kind or "application/octet-stream",
            "Cache-Control": "public, max-age=31536000, immutable" if fixed else "no-cache",
            "ETag": f'"{hashlib.blake2b(bodies[""], digest_size=12).hexdigest()}"',
            "Vary": "Accept-Encoding",
            **SECURITY,
        },
    )


class Web:
    """Answers what no route has taken: a built file, or the page for an address that the client's router knows."""

    def __init__(self, otherwise: ASGIApp, files: Mapping[str, File], reserved: Collection[str]) -> None:
        self.otherwise = otherwise
        self.files = files
        self.reserved = reserved

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or hand on."""
        found = self._find(scope) if scope["type"] == "http" else None
        answer = self.otherwise if found is None else found.answer(Headers(scope=scope))
        await answer(scope, receive, send)

    def _find(self, scope: Scope) -> File | None:
        path = scope["path"]
        if scope["method"] not in ("GET", "HEAD") or path.split("/")[1] in self.reserved:
            return None
        if path in self.files:
            return self.files[path]
        # A missing script or picture is missing; only who asks for a page is given the client.
        asks_for_page = "text/html" in Headers(scope=scope).get("accept", "")
        return self.files[PAGE] if asks_for_page and not path.startswith(HASHED) else None


def install(app: FastAPI, folder: Path) -> None:
    """Serve the built client wherever no route matches; after all routes are there."""
    files = read(folder)
    if not files:
        return
    reserved = {(context.path or "/").split("/")[1] for context in iter_route_contexts(app.routes)}
    app.router.default = Web(app.router.default, files, reserved - {""})
