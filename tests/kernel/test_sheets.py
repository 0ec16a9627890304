"""Reading spreadsheets: what people really send, and what goes wrong in it; templates to fill in."""

import io
import zipfile
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import xlsxwriter

from app.kernel.language import Language
from app.kernel.sheets import MAX_ROWS, Choice, Column, Row, template
from tests.kernel.spreadsheets import (
    COLUMNS,
    EXPECTED,
    LINES,
    TITLES,
    problems,
    refusal,
    rows,
    text_file,
    values,
    workbook,
)

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


@pytest.mark.parametrize(
    "data",
    [
        workbook(LINES),
        text_file(LINES),
        text_file(LINES, "utf-8-sig"),
        text_file(LINES, "gb18030"),
        text_file(LINES, "utf-16", delimiter="\t"),
        text_file(LINES, delimiter=";"),
        text_file(LINES, delimiter="\t"),
        text_file(LINES).replace(b"\r\n", b"\n"),
    ],
    ids=["xlsx", "utf-8", "utf-8 with mark", "gb18030", "utf-16 tabs", "semicolons", "tabs", "unix"],
)
@pytest.mark.parametrize("filename", ["roll.csv", "名单", ""])
def test_a_file_is_read_whatever_its_form_and_name(data: bytes, filename: str) -> None:
    assert rows(data, filename) == EXPECTED


def test_titles_are_taken_in_both_languages_any_order_case_and_width() -> None:
    data = workbook([[" class ", "ＮＡＭＥ *", "性 别", "id number＊"], ["1班", "张三", "Male", "9"]])
    assert rows(data) == [Row(2, values("张三", "9", "male", "1班"))]


def test_optional_columns_may_be_left_out() -> None:
    assert rows(workbook([["姓名", "身份证号"], ["张三", "9"]])) == [Row(2, values("张三", "9", "", ""))]


def test_titles_may_stand_below_a_heading_and_empty_rows_are_left_out() -> None:
    data = workbook([["某某学校学生名单"], [], TITLES, [], ["张三", "9"], ["", " ", "\u200b"], ["李四", "8"], []])
    assert [(row.number, row.values["name"]) for row in rows(data)] == [(5, "张三"), (7, "李四")]


def test_a_sheet_that_begins_lower_and_further_right_keeps_its_numbers() -> None:
    data = workbook([[], [], ["", "", *TITLES], ["", "", "张三", "", "无"]])
    (row,) = rows(data)
    assert row.number == 4
    assert problems(row) == [("sheet.required", "id_number"), ("sheet.unknown_choice", "sex")]
    assert row.values == values("张三", "", "", "")


def test_the_first_visible_sheet_is_read() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        hidden, shown = book.add_worksheet("旧"), book.add_worksheet("新")
        hidden.write_row(0, 0, TITLES)
        hidden.write_formula(1, 0, "=1/0", None, "#DIV/0!")
        hidden.hide()
        shown.activate()
        shown.write_row(0, 0, TITLES)
        shown.write_row(1, 0, ["张三", "9"])
    assert rows(buffer.getvalue()) == [Row(2, values("张三", "9", "", ""))]


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        (5, "5"),
        (36.6, "36.6"),
        (0.1 + 0.2, "0.3"),
        (123456789012345, "123456789012345"),
        (-2, "-2"),
        (True, "TRUE"),
        ("１３８１２３４５６７８", "13812345678"),
        (" 三（２）班\u3000", "三(2)班"),
        ("a\u200bb\ufeff", "ab"),
        ("a\r\nb\tc", "a\nb c"),
        ("陈\ue863", "陈䶮"),
        ("阿依·古丽", "阿依·古丽"),
        ("+86", "+86"),
        ("@x", "@x"),
        ("-", "-"),
        ("中" * 1000, "中" * 1000),
    ],
)
def test_cells_are_read_as_people_mean_them(value: object, read_as: str) -> None:
    (row,) = rows(workbook([TITLES, ["张三", "9", "", value]]))
    assert (row.values["class"], row.errors) == (read_as, ())


