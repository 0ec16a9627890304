"""Reading spreadsheets: what people really send, what goes wrong in it, and what is sent to do harm."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.language import Language
from app.kernel.sheets import MAX_ROWS, Choice, Column, Row, SheetError, read, template

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
        ("=1+1", "=1+1"),
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


# What follows are files that no office program writes.


def rebuilt(change: dict[str, bytes | None], *, data: bytes | None = None) -> bytes:
    """A workbook with some parts replaced, added, or taken away (None)."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data or workbook(LINES))) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        parts = {name: old.read(name) for name in old.namelist()} | change
        for name, content in parts.items():
            if content is not None:
                new.writestr(name, content)
    return buffer.getvalue()


def sheet_xml(body: str) -> bytes:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return f"{head}{body}</sheetData></worksheet>".encode()


SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
CELL = '<row r="{row}"><c r="{name}" t="inlineStr"><is><t>x</t></is></c></row>'
FAR_COLUMN = CELL.format(row=1, name="A1") + CELL.format(row=2, name="XFD2")
FAR_ROW = CELL.format(row=1, name="A1") + CELL.format(row=1_048_576, name="A1048576")
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(9))


def many_copies() -> bytes:
    """A long text that some thousand cells name: small in the file, gigabytes once each cell has its own."""
    strings = "<sst><si><t>" + "x" * 30_000 + "</t></si></sst>"
    row = "<row>" + '<c t="s"><v>0</v></c>' * 51 + "</row>"
    return rebuilt({STRINGS: strings.encode(), SHEET: sheet_xml(row * 1_000)})


def lying_sizes() -> bytes:
    """A bomb whose directory says that it unpacks to nothing."""
    data = bytearray(rebuilt({"xl/media/image1.png": bytes(250 * 1024 * 1024)}))
    claimed = (250 * 1024 * 1024).to_bytes(4, "little")
    while (place := data.find(claimed)) >= 0:
        data[place : place + 4] = (10).to_bytes(4, "little")
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (lambda: rebuilt({SHEET: b"<a>" + b" " * 200_000_000}), "sheet.too_large_unpacked"),
    "a bomb of high ratio": (lambda: rebuilt({"xl/media/x.png": bytes(20_000_000)}), "sheet.too_large_unpacked"),
    "a bomb that lies": (lying_sizes, "sheet.too_large_unpacked"),
    "many copies of a text": (many_copies, "sheet.too_large_unpacked"),
    "too many parts": (lambda: rebuilt({f"x{n}": b"" for n in range(2_001)}), "sheet.too_large_unpacked"),
    "a cell far to the right": (lambda: rebuilt({SHEET: sheet_xml(FAR_COLUMN)}), "sheet.too_many_columns"),
    "a cell far down": (lambda: rebuilt({SHEET: sheet_xml(FAR_ROW)}), "sheet.too_many_rows"),
    "rows that go up": (
        lambda: rebuilt({SHEET: sheet_xml(CELL.format(row=9, name="A9") + CELL.format(row=1, name="A1"))}),
        "sheet.unreadable",
    ),
    "a row that overflows": (
        lambda: rebuilt({SHEET: sheet_xml(CELL.format(row=1, name="A99999999999999999999"))}),
        "sheet.unreadable",
    ),
    "a cell with no place": (lambda: rebuilt({SHEET: sheet_xml(CELL.format(row=1, name="?"))}), "sheet.unreadable"),
    "a string that is not there": (
        lambda: rebuilt({SHEET: sheet_xml('<row><c t="s"><v>99</v></c></row>')}),
        "sheet.unreadable",
    ),
    "a negative string": (
        lambda: rebuilt({SHEET: sheet_xml('<row><c t="s"><v>-1</v></c></row>')}),
        "sheet.unreadable",
    ),
    "entities": (
        lambda: rebuilt({SHEET: f"<!DOCTYPE a [{LAUGHS}]><a>&l8;</a>".encode()}),
        "sheet.unreadable",
    ),
    "an outside entity": (
        lambda: rebuilt({SHEET: b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'}),
        "sheet.unreadable",
    ),
    "no XML": (lambda: rebuilt({SHEET: b"hello"}), "sheet.unreadable"),
    "half an XML": (lambda: rebuilt({SHEET: b"<worksheet><sheetData>"}), "sheet.unreadable"),
    "no sheet": (lambda: rebuilt({SHEET: None}), "sheet.no_sheet"),
    "no workbook": (lambda: rebuilt({"xl/workbook.xml": None}), "sheet.unreadable"),
    "a binary workbook beside it": (lambda: rebuilt({"xl/workbook.bin": b"x"}), "sheet.unreadable"),
    "OpenDocument beside it": (lambda: rebuilt({"content.xml": b"<a/>"}), "sheet.unreadable"),
    "strings twice": (lambda: rebuilt({"XL/SHAREDSTRINGS.XML": b"<sst/>"}), "sheet.unreadable"),
    "a sheet under another ending": (
        lambda: rebuilt(
            {
                "xl/_rels/workbook.xml.rels": b'<Relationships><Relationship Id="rId1" Target="worksheets/s.bin" '
                b'Type="x/worksheet"/></Relationships>',
                "xl/worksheets/s.bin": sheet_xml(FAR_ROW),
            }
        ),
        "sheet.unreadable",
    ),
}


@pytest.mark.parametrize(("make", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_workbook_is_refused(make: Callable[[], bytes], code: str) -> None:
    assert refusal(make()).code == code


def test_a_bomb_costs_little_memory() -> None:
    data = lying_sizes()
    tracemalloc.start()
    try:
        refusal(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_an_encrypted_part_is_refused() -> None:
    data = bytearray(workbook(LINES))
    place = data.find(b"PK\x01\x02")
    data[place + 8] |= 1
    assert refusal(bytes(data)).code == "sheet.unreadable"


def test_formats_of_whole_columns_do_no_harm() -> None:
    empty = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    body = CELL.format(row=1, name="A1").replace("x<", "姓名<") + CELL.format(row=2, name="A2") + empty
    data = rebuilt({SHEET: sheet_xml(body)})
    (row,) = read(io.BytesIO(data), "a.xlsx", (Column("name", "姓名", "Name"),))
    assert row == Row(2, {"name": "x"})


WORKBOOK = workbook(LINES)


@given(st.integers(0, len(WORKBOOK) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_workbook_is_read_or_refused(place: int, damage: bytes) -> None:
    try:
        rows(WORKBOOK[:place] + damage + WORKBOOK[place + len(damage) :])
    except SheetError:
        return


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        rows(data, "a.csv")
    except SheetError:
        return


# Templates.


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
