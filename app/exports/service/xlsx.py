"""A document as a spreadsheet."""

import io
from typing import Any, Final

import xlsxwriter

from app.exports.schemas import Cell, Document

_WIDEST: Final = 40
_HEADING: Final = 3  # rows above the table besides its lines: title, blank, header
_A4: Final = 9
_CHINESE: Final = 0x2E7F  # from here on characters are twice as wide as others


def render(document: Document) -> bytes:
    """The workbook. A text is written as text, whatever it begins with: nothing in it is a formula or a link."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": document.title, "comments": document.footer})
        sheet = book.add_worksheet()
        above = [*document.lines, document.footer, *document.paragraphs]
        sheet.write_string(0, 0, document.title, book.add_format({"bold": True, "font_size": 14}))
        for place, line in enumerate(above, 1):
            sheet.write_string(place, 0, line)
        top = len(above) + _HEADING - 1
        _table(book, sheet, document, top)
        for place, note in enumerate(document.notes, top + len(document.rows) + 1):
            sheet.write_string(place, 0, note)
        _page(sheet, document, top)
    return buffer.getvalue()


def _table(book: Any, sheet: Any, document: Document, top: int) -> None:
    head = book.add_format({"bold": True, "border": 1, "bg_color": "#E8E8E8", "align": "center", "text_wrap": True})
    formats = {strong: _formats(book, strong=strong) for strong in (False, True)}
    for column, title in enumerate(document.columns):
        sheet.write_string(top - 1, column, title, head)
        sheet.set_column(column, column, _width(document, column))
    for number, row in enumerate(document.rows):
        chosen = formats[document.strong and number == len(document.rows) - 1]
        for column, value in enumerate(row):
            _write(sheet, (top + number, column), value, chosen)
    if document.columns:
        sheet.freeze_panes(top, 1)
        rows = len(document.rows) - (1 if document.strong else 0)  # a total does not move when rows are sorted
        sheet.autofilter(top - 1, 0, top - 1 + rows, len(document.columns) - 1)


def _formats(book: Any, *, strong: bool) -> dict[type, Any]:
    shape = {"border": 1, "bold": strong}
    return {
        str: book.add_format(shape),
        int: book.add_format(shape),
        float: book.add_format({**shape, "num_format": "0.0"}),
        type(None): book.add_format(shape),
    }


def _write(sheet: Any, place: tuple[int, int], value: Cell, formats: dict[type, Any]) -> None:
    if isinstance(value, str):
        sheet.write_string(*place, value, formats[str])
    elif value is None:
        sheet.write_blank(*place, None, formats[type(None)])
    else:
        sheet.write_number(*place, value, formats[type(value)])


def _page(sheet: Any, document: Document, top: int) -> None:
    """As it comes out of a printer: as wide as a page, its headings on each."""
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    if document.landscape:
        sheet.set_landscape()
    if document.columns:
        sheet.repeat_rows(top - 1)
    sheet.set_footer("&C&P / &N")


def _width(document: Document, column: int) -> float:
    cells = [document.columns[column], *(str(row[column] or "") for row in document.rows)]
    return min(_WIDEST, 3 + max(sum(2 if ord(one) > _CHINESE else 1 for one in cell) for cell in cells))
