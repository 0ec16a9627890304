"""Requests to other people's services, bounded in time and size; redirects are not followed.

They go through the HTTP transport itself instead of a client: the client logs each address, and some contain secrets.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpx2

MAX_ANSWER: Final = 16 * 1024


class NoAnswer(Exception):  # noqa: N818 - it names a state
    """No usable answer; ``reason`` is a short fixed phrase and may be logged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the body as JSON."""

    status: int
    body: Any = field(repr=False)


def ask(
    method: str,
    address: str,
    *,
    timeout: float,
    query: Mapping[str, str] | None = None,
    body: Any = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """The answer of a service that speaks JSON; ``body`` goes as JSON, ``form`` as a form.

    ``timeout`` (seconds) bounds each wait and, so that a server which sends one byte at a time cannot hold a thread,
    the body as a whole. Raises NoAnswer.
    """
    limits = httpx2.Timeout(timeout).as_dict()
    request = httpx2.Request(
        method, address, params=query, json=body, data=form, headers=headers, extensions={"timeout": limits}
    )
    try:
        status, content = _exchange(request, time.monotonic() + timeout)
    except httpx2.TimeoutException:
        raise NoAnswer("timed out") from None
    except httpx2.HTTPError:
        raise NoAnswer("no connection") from None
    try:
        return Answer(status, json.loads(content))
    except (ValueError, RecursionError):
        raise NoAnswer("not JSON" if status == HTTPStatus.OK else f"status {status}") from None


def _exchange(request: httpx2.Request, deadline: float) -> tuple[int, bytes]:
    content = b""
    with httpx2.HTTPTransport() as transport:
        response = transport.handle_request(request)
        try:
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > MAX_ANSWER:
                    raise NoAnswer("answer too long")
                if time.monotonic() > deadline:
                    raise NoAnswer("timed out")
        finally:
            response.close()
    return response.status_code, content
