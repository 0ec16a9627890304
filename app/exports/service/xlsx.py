"""A document as a spreadsheet."""

import io

import xlsxwriter

from app.exports.schemas import Document

_WIDEST = 40
_HEADING = 3  # rows above the table besides its lines: title, blank, header


def render(document: Document) -> bytes:
    """The workbook. A text is written as text, whatever it begins with: nothing in it is a formula or a link."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": document.title, "comments": document.footer})
        sheet = book.add_worksheet()
        bold, head = book.add_format({"bold": True, "font_size": 14}), book.add_format({"bold": True, "border": 1})
        degrees = book.add_format({"num_format": "0.0"})
        sheet.write_string(0, 0, document.title, bold)
        for place, line in enumerate([*document.lines, document.footer], 1):
            sheet.write_string(place, 0, line)
        top = len(document.lines) + _HEADING
        for column, title in enumerate(document.columns):
            sheet.write_string(top - 1, column, title, head)
            sheet.set_column(column, column, _width(document, column))
        for number, row in enumerate(document.rows, top):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write_number(number, column, value, degrees if isinstance(value, float) else None)
        sheet.freeze_panes(top, 1)
        sheet.autofilter(top - 1, 0, top - 1 + len(document.rows), max(0, len(document.columns) - 1))
    return buffer.getvalue()


def _width(document: Document, column: int) -> float:
    """Chinese characters are twice as wide as others."""
    cells = [document.columns[column], *(str(row[column] or "") for row in document.rows)]
    return min(_WIDEST, 3 + max(sum(2 if ord(one) > 0x2E7F else 1 for one in cell) for cell in cells))  # noqa: PLR2004
