"""Channels over which words leave the service: one class each, with the method of `Sender`.

`sender` says which stands behind a channel by what the operator has set; `TEXT_SENDERS` holds those between which
``LIANFANG_TEXT_CHANNEL`` chooses.
"""

from collections.abc import Mapping

from app.kernel import settings
from app.notifications.client.aliyun import AliyunText
from app.notifications.client.console import Console
from app.notifications.client.dingtalk import DingTalkRobot
from app.notifications.client.letters import Delayed, Letter, Refused, Sender
from app.notifications.client.mail import Mail
from app.notifications.client.wechat import WechatMessage
from app.notifications.client.wecom import WecomRobot
from app.notifications.templates import Channel

__all__ = ["SENDERS", "TEXT_SENDERS", "Delayed", "Letter", "Refused", "Sender", "sender"]

TEXT_SENDERS: Mapping[str, Sender] = {"console": Console(), "aliyun": AliyunText()}
SENDERS: Mapping[Channel, Sender] = {
    Channel.WECHAT: WechatMessage(),
    Channel.EMAIL: Mail(),
    Channel.WECOM: WecomRobot(),
    Channel.DINGTALK: DingTalkRobot(),
}


def sender(channel: Channel) -> Sender | None:
    """What sends over a channel; None where the operator has not set it up."""
    found = settings.current()
    if channel is Channel.TEXT:
        return TEXT_SENDERS[found.text_channel]
    ready = {Channel.WECHAT: bool(found.wechat_app_id and found.wechat_templates), Channel.EMAIL: bool(found.smtp_host)}
    return SENDERS[channel] if ready.get(channel, True) else None
