"""Asking WeChat who somebody is, against a server that answers as WeChat does."""

import logging
import socket
import time
from collections.abc import Iterator

import pytest

from app.identity.client import WeChatRefused, WeChatSession, WeChatUnavailable, code2session
from tests.identity.wechat_stand_in import SESSION_KEY, WeChat, running


@pytest.fixture
def wechat() -> Iterator[WeChat]:
    with running() as stand_in:
        yield stand_in


def ask(wechat: WeChat, code: str, *, timeout: float = 5.0) -> WeChatSession:
    return code2session(wechat.endpoint, wechat.app_id, wechat.secret, code, timeout=timeout)


def test_a_code_is_exchanged_for_the_user_behind_it(wechat: WeChat) -> None:
    first, second = wechat.issue("oAbc-1_x", "uXyz"), wechat.issue("oAbc-2_x")
    assert ask(wechat, first) == WeChatSession(openid="oAbc-1_x", unionid="uXyz")
    assert ask(wechat, second) == WeChatSession(openid="oAbc-2_x", unionid=None)
    assert wechat.requests[0] == {
        "appid": wechat.app_id,
        "secret": wechat.secret,
        "js_code": first,
        "grant_type": "authorization_code",
    }


def test_a_code_works_once(wechat: WeChat) -> None:
    code = wechat.issue("oAbc")
    ask(wechat, code)
    with pytest.raises(WeChatRefused) as refusal:
        ask(wechat, code)
    assert refusal.value.errcode == 40163


def test_an_unknown_code_is_refused(wechat: WeChat) -> None:
    with pytest.raises(WeChatRefused) as refusal:
        ask(wechat, "0" * 32)
    assert refusal.value.errcode == 40029


@pytest.mark.parametrize("code", ["", "x" * 129, "a b", "a\nb", "登录", "\ud800", "\x00"])
def test_what_cannot_be_a_code_is_refused_without_asking(wechat: WeChat, code: str) -> None:
    with pytest.raises(WeChatRefused):
        ask(wechat, code)
    assert wechat.requests == []


def test_a_code_cannot_add_parameters(wechat: WeChat) -> None:
    with pytest.raises(WeChatRefused):
        ask(wechat, "x&appid=other&secret=other#")
    assert wechat.requests[0]["appid"] == wechat.app_id


def test_a_wrong_configuration_is_not_blamed_on_the_user(wechat: WeChat) -> None:
    code = wechat.issue("oAbc")
    with pytest.raises(WeChatUnavailable, match="errcode 40125"):
        code2session(wechat.endpoint, wechat.app_id, "wrong", code, timeout=5)
    with pytest.raises(WeChatUnavailable, match="errcode 40013"):
        code2session(wechat.endpoint, "wrong", wechat.secret, code, timeout=5)
    with pytest.raises(WeChatUnavailable, match="status 404"):
        code2session(wechat.endpoint + "/elsewhere", wechat.app_id, wechat.secret, code, timeout=5)


@pytest.mark.parametrize(
    "fault",
    [
        b'{"errcode": -1, "errmsg": "system error"}',
        b'{"errcode": 45011, "errmsg": "api minute-quota reach limit"}',
        b'{"errcode": "0", "openid": "oAbc"}',
        b'{"errcode": true, "openid": "oAbc"}',
        b'{"openid": ""}',
        b'{"openid": 7}',
        b'{"openid": "o\\u0000"}',
        b'{"openid": "oAbc", "unionid": {}}',
        b'{"openid": "' + b"o" * 129 + b'"}',
        b"{}",
        b"[]",
        b"null",
        b"",
        b"<html>",
        b"\xff\xfe",
        b"[" * 10_000,
        b" " * 20_000,
        500,
        502,
        301,
        302,
        "drop",
    ],
)
def test_trouble_at_their_end_passes(wechat: WeChat, fault: int | str | bytes) -> None:
    code = wechat.issue("oAbc")
    wechat.faults.append(fault)
    with pytest.raises(WeChatUnavailable):
        ask(wechat, code)
    assert ask(wechat, code).openid == "oAbc"


def test_a_server_that_drips_is_left_in_time(wechat: WeChat) -> None:
    wechat.faults.append("drip")
    started = time.monotonic()
    with pytest.raises(WeChatUnavailable, match="timed out"):
        ask(wechat, wechat.issue("oAbc"), timeout=0.3)
    assert time.monotonic() - started < 3


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}/sns/jscode2session"
        with pytest.raises(WeChatUnavailable, match="timed out"):
            code2session(endpoint, "wx", "secret", "0" * 32, timeout=0.2)


def test_no_server_at_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(WeChatUnavailable, match="no connection"):
        code2session(f"http://127.0.0.1:{port}/", "wx", "secret", "0" * 32, timeout=1)


def test_nothing_secret_is_logged_or_shown(wechat: WeChat, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = wechat.issue("oSecretOpenid", "uSecretUnionid")
    session = ask(wechat, code)
    with pytest.raises(WeChatRefused) as refusal:
        ask(wechat, code)
    wechat.faults.append("drop")
    with pytest.raises(WeChatUnavailable) as trouble:
        ask(wechat, wechat.issue("oSecretOpenid"))
    said = caplog.text + repr(session) + repr(refusal.value) + repr(trouble.value)
    for secret in (wechat.secret, code, SESSION_KEY, "oSecretOpenid", "uSecretUnionid"):
        assert secret not in said
