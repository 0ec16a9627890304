"""Refusals of the channels."""

from app.kernel.errors import Conflict, Invalid, Unavailable


class ChannelAway(Unavailable):
    """The channel did not take the message; it was not sent."""

    code = "channel_unavailable"
    zh = "短信暂时无法发送, 请稍后再试。"
    en = "Text messages cannot be sent right now; try again soon."


class MailAway(Unavailable):
    """The mail server did not take the mail, or none is set up."""

    code = "mail_unavailable"
    zh = "邮件暂时无法发送, 请稍后再试。"
    en = "E-mail cannot be sent right now; try again soon."


class MailboxRefused(Invalid):
    """The mail server takes nothing for this address."""

    code = "mailbox_refused"
    zh = "邮件服务器拒收该地址, 请检查邮箱地址。"
    en = "The mail server takes nothing for this address; check it."


class WebhookNotValid(Invalid):
    """Not the address of a robot as WeCom or DingTalk gives it out."""

    code = "webhook_not_valid"
    zh = "请粘贴企业微信或钉钉给出的机器人 Webhook 地址。"
    en = "Paste the webhook address as WeCom or DingTalk has given it."


class TooManyRobots(Conflict):
    """An institution has so many robots at most."""

    code = "too_many_robots"
    zh = "每个单位最多 {most} 个机器人, 请先移除不用的。"
    en = "An institution has at most {most} robots; remove one first."
