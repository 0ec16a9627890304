"""A request that may be sent twice: ``Idempotency-Key`` (IETF httpapi draft), one mechanism for all unsafe operations.

A phone that lost the answer asks again with the same key and gets the answer of the first time; the operation is not
done again. The answer is kept in the transaction of the operation itself: either both are there or neither is. It is
kept for a day, by account (for those without one: by the whole request), encrypted, since it may hold names or a first
password; a refusal is not kept.
"""

import json
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy import BigInteger, Index, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel import clock, columns
from app.kernel.db import Base, UnitOfWork
from app.kernel.errors import Conflict, Invalid, Problem
from app.kernel.secrets import vault

KEPT: Final = timedelta(hours=24)
HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
LONGEST: Final = 128
NOBODY: Final = 0  # the account of those who have none
DESCRIPTION: Final = (
    "a name for this request, made once by the client: sent again within 24 hours with the same body it gives the same "
    "answer and is not done again"
)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# A string of structured fields (RFC 9651); without its quotes it is what most clients send.
_KEY: Final = re.compile(rf'"?([!#-~]{{1,{LONGEST}}})"?')
_BOUNDARY: Final = re.compile(r'boundary="?([^";,]{1,70})"?')
_KEPT_HEADERS: Final = ("content-type", "cache-control")


class KeyNotValid(Problem):
    """The header is no key: one to 128 visible characters."""

    code = "idempotency_key_not_valid"
    zh = "Idempotency-Key 须为 1 到 128 个可见字符。"
    en = "An Idempotency-Key has 1 to 128 visible characters."


class KeyReused(Invalid):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    zh = "该 Idempotency-Key 已用于另一请求, 请换用新的。"
    en = "This Idempotency-Key was used for another request; make a new one."


class InFlight(Conflict):
    """The first request with this key is still being done."""

    code = "request_in_flight"
    zh = "相同的请求正在处理, 请稍后重试。"
    en = "The same request is being done; try again in a moment."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class StoredAnswer(Base):
    """An answer that may be asked for again; global, since it belongs to an account. Keyed hashes and a cipher only."""

    __tablename__ = "stored_answer"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key_fingerprint: Mapped[bytes] = mapped_column(primary_key=True)
    request_fingerprint: Mapped[columns.Bytes]
    status: Mapped[columns.Small]
    cipher: Mapped[columns.Bytes]
    kept_until: Mapped[columns.Moment]

    __table_args__ = (Index("ix_stored_answer_kept_until", "kept_until"),)


class Replay(Exception):  # noqa: N818 - not an error: the answer of the first time
    """Ends a request that was done before."""

    def __init__(self, answer: Response) -> None:
        super().__init__("replay")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class _Open:
    """A request with a key that is being done now, in ``session``'s transaction."""

    session: Session
    account_id: int
    key: bytes
    request: bytes

    def keep(self, answer: Response) -> None:
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        text = json.dumps({"headers": headers, "body": bytes(answer.body).decode()})
        values = {
            "request_fingerprint": self.request,
            "status": answer.status_code,
            "cipher": vault().encrypt(text, _context(self.account_id, self.key)),
            "kept_until": clock.now() + KEPT,
        }
        statement = insert(StoredAnswer).values(account_id=self.account_id, key_fingerprint=self.key, **values)
        # What stands there has expired and was not purged yet: `begin` has looked, under the lock of the key.
        self.session.execute(
            statement.on_conflict_do_update(index_elements=["account_id", "key_fingerprint"], set_=values)
        )


def begin(request: Request, session: Session, account_id: int | None) -> None:
    """Open an unsafe request that carries a key; the caller is signed in and may do it.

    Raises `Replay` with the answer of the first time, `KeyReused`, `InFlight`, `KeyNotValid`.
    """
    given = request.headers.get(HEADER)
    if given is None or account_id is None or request.method in _SAFE:
        return
    found = _KEY.fullmatch(given.strip())
    if found is None:
        raise KeyNotValid
    asked = _request_fingerprint(request)
    key = found[1] if account_id != NOBODY else f"{found[1]}:{asked.hex()}"
    opened = _Open(session, account_id, _key_fingerprint(account_id, key), asked)
    if not claim(session, account_id, key):
        raise InFlight
    stored = session.get(StoredAnswer, (account_id, opened.key))
    if stored is not None and stored.kept_until > clock.now():
        if stored.request_fingerprint != opened.request:
            raise KeyReused
        raise Replay(_answer(stored))
    request.state.idempotent = opened


def begin_unnamed(
    request: Request,
    session: UnitOfWork,
    key: Annotated[str | None, Header(alias=HEADER, description=DESCRIPTION)] = None,
) -> None:
    """The same for whoever has no account: a key counts with the request that it names, so that nobody meets another's.

    Whoever repeats the request knows all that was in it, one-time code included.
    """
    if key is not None:
        begin(request, session, NOBODY)


REPEATABLE = Depends(begin_unnamed)


def claim(session: Session, account_id: int, key: str) -> bool:
    """Be the only one to use a key until the commit; False where somebody else is."""
    number = int.from_bytes(_key_fingerprint(account_id, key)[:8], "big", signed=True)
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(number))))


def purge(session: Session) -> None:
    """Delete what nobody can ask for any more."""
    session.execute(delete(StoredAnswer).where(StoredAnswer.kept_until <= clock.now()))


class RepeatableRoute(APIRoute):
    """Keeps the answer to a request with a key before the transaction commits, or gives the one that was kept."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler around FastAPI's own: it has the whole answer, and the unit of work is still open."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                answer = await handle(request)
            except Replay as known:
                return known.answer
            opened: _Open | None = getattr(request.state, "idempotent", None)
            if opened is not None:
                await run_in_threadpool(opened.keep, answer)
            return answer

        return answered


def _answer(stored: StoredAnswer) -> Response:
    text = vault().decrypt(stored.cipher, _context(stored.account_id, stored.key_fingerprint))
    kept = json.loads(text)
    return Response(kept["body"], status_code=stored.status, headers={**kept["headers"], REPLAYED: "true"})


def _key_fingerprint(account_id: int, key: str) -> bytes:
    return vault().fingerprint(f"{account_id}:{key}", "idempotency.key")


def _request_fingerprint(request: Request) -> bytes:
    """Keyed, since a phone number in a body could be found by trying; a boundary is chosen anew for each sending."""
    body: bytes = request.state.body
    boundary = _BOUNDARY.search(request.headers.get("content-type", ""))
    if boundary is not None:
        body = body.replace(boundary[1].encode("latin-1"), b"")
    # To change another version is to ask for something else: it is refused, not answered for the first.
    version = request.headers.get("if-match", "")
    address = f"{request.method} {request.url.path}?{request.url.query}\n{version}"
    return vault().fingerprint(address + body.decode("latin-1"), "idempotency.request")


def _context(account_id: int, key: bytes) -> str:
    return f"stored_answer:{account_id}:{key.hex()}"
