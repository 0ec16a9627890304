"""Spreadsheet files for tests, and the roll that they hold."""

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import xlsxwriter

from app.kernel.sheets import Choice, Column, Row, SheetError, read

COLUMNS = (
    Column("name", "姓名", "Name", required=True, example="张三"),
    Column("id_number", "身份证号", "ID number", required=True, example="990000201502300000"),
    Column(
        "sex", "性别", "Sex", choices=(Choice("male", "男", "Male"), Choice("female", "女", "Female")), example="女"
    ),
    Column("class", "班级", "Class", example="三(2)班"),
)
TITLES = ["姓名", "身份证号", "性别", "班级"]


def workbook(lines: Iterable[Iterable[Any]], fill: Callable[[Any, Any], None] | None = None) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(lines):
            for column, value in enumerate(cells):
                sheet.write(row, column, value)
        if fill is not None:
            fill(book, sheet)
    return buffer.getvalue()


def text_file(lines: Iterable[Iterable[str]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(lines)
    return buffer.getvalue().encode(encoding)


def rows(data: bytes, filename: str = "roll.xlsx", columns: tuple[Column, ...] = COLUMNS) -> list[Row]:
    return list(read(io.BytesIO(data), filename, columns))


def refusal(data: bytes, filename: str = "roll.xlsx") -> SheetError:
    with pytest.raises(SheetError) as caught:
        rows(data, filename)
    return caught.value


def problems(row: Row) -> list[tuple[str, object]]:
    return [(error.code, error.params.get("column")) for error in row.errors]


def values(*texts: str) -> dict[str, str]:
    return dict(zip(("name", "id_number", "sex", "class"), texts, strict=True))


LINES = [TITLES, ["张三", "99000020150230000X", "男", "三(2)班"], ["李四", "990000201502300001", "女", ""]]
EXPECTED = [
    Row(2, values("张三", "99000020150230000X", "male", "三(2)班")),
    Row(3, values("李四", "990000201502300001", "female", "")),
]
