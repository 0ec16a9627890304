"""Looks through an .xlsx file before anything opens it: sizes, bombs, extents, error cells.

The reader behind `app.kernel.sheets` trusts its file. It reserves a dense grid from the first to the last cell,
copies a shared string into each cell that names it, and shows the error values of formulas as empty cells. A
file of a few kilobytes can so ask for terabytes. Here every part is unpacked once in small pieces and parsed
as a stream, at no more memory than the strings' lengths; only what passes is opened.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final
from xml.parsers import expat

MAX_ROWS: Final = 50_000
HEADER_ROWS: Final = 10
MAX_COLUMNS: Final = 100
_MAX_PARTS: Final = 2_000
_MAX_UNPACKED: Final = 192 * 1024 * 1024
_MAX_RATIO: Final = 200
_RATIO_FROM: Final = 8 * 1024 * 1024
_MAX_TEXT: Final = 64 * 1024 * 1024
_PIECE: Final = 64 * 1024
_LOCAL_HEADER: Final = 30
_MAX_LETTERS: Final = 3
_MAX_DIGITS: Final = 7
_SHARED_STRINGS: Final = "xl/sharedstrings.xml"
_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
# What other formats of the same reader begin with: binary workbooks and OpenDocument.
_FOREIGN: Final = frozenset({"xl/workbook.bin", "content.xml", "mimetype"})


class SheetError(Exception):
    """A file, or one cell of it, cannot be read. ``code`` is stable; ``params`` fill its sentence, never content."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Survey:
    """The first visible sheet of a workbook and its error cells (#REF! and the like), row and column from 0."""

    sheet: str
    errors: frozenset[tuple[int, int]]


def survey(data: bytes) -> Survey:
    """Raises SheetError when the file is no plain workbook or would cost too much to open."""
    budget = _Budget()
    scans: dict[str, _Scan] = {}
    for part in _parts(data):
        name = part.filename.lower()
        pieces = _unpack(data, part, budget)
        if name.endswith((".xml", ".rels")):
            scans[name] = _Scan(budget, name)
            _parse(scans[name], pieces)
        else:
            for _ in pieces:
                pass
    return _first_sheet(scans)


