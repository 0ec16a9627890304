"""Spreadsheets for imports: rows of .xlsx and .csv files by declared columns, and templates to fill in.

A file is what its first bytes say, whatever its name. Errors that concern the file are raised; those of single
cells travel with their row, so that an import can list them all. No error holds what a cell holds: columns are
named by their title or letter, rows by the number that the spreadsheet program shows.
"""

import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any, BinaryIO, Final, Literal

import xlsxwriter

from app.kernel.language import Language
from app.kernel.sheet_cells import Cell, Line, csv_lines, workbook_lines
from app.kernel.sheet_guard import HEADER_ROWS, MAX_ROWS, SheetError, column_letters

__all__ = ["MAX_BYTES", "MAX_CELL", "MAX_ROWS", "XLSX", "Choice", "Column", "Row", "SheetError", "read", "template"]

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_BYTES: Final = 16 * 1024 * 1024
MAX_CELL: Final = 1_000
_MAX_LIST: Final = 255
_TEXT_FORMAT: Final = 49
_MAX_HINT: Final = 250


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a column allows: how the program says it, and how people do."""

    value: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an import. Its title may be ``zh``, ``en`` or ``name``, in any case, with or without ``*``."""

    name: str
    zh: str
    en: str
    required: bool = False
    example: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``number`` counts from 1 as spreadsheets do; ``values`` has every declared column, "" if empty.

    A cell with an error has the value "" and an entry in ``errors``, whose ``params`` say ``row``,
    ``column`` and its titles ``zh`` and ``en``.
    """

    number: int
    values: Mapping[str, str]
    errors: tuple[SheetError, ...] = ()
    cells: Sequence[Cell] = field(default=(), compare=False, repr=False)
    places: Mapping[int, Column] = field(default_factory=dict, compare=False, repr=False)

    def typed(self) -> dict[str, str]:
        """What stands in the sheet, by the column's name, or its letter where it has no title; "" if unreadable."""
        return {
            self.places[place].name if place in self.places else column_letters(place): (
                "" if isinstance(cell, SheetError) else cell[:MAX_CELL]
            )
            for place, cell in enumerate(self.cells)
            if cell or place in self.places
        }


