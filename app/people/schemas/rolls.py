"""Imports and promotions of whole rolls."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.kernel.schemas import Count, Day, Flag, Schema
from app.kernel.sheet_errors import ImportMode, RowErrorOut
from app.kernel.sheet_excerpts import SheetOut


class ImportKind(StrEnum):
    """What a sheet lists."""

    STUDENTS = "students"
    STAFF = "staff"


class RollImportOut(Schema):
    """What became of a sheet. ``failed`` counts rows; of their errors the first thousand are kept."""

    id: int
    institution_id: int
    kind: ImportKind
    mode: ImportMode
    dry_run: bool
    rows: int
    created: int
    updated: int
    failed: int
    errors: list[RowErrorOut]
    sheet: SheetOut | None = Field(
        default=None, description="the rows of ``errors`` as typed; only in the answer to the upload, no copy is kept"
    )
    imported_at: datetime


class RollImportSummaryOut(Schema):
    """A line in the list of imports."""

    id: int
    kind: ImportKind
    mode: ImportMode
    dry_run: bool
    rows: int
    created: int
    updated: int
    failed: int
    imported_at: datetime


class PromotionOrder(Schema):
    """The year-end promotion. ``leaving_grades``: those that graduate; left out, the last one of the school's type."""

    effective_on: Day | None = None
    dry_run: Flag = False
    leaving_grades: Annotated[list[Annotated[Count, Field(le=20)]], Field(min_length=1, max_length=20)] | None = None


class ClassPromotionOut(Schema):
    """What becomes of one class; ``to_grade`` is null where it graduates."""

    unit_id: int
    name: str
    new_name: str | None
    from_grade: int
    to_grade: int | None
    students: int


class PromotionOut(Schema):
    """What a promotion does, or would do."""

    institution_id: int
    school_year: int = Field(description="the year in which the new school year begins")
    effective_on: date
    dry_run: bool
    classes: list[ClassPromotionOut]
    graduates: int
    unchanged_classes: int = Field(description="classes of no grade: they stay as they are")
    students_without_class: int
