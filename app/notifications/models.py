"""Inboxes, and what becomes of messages on their way out.

What belongs to an account is global: it holds roles in many institutions. Robots and deliveries are an institution's.
"""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Computed, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info
from app.notifications.templates import Channel


class Urgency(StrEnum):
    """At once, each by itself; or today, gathered with others."""

    AT_ONCE = "at_once"
    TODAY = "today"


class Message(Base):
    """A message in an account's inbox, written once for each ``key`` of an institution.

    ``values_cipher`` holds what fills the template, one text for all receivers of a notice. ``place`` orders an inbox:
    newest first. After ``until`` it is of no use and leaves by no channel. ``changed_at``: written, or read.
    """

    __tablename__ = "message"

    id: Mapped[columns.IdKey]
    place: Mapped[int] = mapped_column(BigInteger, Computed("-id", persisted=True))
    institution_id: Mapped[columns.BigInt]
    account_id: Mapped[columns.BigInt]
    key: Mapped[columns.Words]
    template: Mapped[columns.Words]
    values_cipher: Mapped[columns.Bytes]
    urgency: Mapped[Urgency] = mapped_column(columns.choice(Urgency))
    link: Mapped[columns.Words | None]
    written_at: Mapped[columns.Moment]
    until: Mapped[columns.Moment | None]
    read_at: Mapped[columns.Moment | None]
    changed_at: Mapped[columns.Moment]

    __table_args__ = (
        Index("uq_message_key", "account_id", "institution_id", "key", unique=True),
        Index("ix_message_inbox", "account_id", "place"),
        Index("ix_message_unread", "account_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_message_written_at", "written_at"),
    )


class RobotKind(StrEnum):
    """Whose group it stands in."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"


class Robot(Base):
    """A robot in a group of an institution's people. Its key and secret let anybody write there: both are encrypted."""

    __tablename__ = "robot"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    kind: Mapped[RobotKind] = mapped_column(columns.choice(RobotKind))
    name: Mapped[columns.Words]
    key_cipher: Mapped[columns.Bytes]
    secret_cipher: Mapped[columns.Bytes | None]
    made_by: Mapped[columns.BigInt | None]
    made_at: Mapped[columns.Moment]

    __table_args__ = ({"info": info(Tenancy.RULES)},)


class DeliveryState(StrEnum):
    """``expired``: by the time it could leave it was of no use, or read already."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    EXPIRED = "expired"


class Delivery(Base):
    """Messages on their way to one receiver over one channel: one message, or those that were gathered meanwhile.

    ``account_id`` or ``robot_id``, the other 0. ``code``: what the provider has said last. Its rules are read wherever
    the institution is named: there is no word of a message in it, nor any name.
    """

    __tablename__ = "delivery"

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    place: Mapped[int] = mapped_column(BigInteger, Computed("-id", persisted=True))
    account_id: Mapped[columns.BigInt]
    robot_id: Mapped[columns.BigInt]
    channel: Mapped[Channel] = mapped_column(columns.choice(Channel))
    template: Mapped[columns.Words]
    message_ids: Mapped[columns.Lineage]
    gathering: Mapped[bool]
    state: Mapped[DeliveryState] = mapped_column(columns.choice(DeliveryState))
    attempts: Mapped[columns.Small]
    code: Mapped[columns.Words | None]
    made_at: Mapped[columns.Moment]
    due_at: Mapped[columns.Moment]
    settled_at: Mapped[columns.Moment | None]

    __table_args__ = (
        CheckConstraint("(account_id = 0) <> (robot_id = 0)", name="one_receiver"),
        CheckConstraint("(state = 'queued') = (settled_at IS NULL)", name="settled_at_a_moment"),
        Index(
            "uq_delivery_gathering",
            "institution_id",
            "account_id",
            "robot_id",
            "channel",
            unique=True,
            postgresql_where=text("gathering AND state = 'queued'"),
        ),
        Index("ix_delivery_place", "institution_id", "place"),
        Index("ix_delivery_made_at", "made_at"),
        {"info": info(Tenancy.RULES)},
    )


class MutedChannel(Base):
    """A channel by which an account wants nothing; its inbox has everything all the same."""

    __tablename__ = "muted_channel"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    channel: Mapped[Channel] = mapped_column(columns.choice(Channel), primary_key=True)
    since: Mapped[columns.Moment]


class WechatAllowance(Base):
    """How many subscription messages of a template an account has still allowed: one for each time it was asked."""

    __tablename__ = "wechat_allowance"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    template: Mapped[str] = mapped_column(primary_key=True)
    left: Mapped[columns.Small]
    changed_at: Mapped[columns.Moment]


class ChannelUse(Base):
    """That something was sent to a place, by keyed hash: what limits count, in every process alike."""

    __tablename__ = "channel_use"

    id: Mapped[columns.IdKey]
    subject_fingerprint: Mapped[columns.Bytes]
    at: Mapped[columns.Moment]

    __table_args__ = (Index("ix_channel_use_subject", "subject_fingerprint", "at"),)