def read(stream: BinaryIO, filename: str, columns: Sequence[Column]) -> Iterator[Row]:
    """The rows below the titles, which are looked for in the first ten rows; empty rows are left out.

    Titles may stand in any order. One that is not declared, comes twice, or is missing although required is
    refused: a column that is dropped in silence is data lost. ``filename`` only tells an unreadable workbook
    from text.

    Raises SheetError at once for the file and its titles, and while iterating for too many rows and for a
    malformed line.
    """
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SheetError("sheet.too_large", limit=MAX_BYTES // 1024 // 1024)
    if not data.strip():
        raise SheetError("sheet.empty")
    if data.startswith(b"PK\x03\x04"):
        lines = workbook_lines(data)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        # The container of .xls, and of an .xlsx with a password.
        raise SheetError("sheet.old_or_locked")
    elif filename.lower().endswith((".xlsx", ".xls", ".et", ".ods", ".numbers")):
        raise SheetError("sheet.unreadable")
    else:
        lines = csv_lines(data)
    top = list(islice(lines, HEADER_ROWS))
    title_at, places = _titles(top, columns)
    return _rows(chain(top[title_at + 1 :], lines), places, columns)


def template(columns: Sequence[Column], language: Language) -> bytes:
    """An empty .xlsx to fill in: titles (``*`` for required), lists to choose from, and a sheet of notes.

    Cells are formatted as text, or the spreadsheet program would turn identity numbers into rounded floats.
    """
    chinese = language is Language.ZH
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        # A fixed date keeps the file the same from one download to the next.
        book.set_properties({"created": datetime(2020, 1, 1)})  # noqa: DTZ001 - written as it stands
        title, text = (
            book.add_format({"bold": True, "bg_color": "#DDEBF7"}),
            book.add_format({"num_format": _TEXT_FORMAT}),
        )
        data = book.add_worksheet("数据" if chinese else "Data")
        notes = book.add_worksheet("填写说明" if chinese else "Notes")
        heads = ("列", "必填", "示例", "可选值") if chinese else ("Column", "Required", "Example", "Choices")
        notes.write_row(0, 0, heads, title)
        notes.set_column(0, len(heads) - 1, 24, text)
        data.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            name = column.zh if chinese else column.en
            choices = [choice.zh if chinese else choice.en for choice in column.choices]
            data.set_column(place, place, max(12, 2 * len(name) + 4), text)
            data.write_string(0, place, f"{name}*" if column.required else name, title)
            required = ("是" if chinese else "yes") if column.required else ""
            notes.write_row(place + 1, 0, [name, required, column.example, "、".join(choices)], text)
            if choices:
                _choose(data, notes, place, choices)
    return buffer.getvalue()


def _choose(data: Any, notes: Any, place: int, choices: Sequence[str]) -> None:
    """Offer the choices in each cell of the column; long lists stand in a column of the notes."""
    source: Sequence[str] | str = choices
    if len(",".join(choices)) > _MAX_LIST or any("," in choice for choice in choices):
        beside = 6 + place
        notes.write_column(0, beside, choices)
        letters = column_letters(beside)
        source = f"='{notes.get_name()}'!${letters}$1:${letters}${len(choices)}"
    data.data_validation(1, place, MAX_ROWS, place, {"validate": "list", "source": source})


def _titles(top: Sequence[Line], columns: Sequence[Column]) -> tuple[int, dict[int, Column]]:
    """Which line has the titles, and which column stands where in it."""
    known = {_title(text): column for column in columns for text in (column.name, column.zh, column.en)}
    matches = [sum(_title(cell) in known for cell in cells) for _, cells in top]
    if not any(matches):
        raise SheetError("sheet.no_titles", **_named(columns))
    title_at = matches.index(max(matches))
    cells = top[title_at][1]
    titles = {place: _title(cell) for place, cell in enumerate(cells) if cell}
    unknown = [column_letters(place) for place, title in titles.items() if title not in known]
    if unknown:
        raise SheetError("sheet.unknown_columns", columns=", ".join(unknown))
    places = {place: known[title] for place, title in titles.items()}
    found = [column.name for column in places.values()]
    twice = [column for column in columns if found.count(column.name) > 1]
    if twice:
        raise SheetError("sheet.duplicate_columns", **_named(twice))
    missing = [column for column in columns if column.required and column.name not in found]
    if missing:
        raise SheetError("sheet.missing_columns", **_named(missing))
    return title_at, places


def _title(cell: Cell) -> str:
    """A title as it is compared: folded, without blanks and the mark of required columns."""
    if isinstance(cell, SheetError):
        return ""
    return "".join(unicodedata.normalize("NFKC", cell).casefold().split()).strip("*")


def _named(columns: Sequence[Column]) -> dict[str, str]:
    return {"zh": "、".join(column.zh for column in columns), "en": ", ".join(column.en for column in columns)}


def _rows(lines: Iterator[Line], places: Mapping[int, Column], columns: Sequence[Column]) -> Iterator[Row]:
    count = 0
    for number, cells in lines:
        if not any(cells):
            continue
        count += 1
        if count > MAX_ROWS:
            raise SheetError("sheet.too_many_rows", limit=MAX_ROWS)
        yield _row(number, cells, places, columns)


def _row(number: int, cells: Sequence[Cell], places: Mapping[int, Column], columns: Sequence[Column]) -> Row:
    values = dict.fromkeys((column.name for column in columns), "")
    errors = [
        SheetError("sheet.untitled_cell", row=number, column=column_letters(place))
        for place, cell in enumerate(cells)
        if cell and place not in places
    ]
    for place, column in places.items():
        value = _value(cells[place] if place < len(cells) else "", column)
        if isinstance(value, SheetError):
            where = {"row": number, "column": column.name, "zh": column.zh, "en": column.en}
            errors.append(SheetError(value.code, **where, **value.params))
        else:
            values[column.name] = value
    return Row(number, values, tuple(errors), cells, places)


def _value(cell: Cell, column: Column) -> Cell:
    """The value of a cell of this column, or what is wrong with it."""
    if isinstance(cell, SheetError):
        return cell
    if not cell:
        return SheetError("sheet.required") if column.required else ""
    if len(cell) > MAX_CELL:
        return SheetError("sheet.cell_too_long", limit=MAX_CELL)
    if not column.choices:
        return cell
    folded = cell.casefold()
    for choice in column.choices:
        if folded in {choice.value.casefold(), choice.zh.casefold(), choice.en.casefold()}:
            return choice.value
    return SheetError("sheet.unknown_choice", choices_zh=_shown(column, "zh"), choices_en=_shown(column, "en"))


def _shown(column: Column, language: Literal["zh", "en"]) -> str:
    """The choices as a hint, cut where it would become a wall of text."""
    between = "、" if language == "zh" else ", "
    text = between.join(choice.zh if language == "zh" else choice.en for choice in column.choices)
    return text if len(text) <= _MAX_HINT else f"{text[:_MAX_HINT]}…"
