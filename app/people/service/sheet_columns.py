"""The columns of the roll's sheets, and the templates that schools fill in."""

from typing import Final

from app.kernel import sheets
from app.kernel.language import Language
from app.kernel.sheets import Column
from app.people.schemas import ImportKind

GUARDIANS: Final = 2
MEMBERS: Final = 4
MAX_NAME: Final = 80
MAX_RELATION: Final = 20


def _guardian(number: int) -> tuple[Column, ...]:
    return (
        Column(f"guardian_{number}_name", f"监护人{number}姓名", f"guardian {number} name", example="李某"),
        Column(f"guardian_{number}_relation", f"监护人{number}关系", f"guardian {number} relation", example="母亲"),
        Column(f"guardian_{number}_phone", f"监护人{number}电话", f"guardian {number} phone", example="13800138000"),
    )


def _member(number: int) -> tuple[Column, ...]:
    return (
        Column(f"member_{number}_name", f"共同居住人{number}姓名", f"household member {number} name"),
        Column(f"member_{number}_relation", f"共同居住人{number}关系", f"household member {number} relation"),
    )


_NAME: Final = Column("name", "姓名", "name", required=True, example="张某")
_IDENTITY: Final = Column("identity_number", "身份证号", "identity number")
_PHONE: Final = Column("phone", "本人电话", "own phone")

COLUMNS: Final[dict[ImportKind, tuple[Column, ...]]] = {
    ImportKind.STUDENTS: (
        Column("grade", "年级", "grade", example="三年级"),
        Column("class", "班级", "class", example="2班"),
        _NAME,
        Column("number", "学号", "student number"),
        _IDENTITY,
        _PHONE,
        Column("dormitory", "宿舍", "dormitory"),
        *(column for number in range(1, GUARDIANS + 1) for column in _guardian(number)),
        *(column for number in range(1, MEMBERS + 1) for column in _member(number)),
    ),
    ImportKind.STAFF: (
        Column("department", "部门", "department", example="教务处"),
        _NAME,
        Column("number", "工号", "staff number"),
        _IDENTITY,
        _PHONE,
        Column("dormitory", "宿舍", "dormitory"),
    ),
}


def template(kind: ImportKind, language: Language) -> bytes:
    """An empty sheet of a kind, with titles in a language."""
    return sheets.template(COLUMNS[kind], language)
