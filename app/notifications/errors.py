"""Refusals of the channels."""

from app.kernel.errors import Unavailable


class ChannelAway(Unavailable):
    """The channel did not take the message; it was not sent."""

    code = "channel_unavailable"
    zh = "短信暂时无法发送, 请稍后再试。"
    en = "Text messages cannot be sent right now; try again soon."
