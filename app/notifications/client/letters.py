"""What every channel is handed, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Protocol

from app.kernel import outgoing
from app.kernel.outgoing import Answer, NoAnswer
from app.notifications.templates import Template

TIMEOUT_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one place. ``to``: a phone, an openid, a mailbox, or the key of a robot, whose ``secret`` signs.

    ``reference`` is the same for a letter that is sent again because nobody knows whether it was sent.
    """

    to: str = field(repr=False)
    template: Template
    title: str
    text: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    reference: str
    written_at: datetime
    link: str | None = None
    secret: str | None = field(default=None, repr=False)


class Refused(Exception):  # noqa: N818 - it names an answer
    """It will not be taken, now or later; ``code`` is the provider's own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Delayed(Exception):  # noqa: N818 - it names an answer
    """It was not taken now; ``code`` says why, ``seconds`` after how long a try makes sense (None: not said)."""

    def __init__(self, code: str, seconds: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.seconds = seconds


class Sender(Protocol):
    """Sends letters over one channel."""

    def send(self, letter: Letter) -> str:
        """Hand the letter over, within seconds; the provider's code for success. Raises `Refused` and `Delayed`."""


def ask(method: str, address: str, **more: Any) -> Answer:
    """`outgoing.ask` with the patience of a channel; raises `Delayed`."""
    try:
        answer = outgoing.ask(method, address, timeout=TIMEOUT_SECONDS, **more)
    except NoAnswer as failure:
        raise Delayed(failure.reason) from None
    if not isinstance(answer.body, dict):
        raise Delayed("not an object")
    return answer


def errcode(answer: Answer) -> int:
    """What WeChat, WeCom and DingTalk answer with alike: 0 where it went well. Raises `Delayed` where there is none."""
    if answer.status != HTTPStatus.OK:
        raise Delayed(f"status {answer.status}")
    found = answer.body.get("errcode")
    if type(found) is not int:
        raise Delayed("no errcode")
    return found


def shortened(text: str, most: int) -> str:
    """``text`` in at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