@pytest.mark.parametrize(
    ("value", "form", "read_as"),
    [
        (datetime(2015, 9, 1), "yyyy-mm-dd", "2015-09-01"),  # noqa: DTZ001 - a spreadsheet's days have no zone
        (datetime(2015, 9, 1), "yyyy年m月d日", "2015-09-01"),  # noqa: DTZ001
        (datetime(2015, 9, 1, 7, 50), "yyyy-mm-dd hh:mm", "2015-09-01T07:50:00"),  # noqa: DTZ001
        (datetime(2015, 9, 1, 0, 0, 1), "yyyy-mm-dd hh:mm", "2015-09-01T00:00:01"),  # noqa: DTZ001
        (time(7, 50), "hh:mm", "07:50:00"),
        (timedelta(hours=30, seconds=5), "[h]:mm:ss", "30:00:05"),
    ],
)
def test_dates_and_times_are_read_as_iso(value: Any, form: str, read_as: str) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_datetime(1, 3, value, book.add_format({"num_format": form}))

    (row,) = rows(workbook([TITLES, ["张三", "9"]], fill))
    assert row.values["class"] == read_as


def test_formulas_are_read_as_their_last_results_and_their_errors_as_errors() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_formula(1, 0, '="张"&"三"', None, "张三")
        sheet.write_formula(1, 1, "=8+1", None, 9)
        sheet.write_formula(1, 3, "=A9/0", None, "#DIV/0!")
        sheet.write_formula(2, 0, "=#REF!", None, "#REF!")
        sheet.write_string(2, 1, "#N/A")

    first, second = rows(workbook([TITLES], fill))
    assert first.values == values("张三", "9", "", "")
    assert problems(first) == [("sheet.formula_error", "class")]
    assert problems(second) == [("sheet.formula_error", "name"), ("sheet.formula_error", "id_number")]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (990000201502300001, "sheet.digits_lost"),
        (1e300, "sheet.digits_lost"),
        ("x\x07", "sheet.odd_characters"),
        ("x" * 1001, "sheet.cell_too_long"),
        ("=cmd|' /C calc'!A0", "sheet.formula"),
    ],
)
def test_a_cell_that_cannot_be_right_is_an_error_of_its_row(value: object, code: str) -> None:
    bad, good = rows(workbook([TITLES, ["张三", value], ["李四", "8"]]))
    assert problems(bad) == [(code, "id_number")]
    assert bad.values["id_number"] == ""
    assert bad.errors[0].params["row"] == 2
    assert good.errors == ()


def test_a_number_kept_as_text_by_a_formula_in_csv_is_unwrapped() -> None:
    data = '姓名,身份证号\n张三,="990000201502300001"\n李四,\t990000201502300002\n'.encode()
    assert [row.values["id_number"] for row in rows(data, "a.csv")] == ["990000201502300001", "990000201502300002"]


def test_the_text_of_a_formula_in_csv_is_an_error() -> None:
    (row,) = rows("姓名,身份证号\n=HYPERLINK(1),9\n".encode(), "a.csv")
    assert problems(row) == [("sheet.formula", "name")]


def test_a_value_under_no_title_is_an_error() -> None:
    (row,) = rows(workbook([["姓名", "身份证号"], ["张三", "9", "", "谁的?"]]))
    assert problems(row) == [("sheet.untitled_cell", "D")]


