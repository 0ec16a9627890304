"""Bodies of requests: plain JSON or nothing, and handing on what was read."""

from typing import Any

import orjson
from starlette.types import Message, Receive

from app.kernel.errors import Malformed

MAX_DEPTH = 32  # deeper than any of our bodies, far from where a parser's stack ends


def strict_json(body: bytes) -> Any:
    """The value; raises `Malformed` unless it is strict JSON in UTF-8 of bounded depth without NUL."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed from error
    # Looking through the value costs more than reading it: only where its text says that there may be something.
    if b"\\u0000" in body or body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _look_through(found)
    return found


def _look_through(found: Any) -> None:
    pending: list[tuple[Any, int]] = [(found, 0)]
    while pending:
        value, depth = pending.pop()
        if depth > MAX_DEPTH or (isinstance(value, str) and "\0" in value):
            raise Malformed
        if isinstance(value, dict):
            pending.extend((one, depth + 1) for pair in value.items() for one in pair)
        elif isinstance(value, list):
            pending.extend((one, depth + 1) for one in value)


def replay(read: Message, receive: Receive) -> Receive:
    """A `receive` that gives what was ``read`` once more, then goes on."""
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return read

    return replayed
