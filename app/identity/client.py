"""Asks WeChat who is behind a mini-program's login code (``code2session``).

The answer carries a ``session_key``, with which data of the WeChat user could be decrypted. Nothing here needs
it, so it is dropped unread: not returned, not stored, not logged.
"""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeGuard

from app.kernel import outgoing
from app.kernel.outgoing import NoAnswer

_CODE: Final = re.compile(r"[!-~]{1,128}")
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
# invalid code, code used before, account blocked as a risk, code missing: another sign-in may go better.
_REFUSALS: Final = frozenset({40029, 40163, 40226, 41008})
_INVALID_CODE: Final = 40029


class WeChatRefused(Exception):  # noqa: N818 - it names WeChat's answer
    """WeChat does not accept the code; ``errcode`` is its own. Signing in anew may help, repeating does not."""

    def __init__(self, errcode: int) -> None:
        super().__init__(f"errcode {errcode}")
        self.errcode = errcode


class WeChatUnavailable(Exception):  # noqa: N818 - it names a state
    """No usable answer: no connection, an overload (-1, 45011), a wrong configuration, or nonsense.

    ``reason`` is a short fixed phrase with WeChat's ``errcode`` where there is one; it may be logged.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WeChatSession:
    """A WeChat user as this mini-program sees them (``openid``), and as all apps of its owner do (``unionid``)."""

    openid: str = field(repr=False)
    unionid: str | None = field(repr=False)


def code2session(endpoint: str, app_id: str, secret: str, code: str, *, timeout: float) -> WeChatSession:
    """Exchange a login code, which works once and for five minutes, for the user behind it.

    ``endpoint`` is the address up to the query; ``timeout`` is in seconds. Raises WeChatRefused and WeChatUnavailable.
    """
    if not _CODE.fullmatch(code):
        raise WeChatRefused(_INVALID_CODE)
    query = {"appid": app_id, "secret": secret, "js_code": code, "grant_type": "authorization_code"}
    try:
        answer = outgoing.ask("GET", endpoint, query=query, timeout=timeout)
    except NoAnswer as failure:
        raise WeChatUnavailable(failure.reason) from None
    if answer.status != HTTPStatus.OK:
        raise WeChatUnavailable(f"status {answer.status}")
    return _session(answer.body)


def _session(answer: Any) -> WeChatSession:
    if not isinstance(answer, dict):
        raise WeChatUnavailable("not an object")
    errcode = answer.get("errcode", 0)
    if type(errcode) is not int:
        raise WeChatUnavailable("errcode of a wrong type")
    if errcode in _REFUSALS:
        raise WeChatRefused(errcode)
    if errcode != 0:
        raise WeChatUnavailable(f"errcode {errcode}")
    openid, unionid = answer.get("openid"), answer.get("unionid")
    if not _is_identifier(openid) or (unionid is not None and not _is_identifier(unionid)):
        raise WeChatUnavailable("no usable openid")
    return WeChatSession(openid=openid, unionid=unionid)


def _is_identifier(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None