def _parts(data: bytes) -> list[zipfile.ZipInfo]:
    """The parts, the strings first: the cells that name them are priced by their lengths."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise SheetError("sheet.unreadable") from None
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
        raise SheetError("sheet.too_large_unpacked")
    names = [part.filename.lower() for part in parts]
    # A file that is several things at once is opened as whichever the reader tries first.
    if len(set(names)) < len(names) or not {_WORKBOOK, _RELATIONS} <= set(names) or not _FOREIGN.isdisjoint(names):
        raise SheetError("sheet.unreadable")
    return sorted(parts, key=lambda part: part.filename.lower() != _SHARED_STRINGS)


def _first_sheet(scans: Mapping[str, "_Scan"]) -> Survey:
    targets = scans[_RELATIONS].targets
    for name, relation in scans[_WORKBOOK].sheets:
        kind, target = targets.get(relation, ("", ""))
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if kind.endswith("/worksheet") and part in scans:
            return Survey(name, frozenset(scans[part].errors))
    raise SheetError("sheet.no_sheet")


@dataclass(slots=True)
class _Budget:
    """What the parts of one file use up together."""

    unpacked: int = 0
    text: int = 0
    strings: list[int] = field(default_factory=list)

    def unpack(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > _MAX_UNPACKED:
            raise SheetError("sheet.too_large_unpacked")

    def copy(self, index: str) -> None:
        if not index.isascii() or not index.isdigit() or len(index) > _MAX_DIGITS:
            raise SheetError("sheet.unreadable")
        if int(index) >= len(self.strings):
            raise SheetError("sheet.unreadable")
        self.text += self.strings[int(index)]
        if self.text > _MAX_TEXT:
            raise SheetError("sheet.too_large_unpacked")


def _unpack(data: bytes, part: zipfile.ZipInfo, budget: _Budget) -> Iterator[bytes]:
    """The part in pieces. Counts what really comes out, since the sizes in the directory are only claims."""
    start = part.header_offset
    header = data[start : start + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or part.flag_bits & 1:
        raise SheetError("sheet.unreadable")
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    start += _LOCAL_HEADER + name_length + extra_length
    packed = data[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        budget.unpack(len(packed))
        yield packed
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise SheetError("sheet.unreadable")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    total = 0
    try:
        while packed and not inflate.eof:
            piece = inflate.decompress(packed, _PIECE)
            packed = inflate.unconsumed_tail
            total += len(piece)
            budget.unpack(len(piece))
            if total > _RATIO_FROM and total > _MAX_RATIO * part.compress_size:
                raise SheetError("sheet.too_large_unpacked")
            yield piece
    except zlib.error:
        raise SheetError("sheet.unreadable") from None


def _parse(scan: "_Scan", pieces: Iterator[bytes]) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CharacterDataHandler = scan.characters
    parser.StartDoctypeDeclHandler = scan.doctype
    try:
        for piece in pieces:
            parser.Parse(piece, False)  # noqa: FBT003 - positional only
        parser.Parse(b"", True)  # noqa: FBT003 - positional only
    except (expat.ExpatError, ValueError, LookupError):
        raise SheetError("sheet.unreadable") from None


class _Scan:
    """Follows the cells of one part. Any part may be named as a sheet, so each is taken for one."""

    def __init__(self, budget: _Budget, part: str) -> None:
        self.errors: set[tuple[int, int]] = set()
        self.sheets: list[tuple[str, str]] = []
        self.targets: dict[str, tuple[str, str]] = {}
        self._budget, self._part = budget, part
        self._row, self._column, self._last_row = -1, -1, -1
        self._type, self._value = "", ""
        self._in_value = False
        self._string_length = 0

    def doctype(self, *_: object) -> None:
        """No office program writes one; entities are how a small part grows beyond any limit."""
        raise SheetError("sheet.unreadable")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        element = name.rpartition(":")[2]
        if element == "c":
            self._type = attributes.get("t", "")
            self._cell(attributes.get("r"))
        elif element in {"v", "is"}:
            self._in_value, self._value = element == "v", ""
            self._occupied()
        elif element == "row":
            self._row, self._column = _row(attributes.get("r"), self._row), -1
        elif element == "si":
            self._string_length = 0
        elif element == "sheet" and self._part == _WORKBOOK:
            self._sheet(attributes)
        elif element == "Relationship" and self._part == _RELATIONS:
            self._relation(attributes)

    def end(self, name: str) -> None:
        """An element ends."""
        element = name.rpartition(":")[2]
        if element == "v" and self._in_value:
            self._in_value = False
            if self._type == "s":
                self._budget.copy(self._value.strip())
            elif self._type == "e":
                self.errors.add((self._row, self._column))
        elif element == "si" and self._part == _SHARED_STRINGS:
            self._budget.strings.append(self._string_length)

    def characters(self, text: str) -> None:
        """Text between tags, in any number of pieces."""
        if self._in_value:
            self._value += text
        else:
            self._string_length += len(text)

    def _cell(self, reference: str | None) -> None:
        if reference is None:
            self._column += 1
            return
        letters = reference.rstrip("0123456789")
        if not letters.isascii() or not letters.isalpha() or len(letters) > _MAX_LETTERS:
            raise SheetError("sheet.unreadable")
        self._row, self._column = _row(reference[len(letters) :], self._row), column_number(letters)

    def _occupied(self) -> None:
        # Empty cells beyond the limits are common (a format given to a whole column) and cost nothing.
        if self._row >= MAX_ROWS + HEADER_ROWS:
            raise SheetError("sheet.too_many_rows", limit=MAX_ROWS)
        if self._column >= MAX_COLUMNS:
            raise SheetError("sheet.too_many_columns", limit=MAX_COLUMNS)
        # The reader takes the first cell and the last for the extent of the sheet.
        if self._row < self._last_row:
            raise SheetError("sheet.unreadable")
        self._last_row = self._row

    def _sheet(self, attributes: dict[str, str]) -> None:
        relation = next((value for name, value in attributes.items() if name.rpartition(":")[2] == "id"), "")
        if attributes.get("state", "visible") == "visible":
            self.sheets.append((attributes.get("name", ""), relation))

    def _relation(self, attributes: dict[str, str]) -> None:
        # Cells are looked for in .xml parts only, so sheets must be there; macros are not wanted at all.
        target = attributes.get("Target", "").lower()
        if not target.endswith(".xml"):
            raise SheetError("sheet.unreadable")
        self.targets[attributes.get("Id", "")] = (attributes.get("Type", ""), target)


def _row(number: str | None, previous: int) -> int:
    """A row from 0, the one after ``previous`` if the file does not say."""
    if number is None:
        return previous + 1
    if not number.isascii() or not number.isdigit() or len(number) > _MAX_DIGITS:
        raise SheetError("sheet.unreadable")
    return int(number) - 1


def column_number(letters: str) -> int:
    """A column from 0: A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(number: int) -> str:
    """The letters of a column from 0."""
    letters = ""
    number += 1
    while number > 0:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
