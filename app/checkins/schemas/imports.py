"""Imports of readings: what is answered, and a row on its way."""

from datetime import datetime

from pydantic import Field

from app.checkins.models import ImportFailure, ImportState
from app.checkins.schemas.readings import ReadingIn
from app.kernel.schemas import Count, Day, Schema
from app.kernel.sheet_errors import ImportMode, RowErrorOut


class CheckInImportSummaryOut(Schema):
    """A line in the list of imports. ``done`` of ``rows`` are dealt with; ``failed`` counts rows."""

    id: int
    institution_id: int
    unit_id: int | None
    mode: ImportMode
    dry_run: bool
    state: ImportState
    failure: ImportFailure | None
    rows: int
    done: int
    accepted: int = Field(description="on a dry run: what would be")
    duplicate: int = Field(description="readings that had landed before")
    failed: int
    imported_at: datetime
    finished_at: datetime | None


class CheckInImportOut(CheckInImportSummaryOut):
    """What has become of a sheet so far; of its errors the first thousand are kept."""

    errors: list[RowErrorOut]


class Entry(Schema):
    """A row that can be read; ``day`` is that of its reading."""

    row: Count
    day: Day
    reading: ReadingIn
