"""Subscription messages of a mini-program: one message for each time that its user has said yes to a template.

The access token is asked of ``stable_token``, which gives every process the same one until it runs out; so each keeps
what it was given, and only a token that WeChat no longer takes has to be renewed by force.
"""

import threading
import time
from typing import Final

from app.kernel import clock, settings
from app.kernel.settings import Settings
from app.notifications.client.letters import Delayed, Letter, Refused, ask, errcode, shortened

_NOT_TAKEN: Final = frozenset({40001, 40014, 42001})  # the access token is wrong, or over
_DAILY_QUOTA: Final = 45009
# The receiver's openid is none of ours; the user has not said yes, or has blocked the template; the template, its
# fields or its page are not those that were approved.
_REFUSALS: Final = frozenset({40003, 43101, 43107, 43108, 40037, 47003, 41030, 43116})
_THING: Final = 20  # characters in a ``thing``
_EARLY: Final = 300  # seconds before a token runs out at which the next one is asked for


class _Tokens:
    """The token of the mini-program at hand, for all threads of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[str, str, float] = ("", "", 0.0)  # app id, token, monotonic moment of its end

    def current(self, found: Settings, refused: str | None = None) -> str:
        """A token that holds; other than ``refused`` if need be by force, of which WeChat allows twenty a day."""
        with self._lock:
            app_id, token, until = self._held
            if app_id == found.wechat_app_id and token != refused and time.monotonic() < until:
                return token
            token, seconds = _ask_token(found, force=False)
            if token == refused:
                token, seconds = _ask_token(found, force=True)
            self._held = (found.wechat_app_id, token, time.monotonic() + max(0, seconds - _EARLY))
            return token


def _ask_token(found: Settings, *, force: bool) -> tuple[str, int]:
    asked = {
        "grant_type": "client_credential",
        "appid": found.wechat_app_id,
        "secret": found.wechat_secret.get_secret_value(),
        "force_refresh": force,
    }
    answer = ask("POST", f"{found.wechat_api}/cgi-bin/stable_token", body=asked)
    token, seconds = answer.body.get("access_token"), answer.body.get("expires_in")
    if not isinstance(token, str) or type(seconds) is not int:
        raise Delayed(f"token {errcode(answer)}")
    return token, seconds


class WechatMessage:
    """Sends subscription messages; a template's id and fields are as the operator has set them."""

    def __init__(self) -> None:
        self._tokens = _Tokens()

    def send(self, letter: Letter) -> str:
        """Send, with a new token where the one at hand is not taken."""
        found = settings.current()
        template = found.wechat_templates.get(letter.template.value)
        if template is None:
            raise Refused("no template")
        body = {
            "touser": letter.to,
            "template_id": template["id"],
            "page": letter.link or found.wechat_page,
            "lang": "zh_CN",
            "data": {name: {"value": _part(letter, part)} for name, part in template.items() if name != "id"},
        }
        token = self._tokens.current(found)
        code = _send(found, token, body)
        if code in _NOT_TAKEN:
            code = _send(found, self._tokens.current(found, refused=token), body)
        if code in _REFUSALS:
            raise Refused(str(code))
        if code == _DAILY_QUOTA:
            raise Delayed(str(code), 3600)
        if code != 0:
            raise Delayed(str(code))
        return "0"


def _send(found: Settings, token: str, body: object) -> int:
    address = f"{found.wechat_api}/cgi-bin/message/subscribe/send"
    return errcode(ask("POST", address, query={"access_token": token}, body=body))


def _part(letter: Letter, part: str) -> str:
    """What a field of the approved template shows: ``title``, ``text``, ``text2`` (as it goes on) or ``time``."""
    if part == "time":
        return letter.written_at.astimezone(clock.SHANGHAI).strftime("%Y年%m月%d日 %H:%M")
    if part == "text2":
        return letter.text[_THING : 2 * _THING] or "—"
    return shortened(letter.title, _THING) if part == "title" else letter.text[:_THING]
