"""Rows of a spreadsheet as they were typed, for whoever has sent it and has to mend them. Never kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.kernel.language import pick
from app.kernel.schemas import Schema
from app.kernel.sheets import Column, Row


class SheetColumnOut(Schema):
    """A column of a sheet as its errors name it, with its title in the language of the request."""

    name: str
    title: str


class SheetRowOut(Schema):
    """A row as it was typed, by the names of its columns; what cannot be read is empty."""

    row: int
    cells: dict[str, str]


class SheetOut(Schema):
    """The rows of a sheet in which something is wrong, in the order of its own columns."""

    columns: list[SheetColumnOut]
    rows: list[SheetRowOut]


def excerpt(rows: Sequence[Row], kept: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> SheetOut | None:
    """What stands in the rows that ``kept`` names, for whoever has sent the sheet; None where nothing is wrong."""
    named = {error["row"] for error in kept}
    wrong = [SheetRowOut(row=row.number, cells=row.typed()) for row in rows if row.number in named]
    titles = {column.name: pick(column.zh, column.en) for column in columns}
    names = dict.fromkeys(name for row in wrong for name in row.cells)
    shown = [SheetColumnOut(name=name, title=titles.get(name, name)) for name in names]
    return SheetOut(columns=shown, rows=wrong) if wrong else None
