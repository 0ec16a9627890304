"""The sheet of an import: its columns, and each row as a draft or as what is wrong with it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from app.institutions.models import InstitutionKind, SchoolType
from app.institutions.queries import tree
from app.institutions.service.drafting import TEXTS, Draft, faults
from app.kernel import clock, sheet_errors
from app.kernel.sheet_values import as_day
from app.kernel.sheets import Choice, Column, Row, SheetError

_MAX_NAME: Final = 80
_CODE: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")
_DIVISION: Final = re.compile(r"[0-9]{6}")

COLUMNS: Final = (
    Column("code", "机构代码", "code", required=True, example="2132000101"),
    Column("name", "名称", "name", required=True, example="玄武第一小学"),
    Column(
        "kind",
        "类型",
        "kind",
        required=True,
        choices=(
            Choice("province", "省", "province"),
            Choice("city", "市", "city"),
            Choice("county", "县", "county"),
            Choice("school", "学校", "school"),
        ),
    ),
    Column(
        "school_type",
        "学校类别",
        "school type",
        choices=(
            Choice("kindergarten", "幼儿园", "kindergarten"),
            Choice("primary", "小学", "primary"),
            Choice("junior", "初中", "junior"),
            Choice("senior", "高中", "senior"),
            Choice("vocational", "中职", "vocational"),
            Choice("special", "特殊教育", "special"),
            Choice("nursery", "托育机构", "nursery"),
        ),
    ),
    Column("parent_code", "上级代码", "parent code", example="320102"),
    Column("division_code", "行政区划代码", "division code", example="320102"),
    Column("opened_on", "成立日期", "opened on", example="2020-09-01"),
)
_TITLES: Final = {column.name: {"column": column.name, "zh": column.zh, "en": column.en} for column in COLUMNS}
sheet_errors.register({f"institution.{code}": texts for code, texts in TEXTS.items()})
sheet_errors.register(
    {
        "institution.code_format": ("代码只能用字母、数字和 . _ -。", "A code has letters, digits and . _ - only."),
        "institution.name_too_long": ("名称最多 80 字。", "A name has at most 80 characters."),
        "institution.division_format": ("行政区划代码应为六位数字。", "A division code has six digits."),
        "institution.day_format": ("日期应写作 2020-09-01。", "A day is written 2020-09-01."),
        "institution.code_twice": ("此代码在文件中重复。", "This code comes twice in the file."),
        "institution.code_taken": ("此代码已被使用。", "This code is already in use."),
        "institution.parent_unknown": (
            "找不到上级, 或上级所在行有误。",
            "The parent is not there, or its own row is wrong.",
        ),
        "institution.parent_not_open": ("上级已关闭或已合并。", "The parent is closed or merged."),
        "institution.kind_not_below": (
            "这一级机构不能设在该上级之下。",
            "An institution of this kind cannot stand below that one.",
        ),
        "institution.too_deep": ("层级过深。", "It stands too deep in the tree."),
        "institution.not_open": ("该机构已关闭或已合并。", "The institution is closed or merged."),
        "institution.kind_differs": ("该机构已存在, 类型不同。", "It exists already, as another kind."),
        "institution.stands_elsewhere": (
            "该机构已在其他上级之下, 请用移动。",
            "It stands below another parent already; move it instead.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is right by itself; ``parent_code`` None: it stands at the top of the import."""

    number: int
    draft: Draft
    parent_code: str | None

    @property
    def code(self) -> str:
        """The code, which a sheet must give."""
        return self.draft.code or ""


def row_error(number: int, column: str, code: str) -> SheetError:
    """What is wrong with a row, at a column."""
    return SheetError(f"institution.{code}", row=number, **_TITLES[column])


def checked(session: Session, rows: Sequence[Row]) -> tuple[list[Line], list[SheetError]]:
    """The rows that are right by themselves, and what is wrong with the others."""
    today = clock.today()
    codes = {row.values["division_code"] for row in rows if _DIVISION.fullmatch(row.values["division_code"])}
    known = tree.known_divisions(session, codes, today) if codes else set()
    seen: set[str] = set()
    lines, errors = [], []
    for row in rows:
        found = [*row.errors] or [row_error(row.number, *fault) for fault in _cell_faults(row.values)]
        if not found:
            draft = _draft(row.values, today)
            twice = [("code", "code_twice")] if draft.code in seen else []
            found = [row_error(row.number, *fault) for fault in (*faults(draft, known, today), *twice)]
        seen.add(row.values["code"])
        if found:
            errors += found
        else:
            lines.append(Line(row.number, draft, row.values["parent_code"] or None))
    return lines, errors


def _cell_faults(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not _CODE.fullmatch(values["code"]):
        yield "code", "code_format"
    if len(values["name"]) > _MAX_NAME:
        yield "name", "name_too_long"
    if values["division_code"] and not _DIVISION.fullmatch(values["division_code"]):
        yield "division_code", "division_format"
    if values["opened_on"] and as_day(values["opened_on"]) is None:
        yield "opened_on", "day_format"


def _draft(values: Mapping[str, str], today: date) -> Draft:
    return Draft(
        kind=InstitutionKind(values["kind"]),
        name=values["name"],
        code=values["code"],
        school_type=SchoolType(values["school_type"]) if values["school_type"] else None,
        division_code=values["division_code"] or None,
        opened_on=as_day(values["opened_on"]) or today,
    )
