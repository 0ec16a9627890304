"""Statements on settings."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, Row, Select, Text, bindparam, cast, delete, func, select
from sqlalchemy.orm import Session

from app.policies.models import PolicySetting


def of_lineage(session: Session, lineage: Collection[int]) -> Sequence[PolicySetting]:
    """Everything that the institutions of a lineage have set."""
    return session.scalars(
        select(PolicySetting).where(PolicySetting.institution_id == func.any(bindparam("lineage", list(lineage))))
    ).all()


def contents(session: Session, lineage: Collection[int]) -> Sequence[Row[int, str, str, bool]]:
    """The same without what a change needs; the value as its JSON text, which can be compared."""
    return session.execute(_contents(), {"lineage": list(lineage)}).all()


@lru_cache
def _contents() -> Select[int, str, str, bool]:
    table = PolicySetting.__table__.c
    said = (table.institution_id, table.key, cast(table.value, Text).label("text"), table.locked)
    return select(*said).where(table.institution_id == func.any(bindparam("lineage", type_=ARRAY(BigInteger))))


def said(session: Session, lineage: Collection[int], key: str) -> Sequence[Row[int, Any, bool]]:
    """What the institutions of a lineage have set for one key."""
    return session.execute(_said(), {"lineage": list(lineage), "key": key}).all()


@lru_cache
def _said() -> Select[int, Any, bool]:
    table = PolicySetting.__table__.c
    mine = table.institution_id == func.any(bindparam("lineage", type_=ARRAY(BigInteger)))
    return select(table.institution_id, table.value, table.locked).where(mine, table.key == bindparam("key"))


def longest(session: Session, key: str) -> int | None:
    """The largest number that any institution in scope has set, None where none has."""
    return session.scalar(select(func.max(cast(PolicySetting.value, Integer))).where(PolicySetting.key == key))


def remove(session: Session, institution_id: int, key: str) -> None:
    """Take back what an institution has set."""
    session.execute(
        delete(PolicySetting)
        .where(PolicySetting.institution_id == institution_id, PolicySetting.key == key)
        .execution_options(synchronize_session="fetch")
    )
