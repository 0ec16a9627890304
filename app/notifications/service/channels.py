"""By which channels an account is reached, and which of them it wants."""

from typing import Final

from sqlalchemy.orm import Session

from app.access.service import Actor
from app.kernel import clock, settings
from app.notifications import client
from app.notifications.queries import channels
from app.notifications.schemas import (
    ChannelChoice,
    ChannelOut,
    ChannelsOut,
    WechatAllowanceIn,
    WechatAllowanceOut,
    WechatAllowancesOut,
)
from app.notifications.service.books import BOOKS
from app.notifications.templates import Channel

# Those of people; robots belong to institutions.
PERSONAL: Final = (Channel.WECHAT, Channel.TEXT, Channel.EMAIL)


def list_channels(session: Session, actor: Actor) -> ChannelsOut:
    """The caller's channels: where each leads, masked, and whether it is wanted."""
    return ChannelsOut(items=[_told(session, actor.account_id or 0, one) for one in PERSONAL])


def choose_channel(session: Session, actor: Actor, channel: Channel, choice: ChannelChoice) -> ChannelOut:
    """Write to the caller by a channel, or not; the inbox has everything either way."""
    account_id = actor.account_id or 0
    if choice.muted:
        channels.mute(session, account_id, channel, clock.now())
    else:
        channels.unmute(session, account_id, channel)
    return _told(session, account_id, channel)


def allow_wechat(session: Session, actor: Actor, given: WechatAllowanceIn) -> WechatAllowancesOut:
    """Note that the caller has said yes in WeChat to one more message of each of these templates."""
    names = sorted({one.value for one in given.templates} & settings.current().wechat_templates.keys())
    if names:
        channels.allow(session, actor.account_id or 0, names, clock.now())
    return list_allowances(session, actor)


def list_allowances(session: Session, actor: Actor) -> WechatAllowancesOut:
    """The templates for which WeChat may be asked, by its own ids, and how many messages are left of each."""
    left = {one.template: one.left for one in channels.allowances_of(session, actor.account_id or 0)}
    known = settings.current().wechat_templates
    return WechatAllowancesOut(
        items=[
            WechatAllowanceOut(template=name, template_id=known[name]["id"], left=left.get(name, 0))
            for name in sorted(known)
        ]
    )


def _told(session: Session, account_id: int, channel: Channel) -> ChannelOut:
    book = BOOKS.get(channel)
    return ChannelOut(
        channel=channel,
        available=client.sender(channel) is not None,
        address=book.masked(session, account_id) if book else None,
        muted=(account_id, channel) in channels.muted(session, [account_id]),
    )
