"""Cursors: opaque, exact, and refused when they are not ours."""

import base64
import json
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from app.institutions.models import Institution, Placement
from app.kernel import paging
from app.kernel.paging import BadCursor, PageQuery


class NoDatabase:
    """Shows the statement instead of running it."""

    def scalars(self, statement: Any) -> list[Any]:
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped in the library
        self.sql = str(statement.compile(dialect=dialect))
        return []


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def ask(cursor: str | None, keys: Any = (Institution.id,), model: Any = Institution) -> str:
    session: Any = NoDatabase()
    paging.fetch(session, select(model), keys, PageQuery(limit=10, cursor=cursor))
    return str(session.sql)


def test_the_next_page_begins_after_the_cursor() -> None:
    assert "institution.id) > " in ask(paging.encode([7]))
    assert "WHERE" not in ask(None)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "=",
        "é",
        "W10",
        cursor_of([]),
        cursor_of([1, 2]),
        cursor_of(["1"]),
        cursor_of([True]),
        cursor_of([2**63]),
        cursor_of({"a": 1}),
        cursor_of([None]),
        cursor_of([1.5]),
        cursor_of([[1]]),
        "A" * 500,
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        ask(cursor)


@pytest.mark.parametrize("text", ["\0", "320\0", "\ud800", "a\udfff"])
def test_a_text_that_the_database_cannot_take_is_refused(text: str) -> None:
    keys = (Institution.name,)

    assert "institution.name" in ask(cursor_of(["南京"]), keys)
    with pytest.raises(BadCursor):
        ask(cursor_of([text]), keys)


def test_days_travel_as_text() -> None:
    keys = (Placement.institution_id, Placement.valid_from)

    assert "placement.valid_from" in ask(cursor_of([7, "2026-11-23"]), keys, Placement)
    with pytest.raises(BadCursor):
        ask(cursor_of([7, "2026-11-32"]), keys, Placement)
