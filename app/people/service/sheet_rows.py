"""One row of a roll's sheet: its cells checked by themselves, without the roll. Errors hold no cell's content."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from app.institutions.models import SchoolType
from app.kernel.sheet_errors import Found
from app.kernel.sheets import Column, Row
from app.people.models import Guardian, Person
from app.people.schemas import ImportKind
from app.people.service import grades, values
from app.people.service.sheet_columns import COLUMNS, GUARDIANS, MAX_NAME, MAX_RELATION, MEMBERS

T = TypeVar("T")
TITLES: dict[str, Column] = {column.name: column for columns in COLUMNS.values() for column in columns}


@dataclass(slots=True)
class Contact:
    """A guardian or household member of a row."""

    name: str
    relation: str
    phone: str | None = None
    phone_fingerprint: bytes | None = None
    stands: Guardian | None = None  # the entry of the list that gets this phone


@dataclass(slots=True)
class Entry:
    """A row that can be read, and what the roll makes of it."""

    row: int
    name: str
    grade: str
    unit: str
    dormitory: str
    number: str | None = None
    identity: str | None = None
    identity_fingerprint: bytes | None = None
    phone: str | None = None
    phone_fingerprint: bytes | None = None
    guardians: list[Contact] = field(default_factory=list)
    members: list[Contact] = field(default_factory=list)
    person: Person | None = None  # whom it updates
    unit_id: int | None = None
    dormitory_id: int | None = None


def parse(row: Row, kind: ImportKind, school_type: SchoolType | None, found: Found) -> Entry:
    """The entry of a row; what is wrong goes to ``found``, and the rest of the row is still looked at."""
    found.errors.extend(row.errors)
    cells = {**dict.fromkeys(TITLES, ""), **row.values}
    wrong = {str(error.params.get("column")) for error in row.errors}
    students = kind is ImportKind.STUDENTS
    grade = cells["grade"]
    unit = grades.class_name(grade, cells["class"], school_type) if students else cells["department"]
    if students and grade and not unit and "class" not in wrong:
        found.add(row.number, "class", "sheet.required")
    entry = Entry(row.number, cells["name"], grade, unit, cells["dormitory"])
    for column in ("name", "grade", "class", "department", "dormitory"):
        _short(cells, column, MAX_NAME, row.number, found)
    _numbers(entry, cells, wrong, found)
    entry.phone = _checked(values.phone, cells["phone"], row.number, "phone", found)
    entry.phone_fingerprint = values.fingerprint_phone(entry.phone) if entry.phone else None
    _contacts(entry, cells, found)
    return entry


def _numbers(entry: Entry, cells: dict[str, str], wrong: set[str], found: Found) -> None:
    entry.identity = _checked(values.identity_number, cells["identity_number"], entry.row, "identity_number", found)
    if cells["number"]:
        try:
            entry.number, entry.identity = values.student_number(cells["number"], entry.identity)
        except values.WrongValueError as error:
            found.add(entry.row, "number", error.code)
    elif not cells["identity_number"] and not wrong & {"number", "identity_number"}:
        # Without either the next import could not tell whether it is the same person.
        found.add(entry.row, "number", "people.key_missing")
    entry.identity_fingerprint = values.fingerprint_identity(entry.identity) if entry.identity else None


def _contacts(entry: Entry, cells: dict[str, str], found: Found) -> None:
    for place in range(1, GUARDIANS + 1):
        _guardian(entry, cells, f"guardian_{place}", found)
    for place in range(1, MEMBERS + 1):
        prefix = f"member_{place}"
        contact = _contact(entry, cells, prefix, "", found)
        if contact is not None:
            entry.members.append(contact)


def _guardian(entry: Entry, cells: dict[str, str], prefix: str, found: Found) -> None:
    phone_column = f"{prefix}_phone"
    contact = _contact(entry, cells, prefix, cells[phone_column], found)
    if contact is None:
        return
    contact.phone = _checked(values.phone, cells[phone_column], entry.row, phone_column, found)
    contact.phone_fingerprint = values.fingerprint_phone(contact.phone) if contact.phone else None
    if contact.phone and contact.phone in {one.phone for one in entry.guardians}:
        found.add(entry.row, phone_column, "people.guardian_twice")
    entry.guardians.append(contact)


def _contact(entry: Entry, cells: dict[str, str], prefix: str, phone: str, found: Found) -> Contact | None:
    name, relation = cells[f"{prefix}_name"], cells[f"{prefix}_relation"]
    if not (name or relation or phone):
        return None
    if not name:
        found.add(entry.row, f"{prefix}_name", "people.name_missing")
    _short(cells, f"{prefix}_name", MAX_NAME, entry.row, found)
    _short(cells, f"{prefix}_relation", MAX_RELATION, entry.row, found)
    return Contact(name, relation or "—")


def _short(cells: dict[str, str], column: str, limit: int, row: int, found: Found) -> None:
    if len(cells[column]) > limit:
        found.add(row, column, "people.text_too_long", limit=limit)


def _checked(check: Callable[[str], T], cell: str, row: int, column: str, found: Found) -> T | None:
    try:
        return check(cell) if cell else None
    except values.WrongValueError as error:
        found.add(row, column, error.code)
        return None
