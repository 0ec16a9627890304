"""Exports as they are asked for and answered, and what a file is made of."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.exports.models import ExportFormat, ExportKind, ExportState
from app.kernel.schemas import Day, Id, Schema

Cell = str | int | float | None


class Wanted(Schema):
    """Of what an export is, besides its institution; ``day``: today. ``unit_id``: a class alone.

    ``issue_id``: the issue of a bulletin.
    """

    day: Day | None = None
    unit_id: Id | None = None
    person_id: Id | None = None
    issue_id: Id | None = None


class ExportIn(Wanted):
    """What is asked for. Temperature records are of a class or of a person: the fourteen days up to ``day``."""

    kind: ExportKind
    format: ExportFormat

    @model_validator(mode="after")
    def _whom(self) -> Self:
        named = (self.unit_id is not None) + (self.person_id is not None)
        records = self.kind is ExportKind.TEMPERATURE_RECORDS
        if (records and named != 1) or (not records and self.person_id is not None):
            raise PydanticCustomError("whom_to_record", "a record is of a class or a person")
        if (self.issue_id is not None) != (self.kind is ExportKind.BULLETIN):
            raise PydanticCustomError("which_issue", "a bulletin is named by its issue")
        return self


class ExportOut(Schema):
    """How far a file is: ``done`` of ``total`` parts. It can be fetched until ``expires_at``, by its account alone."""

    id: int
    institution_id: int
    kind: ExportKind
    format: ExportFormat
    state: ExportState
    done: int
    total: int
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime = Field(description="gone after this, made anew in a moment")


class Document(Schema):
    """A table on paper or in a spreadsheet; ``lines`` say what it is of, ``footer`` for whom and when it was made.

    ``paragraphs`` stand before the table, ``notes`` after it. ``letterhead``: it is an office's own paper.
    ``shares``: how the columns share a page; 0: as much as it needs. ``strong``: the last row is a total.
    """

    title: str
    lines: list[str]
    paragraphs: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    footer: str
    letterhead: bool = False
    shares: list[int]
    strong: bool = False
    columns: list[str]
    rows: list[list[Cell]]
    landscape: bool
