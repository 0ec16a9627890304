"""Statements on settings."""

from collections.abc import Collection, Sequence

from sqlalchemy import Row, Text, bindparam, cast, delete, func, select
from sqlalchemy.orm import Session

from app.policies.models import PolicySetting


def of_lineage(session: Session, lineage: Collection[int]) -> Sequence[PolicySetting]:
    """Everything that the institutions of a lineage have set."""
    return session.scalars(
        select(PolicySetting).where(PolicySetting.institution_id == func.any(bindparam("lineage", list(lineage))))
    ).all()


def contents(session: Session, lineage: Collection[int]) -> Sequence[Row[int, str, str, bool]]:
    """The same without what a change needs; the value as its JSON text, which can be compared."""
    return session.execute(
        select(
            PolicySetting.institution_id,
            PolicySetting.key,
            cast(PolicySetting.value, Text).label("text"),
            PolicySetting.locked,
        ).where(PolicySetting.institution_id == func.any(bindparam("lineage", list(lineage))))
    ).all()


def remove(session: Session, institution_id: int, key: str) -> None:
    """Take back what an institution has set."""
    session.execute(
        delete(PolicySetting)
        .where(PolicySetting.institution_id == institution_id, PolicySetting.key == key)
        .execution_options(synchronize_session="fetch")
    )
