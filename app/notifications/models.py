"""Inboxes. They belong to accounts, which hold roles in many institutions; so they are global."""

from enum import StrEnum

from sqlalchemy import BigInteger, Computed, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base


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
