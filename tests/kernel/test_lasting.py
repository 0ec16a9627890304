"""A refusal that is itself a fact keeps what was written before it; every other one takes it back."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.api import problems
from app.identity.errors import CodeRefused
from app.kernel.db import UnitOfWork
from app.kernel.errors import Forbidden


@pytest.fixture
def table(owner: Engine) -> Iterator[str]:
    """A table with a row, whose uniqueness is looked at when the transaction commits."""
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE refusals (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        connection.execute(text("GRANT SELECT, INSERT ON refusals TO lianfang_app"))
        connection.execute(text("INSERT INTO refusals VALUES (1)"))
    yield "refusals"
    with owner.begin() as connection:
        connection.execute(text("DROP TABLE refusals"))


@pytest.mark.parametrize(("path", "kept"), [("counted", 2), ("uncounted", 1)])
def test_only_a_lasting_refusal_commits(table: str, owner: Engine, path: str, kept: int) -> None:
    assert _answer(path, 2) == ((401, "code_refused") if path == "counted" else (403, "forbidden"))
    with owner.connect() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == kept  # noqa: S608 - ours


@pytest.mark.usefixtures("table")
def test_a_lasting_refusal_whose_commit_fails_is_not_given() -> None:
    assert _answer("counted", 1) == (409, "conflict")


def _answer(path: str, number: int) -> tuple[int, str]:
    app = FastAPI()
    problems.install(app)

    @app.post("/{kind}/{number}")
    def refuse(kind: str, number: int, session: UnitOfWork) -> None:
        session.execute(text("INSERT INTO refusals VALUES (:number)"), {"number": number})
        raise CodeRefused if kind == "counted" else Forbidden

    answer = TestClient(app, raise_server_exceptions=False).post(f"/{path}/{number}")
    return answer.status_code, answer.json()["code"]
