"""The cells of .xlsx and .csv files as plain text, row by row."""

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Final

import python_calamine

from app.kernel.sheet_guard import MAX_COLUMNS, SheetError, survey

Cell = str | SheetError
Line = tuple[int, list[Cell]]
_Value = str | int | float | bool | time | date | datetime | timedelta

# From here on a number has lost digits: spreadsheets keep 15 of them, an identity number has 18.
_INEXACT: Final = 10**15
_SAMPLE: Final = 4096
_ERROR_VALUE: Final = re.compile(r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)")
# Control characters but the line feed, and halves of characters.
_ODD: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_QUOTED_FORMULA: Final = re.compile(r'="([^"]*)"')
_INVISIBLE: Final = (0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)
# Characters (of names, too) that GB 18030 had in the private area before Unicode had them.
_FORMERLY_PRIVATE: Final = {
    0xE816: 0x20087,
    0xE817: 0x20089,
    0xE818: 0x200CC,
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE831: 0x215D7,
    0xE832: 0x9FB8,
    0xE83B: 0x2298F,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE855: 0x241FE,
    0xE863: 0x4DAE,
    0xE864: 0x9FBB,
}
_TRANSLATION: Final = {**dict.fromkeys(_INVISIBLE), **_FORMERLY_PRIVATE, ord("\t"): " "}


def workbook_lines(data: bytes) -> Iterator[Line]:
    """The lines of the first visible sheet of an .xlsx file; formulas come as their last results."""
    found = survey(data)
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as workbook:
            sheet = workbook.get_sheet_by_name(found.sheet)
    except (python_calamine.CalamineError, ValueError, OSError):
        raise SheetError("sheet.unreadable") from None
    if sheet.start is None:
        raise SheetError("sheet.empty")
    _, left = sheet.start
    padding: list[Cell] = [""] * left
    errors = {place: SheetError("sheet.formula_error") for place in found.errors}
    for row, values in enumerate(sheet.iter_rows()):
        cells = [errors.get((row, left + column)) or _plain(value) for column, value in enumerate(values)]
        yield row + 1, padding + cells


def csv_lines(data: bytes) -> Iterator[Line]:
    """The records of a .csv file in UTF-8, UTF-16 with a mark, or GB 18030 (what Chinese spreadsheets write)."""
    text = _decode(data)
    if "\0" in text:
        raise SheetError("sheet.unreadable")
    # newline="" is for the csv module, which knows line ends inside quotes.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    for number in count(1):
        try:
            record = next(lines)
        except StopIteration:
            return
        except csv.Error:
            # An open quote would swallow the rest of the file as one cell: nothing after it can be trusted.
            raise SheetError("sheet.malformed_line", row=number) from None
        if len(record) > MAX_COLUMNS:
            raise SheetError("sheet.too_many_columns", limit=MAX_COLUMNS)
        yield number, [_text(_QUOTED_FORMULA.sub(r"\1", cell)) for cell in record]


def _decode(data: bytes) -> str:
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError("sheet.unknown_encoding")


def _delimiter(text: str) -> str:
    """Whatever parts the first line with content most often; a comma when nothing does."""
    first = text[:_SAMPLE].lstrip().partition("\n")[0]
    return max(",\t;", key=first.count)


def _plain(value: _Value) -> Cell:  # noqa: PLR0911 - one for each type of cell
    """What a person would have typed for this value."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, time):
        return value.isoformat(timespec="seconds")
    if isinstance(value, datetime):
        # Dates are fractions of days: what was typed as a full second comes back a little beside it.
        moment = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat()
    return value.isoformat()


def _number(value: float) -> Cell:
    if not math.isfinite(value) or abs(value) >= _INEXACT:
        return SheetError("sheet.digits_lost")
    return str(int(value)) if value == int(value) else f"{value:.15g}"


def _text(value: str) -> Cell:
    """Full-width forms folded (NFKC), invisible characters and outer blanks gone."""
    if value.isascii() and value.isprintable():
        text = value.strip()
    else:
        text = unicodedata.normalize("NFKC", value.translate(_TRANSLATION)).replace("\r\n", "\n").strip()
    if _ERROR_VALUE.fullmatch(text):
        return SheetError("sheet.formula_error")
    if text.startswith("="):
        # Kept, it would run in the spreadsheet of whoever exports the list.
        return SheetError("sheet.formula")
    if not text.isprintable() and _ODD.search(text):
        return SheetError("sheet.odd_characters")
    return text