@pytest.mark.parametrize(
    ("titles", "code", "params"),
    [
        (["姓名", "性别"], "sheet.missing_columns", {"zh": "身份证号", "en": "ID number"}),
        ([*TITLES, "家庭住址", "备注"], "sheet.unknown_columns", {"columns": "E, F"}),
        ([*TITLES, "Name"], "sheet.duplicate_columns", {"zh": "姓名", "en": "Name"}),
        (["张三", "99000020150230000X"], "sheet.no_titles", None),
    ],
)
def test_wrong_titles_are_refused_without_repeating_what_stands_there(
    titles: list[str], code: str, params: dict[str, str] | None
) -> None:
    for data in (workbook([titles, ["x"]]), text_file([titles, ["x"]])):
        error = refusal(data, "roll.csv")
        assert error.code == code
        assert params is None or error.params == params
        assert "张三" not in str(error.params)
        assert "家庭住址" not in str(error.params)


@pytest.mark.parametrize(
    ("data", "filename", "code"),
    [
        (b"", "a.csv", "sheet.empty"),
        (b" \r\n ", "a.csv", "sheet.empty"),
        (workbook([]), "a.xlsx", "sheet.empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", "sheet.old_or_locked"),
        (b"hello", "a.xlsx", "sheet.unreadable"),
        (b"PK\x03\x04 and no more", "a.xlsx", "sheet.unreadable"),
        (workbook(LINES)[:-40], "a.xlsx", "sheet.unreadable"),
        (b"name\x00,class\n", "a.csv", "sheet.unreadable"),
        (b"name,\xff\xff\n", "a.csv", "sheet.unknown_encoding"),
        ('姓名,身份证号\n张三,"99'.encode(), "a.csv", "sheet.malformed_line"),
        (b"x" * (16 * 1024 * 1024 + 1), "a.csv", "sheet.too_large"),
        ((",".join(TITLES) + "," * 100).encode(), "a.csv", "sheet.too_many_columns"),
        (b"name," + b"x" * 200_000, "a.csv", "sheet.malformed_line"),
    ],
    ids=lambda item: item if isinstance(item, str) else None,
)
def test_an_unreadable_file_is_refused(data: bytes, filename: str, code: str) -> None:
    assert refusal(data, filename).code == code


def test_too_many_rows_are_refused_and_the_most_are_read() -> None:
    line = "张三,9\n"
    head = "姓名,身份证号\n"
    assert len(rows((head + line * MAX_ROWS).encode(), "a.csv")) == MAX_ROWS
    assert refusal((head + line * (MAX_ROWS + 1)).encode(), "a.csv").code == "sheet.too_many_rows"


@pytest.mark.parametrize(
    ("language", "title", "choice"), [(Language.ZH, "姓名*", "男"), (Language.EN, "Name*", "Male")]
)
def test_a_template_can_be_filled_in_and_read(language: Language, title: str, choice: str) -> None:
    data = template(COLUMNS, language)
    assert rows(data) == []
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        strings, sheet = parts.read(STRINGS).decode(), parts.read(SHEET).decode()
    assert title in strings
    assert "dataValidation " in sheet
    assert choice in sheet


def test_a_template_is_the_same_each_time() -> None:
    assert template(COLUMNS, Language.ZH) == template(COLUMNS, Language.ZH)


def test_a_template_runs_nothing() -> None:
    column = Column("note", "=HYPERLINK(1)", "=HYPERLINK(1)", example="=1+1")
    with zipfile.ZipFile(io.BytesIO(template((column,), Language.ZH))) as parts:
        everything = b"".join(parts.read(name) for name in parts.namelist())
    assert b"<f>" not in everything
    assert b"<hyperlink" not in everything


def test_a_long_list_of_choices_stands_in_the_notes() -> None:
    choices = tuple(Choice(f"c{n}", f"第{n}种选择", f"Choice {n}") for n in range(60))
    data = template((Column("kind", "类别", "Kind", choices=choices),), Language.ZH)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sheet = parts.read(SHEET).decode()
    assert "$G$1:$G$60" in sheet


def test_identity_numbers_stay_text_in_a_template() -> None:
    with zipfile.ZipFile(io.BytesIO(template(COLUMNS, Language.ZH))) as parts:
        assert 'numFmtId="49"' in parts.read("xl/styles.xml").decode()
