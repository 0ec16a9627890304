"""Shapes that every body is built from. Strict where Python is lax: ``true`` is no number, ``1`` is no day.

Lax input is how a wrong reading becomes a plausible one, and unknown fields are how a client learns to
assign what is not its to assign; both are refused.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

BIGGEST_ID = 2**63 - 1


class Schema(BaseModel):
    """Base of all bodies, in and out."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True, use_enum_values=False)


def _no_control_characters(value: str) -> str:
    # NUL is refused by PostgreSQL, the others break logs, spreadsheets and printed lists.
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t" for one in value):
        raise PydanticCustomError("control_characters", "control characters are not allowed")
    return value


def _written(form: str, kind: Any) -> BeforeValidator:
    """Only what is written out: Pydantic would read ``"0"`` and ``0`` as seconds since 1970."""
    written = re.compile(form)

    def demand(value: Any) -> Any:
        if isinstance(value, date | datetime):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "a string is wanted")
        if not written.match(value.strip()):
            raise PydanticCustomError("not_written_out", "it is not written out")
        return value

    return BeforeValidator(demand, json_schema_input_type=kind)


def _digits(value: Any) -> Any:
    # Python's own reading would take " 1", "+1", "1_0" and "1.0": four more addresses for one thing.
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise PydanticCustomError("int_parsing", "an integer is wanted")
    return value


def _not_null(value: str | None) -> str | None:
    if value is None:
        raise PydanticCustomError("missing", "it is required")
    return value


_CLEAN = AfterValidator(_no_control_characters)

Id = Annotated[int, Field(strict=True, ge=1, le=BIGGEST_ID)]
_Bounded = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
PathId = Annotated[_Bounded, BeforeValidator(_digits, json_schema_input_type=_Bounded)]
Count = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Flag = Annotated[bool, Field(strict=True)]
Day = Annotated[date, _written(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$", date), Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]
Moment = Annotated[AwareDatetime, _written(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:", AwareDatetime)]
# A moment that is planned or asked about. The first and the last years overflow when a zone is applied to them.
Instant = Annotated[Moment, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), _CLEAN]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), _CLEAN]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), _CLEAN]
Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z._-]{1,64}$")]
# May be left out of a change, but not taken away.
KeptName = Annotated[Name | None, AfterValidator(_not_null)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=256), _CLEAN]

T = TypeVar("T")


class Page(Schema, Generic[T]):
    """A page of a list. ``next`` is the cursor of the following page, null on the last."""

    items: list[T]
    next: str | None = None


class FieldErrorOut(Schema):
    """One wrong place: ``pointer`` is a JSON pointer into the body."""

    pointer: str
    code: str
    detail: str


class ProblemOut(BaseModel):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    params: dict[str, str] | None = None
    errors: list[FieldErrorOut] | None = None
