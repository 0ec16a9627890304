"""Column shapes that recur, so that two tables never spell the same thing in two ways."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, Enum, Identity, LargeBinary, SmallInteger, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import mapped_column

InstitutionKey = Annotated[int, mapped_column(BigInteger, primary_key=True)]
IdKey = Annotated[int, mapped_column(BigInteger, Identity(always=False), primary_key=True)]
UuidKey = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
DayKey = Annotated[date, mapped_column(Date, primary_key=True)]
BigInt = Annotated[int, mapped_column(BigInteger)]
Small = Annotated[int, mapped_column(SmallInteger)]
Lineage = Annotated[list[int], mapped_column(ARRAY(BigInteger, as_tuple=False))]
Words = Annotated[str, mapped_column(Text)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
RecordedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Day = Annotated[date, mapped_column(Date)]
Bytes = Annotated[bytes, mapped_column(LargeBinary)]
Document = Annotated[dict[str, object], mapped_column(JSONB)]
Version = Annotated[int, mapped_column(BigInteger, server_default="1")]


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
