"""Statements on the trail."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, literal_column, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry


def append(session: Session, entries: Sequence[Mapping[str, Any]]) -> None:
    """Insert entries in the order given; the trigger numbers and chains them.

    No RETURNING: it would be checked against what the scope may read.
    """
    session.execute(insert(AuditEntry.__table__), entries)  # type: ignore[arg-type]  # a Table, typed as FromClause


def narrowed(statement: Select[AuditEntry], filters: Mapping[str, Any]) -> Select[AuditEntry]:
    """``statement`` with an equality for each filter that has a value."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    return statement.filter_by(**wanted)


def heads(connection: Connection) -> Sequence[Row[int, int, bytes]]:
    """Number and hash of the last entry of every chain; for a connection that row-level security does not bind."""
    return connection.execute(
        select(AuditEntry.institution_id, AuditEntry.seq, AuditEntry.hash)
        .ext(distinct_on(AuditEntry.institution_id))
        .order_by(AuditEntry.institution_id, AuditEntry.seq.desc())
    ).all()


def hash_at(connection: Connection, institution_id: int, seq: int) -> bytes | None:
    """The hash that an entry carries, None where there is no such entry."""
    return connection.scalars(
        select(AuditEntry.hash).where(AuditEntry.institution_id == institution_id, AuditEntry.seq == seq)
    ).one_or_none()


def size(connection: Connection) -> tuple[int, int]:
    """How many entries there are, in how many chains."""
    found = connection.execute(select(func.count(), func.count(AuditEntry.institution_id.distinct()))).one()
    return found[0], found[1]


def faults(connection: Connection) -> Sequence[Row[int, int, bool, bool, bool]]:
    """Entries that do not fit: (chain, number, changed, unlinked, gap); one pass over all chains.

    The digest is computed by the database from the row as it stands.
    """
    window: dict[str, Any] = {"partition_by": AuditEntry.institution_id, "order_by": AuditEntry.seq}
    before = func.coalesce(func.lag(AuditEntry.hash).over(**window), text("''::bytea"))
    number_before = func.coalesce(func.lag(AuditEntry.seq).over(**window), 0)
    digest = func.audit_digest(literal_column(AuditEntry.__tablename__))
    checked = select(
        AuditEntry.institution_id,
        AuditEntry.seq,
        (AuditEntry.hash != digest).label("changed"),
        (AuditEntry.previous_hash != before).label("unlinked"),
        (AuditEntry.seq != number_before + 1).label("gap"),
    ).subquery()
    return connection.execute(
        select(checked)
        .where(checked.c.changed | checked.c.unlinked | checked.c.gap)
        .order_by(checked.c.institution_id, checked.c.seq)
    ).all()
