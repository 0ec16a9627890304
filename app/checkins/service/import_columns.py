"""The columns of a sheet of readings, and the template that schools fill in."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.checkins import forms
from app.checkins.models import Slot
from app.kernel import sheets
from app.kernel.language import Language
from app.kernel.sheets import Choice, Column

_SLOTS: Final[Mapping[Slot, tuple[str, str]]] = {
    Slot.MORNING: ("晨检", "morning"),
    Slot.NOON: ("午检", "noon"),
    Slot.EVENING: ("晚检", "evening"),
}
# The questions that have a column of their own, of one choice.
CHOSEN: Final = {question.name: question for question in forms.FORMS[forms.CURRENT] if not question.many}


def _choices(named: Mapping[Any, tuple[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(str(value), zh, en) for value, (zh, en) in named.items())


def _options(options: Iterable[forms.Option]) -> tuple[Choice, ...]:
    return tuple(Choice(option.code, option.zh, option.en) for option in options)


COLUMNS: Final = (
    Column("number", "学号或工号", "student or staff number", example="20260001"),
    Column("identity_number", "身份证号", "identity number"),
    Column("person_id", "人员编号", "person id"),
    Column("day", "日期", "day", required=True, example="2026-09-01"),
    Column("time", "时间", "time", example="07:30"),
    Column("slot", "时段", "slot", choices=_choices(_SLOTS)),
    Column("temperature", "体温", "temperature", example="36.5"),
    Column("not_measured_reason", "未测温原因", "why not measured", choices=_choices(forms.REASONS)),
    Column("site", "测量部位", "site", choices=_choices(forms.SITES)),
    Column("symptoms", "症状", "symptoms", example="、".join(option.zh for option in forms.SYMPTOMS)),
    *(Column(one.name, one.zh, one.en, choices=_options(one.options)) for one in CHOSEN.values()),
    Column("id", "打卡编号", "reading id"),
)
TITLES: Final = {column.name: column for column in COLUMNS}


def template(language: Language) -> bytes:
    """An empty sheet with titles in a language."""
    return sheets.template(COLUMNS, language)
