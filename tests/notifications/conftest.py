"""Those who carry messages, as stand-ins."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.kernel import settings
from tests.notifications.stand_ins import Carriers, MailServer, mail_set_up, running


@pytest.fixture
def carriers(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carriers]:
    """Servers that take messages, and the service set up to use them."""
    assert client is not None
    with running() as made:
        monkeypatch.setenv("LIANFANG_TEXT_CHANNEL", "aliyun")
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        settings.current.cache_clear()
        yield made
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.fixture
def mail(carriers: Carriers, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server, and the service set up to use it."""
    assert carriers.address
    with mail_set_up(monkeypatch) as server:
        yield server
