"""One row of a sheet of readings: whom it names, when, what was measured. Errors hold no cell's content."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import ValidationError

from app.checkins import forms
from app.checkins.schemas.imports import Entry
from app.checkins.schemas.readings import ReadingIn
from app.checkins.service.import_columns import CHOSEN, TITLES
from app.kernel import clock
from app.kernel.secrets import vault
from app.kernel.sheet_errors import Found
from app.kernel.sheet_values import as_day, as_time
from app.kernel.sheets import Row
from app.kernel.validation import FIELD_TEXTS
from app.people.service import Directory, WrongValueError

T = TypeVar("T")
_BETWEEN: Final = re.compile(r"[、,;/|\n]+")
_NONE: Final = frozenset({"无", "没有", "none"})
_SYMPTOMS: Final = {name: option.code for option in forms.SYMPTOMS for name in (option.code, option.zh, option.en)}
_DEGREES: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?(?:°C|度)?")
_ID_PURPOSE: Final = "checkin.import_id"


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of a row; ``broken`` ones could not be read."""

    row: int
    values: Mapping[str, str]
    broken: frozenset[str]
    found: Found

    def wrong(self, column: str, code: str, **params: object) -> None:
        self.found.add(self.row, column, code, **params)

    def get(self, column: str, read: Callable[[str], T | None], code: str) -> T | None:
        """What ``read`` makes of a cell; None where it is empty or, told as ``code``, wrong."""
        text = self.values[column]
        value = read(text) if text else None
        if text and value is None:
            self.wrong(column, code)
        return value

    def any(self, *columns: str) -> bool:
        """Whether anything stands in one of them, readable or not."""
        return any(self.values[column] or column in self.broken for column in columns)


@dataclass(slots=True)
class Reader:
    """Reads the rows of one sheet. ``opens``: when the school's slots open; what is wrong goes to ``found``."""

    institution_id: int
    directory: Directory
    opens: Mapping[str, time]
    found: Found = field(default_factory=lambda: Found(TITLES))
    _seen: dict[object, int] = field(default_factory=dict)

    def read(self, row: Row) -> Entry | None:
        """The reading of a row; None where anything in it is wrong, and all that is wrong is told."""
        before = len(self.found.errors)
        self.found.errors.extend(row.errors)
        broken = frozenset(str(error.params["column"]) for error in row.errors)
        cells = _Cells(row.number, row.values, broken, self.found)
        person_id, taken_at, content = self._person(cells), self._taken_at(cells), _content(cells)
        id_ = cells.get("id", _uuid, "checkins.id_wrong")
        if person_id is not None and taken_at is not None:
            self._once(cells, "time", (person_id, taken_at))
            if id_ is not None:
                self._once(cells, "id", id_)
            # The id follows from what the row says, so that the same sheet may be sent twice.
            id_ = id_ or self._derived(person_id, cells, content)
        if len(self.found.errors) > before or taken_at is None:
            return None
        reading = _reading(cells, {"id": id_, "person_id": person_id, "taken_at": taken_at, **content})
        return None if reading is None else Entry(row=row.number, day=clock.school_day(taken_at), reading=reading)

    def _person(self, cells: _Cells) -> int | None:
        meant: set[int] = set()
        ways = {
            "number": self.directory.by_number,
            "identity_number": self.directory.by_identity,
            "person_id": self.directory.by_id,
        }
        for column, look_up in ways.items():
            try:
                meant |= {look_up(cells.values[column])} if cells.values[column] else set()
            except WrongValueError as error:
                cells.wrong(column, error.code)
        if not cells.any(*ways):
            cells.wrong("number", "checkins.person_missing")
        if len(meant) > 1:
            cells.wrong("number", "checkins.two_persons")
        return next(iter(meant), None)

    def _taken_at(self, cells: _Cells) -> datetime | None:
        """When it was measured; of a slot alone, when that opens."""
        day = cells.get("day", as_day, "checkins.day_wrong")
        at = cells.get("time", as_time, "checkins.time_wrong")
        if cells.any("time") is cells.any("slot"):
            cells.wrong("time", "checkins.time_or_slot")
        at = at or cells.get("slot", self.opens.get, "checkins.slot_unknown")
        return clock.at(day, at) if day is not None and at is not None else None

    def _once(self, cells: _Cells, column: str, key: object) -> None:
        first = self._seen.setdefault(key, cells.row)
        if first != cells.row:
            cells.wrong(column, "checkins.twice_in_file", first=first)

    def _derived(self, person_id: int, cells: _Cells, content: Mapping[str, Any]) -> UUID:
        day, at = as_day(cells.values["day"]), as_time(cells.values["time"]) or cells.values["slot"]
        text = json.dumps([self.institution_id, person_id, str(day), str(at), content], sort_keys=True)
        # A keyed hash: whoever sees the id must not find out by trying from which temperature it was made.
        return UUID(bytes=vault().fingerprint(text, _ID_PURPOSE)[:16], version=5)


def _content(cells: _Cells) -> dict[str, Any]:
    """What was measured and answered, as a reading has it."""
    answers: dict[str, Any] = {name: cells.values[name] for name in CHOSEN if cells.values[name]}
    symptoms = cells.get("symptoms", _symptoms, "checkins.symptom_unknown")
    if symptoms:
        answers["symptoms"] = symptoms
    content = {
        "temperature": cells.get("temperature", _degrees, "checkins.temperature_wrong"),
        "not_measured_reason": cells.values["not_measured_reason"] or None,
        "site": cells.values["site"] or None,
        "answers": answers,
    }
    return {name: value for name, value in content.items() if value is not None}


def _reading(cells: _Cells, values: Mapping[str, Any]) -> ReadingIn | None:
    try:
        return ReadingIn.model_validate(values)
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            cells.wrong("temperature", FIELD_TEXTS[one["type"]][0])
        return None


def _symptoms(text: str) -> list[str] | None:
    """Codes of words between commas and the like, in the order of the standard; None if one is not known."""
    words = [word.strip().casefold() for word in _BETWEEN.split(text) if word.strip()]
    chosen = {word for word in words if word not in _NONE}
    if not chosen <= _SYMPTOMS.keys():
        return None
    return forms.codes(forms.mask({_SYMPTOMS[word] for word in chosen}))


def _degrees(text: str) -> float | None:
    found = _DEGREES.fullmatch(text)
    return float(found[1]) if found else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
