"""What a sender is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.checkins.schemas.answers import BatchOut, ItemOut, Outcome, ReceiptOut, RefusalOut
from app.checkins.service.drafts import Draft
from app.kernel.errors import Problem
from app.kernel.schemas import FieldErrorOut

_SAID = ("id", "day", "slot", "status", "late", "received_at")


def of_row(row: Any, outcome: Outcome) -> ReceiptOut:
    """The receipt of a reading that is there: a `CheckIn`, or a row of `ingest.receipts`."""
    return ReceiptOut.model_construct(**{name: getattr(row, name) for name in _SAID}, outcome=outcome)


def of_draft(draft: Draft, outcome: Outcome) -> ReceiptOut:
    """The receipt of a reading that has just landed."""
    return ReceiptOut.model_construct(**{name: draft.row[name] for name in _SAID}, outcome=outcome)


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that was not taken, and why; ``id`` is the client's."""

    id: UUID | None
    problem: Problem


def of_item(index: int, answer: ReceiptOut | Refused) -> ItemOut:
    """The answer to an item of a batch; to the byte the same for a stranger's child as for nobody."""
    if isinstance(answer, ReceiptOut):
        return ItemOut.model_construct(index=index, id=answer.id, outcome=answer.outcome, receipt=answer, problem=None)
    problem = answer.problem
    errors = [FieldErrorOut(pointer=one.pointer, code=one.code, detail=one.detail) for one in problem.errors]
    params = {name: str(value) for name, value in problem.params.items()}
    refusal = RefusalOut(code=problem.code, detail=problem.detail(), params=params, errors=errors)
    return ItemOut(index=index, id=answer.id, outcome=Outcome.REFUSED, problem=refusal)


def of_batch(items: list[ItemOut], received_at: datetime) -> BatchOut:
    """All items with their counts."""
    outcomes = [one.outcome for one in items]
    return BatchOut(
        received_at=received_at,
        accepted=outcomes.count(Outcome.ACCEPTED),
        duplicate=outcomes.count(Outcome.DUPLICATE),
        refused=outcomes.count(Outcome.REFUSED),
        items=items,
    )
