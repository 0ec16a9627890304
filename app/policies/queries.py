"""Statements on settings."""

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from app.policies.models import PolicySetting


def of_lineage(session: Session, lineage: Collection[int]) -> Sequence[PolicySetting]:
    """Everything that the institutions of a lineage have set."""
    return session.scalars(
        select(PolicySetting).where(PolicySetting.institution_id == func.any(bindparam("lineage", list(lineage))))
    ).all()


def remove(session: Session, institution_id: int, key: str) -> None:
    """Take back what an institution has set."""
    session.execute(
        delete(PolicySetting)
        .where(PolicySetting.institution_id == institution_id, PolicySetting.key == key)
        .execution_options(synchronize_session="fetch")
    )
