"""Words to people: what they say, and over which channel they go."""

from collections.abc import Mapping
from enum import StrEnum

from app.kernel import logs, settings
from app.kernel.language import pick
from app.notifications.client import CHANNELS, TextMessage
from app.notifications.errors import ChannelAway

log = logs.get(__name__)


class Template(StrEnum):
    """Every text that is sent; providers know them by these names."""

    ONE_TIME_CODE = "one_time_code"


_TEXTS: Mapping[Template, tuple[str, str]] = {
    Template.ONE_TIME_CODE: (
        "【联防】验证码 {code}, {minutes} 分钟内有效。请勿告知他人。",
        "[Lianfang] Your code is {code}, valid for {minutes} minutes. Tell nobody.",
    ),
}


def send_text(phone: str, template: Template, values: Mapping[str, object]) -> None:
    """Send a text message in the language of the request; raises `ChannelAway`.

    The log says that and over which channel, never to whom or what.
    """
    channel = settings.current().text_channel
    written = {name: str(value) for name, value in values.items()}
    zh, en = _TEXTS[template]
    message = TextMessage(phone=phone, template=template.value, values=written, text=pick(zh, en).format_map(written))
    try:
        CHANNELS[channel].send(message)
    except OSError as error:
        log.warning("text_not_sent", channel=channel, template=template.value)
        raise ChannelAway from error
    log.info("text_sent", channel=channel, template=template.value)
