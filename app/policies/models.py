"""The values that an institution has set; what it has not set it inherits."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import columns
from app.kernel.db import Base
from app.kernel.rls import Tenancy, info


class PolicySetting(Base):
    """One value, set here, for this institution and all below it; ``locked``: below it may only be tightened."""

    __tablename__ = "policy_setting"

    institution_id: Mapped[columns.InstitutionKey] = mapped_column(ForeignKey("institution.id", ondelete="RESTRICT"))
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    locked: Mapped[bool]
    set_by: Mapped[columns.BigInt | None]
    set_at: Mapped[columns.Moment]
    version: Mapped[columns.Version]

    __table_args__ = {"info": info(Tenancy.RULES)}  # noqa: RUF012 - SQLAlchemy's form
