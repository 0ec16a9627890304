"""What an institution has to be before it may be made: used for one at a time and for whole sheets."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.institutions.models import InstitutionKind, SchoolType
from app.kernel.errors import FieldError
from app.kernel.language import pick

_RANK: Final = {
    InstitutionKind.PROVINCE: 0,
    InstitutionKind.CITY: 1,
    InstitutionKind.COUNTY: 2,
    InstitutionKind.SCHOOL: 3,
}
# The first two digits of a school's code; nurseries have none.
CODE_PREFIXES: Final = {
    SchoolType.KINDERGARTEN: "11",
    SchoolType.PRIMARY: "21",
    SchoolType.JUNIOR: "31",
    SchoolType.SENIOR: "34",
    SchoolType.VOCATIONAL: "36",
    SchoolType.SPECIAL: "51",
}
_CODE_LENGTH: Final = 10
TEXTS: Final = {
    "school_type_needed": ("学校须注明类别。", "A school says its type."),
    "school_type_without_school": ("只有学校有学校类别。", "Only a school has a school type."),
    "school_code_format": ("学校标识码应为十位数字。", "The code of a school has ten digits."),
    "school_code_type": ("学校标识码的前两位与学校类别不符。", "The first two digits do not say this school type."),
    "school_code_province": ("学校标识码的省份与行政区划不符。", "Digits three and four are of another province."),
    "division_unknown": ("该日没有此行政区划代码。", "No division has this code on that day."),
    "opened_in_future": ("成立日期不能晚于今天。", "It cannot have opened in the future."),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """An institution as it would be."""

    kind: InstitutionKind
    name: str
    code: str | None
    school_type: SchoolType | None
    division_code: str | None
    opened_on: date


def fits_below(kind: InstitutionKind, parent: InstitutionKind) -> bool:
    """Kinds descend; only a school may stand below its own kind."""
    return _RANK[parent] < _RANK[kind] or kind is parent is InstitutionKind.SCHOOL


def faults(draft: Draft, known_divisions: Collection[str], today: date) -> Iterator[tuple[str, str]]:
    """What is wrong with a draft: (field, code of `TEXTS`)."""
    if draft.kind is InstitutionKind.SCHOOL:
        yield from _school_faults(draft)
    elif draft.school_type is not None:
        yield "school_type", "school_type_without_school"
    if draft.division_code is not None and draft.division_code not in known_divisions:
        yield "division_code", "division_unknown"
    if draft.opened_on > today:
        yield "opened_on", "opened_in_future"


def _school_faults(draft: Draft) -> Iterator[tuple[str, str]]:
    if draft.school_type is None:
        yield "school_type", "school_type_needed"
        return
    prefix = CODE_PREFIXES.get(draft.school_type)
    if draft.code is None or prefix is None:
        return
    if len(draft.code) != _CODE_LENGTH or not draft.code.isascii() or not draft.code.isdecimal():
        yield "code", "school_code_format"
    elif not draft.code.startswith(prefix):
        yield "code", "school_code_type"
    elif draft.division_code is not None and draft.code[2:4] != draft.division_code[:2]:
        yield "code", "school_code_province"


def field_error(field: str, code: str) -> FieldError:
    """A fault as the API tells it."""
    return FieldError(f"/{field}", code, pick(*TEXTS[code]))
