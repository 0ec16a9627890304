"""The rule about strict bodies can be broken."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.kernel.schemas import Count, Day, Flag, Id, Moment, Name, Schema
from tests.architecture.strictness import lax_places


class Open(BaseModel):
    """Takes unknown fields."""

    name: Name


class Loose(Schema):
    number: int
    text: str
    flag: bool
    day: date
    moment: datetime
    numbers: list[Id] = Field(max_length=3)
    endless: list[Id]
    anything: Any
    maybe: int | None
    nested: Open


class Tight(Schema):
    number: Id
    count: Count | None
    flag: Flag
    day: Day
    moment: Moment | None
    text: Annotated[str, Field(max_length=3)]
    optional: Annotated[str | None, Field(max_length=3)] = None
    numbers: Annotated[list[Id], Field(max_length=3)]
    choice: Literal["a"]
    id: UUID


def test_lax_fields_are_caught() -> None:
    caught = {complaint.split(":")[0] for complaint in lax_places(Loose)}
    assert caught == {
        "Loose.number",
        "Loose.text",
        "Loose.flag",
        "Loose.day",
        "Loose.moment",
        "Loose.endless",
        "Loose.anything",
        "Loose.maybe",
        "Open",
    }


def test_the_strict_types_pass() -> None:
    assert list(lax_places(Tight)) == []
