"""What the trail answers, and the report of its verification."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.kernel.schemas import Schema


def _hex(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


class AuditEntryOut(Schema):
    """An act: ids, codes and names of fields, never personal data."""

    seq: int = Field(description="number in the institution's chain, without gaps")
    at: datetime
    account_id: int | None = Field(description="who; null for the service itself")
    act: str = Field(examples=["people.unmask"])
    subject: str = Field(examples=["person"])
    subject_id: str
    reason: str | None
    details: dict[str, Any]
    correlation_id: str | None
    hash: Annotated[str, BeforeValidator(_hex)] = Field(description="SHA-256 over the entry and the one before it")


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain; kept outside of the database it proves that no tail was cut off."""

    seq: int
    hash: str


Heads = Mapping[int, Head]


class BreakKind(StrEnum):
    """What is wrong at an entry."""

    CHANGED = "changed"  # its content is not what was hashed
    UNLINKED = "unlinked"  # it does not continue the entry before it
    GAP = "gap"  # numbers are missing before it
    CUT = "cut"  # an entry that was anchored is gone
    REWRITTEN = "rewritten"  # an entry that was anchored is another one now


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a chain does not hold; ``seq`` is the number at which it shows."""

    institution_id: int
    seq: int
    what: BreakKind


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification has read and found."""

    entries: int
    chains: int
    breaks: tuple[Break, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.breaks
