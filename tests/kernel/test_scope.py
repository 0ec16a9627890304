"""The scope of a transaction: what the database has is what was bound last, however savepoints end."""

from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.kernel import db
from app.kernel.db import Scope

SETTINGS = ("app.institutions", "app.subtrees", "app.subtree", "app.lineage")
OFFICE = Scope(subtrees=frozenset({7}), lineage=frozenset({7}))
SCHOOL = Scope(institutions=frozenset({9}))


def held(session: Session) -> tuple[str, ...]:
    """What the database has."""
    asked = ", ".join(f"current_setting('{name}', true)" for name in SETTINGS)
    return tuple(value or "" for value in session.execute(text(f"SELECT {asked}")).one())


def test_widening_writes_only_what_it_changes(client: TestClient) -> None:
    assert client is not None
    sent: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    with db.transaction(OFFICE) as session:
        event.listen(db.engine(), "before_cursor_execute", keep)
        try:
            db.widen(session, Scope(lineage=frozenset({1})))
            db.widen(session, Scope(lineage=frozenset({7})))
        finally:
            event.remove(db.engine(), "before_cursor_execute", keep)
        assert sent == ["SET LOCAL app.lineage = '{1,7}'"]
        assert held(session) == ("", "{7}", "7", "{1,7}")


@pytest.mark.parametrize("kept", [True, False])
def test_what_a_savepoint_has_bound_does_not_outlive_the_next_binding(client: TestClient, *, kept: bool) -> None:
    assert client is not None
    with db.transaction(OFFICE) as session:
        with session.begin_nested() as savepoint:
            db.bind(session, SCHOOL)
            assert held(session) == ("{9}", "", "", "{9}")
            if not kept:
                savepoint.rollback()
        db.bind(session, SCHOOL)
        assert held(session) == ("{9}", "", "", "{9}")
        with session.begin_nested():
            db.bind(session, OFFICE)
        db.bind(session, OFFICE)
        assert held(session) == ("", "{7}", "7", "{7}")


def test_a_savepoint_that_is_undone_leaves_what_was_bound_before_it(client: TestClient) -> None:
    assert client is not None
    with db.transaction(OFFICE) as session:
        with session.begin_nested() as savepoint:
            db.bind(session, SCHOOL)
            savepoint.rollback()
        assert held(session) == ("", "{7}", "7", "{7}")
        db.bind(session, OFFICE)
        assert held(session) == ("", "{7}", "7", "{7}")


def test_the_next_transaction_of_a_session_is_bound_anew(client: TestClient) -> None:
    assert client is not None
    with Session(db.engine()) as session:
        for _ in range(2):
            db.bind(session, OFFICE)
            assert held(session) == ("", "{7}", "7", "{7}")
            session.rollback()
            assert held(session) == ("", "", "", "")
            session.rollback()
