"""What is wrong with a spreadsheet, in words: one sentence in zh-CN and en for each code; never a cell's content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO, Final

from pydantic import Field

from app.kernel.errors import FieldError, Problem
from app.kernel.language import pick
from app.kernel.schemas import Schema
from app.kernel.sheets import Column, Row, SheetError, read

_KEPT: Final = 1000  # errors of one sheet
_TEXTS: dict[str, tuple[str, str]] = {
    "sheet.cell_too_long": ("内容过长, 上限为 {limit} 个字符。", "It is longer than {limit} characters."),
    "sheet.digits_lost": (
        "数字过长, 已丢失末位; 请将单元格设为文本后重新填写。",
        "The number is so long that digits were lost; format the cell as text and enter it again.",
    ),
    "sheet.duplicate_columns": ("以下列重复: {zh}。", "These columns come twice: {en}."),
    "sheet.empty": ("文件中没有内容。", "The file is empty."),
    "sheet.formula": (
        "单元格是公式文本; 请填写内容本身。",
        "The cell holds the text of a formula; enter what it means.",
    ),
    "sheet.formula_error": ("单元格是出错的公式。", "The cell holds a formula error."),
    "sheet.malformed_line": (
        "从第 {row} 行起无法读取 (引号不成对)。",
        "It cannot be read from row {row} on (an open quote).",
    ),
    "sheet.missing_columns": ("缺少以下列: {zh}。", "These columns are missing: {en}."),
    "sheet.no_sheet": ("文件中没有可读的工作表。", "The file has no sheet that can be read."),
    "sheet.no_titles": ("没有找到表头, 应有: {zh}。", "No titles were found; wanted: {en}."),
    "sheet.odd_characters": ("含有不能使用的字符。", "It has characters that cannot be used."),
    "sheet.old_or_locked": (
        "文件是旧版 .xls 或设有密码, 请另存为 .xlsx。",
        "The file is an old .xls or has a password; save it as .xlsx.",
    ),
    "sheet.required": ("必填。", "It is required."),
    "sheet.too_large": ("文件过大, 上限为 {limit} MB。", "The file is larger than {limit} MB."),
    "sheet.too_large_unpacked": ("文件解压后过大。", "The file is too large when unpacked."),
    "sheet.too_many_columns": ("列数过多, 上限为 {limit} 列。", "There are more than {limit} columns."),
    "sheet.too_many_rows": ("行数过多, 上限为 {limit} 行。", "There are more than {limit} rows."),
    "sheet.unknown_choice": ("应为以下之一: {choices_zh}。", "It must be one of: {choices_en}."),
    "sheet.unknown_columns": (
        "以下列的表头无法识别: {columns}。",
        "The titles of these columns are not known: {columns}.",
    ),
    "sheet.unknown_encoding": ("文件编码无法识别, 请用 UTF-8 保存。", "The encoding is not known; save it as UTF-8."),
    "sheet.unreadable": ("文件无法读取, 请用 .xlsx 或 .csv。", "The file cannot be read; use .xlsx or .csv."),
    "sheet.untitled_cell": ("该列没有表头。", "The column has no title."),
}


class SheetRefused(Problem):
    """The file as a whole cannot be read; ``errors`` say why, at ``/file``."""

    status = 422
    code = "sheet_refused"
    zh = "无法导入此文件。"
    en = "This file cannot be imported."


class ImportMode(StrEnum):
    """What happens to the good rows of a sheet that also has bad ones."""

    ALL_OR_NOTHING = "all_or_nothing"
    PER_ROW = "per_row"


class RowErrorOut(Schema):
    """One wrong place of a sheet: the row as the spreadsheet program counts it, the column by its name or letter."""

    row: int
    column: str | None
    title: str | None = Field(description="of the column, in the language of the request; null where it has none")
    code: str
    detail: str


@dataclass(slots=True)
class Found:
    """What was found wrong in the rows of a sheet of these ``columns``."""

    columns: Mapping[str, Column]
    errors: list[SheetError] = field(default_factory=list)

    def add(self, row: int, column: str | None, code: str, **params: object) -> None:
        """One wrong cell, or (``column`` None) a row that is wrong as a whole; ``column`` is the declared name."""
        place = (
            {} if column is None else {"column": column, "zh": self.columns[column].zh, "en": self.columns[column].en}
        )
        self.errors.append(SheetError(code, row=row, **place, **params))

    def rows(self) -> set[int]:
        """The rows with at least one error."""
        return {int(str(error.params["row"])) for error in self.errors}

    def kept(self, before: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
        """With those of ``before``, the first thousand by row, in the form in which they are kept."""
        return sorted([*before, *map(stored, self.errors)], key=lambda error: int(error["row"]))[:_KEPT]


def register(texts: Mapping[str, tuple[str, str]]) -> None:
    """Add the sentences (zh-CN, en) of a feature's own codes; ``{name}`` places are filled by the error's params."""
    _TEXTS.update(texts)


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """What ``code`` means, in the caller's language; a row may be refused by a problem as well."""
    problem = Problem.registry.get(code)
    zh, en = (problem.zh, problem.en) if problem else _TEXTS[code]
    return pick(zh, en).format_map(params)


def read_rows(stream: BinaryIO, filename: str, columns: Sequence[Column]) -> list[Row]:
    """All rows of a sheet of these columns; raises `SheetRefused` for a file that cannot be read."""
    try:
        return list(read(stream, filename, columns))
    except SheetError as error:
        reason = FieldError("/file", error.code, sentence(error.code, error.params))
        raise SheetRefused(errors=[reason]) from error


def stored(error: SheetError) -> dict[str, Any]:
    """The form in which a row's error is kept: told later in the language of whoever reads it."""
    params = {name: str(value) for name, value in error.params.items() if name not in ("row", "column")}
    return {
        "row": error.params.get("row", 0),
        "column": error.params.get("column"),
        "code": error.code,
        "params": params,
    }


def told(kept: Mapping[str, Any]) -> RowErrorOut:
    """A kept error in the caller's language."""
    params = kept["params"]
    title = pick(params["zh"], params["en"]) if "zh" in params else None
    detail = sentence(kept["code"], params)
    return RowErrorOut(row=kept["row"], column=kept["column"], title=title, code=kept["code"], detail=detail)
