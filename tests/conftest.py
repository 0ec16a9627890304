"""One PostgreSQL for the run, one database for each worker; every test makes its own province and leaves it there.

Real commits throughout: a rolled-back outer transaction would let ``SET LOCAL`` of one request leak into the next and
stop ``now()``. Tenancy keeps tests apart, which is what the product promises anyway.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool
from starlette.testclient import TestClient

from app.kernel import db, postgres, settings
from bench import pooler
from tests.factories.databases import Urls, chosen_database, clone, drop, prepare_template
from tests.factories.tree import Tree

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "var" / "tests"

_server: list[postgres.Server] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where else the same tests can run."""
    parser.addoption("--database", help="on this migrated database (its owner's URL), not on clones; not with -n")
    parser.addoption("--pooler", action="store_true", help="through PgBouncer in transaction mode")


def pytest_configure(config: pytest.Config) -> None:
    """Start the server and migrate the template once, in the process that the workers come from."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    # fsync off: this server holds nothing that must survive; tests of durability start their own.
    server = postgres.start(FOLDER, options={"fsync": "off", "max_connections": "300"})
    _server.append(server)
    os.environ["LIANFANG_TEST_OWNER_URL"] = server.url
    os.environ["LIANFANG_TEST_APP_PASSWORD"] = prepare_template(server.url, FOLDER)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that this run has started."""
    if not hasattr(config, "workerinput"):
        while _server:
            _server.pop().stop()


@pytest.fixture(scope="session")
def worker_name() -> str:
    """The name of this xdist worker, ``main`` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def urls(worker_name: str, pytestconfig: pytest.Config) -> Iterator[Urls]:
    """This worker's database, as its owner and as the application's role, which may come through a pooler."""
    name, chosen = f"lf_{worker_name}_{os.getpid()}", pytestconfig.getoption("database")
    found = chosen_database(chosen) if chosen else clone(name)
    if pytestconfig.getoption("pooler"):
        with pooler.running([found.app]) as before:
            yield found._replace(app=before.url(found.app), direct=found.app)
    else:
        yield found
    if not chosen:
        drop(name)


@pytest.fixture(scope="session")
def owner_url(urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The owner's URL of this worker's database; the environment points the program at it."""
    os.environ.update(
        LIANFANG_DATABASE_URL=urls.owner,
        LIANFANG_APP_DATABASE_URL=urls.app,
        LIANFANG_DATA_FOLDER=str(tmp_path_factory.mktemp("data")),
        LIANFANG_PASSWORD_HASH_COST="1",
        # All tests come from one address; those of the lockout by address set it for themselves.
        LIANFANG_SIGN_IN_FAILURES_PER_ADDRESS="1000000",
        LIANFANG_LOG_LEVEL="WARNING",
        **({"LIANFANG_DIRECT_DATABASE_URL": urls.direct} if urls.direct else {}),
    )
    settings.current.cache_clear()
    yield urls.owner
    db.engine().dispose()
    db.engine(keeps_plans=True).dispose()


@pytest.fixture(scope="session")
def owner(owner_url: str) -> Iterator[Engine]:
    """The owner, whom row-level security does not bind: for looking at what really stands there."""
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def client(owner_url: str) -> Iterator[TestClient]:
    """The whole application over HTTP semantics; its exceptions become answers, as in production."""
    assert owner_url
    from app.api.main import create_app  # noqa: PLC0415 - reads the settings that `owner_url` has made

    with TestClient(create_app(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def tree(client: TestClient) -> Tree:
    """A new province with one city, one county and one school of two classes."""
    return Tree.grow(client)


@pytest.fixture(autouse=True)
def _nothing_waits(request: pytest.FixtureRequest) -> None:
    """Whoever delivers hears of what happens from here on, not of all that tests before it have left in the outbox."""
    if "deliver" in request.fixturenames:
        with request.getfixturevalue("owner").begin() as connection:
            connection.execute(text("DELETE FROM outbox WHERE done_at IS NULL"))


@pytest.fixture
def deliver(client: TestClient) -> Callable[[], int]:
    """Run the outbox until it is empty, in this process, and say how many events were heard."""
    assert client is not None
    from app.worker import relay  # noqa: PLC0415 - its listeners need the application loaded

    drain: Callable[[], int] = relay.drain
    return drain
