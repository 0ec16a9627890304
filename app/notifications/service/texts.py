"""Text messages that somebody is waiting for: sent within the request, not kept."""

from collections.abc import Mapping

from app.kernel import logs, settings
from app.notifications.client import CHANNELS, TextMessage
from app.notifications.errors import ChannelAway
from app.notifications.templates import Template, write

log = logs.get(__name__)


def send_text(phone: str, template: Template, values: Mapping[str, str | int]) -> None:
    """Send a text message in the language of the request; raises `ChannelAway`.

    The log says that and over which channel, never to whom or what.
    """
    channel = settings.current().text_channel
    filled = {name: str(value) for name, value in values.items()}
    message = TextMessage(phone=phone, template=template.value, values=filled, text=write(template, values).text)
    try:
        CHANNELS[channel].send(message)
    except OSError as error:
        log.warning("text_not_sent", channel=channel, template=template.value)
        raise ChannelAway from error
    log.info("text_sent", channel=channel, template=template.value)
