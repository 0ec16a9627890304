"""Accounts and what proves them. Global tables: sign-in happens before any institution is known."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base


class AccountKind(StrEnum):
    """Whose password rules apply."""

    STAFF = "staff"
    FAMILY = "family"


class AccountState(StrEnum):
    """A disabled account cannot sign in, and its tokens are dead."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Account(Base):
    """A person who signs in. ``session_version`` goes up to kill every token at once."""

    __tablename__ = "account"

    id: Mapped[columns.IdKey]
    kind: Mapped[AccountKind] = mapped_column(columns.choice(AccountKind))
    state: Mapped[AccountState] = mapped_column(columns.choice(AccountState))
    display_name: Mapped[columns.Words]
    phone_fingerprint: Mapped[columns.Bytes | None] = mapped_column(unique=True)
    phone_cipher: Mapped[columns.Bytes | None]
    phone_masked: Mapped[columns.Words | None]
    password_hash: Mapped[columns.Words | None]
    password_changed_at: Mapped[columns.Moment | None]
    must_change_password: Mapped[bool]
    session_version: Mapped[columns.BigInt]
    created_at: Mapped[columns.Moment]


class WechatLink(Base):
    """A WeChat identity (openid, as keyed hash) bound to an account.

    ``openid_cipher``: what WeChat is told whom to write to; none where it was linked before that was kept.
    """

    __tablename__ = "wechat_link"

    openid_fingerprint: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    linked_at: Mapped[columns.Moment]
    openid_cipher: Mapped[columns.Bytes | None]


class EmailAddress(Base):
    """Where an account of staff is written to by e-mail, once a code sent there has come back; no way to sign in.

    Several accounts may have one address, as an office's is.
    """

    __tablename__ = "email_address"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    address_cipher: Mapped[columns.Bytes]
    address_masked: Mapped[columns.Words]
    confirmed_at: Mapped[columns.Moment]


class Device(Base):
    """A signed-in device: one family of refresh tokens."""

    __tablename__ = "device"

    id: Mapped[columns.UuidKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[columns.Words]
    created_at: Mapped[columns.Moment]
    last_seen_at: Mapped[columns.Moment]
    revoked_at: Mapped[columns.Moment | None]
    revoked_because: Mapped[columns.Words | None]


class RefreshToken(Base):
    """A single-use refresh token, as SHA-256; ``successor`` is set by the one statement that uses it."""

    __tablename__ = "refresh_token"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    issued_at: Mapped[columns.Moment]
    expires_at: Mapped[columns.Moment]
    used_at: Mapped[columns.Moment | None]
    successor: Mapped[columns.Bytes | None]


class OneTimeCode(Base):
    """A code sent to a phone or to an e-mail address, kept as a keyed hash for ten minutes.

    ``phone_fingerprint``: of where it was sent.
    """

    __tablename__ = "one_time_code"

    id: Mapped[columns.IdKey]
    phone_fingerprint: Mapped[columns.Bytes]
    code_fingerprint: Mapped[columns.Bytes]
    sent_at: Mapped[columns.Moment]
    expires_at: Mapped[columns.Moment]
    attempts: Mapped[columns.Small]
    used_at: Mapped[columns.Moment | None]

    __table_args__ = (Index("ix_one_time_code_phone", "phone_fingerprint", "sent_at"),)


class SignInFailure(Base):
    """A failed try, by keyed hash of the name and of the address; what lockout counts, in every process alike."""

    __tablename__ = "sign_in_failure"

    id: Mapped[columns.IdKey]
    subject_fingerprint: Mapped[columns.Bytes]
    at: Mapped[columns.Moment]

    __table_args__ = (Index("ix_sign_in_failure_subject", "subject_fingerprint", "at"),)


class SigningKeyRow(Base):
    """A key pair of the service: published from ``published_at``, signs from ``signs_from`` until a newer one does.

    ``retired_at`` is set when no token of it can be alive; the private half is destroyed then.
    """

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(primary_key=True)
    private_cipher: Mapped[columns.Bytes]
    public_pem: Mapped[columns.Words]
    published_at: Mapped[columns.Moment]
    signs_from: Mapped[columns.Moment]
    retired_at: Mapped[columns.Moment | None]

    __table_args__ = (
        CheckConstraint("signs_from >= published_at", name="published_first"),
        Index("ix_signing_key_standing", "signs_from", postgresql_where=text("retired_at IS NULL")),
    )
