"""Column shapes that recur, so that two tables never spell the same thing in two ways."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Enum,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    func,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator, UserDefinedType

E = TypeVar("E", bound=StrEnum)

InstitutionKey = Annotated[int, mapped_column(BigInteger, primary_key=True)]
IdKey = Annotated[int, mapped_column(BigInteger, Identity(always=False), primary_key=True)]
UuidKey = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
DayKey = Annotated[date, mapped_column(Date, primary_key=True)]
BigInt = Annotated[int, mapped_column(BigInteger)]
Small = Annotated[int, mapped_column(SmallInteger)]
SmallKey = Annotated[int, mapped_column(SmallInteger, primary_key=True, autoincrement=False)]
Lineage = Annotated[list[int], mapped_column(ARRAY(BigInteger, as_tuple=False))]
Words = Annotated[str, mapped_column(Text)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
RecordedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Day = Annotated[date, mapped_column(Date)]
Bytes = Annotated[bytes, mapped_column(LargeBinary)]
Document = Annotated[dict[str, object], mapped_column(JSONB)]
Version = Annotated[int, mapped_column(BigInteger, server_default="1")]


def rehung(lineage: Any, root_id: int, place: Sequence[int]) -> Any:
    """A lineage through ``root_id`` with ``place``, that of the root, before what stands below; joined with no tree."""
    below = lineage[func.array_position(lineage, root_id) + 1 : func.cardinality(lineage)]
    return func.array_cat(literal(list(place), ARRAY(BigInteger)), below, type_=ARRAY(BigInteger))


def choice(enum: type[StrEnum]) -> Enum:
    """A text column that holds the values of ``enum``; the database checks it too."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=enum.__name__.lower(),
        values_callable=lambda members: [one.value for one in members],
    )


class Letter(UserDefinedType[str]):
    """PostgreSQL's ``"char"``: one byte, one letter."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Quoted: without the quotes it would be another type."""
        return '"char"'


class Coded(TypeDecorator[E]):
    """A word of an enum in the program, a letter in the database: where rows are so many that bytes count.

    The letters are upper case and the table has a `check` on them: a word that statement text brings in by mistake is
    cut to its first letter by PostgreSQL, and must not pass for a code.
    """

    impl = Letter
    cache_ok = True

    def __init__(self, letters: Mapping[E, str]) -> None:
        super().__init__()
        self.letters = tuple(letters.items())
        self._letter_of = dict(letters)
        self._word_of = {letter: word for word, letter in letters.items()}

    def process_bind_param(self, value: E | None, _dialect: Dialect) -> str | None:
        """To the letter; raises KeyError for a word that has none."""
        return None if value is None else self._letter_of[value]

    def process_result_value(self, value: str | None, _dialect: Dialect) -> E | None:
        """To the word."""
        return None if value is None else self._word_of[value]

    def check(self, column: str) -> CheckConstraint:
        """The database's own knowledge of the letters in ``column``."""
        known = ", ".join(f"'{letter}'" for _, letter in self.letters)
        return CheckConstraint(f"{column} IN ({known})", name=column)


class SparseBits(TypeDecorator[int]):
    """A bit mask that is nearly always nought: NULL in the database, where it takes no room. Ask ``IS NOT NULL``."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: int | None, _dialect: Dialect) -> int | None:
        """NULL for nought."""
        return value or None

    def process_result_value(self, value: int | None, _dialect: Dialect) -> int:
        """Nought for NULL."""
        return value or 0


class SparseDocument(TypeDecorator[dict[str, object]]):
    """A document that is often empty: NULL in the database, where it takes no room."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: dict[str, object] | None, _dialect: Dialect) -> dict[str, object] | None:
        """NULL for an empty one."""
        return value or None

    def process_result_value(self, value: dict[str, object] | None, _dialect: Dialect) -> dict[str, object]:
        """An empty one for NULL."""
        return value or {}
