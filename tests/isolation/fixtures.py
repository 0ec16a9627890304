"""What the tests of isolation and of the contract share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.kernel import settings
from tests.identity.wechat_stand_in import WeChat, running
from tests.isolation import makers
from tests.isolation.worlds import Province, pair
from tests.notifications.stand_ins import Carriers, MailServer, mail_running
from tests.notifications.stand_ins import running as carriers_running

Worlds = tuple[Province, Province]


@pytest.fixture(scope="session")
def worlds(client: TestClient, owner: Engine) -> Worlds:
    """A province and its twin."""
    return pair(client, owner)


@pytest.fixture(scope="session")
def stand_in() -> Iterator[WeChat]:
    """WeChat, as far as it is needed to sign in."""
    with running() as wechat:
        yield wechat


@pytest.fixture(scope="session")
def carriers() -> Iterator[Carriers]:
    """Those who carry messages."""
    with carriers_running() as made:
        yield made


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    """Who takes e-mail."""
    with mail_running() as made:
        yield made


@pytest.fixture(autouse=True)
def wechat(
    stand_in: WeChat, carriers: Carriers, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Point the program at the stand-ins for the length of a test."""
    monkeypatch.setenv("LIANFANG_WECHAT_ENDPOINT", stand_in.endpoint)
    for name, value in (carriers.environment() | mail_server.environment()).items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    makers.WECHAT.append(stand_in)
    makers.MAIL.append(mail_server)
    yield
    makers.WECHAT.pop()
    makers.MAIL.pop()
    monkeypatch.undo()
    settings.current.cache_clear()
