"""What a `SheetError` says to the person who filled in the sheet."""

from collections.abc import Mapping

from app.kernel.errors import FieldError, Problem
from app.kernel.language import pick
from app.kernel.sheet_guard import SheetError

# code -> sentence in zh-CN and en; places are filled from the error's params
_TEXTS: Mapping[str, tuple[str, str]] = {
    "sheet.too_large": ("文件过大, 上限为 {limit} MB。", "The file is too large; the limit is {limit} MB."),
    "sheet.too_large_unpacked": ("文件解压后过大。", "The file is too large once unpacked."),
    "sheet.empty": ("文件是空的。", "The file is empty."),
    "sheet.no_sheet": ("文件中没有可见的工作表。", "The file has no visible sheet."),
    "sheet.old_or_locked": (
        "旧版 .xls 或加密文件, 请另存为不加密的 .xlsx。",
        "An old .xls or a locked file; save it as .xlsx without a password.",
    ),
    "sheet.unreadable": ("文件无法读取, 请另存为 .xlsx 或 .csv。", "It cannot be read; save it as .xlsx or .csv."),
    "sheet.unknown_encoding": ("文字编码无法识别, 请另存为 UTF-8。", "Its encoding is unknown; save it as UTF-8."),
    "sheet.malformed_line": ("第 {row} 行的引号没有结束。", "A quote in row {row} does not end."),
    "sheet.too_many_rows": ("行数超过 {limit}。", "It has more than {limit} rows."),
    "sheet.too_many_columns": ("列数超过 {limit}。", "It has more than {limit} columns."),
    "sheet.no_titles": ("前十行中没有找到标题: {zh}。", "No titles in the first ten rows: {en}."),
    "sheet.unknown_columns": ("不认识的列: {columns}。", "Unknown columns: {columns}."),
    "sheet.duplicate_columns": ("重复的列: {zh}。", "Columns that come twice: {en}."),
    "sheet.missing_columns": ("缺少的列: {zh}。", "Missing columns: {en}."),
    "sheet.untitled_cell": ("没有标题的列里有内容。", "A cell stands in a column without a title."),
    "sheet.required": ("必填。", "It is required."),
    "sheet.cell_too_long": ("内容过长, 上限 {limit} 字。", "It is too long; the limit is {limit} characters."),
    "sheet.unknown_choice": ("不在可选范围内: {choices_zh}。", "It is not one of: {choices_en}."),
    "sheet.formula_error": ("公式有误。", "Its formula has an error."),
    "sheet.digits_lost": (
        "数字过长, 表格已丢失尾数, 请设为文本格式后重填。",
        "The number has lost digits in the spreadsheet; format it as text and enter it again.",
    ),
    "sheet.odd_characters": ("含有不可见的控制字符。", "It has control characters."),
}


class BadSheet(Problem):
    """The file as a whole cannot be imported."""

    status = 422
    code = "bad_sheet"
    zh = "无法导入此文件: {reason}"
    en = "This file cannot be imported: {reason}"


def sentence(error: SheetError) -> str:
    """The error in the caller's language; it never holds what a cell holds."""
    return pick(*_TEXTS[error.code]).format_map(error.params)


def refusal(error: SheetError, pointer: str = "/file") -> BadSheet:
    """The problem for an error that concerns the whole file."""
    text = sentence(error)
    return BadSheet(errors=[FieldError(pointer, error.code, text)], reason=text)
