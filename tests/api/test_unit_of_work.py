"""Decision record 1: an answer is sent only after its commit."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api import problems
from app.kernel import db
from app.kernel.db import UnitOfWork

# The same generator on the framework's default scope: what the record warns of.
LateUnitOfWork = Annotated[Session, Depends(db.unit_of_work)]


@pytest.fixture
def table(owner: Engine, owner_url: str) -> Iterator[str]:
    """A table whose constraint is checked only at the commit."""
    assert owner_url
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE commits (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        connection.execute(text("GRANT SELECT, INSERT ON commits TO lianfang_app"))
        connection.execute(text("INSERT INTO commits VALUES (1)"))
    yield "commits"
    with owner.begin() as connection:
        connection.execute(text("DROP TABLE commits"))


@pytest.fixture
def caller(table: str) -> TestClient:
    """An application of three endpoints that insert what they are told."""
    app = FastAPI()
    problems.install(app)
    insert = text(f"INSERT INTO {table} VALUES (:n)")  # noqa: S608 - our own name

    @app.post("/early/{n}")
    def early(n: int, session: UnitOfWork) -> dict[str, int]:
        session.execute(insert, {"n": n})
        return {"n": n}

    @app.post("/late/{n}")
    def late(n: int, session: LateUnitOfWork) -> dict[str, int]:
        session.execute(insert, {"n": n})
        return {"n": n}

    @app.post("/broken/{n}")
    def broken(n: int, session: UnitOfWork) -> dict[str, int]:
        session.execute(insert, {"n": n})
        raise RuntimeError("a defect after the write")

    return TestClient(app, raise_server_exceptions=False)


def rows(owner: Engine, n: int) -> int:
    with owner.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM commits WHERE n = :n"), {"n": n}).scalar_one())


def test_what_was_answered_is_there(caller: TestClient, owner: Engine) -> None:
    assert caller.post("/early/7").status_code == 200
    assert rows(owner, 7) == 1


def test_a_failing_commit_is_not_a_success(caller: TestClient, owner: Engine) -> None:
    answer = caller.post("/early/1")

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert rows(owner, 1) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_default_scope_would_lie(caller: TestClient, owner: Engine) -> None:
    # If this ever answers an error, the framework has changed and the record can be closed.
    assert caller.post("/late/1").status_code == 200
    assert rows(owner, 1) == 1


def test_an_error_takes_everything_back(caller: TestClient, owner: Engine) -> None:
    assert caller.post("/broken/9").status_code == 500
    assert rows(owner, 9) == 0
