"""Memberships: the roles that accounts hold."""

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.access.roles import Role
from app.kernel import columns
from app.kernel.db import Base


class Membership(Base):
    """An account's role in an institution, a unit of it, or for one person of it (a guardian's child, oneself).

    Global: sign-in must find it before any institution is in scope. Holds ids only.
    """

    __tablename__ = "membership"

    id: Mapped[columns.IdKey]
    account_id: Mapped[columns.BigInt]
    institution_id: Mapped[columns.BigInt]
    unit_id: Mapped[columns.BigInt | None]
    person_id: Mapped[columns.BigInt | None]
    role: Mapped[Role] = mapped_column(columns.choice(Role))
    since: Mapped[columns.Moment]
    ended_at: Mapped[columns.Moment | None]
    granted_by: Mapped[columns.BigInt | None]

    __table_args__ = (
        CheckConstraint("role <> 'guardian' OR person_id IS NOT NULL", name="guardian_has_child"),
        CheckConstraint("role <> 'homeroom_teacher' OR unit_id IS NOT NULL", name="homeroom_has_unit"),
        Index("ix_membership_account", "account_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_membership_institution", "institution_id", "role"),
        Index(
            "uq_membership_standing",
            "account_id",
            "institution_id",
            "role",
            text("coalesce(unit_id, 0)"),
            text("coalesce(person_id, 0)"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
