"""Statements on passes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app.gates.models import EntryPass, Source, WalkUp


def of_source(session: Session, institution_id: int, source: Source, source_id: int) -> Sequence[EntryPass]:
    """All passes given for one thing, in the order in which they were given."""
    return session.scalars(
        select(EntryPass)
        .where(EntryPass.institution_id == institution_id, EntryPass.source == source, EntryPass.source_id == source_id)
        .order_by(EntryPass.id)
    ).all()


def holders(session: Session, institution_id: int, ids: Collection[int]) -> Mapping[int, int | None]:
    """Those of these passes that are a school's, each with its holder on the roll."""
    rows = session.execute(
        select(EntryPass.id, EntryPass.person_id).where(
            EntryPass.institution_id == institution_id, EntryPass.id.in_(ids)
        )
    )
    return {row.id: row.person_id for row in rows}


def locked(session: Session, institution_id: int, ids: Collection[int]) -> Mapping[int, EntryPass]:
    """Passes of one school by id, locked in id order, as they are now."""
    rows = session.scalars(
        select(EntryPass)
        .where(EntryPass.institution_id == institution_id, EntryPass.id.in_(ids))
        .order_by(EntryPass.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def of_persons(
    session: Session, institution_id: int, person_ids: Collection[int], since: datetime
) -> Sequence[EntryPass]:
    """The passes of people on the roll that last beyond a moment, revoked ones among them; last those for one use."""
    return session.scalars(
        select(EntryPass)
        .where(
            EntryPass.institution_id == institution_id,
            EntryPass.person_id.in_(person_ids),
            EntryPass.valid_until > since,
        )
        .order_by(EntryPass.single_use, EntryPass.id)
    ).all()


def of_identities(session: Session, institution_id: int, identities: Collection[bytes]) -> Sequence[EntryPass]:
    """The passes of people on no roll who have these identity numbers, in the order in which they were given."""
    return session.scalars(
        select(EntryPass)
        .where(EntryPass.institution_id == institution_id, EntryPass.identity_fingerprint.in_(identities))
        .order_by(EntryPass.id)
    ).all()


def not_over(statement: Select[EntryPass], now: datetime) -> Select[EntryPass]:
    """Those that have not run out."""
    return statement.where(EntryPass.valid_until > now)


def within(statement: Select[EntryPass], institution_id: int) -> Select[EntryPass]:
    """Those of one school."""
    return statement.where(EntryPass.institution_id == institution_id)


def revoke(session: Session, passes: Sequence[EntryPass], values: Mapping[str, Any]) -> None:
    """Revoke those that stand."""
    session.execute(
        update(EntryPass)
        .where(
            EntryPass.institution_id == passes[0].institution_id,
            EntryPass.id.in_([one.id for one in passes]),
            EntryPass.revoked_at.is_(None),
        )
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )


def revoked_since(session: Session, institution_id: int, since: datetime | None, now: datetime) -> Sequence[EntryPass]:
    """Passes revoked since a moment (None: ever) that would not have run out by now, in order of revocation."""
    statement = select(EntryPass).where(
        EntryPass.institution_id == institution_id, EntryPass.revoked_at.is_not(None), EntryPass.valid_until > now
    )
    if since is not None:
        statement = statement.where(EntryPass.revoked_at >= since)
    return session.scalars(statement.order_by(EntryPass.revoked_at, EntryPass.id)).all()


def used_up(session: Session, institution_id: int, now: datetime) -> Sequence[int]:
    """The single-use passes of a school that have let somebody in and would not have run out by now."""
    return session.scalars(
        select(EntryPass.id)
        .where(EntryPass.institution_id == institution_id, EntryPass.used_by.is_not(None), EntryPass.valid_until > now)
        .order_by(EntryPass.id)
    ).all()


def walk_up(session: Session, institution_id: int, client_id: UUID) -> WalkUp | None:
    """The visitor whom a phone has registered under this id."""
    return session.scalars(
        select(WalkUp).where(WalkUp.institution_id == institution_id, WalkUp.client_id == client_id)
    ).one_or_none()
