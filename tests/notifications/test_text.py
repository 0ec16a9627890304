"""Text messages: what leaves, and what the log says of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.kernel import language
from app.kernel.language import Language
from app.notifications import client as channels
from app.notifications import service
from app.notifications.client import Delayed, Letter
from app.notifications.service import Template
from tests.factories.tree import phone

NUMBER = "19900001234"


@dataclass
class Provider:
    """A provider of text messages as a deployment would enter it; takes them, or is away."""

    away: bool = False
    taken: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> str:
        if self.away:
            raise Delayed("no connection")
        self.taken.append(letter)
        return "OK"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """A provider in the console's place."""
    made = Provider()
    monkeypatch.setitem(channels.TEXT_SENDERS, "console", made)
    return made


@pytest.fixture
def speaking() -> Iterator[None]:
    """The language as it was."""
    before = language.current()
    yield
    language.use(before)


@pytest.mark.usefixtures("speaking")
def test_the_console_shows_the_text_and_hides_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    for spoken, words in ((Language.ZH, "【联防】验证码 042815, 10 分钟内有效"), (Language.EN, "Your code is 042815")):
        language.use(spoken)
        service.send_text(NUMBER, Template.ONE_TIME_CODE, {"code": "042815", "minutes": 10})
        shown = capsys.readouterr().out
        assert words in shown
        assert "199****1234" in shown
        assert NUMBER not in shown


def test_the_log_says_neither_to_whom_nor_what(caplog: pytest.LogCaptureFixture, provider: Provider) -> None:
    caplog.set_level("DEBUG")
    service.send_text(NUMBER, Template.ONE_TIME_CODE, {"code": "042815", "minutes": 10})
    assert provider.taken[0].values == {"code": "042815", "minutes": "10"}
    assert NUMBER not in caplog.text + repr(provider.taken)
    assert "042815" not in caplog.text + repr(provider.taken)


def test_a_code_that_was_not_taken_is_not_counted(client: TestClient, provider: Provider, owner: Engine) -> None:
    provider.away = True
    number = phone()
    with owner.connect() as connection:
        before = connection.execute(text("SELECT count(*) FROM one_time_code")).scalar_one()
    refused = client.post("/api/v1/one-time-codes", json={"phone": number})
    assert (refused.status_code, refused.json()["code"]) == (503, "channel_unavailable")
    assert refused.headers["retry-after"]
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM one_time_code")).scalar_one() == before
    provider.away = False
    assert client.post("/api/v1/one-time-codes", json={"phone": number}).status_code == 202
    assert provider.taken[0].to == number
