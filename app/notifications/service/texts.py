"""Text messages that somebody is waiting for: sent within the request, not kept."""

from collections.abc import Mapping
from uuid import uuid4

from app.kernel import clock, logs, settings
from app.notifications.client import TEXT_SENDERS, Delayed, Letter, Refused
from app.notifications.errors import ChannelAway
from app.notifications.templates import Template, write

log = logs.get(__name__)


def send_text(phone: str, template: Template, values: Mapping[str, str | int]) -> None:
    """Send a text message in the language of the request; raises `ChannelAway`.

    The log says that and over which channel, never to whom or what.
    """
    channel = settings.current().text_channel
    written = write(template, values)
    letter = Letter(
        to=phone,
        template=template,
        title=written.title,
        text=written.text,
        values={name: str(value) for name, value in values.items()},
        reference=uuid4().hex,
        written_at=clock.now(),
    )
    try:
        TEXT_SENDERS[channel].send(letter)
    except (Delayed, Refused) as error:
        log.warning("text_not_sent", channel=channel, template=template.value)
        raise ChannelAway from error
    log.info("text_sent", channel=channel, template=template.value)
