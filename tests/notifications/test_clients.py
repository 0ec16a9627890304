"""Each channel speaks its provider's wire format, and knows what an error code asks for: never again, or later."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from app.kernel import clock, settings
from app.notifications.client import Delayed, Letter, Refused, Sender
from app.notifications.client.aliyun import AliyunText
from app.notifications.client.dingtalk import DingTalkRobot
from app.notifications.client.mail import Mail
from app.notifications.client.wechat import WechatMessage
from app.notifications.client.wecom import WecomRobot
from app.notifications.templates import Template
from tests.notifications.stand_ins import DINGTALK_SECRET, Carriers, MailServer

LETTER = Letter(
    to="oAbc-1",
    template=Template.FEVER,
    title="发热提醒",
    text="三年级(12)班 有 1 人发热, 请立即核实处置。",
    values={"place": "三年级(12)班"},
    reference="0123456789abcdef",
    written_at=datetime(2026, 11, 24, 7, 30, tzinfo=clock.SHANGHAI),
    secret=DINGTALK_SECRET,
)


def test_wechat_is_sent_what_the_template_shows(carriers: Carriers) -> None:
    assert WechatMessage().send(replace(LETTER, link="pages/units/7")) == "0"
    (asked,) = carriers.sent
    assert asked.path == "/cgi-bin/message/subscribe/send"
    assert asked.query == {"access_token": "token-1"}
    assert asked.json == {
        "touser": "oAbc-1",
        "template_id": "T-fever",
        "page": "pages/units/7",
        "lang": "zh_CN",
        "data": {
            "thing1": {"value": "发热提醒"},
            "thing2": {"value": "三年级(12)班 有 1 人发热, 请立"},
            "time3": {"value": "2026年11月24日 07:30"},
        },
    }


def test_a_token_is_asked_for_once_and_anew_when_it_is_not_taken(carriers: Carriers) -> None:
    wechat = WechatMessage()
    for _ in range(3):
        wechat.send(LETTER)
    assert [one.path for one in carriers.asked].count("/cgi-bin/stable_token") == 1
    carriers.tokens.append("token-of-another-process")
    wechat.send(LETTER)
    assert (carriers.forced, len(carriers.sent)) == (0, 4)
    carriers.answers = [42001]
    wechat.send(LETTER)
    assert (carriers.forced, len(carriers.sent)) == (1, 5)


def test_wecom_is_sent_a_text_that_is_not_too_long(carriers: Carriers) -> None:
    WecomRobot().send(replace(LETTER, to="0a1b-key", text="缺" * 1000))
    assert carriers.sent[0].query == {"key": "0a1b-key"}
    assert carriers.sent[0].json["msgtype"] == "text"
    assert carriers.sent[0].json["text"]["content"].startswith("发热提醒\n缺缺")


def test_dingtalk_is_sent_a_text_with_its_sign(carriers: Carriers) -> None:
    DingTalkRobot().send(LETTER)
    assert carriers.sent[0].json == {"msgtype": "text", "text": {"content": f"发热提醒\n{LETTER.text}"}}
    with pytest.raises(Refused, match="310000"):
        DingTalkRobot().send(replace(LETTER, secret="SEC-of-somebody-else"))
    with pytest.raises(Refused, match="310000"):
        DingTalkRobot().send(replace(LETTER, secret=None))


def test_aliyun_is_sent_a_signed_form(carriers: Carriers) -> None:
    assert AliyunText().send(replace(LETTER, to="13800138000")) == "OK"
    assert carriers.sent[0].query == {}
    assert carriers.sent[0].form == {
        "OutId": "0123456789abcdef",
        "PhoneNumbers": "13800138000",
        "SignName": "联防",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"place":"三年级(12)班"}',
    }
    assert carriers.sent[0].headers["x-acs-action"] == "SendSms"


def test_aliyun_knows_a_letter_that_it_has_had(carriers: Carriers) -> None:
    AliyunText().send(LETTER)
    assert AliyunText().send(LETTER) == "SignatureNonceUsed"
    assert len(carriers.sent) == 1
    assert AliyunText().send(replace(LETTER, reference="another")) == "OK"


REFUSED: list[tuple[Callable[[], Sender], int | str]] = [
    *((WechatMessage, code) for code in (40003, 43101, 47003, 40037, 41030)),
    *((WecomRobot, code) for code in (93000, 40058)),
    *((DingTalkRobot, code) for code in (310000, 300005, 400101)),
    *((AliyunText, code) for code in ("isv.MOBILE_NUMBER_ILLEGAL", "isv.SMS_TEMPLATE_ILLEGAL", "InvalidAccessKeyId")),
]
DELAYED: list[tuple[Callable[[], Sender], int | str | bytes, str, int | None]] = [
    (WechatMessage, 45009, "45009", 3600),
    (WechatMessage, -1, "-1", None),
    (WechatMessage, 503, "status 503", None),
    (WechatMessage, b"<html>", "not JSON", None),
    (WechatMessage, b"[]", "not an object", None),
    (WechatMessage, b"{}", "no errcode", None),
    (WechatMessage, b'"' + b"x" * 20_000 + b'"', "answer too long", None),
    (WecomRobot, 45009, "45009", 60),
    (WecomRobot, 502, "status 502", None),
    (DingTalkRobot, 130101, "130101", 600),
    (DingTalkRobot, -1, "-1", None),
    (AliyunText, "isv.BUSINESS_LIMIT_CONTROL", "isv.BUSINESS_LIMIT_CONTROL", 60),
    (AliyunText, "isv.DAY_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", 3600),
    (AliyunText, "Throttling.User", "Throttling.User", None),
    (AliyunText, "isp.SYSTEM_ERROR", "isp.SYSTEM_ERROR", None),
]


@pytest.mark.parametrize(("make", "code"), REFUSED)
def test_what_will_never_be_taken_is_refused(carriers: Carriers, make: Callable[[], Sender], code: int | str) -> None:
    carriers.answers = [code]
    with pytest.raises(Refused) as refusal:
        make().send(LETTER)
    assert (refusal.value.code, carriers.sent) == (str(code), [])


@pytest.mark.parametrize(("make", "said", "code", "seconds"), DELAYED)
def test_what_may_be_taken_later_is_delayed(
    carriers: Carriers, make: Callable[[], Sender], said: int | str | bytes, code: str, seconds: int | None
) -> None:
    carriers.answers = [said]
    with pytest.raises(Delayed) as delay:
        make().send(LETTER)
    assert (delay.value.code, delay.value.seconds) == (code, seconds)


@pytest.mark.parametrize("make", [WechatMessage, AliyunText])
def test_a_template_that_the_operator_has_not_set_is_refused(carriers: Carriers, make: Callable[[], Sender]) -> None:
    with pytest.raises(Refused, match="no template"):
        make().send(replace(LETTER, template=Template.EXPORT_READY))
    assert carriers.asked == []


@pytest.mark.parametrize("make", [WechatMessage, WecomRobot, DingTalkRobot, AliyunText])
def test_a_provider_that_is_away_is_waited_for(
    carriers: Carriers, make: Callable[[], Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in carriers.environment():
        if name.endswith("_API"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
    settings.current.cache_clear()
    with pytest.raises(Delayed, match="no connection"):
        make().send(LETTER)


def test_a_mail_carries_chinese_and_the_reference(mail: MailServer) -> None:
    for _ in range(2):
        assert Mail().send(replace(LETTER, to="doctor@school.example")) == "250"
    first, second = mail.mails
    assert first["Subject"] == "【联防】发热提醒"
    assert (first["To"], first["Content-Language"]) == ("doctor@school.example", "zh-CN")
    assert first.get_content().strip() == LETTER.text
    assert first["Message-ID"] == second["Message-ID"] == "<0123456789abcdef@school.example>"


@pytest.mark.parametrize(("reply", "kind"), [("550 no such user", Refused), ("451 try again later", Delayed)])
def test_a_mailbox_is_gone_or_busy(mail: MailServer, reply: str, kind: type[Refused] | type[Delayed]) -> None:
    mail.replies = [reply]
    with pytest.raises(kind, match=reply[:3]):
        Mail().send(replace(LETTER, to="doctor@school.example"))
    assert mail.mails == []
