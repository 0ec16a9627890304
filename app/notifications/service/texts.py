"""Codes that somebody is waiting for: sent within the request, not kept.

The log says that and over which channel, never to whom or what.
"""

from collections.abc import Mapping
from uuid import uuid4

from app.kernel import clock, logs, settings
from app.notifications import client
from app.notifications.client import TEXT_SENDERS, Delayed, Letter, Refused
from app.notifications.errors import ChannelAway, MailAway, MailboxRefused
from app.notifications.templates import Channel, Template, write

log = logs.get(__name__)


def send_text(phone: str, template: Template, values: Mapping[str, str | int]) -> None:
    """Send a text message in the language of the request; raises `ChannelAway`."""
    channel = settings.current().text_channel
    try:
        TEXT_SENDERS[channel].send(_letter(phone, template, values))
    except (Delayed, Refused) as error:
        log.warning("text_not_sent", channel=channel, template=template.value)
        raise ChannelAway from error
    log.info("text_sent", channel=channel, template=template.value)


def send_mail(address: str, template: Template, values: Mapping[str, str | int]) -> None:
    """The same by e-mail; raises `MailAway`, and `MailboxRefused` where the mail server knows no such mailbox."""
    sender = client.sender(Channel.EMAIL)
    if sender is None:
        raise MailAway(seconds=3600)
    try:
        sender.send(_letter(address, template, values))
    except Delayed as error:
        log.warning("mail_not_sent", template=template.value)
        raise MailAway from error
    except Refused as error:
        log.warning("mail_refused", template=template.value)
        raise MailboxRefused from error
    log.info("mail_sent", template=template.value)


def _letter(to: str, template: Template, values: Mapping[str, str | int]) -> Letter:
    written = write(template, values)
    return Letter(
        to=to,
        template=template,
        title=written.title,
        text=written.text,
        values={name: str(value) for name, value in values.items()},
        reference=uuid4().hex,
        written_at=clock.now(),
    )
