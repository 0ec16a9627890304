"""Workbooks that no office program writes are refused before they cost anything."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.sheets import Column, Row, SheetError, read
from tests.kernel.spreadsheets import LINES, refusal, rows, workbook


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
