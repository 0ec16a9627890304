"""Statements on what accounts want and have allowed, and on how often a place was written to."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.notifications.models import ChannelUse, MutedChannel, WechatAllowance
from app.notifications.templates import Channel

MOST_ALLOWED = 50  # so often somebody may say yes in advance


def muted(session: Session, account_ids: Collection[int]) -> set[tuple[int, Channel]]:
    """Which of these accounts want nothing by which channel."""
    rows = session.execute(
        select(MutedChannel.account_id, MutedChannel.channel).where(MutedChannel.account_id.in_(account_ids))
    )
    return {(row.account_id, row.channel) for row in rows}


def mute(session: Session, account_id: int, channel: Channel, now: datetime) -> None:
    """Write no more to an account by a channel."""
    session.execute(
        upsert(MutedChannel).values(account_id=account_id, channel=channel, since=now).on_conflict_do_nothing()
    )


def unmute(session: Session, account_id: int, channel: Channel) -> None:
    """Write to an account by a channel again."""
    session.execute(delete(MutedChannel).where(MutedChannel.account_id == account_id, MutedChannel.channel == channel))


def allow(session: Session, account_id: int, templates: Sequence[str], now: datetime) -> None:
    """Note that an account has allowed one more message of each of these templates."""
    rows = [{"account_id": account_id, "template": one, "left": 1, "changed_at": now} for one in templates]
    session.execute(
        upsert(WechatAllowance)
        .values(rows)
        .on_conflict_do_update(
            index_elements=["account_id", "template"],
            set_={"left": func.least(WechatAllowance.left + 1, MOST_ALLOWED), "changed_at": now},
        )
    )


def allowances(session: Session, account_ids: Collection[int]) -> set[tuple[int, str]]:
    """Which accounts have a message left of which template."""
    rows = session.execute(
        select(WechatAllowance.account_id, WechatAllowance.template).where(
            WechatAllowance.account_id.in_(account_ids), WechatAllowance.left > 0
        )
    )
    return {(row.account_id, row.template) for row in rows}


def allowances_of(session: Session, account_id: int) -> Sequence[WechatAllowance]:
    """What an account has left."""
    return session.scalars(
        select(WechatAllowance).where(WechatAllowance.account_id == account_id).order_by(WechatAllowance.template)
    ).all()


def use_allowance(session: Session, account_id: int, template: str, now: datetime) -> bool:
    """Use one up; False where none is left."""
    used = session.execute(
        update(WechatAllowance)
        .where(WechatAllowance.account_id == account_id, WechatAllowance.template == template, WechatAllowance.left > 0)
        .values(left=WechatAllowance.left - 1, changed_at=now)
        .returning(WechatAllowance.left)
        .execution_options(synchronize_session=False)
    )
    return bool(used.all())


def forget_allowance(session: Session, account_id: int, template: str, now: datetime) -> None:
    """WeChat knows of none, whatever was said here."""
    session.execute(
        update(WechatAllowance)
        .where(WechatAllowance.account_id == account_id, WechatAllowance.template == template)
        .values(left=0, changed_at=now)
        .execution_options(synchronize_session=False)
    )


def lock_subject(session: Session, fingerprint: bytes) -> None:
    """Be the only one to write to this place until the commit."""
    number = int.from_bytes(fingerprint[:8], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def uses_since(session: Session, fingerprint: bytes, since: datetime, limit: int) -> Sequence[datetime]:
    """When the last ``limit`` letters to a place were sent, latest first."""
    return session.scalars(
        select(ChannelUse.at)
        .where(ChannelUse.subject_fingerprint == fingerprint, ChannelUse.at > since)
        .order_by(ChannelUse.at.desc())
        .limit(limit)
    ).all()


def insert_use(session: Session, fingerprint: bytes, now: datetime) -> None:
    """That a letter was sent to a place."""
    session.execute(insert(ChannelUse).values(subject_fingerprint=fingerprint, at=now))


def purge_uses(session: Session, before: datetime) -> None:
    """Delete what no limit looks at any more."""
    session.execute(delete(ChannelUse).where(ChannelUse.at < before).execution_options(synchronize_session=False))
