"""The morning peak's own way to `submit_checkin`: readings that come at once are committed together.

It takes what is in order and hands all else, an error in the body for instance, to the route of that name, which
answers the same for a reading alone. Routing, dependencies and a session for each request would cost several times
what the reading itself does (docs/performance.md).
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.bodies import replay, strict_json
from app.checkins import service as checkins
from app.checkins.service import CheckInIn, Outcome, ReceiptOut
from app.identity import service as identity
from app.kernel import clock, db, language
from app.kernel.errors import Problem, Unavailable
from app.kernel.gathering import Gatherer

PATH: Final = "/api/v1/checkins"
# A flush waits this long for the interpreter while the event loop is busy; the default, five milliseconds for each of
# its statements, makes a tenth of a second.
SWITCH_SECONDS: Final = 0.0005


def flush(calls: Sequence[checkins.Call]) -> Sequence[ReceiptOut | Problem]:
    """Take calls in one transaction; planning its statements anew would cost the database a third of its time."""
    with db.transaction(keeps_plans=True) as session:
        return checkins.submit_together(session, calls)


class CheckInPeak:
    """Answers ``POST /api/v1/checkins`` where it can; anything else goes on to the application."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self.app = app
        self.limit = limit
        self.gatherer: Gatherer[checkins.Call, ReceiptOut | Problem] = Gatherer(
            "checkins", flush, is_outage=problems.is_outage
        )
        sys.setswitchinterval(SWITCH_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a reading, or hand the request on as it came."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        try:
            # Before anything is read or verified: what is turned away must cost next to nothing.
            self.gatherer.demand_room()
        except Unavailable as problem:
            return await problems.response_for(problem)(scope, receive, send)
        headers = _Headers.of(scope)
        if not headers.plain or headers.length > self.limit:
            return await self.app(scope, receive, send)
        first = await receive()
        call = await self._read(headers.token, first)
        if call is None:
            return await self.app(scope, replay(first, receive), send)
        try:
            answer = await self.gatherer.submit(call, lane=call.claims.institution_id)
        except Exception as error:  # noqa: BLE001 - each becomes its problem, as it would behind the route
            answer = problems.problem_of(error)
        if isinstance(answer, Problem):
            return await problems.response_for(answer)(scope, receive, send)
        return await _answered(answer)(scope, receive, send)

    async def _read(self, token: str, first: Message) -> checkins.Call | None:
        """The call, None where the body or the token is not in order."""
        body = first.get("body", b"")
        if first.get("more_body") or len(body) > self.limit:
            return None
        try:
            reading = CheckInIn.model_validate(strict_json(body))
            ring = identity.standing_ring() or await run_in_threadpool(_load_ring)
            claims = identity.verify(token, ring)
        except (ValidationError, Problem):
            return None
        return checkins.Call(claims, reading, clock.now(), language.current())


@dataclass(slots=True)
class _Headers:
    token: str = ""
    plain: bool = False
    length: int = 0

    @classmethod
    def of(cls, scope: Scope) -> "_Headers":
        found = cls()
        for name, value in scope["headers"]:
            if name == b"authorization" and value[:7].lower() == b"bearer ":
                found.token = value[7:].decode("latin-1")
            elif name == b"content-type":
                found.plain = value == b"application/json"
            elif name == b"content-length" and value.isdigit():
                found.length = int(value[:20])
        return found


def _load_ring() -> identity.KeyRing | None:
    with db.transaction() as session:
        return identity.verifying_ring(session)


def _answered(receipt: ReceiptOut) -> Response:
    status = 200 if receipt.outcome is Outcome.DUPLICATE else 201
    return Response(receipt.__pydantic_serializer__.to_json(receipt), status, media_type="application/json")
