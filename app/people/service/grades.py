"""How grades and classes are called, and what they are called a year later."""

import re
from functools import lru_cache
from typing import Final

from app.institutions.models import SchoolType

_NUMERALS: Final = ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_LAST: Final = len(_NUMERALS) - 1

# A way of naming: grade -> how the name of its classes begins; and what must follow, or it is part of something else.
_BRACKET: Final = r"(?=[(（.\-—])"
_YOUNGEST: Final = {1: "小", 2: "中", 3: "大"}
_Way = tuple[dict[int, str], str]
_SCHOOL_WAYS: Final[tuple[_Way, ...]] = (
    ({level: f"{_NUMERALS[level]}年级" for level in range(1, _LAST + 1)}, ""),
    ({level: f"{level}年级" for level in range(1, _LAST + 1)}, ""),
    ({level: f"Grade {level}" for level in range(1, _LAST + 1)}, r"(?![0-9])"),
    ({7: "初一", 8: "初二", 9: "初三"}, ""),
    ({10: "高一", 11: "高二", 12: "高三"}, ""),
    ({level: _NUMERALS[level] for level in range(1, _LAST + 1)}, _BRACKET),
    ({level: str(level) for level in range(1, _LAST + 1)}, _BRACKET),
)
# In a primary school 小一班 is a class of the first grade, not of the youngest.
_KINDERGARTEN_WAYS: Final[tuple[_Way, ...]] = ((_YOUNGEST, r"(?=[班一二三四五六七八九十0-9(（])"),)
_KINDERGARTENS: Final = frozenset({SchoolType.KINDERGARTEN, SchoolType.NURSERY})

HIGHEST: Final = 20  # what a unit's grade can be

# The last grade of a type of school; others are named in the order to promote.
LAST_GRADES: Final = {
    SchoolType.KINDERGARTEN: 3,
    SchoolType.NURSERY: 3,
    SchoolType.PRIMARY: 6,
    SchoolType.JUNIOR: 9,
    SchoolType.SENIOR: 12,
    SchoolType.VOCATIONAL: 12,
    SchoolType.SPECIAL: 9,
}


def _ways(school_type: SchoolType | None) -> tuple[_Way, ...]:
    return _KINDERGARTEN_WAYS if school_type in _KINDERGARTENS else _SCHOOL_WAYS


@lru_cache(maxsize=1024)
def level_of(name: str, school_type: SchoolType | None) -> int | None:
    """The grade that a name begins with ("三年级2班" → 3), None where it names none."""
    for way, after in _ways(school_type):
        # The longest first: 十一年级 does not begin with 十.
        for level, word in sorted(way.items(), key=lambda pair: -len(pair[1])):
            if re.match(re.escape(word) + after, name):
                return level
    return None


def a_year_later(name: str, level: int, school_type: SchoolType | None) -> str:
    """The name with its grade raised; the same where it does not say the grade ("向日葵班", "2023级1班")."""
    for way, after in _ways(school_type):
        word, following = way.get(level), way.get(level + 1)
        if word and following and re.match(re.escape(word) + after, name):
            return following + name[len(word) :]
    return name


def grade_name(level: int, school_type: SchoolType | None) -> str:
    """What a grade is called where none of the school's has a name yet."""
    if school_type in _KINDERGARTENS and level in _YOUNGEST:
        return f"{_YOUNGEST[level]}班"
    return f"{_NUMERALS[level]}年级" if level <= _LAST else f"{level}年级"


def class_name(grade: str, name: str, school_type: SchoolType | None) -> str:
    """The full name of a class of a grade: 三年级 and 2班 (or 2) make 三年级2班; a full name stays."""
    if not name or not grade or name.startswith(grade) or level_of(name, school_type) is not None:
        return name
    return f"{grade}{name}班" if name.isdigit() else f"{grade}{name}"
