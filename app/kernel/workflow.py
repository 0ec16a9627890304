"""The mechanism of all workflows; each feature owns its table of moves.

`fire` is the only writer of a state: one compare-and-swap UPDATE, then an append-only decision and what the
observers add (the audit trail), in the caller's transaction. The loser of a race gets 409.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import String, cast, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session

from app.kernel import clock, columns
from app.kernel.db import Base
from app.kernel.errors import Problem
from app.kernel.rls import Tenancy, info


class MoveNotPossible(Problem):
    """The thing is not in a state from which this move starts, or somebody else moved it first."""

    status = 409
    code = "move_not_possible"
    zh = "当前状态不允许此操作。"
    en = "Its present state does not allow this."


class Decision(Base):
    """One move of one thing, kept for good: who, when, from where to where, and why."""

    __tablename__ = "decision"
    __table_args__ = ({"info": info(Tenancy.TENANT, append_only=True)},)

    institution_id: Mapped[columns.InstitutionKey]
    id: Mapped[columns.IdKey]
    subject: Mapped[columns.Words]
    subject_id: Mapped[columns.Words]
    move: Mapped[columns.Words]
    source: Mapped[columns.Words]
    target: Mapped[columns.Words]
    account_id: Mapped[columns.BigInt | None]
    reason: Mapped[columns.Words | None]
    at: Mapped[columns.Moment]


@dataclass(frozen=True, slots=True)
class Move:
    """A named step from any of ``sources`` to ``target``."""

    name: str
    sources: frozenset[StrEnum]
    target: StrEnum


@dataclass(frozen=True)
class Machine:
    """The moves of one kind of thing. ``subject`` is the table's name."""

    subject: str
    moves: tuple[Move, ...]

    def move(self, name: str) -> Move:
        """The move of that name; KeyError for a name that the table does not have."""
        return {move.name: move for move in self.moves}[name]

    def diagram(self) -> str:
        """A Mermaid state diagram, made from the table so that it cannot be wrong."""
        lines = ["stateDiagram-v2"]
        lines += [
            f"    {source} --> {move.target}: {move.name}" for move in self.moves for source in sorted(move.sources)
        ]
        return "\n".join(lines)


Observer = Callable[[Session, Decision], None]
OBSERVERS: list[Observer] = []


def fire(
    session: Session,
    machine: Machine,
    state: InstrumentedAttribute[Any],
    row: Any,
    move_name: str,
    *,
    account_id: int | None,
    reason: str | None = None,
    **values: Any,
) -> Decision:
    """Move ``row`` (its column is ``state``), setting ``values`` with it; raises `MoveNotPossible`.

    The row is matched by its whole primary key, so that a race is decided by the database, not by what this
    process has read.
    """
    move = machine.move(move_name)
    source = str(getattr(row, state.key))
    _swap(session, state, row, move, values)
    decision = Decision(
        institution_id=getattr(row, "institution_id", row.id),
        subject=machine.subject,
        subject_id=str(row.id),
        move=move.name,
        source=source,
        target=str(move.target),
        account_id=account_id,
        reason=reason,
        at=clock.now(),
    )
    session.add(decision)
    for observe in OBSERVERS:
        observe(session, decision)
    return decision


def _swap(session: Session, state: InstrumentedAttribute[Any], row: Any, move: Move, values: Mapping[str, Any]) -> None:
    model = state.class_
    keys = [column == getattr(row, column.key) for column in model.__mapper__.primary_key]
    sources = [str(one) for one in move.sources]
    changed = session.execute(
        update(model)
        .where(*keys, state == getattr(row, state.key), cast(state, String).in_(sources))
        .values({state.key: move.target, **values})
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # the DML result has it; the stub does not say so
        raise MoveNotPossible
    session.refresh(row)
