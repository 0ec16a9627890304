"""Lists by cursor: stable under inserts, and as fast on the last page as on the first."""

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel.errors import Problem


class BadCursor(Problem):
    """The cursor is not one of ours, or belongs to another list."""

    code = "bad_cursor"
    zh = "翻页标记无效, 请从第一页重新开始。"
    en = "The cursor is not valid; start again from the first page."


class PageQuery(BaseModel):
    """``limit`` rows (1-200) after ``cursor``."""

    limit: int
    cursor: str | None


def page_query(
    limit: Annotated[int, Query(ge=1, le=200, description="rows a page")] = 50,
    cursor: Annotated[str | None, Query(max_length=512, description="`next` of the page before")] = None,
) -> PageQuery:
    """Read the two query parameters that every list has."""
    return PageQuery(limit=limit, cursor=cursor)


Paging = Annotated[PageQuery, Depends(page_query)]
M = TypeVar("M")
Key = ColumnElement[Any] | InstrumentedAttribute[Any]


def fetch(
    session: Session, statement: Select[M], keys: Sequence[Key], query: PageQuery, *, newest_first: bool = False
) -> tuple[list[M], str | None]:
    """The rows of one page, ordered by ``keys`` (together unique), and the cursor of the next.

    ``newest_first``: from the greatest keys downwards, where what has just happened is what people look for.
    Raises `BadCursor`. ``keys`` must be attributes of the selected entity: integers, texts, days, moments or UUIDs.
    """
    if query.cursor is not None:
        place = _decode(query.cursor, keys)
        statement = statement.where(tuple_(*keys) < place if newest_first else tuple_(*keys) > place)
    order = [key.desc() for key in keys] if newest_first else keys
    rows = list(session.scalars(statement.order_by(*order).limit(query.limit + 1)))
    if len(rows) <= query.limit:
        return rows, None
    rows = rows[: query.limit]
    last = rows[-1]
    return rows, encode([getattr(last, str(key.key)) for key in keys])


def encode(values: Sequence[Any]) -> str:
    """The opaque form of a position in a list."""
    plain = [_plain(one) for one in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _decode(cursor: str, keys: Sequence[Key]) -> Any:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(values, list) or len(values) != len(keys):
            raise BadCursor
        typed = [_typed(value, key.type.python_type) for value, key in zip(values, keys, strict=True)]
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor from error
    return tuple_(*typed)


def _typed(value: Any, kind: type) -> Any:
    if kind in (date, datetime) and isinstance(value, str):
        return kind.fromisoformat(value)
    if kind is UUID and isinstance(value, str):
        return UUID(value)
    too_big = isinstance(value, int) and abs(value) >= 2**63
    if type(value) is not kind or too_big or (isinstance(value, str) and not _storable(value)):
        raise BadCursor
    return value


def _storable(value: str) -> bool:
    # JSON can spell NUL and halves of characters; neither can be sent to the database.
    return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
