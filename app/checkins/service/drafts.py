"""From what was sent to a row: the person, the day and slot, the answers, the status."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.checkins import forms, rules
from app.checkins.errors import NotOnRoll
from app.checkins.models import HealthStatus, Slot, Source
from app.checkins.schemas.readings import Content, ReadingIn
from app.kernel import clock
from app.kernel.errors import FieldError, Invalid, Problem
from app.people.models import Person, PersonKind
from app.policies.settings import Rules
from app.rollups.models import NOBODY

Key = tuple[int, int, UUID]  # institution, person, id: what makes a reading one and the same


@dataclass(slots=True)
class Item:
    """A reading on its way, at its place in the request; ``when`` or why it has no place in time."""

    index: int
    place: Sequence[str | int]
    reading: ReadingIn
    when: rules.When | None = None
    problem: Problem | None = None

    @property
    def order(self) -> tuple[datetime, int]:
        """By the time of measuring: the order of a request means nothing."""
        return (self.when.taken_at if self.when else datetime.min.replace(tzinfo=UTC), self.index)


class Stretch(NamedTuple):
    """Days in which someone stood in a unit (None: in none), and whether a reading was owed in them."""

    valid_from: date
    valid_to: date | None
    unit_id: int | None
    due: bool


@dataclass(slots=True)
class Subject:
    """A person whom the actor may log, with the standings that may matter."""

    institution_id: int
    id: int
    kind: PersonKind
    ward_id: int
    unit_now: int | None
    enrolled_on: date
    left_on: date | None
    standings: list[Stretch] = field(default_factory=list)

    @classmethod
    def of(cls, person: Person) -> "Subject":
        """The same from a loaded row, without standings."""
        return cls(
            person.institution_id,
            person.id,
            person.kind,
            person.ward_id,
            person.unit_id,
            person.enrolled_on,
            person.left_on,
        )

    @property
    def household(self) -> bool:
        """Followed beside the roll, counted apart."""
        return self.kind is PersonKind.HOUSEHOLD

    def unit_on(self, day: date) -> int:
        """The unit in which the person counts on ``day``; raises `NotOnRoll`."""
        if day < self.enrolled_on or (self.left_on is not None and day >= self.left_on):
            raise NotOnRoll
        if self.household:
            return NOBODY
        stretch = self._stretch(day)
        if stretch is None:
            raise NotOnRoll
        return stretch.unit_id or NOBODY

    def counts_on(self, day: date) -> bool:
        """Whether a reading of ``day`` counts: one that is owed, or one of the household, which has its own figures."""
        stretch = self._stretch(day)
        return self.household or (stretch is not None and stretch.due)

    def _stretch(self, day: date) -> Stretch | None:
        covering = (
            one for one in self.standings if one.valid_from <= day and (one.valid_to is None or day < one.valid_to)
        )
        return next(covering, None)


@dataclass(slots=True)
class Draft:
    """A row that is about to be inserted."""

    key: Key
    household: bool
    counted: bool
    unit_id: int
    day: date
    slot: Slot
    status: HealthStatus
    values: dict[str, Any]

    @property
    def person_day(self) -> tuple[int, date, int]:
        """Institution, day and person: what is counted."""
        return (self.key[0], self.day, self.key[1])

    def row(self) -> dict[str, Any]:
        """All columns."""
        institution_id, person_id, id_ = self.key
        return self.values | {
            "institution_id": institution_id,
            "day": self.day,
            "person_id": person_id,
            "id": id_,
            "unit_id": self.unit_id,
            "household": self.household,
            "counted": self.counted,
            "slot": self.slot,
            "status": self.status,
        }


def subjects(rows: Sequence[Any]) -> dict[int, Subject]:
    """Persons by id, from rows of one standing each."""
    found: dict[int, Subject] = {}
    for row in rows:
        subject = found.get(row.id)
        if subject is None:
            subject = found[row.id] = Subject(
                row.institution_id, row.id, row.kind, row.ward_id, row.unit_now, row.enrolled_on, row.left_on
            )
        if row.valid_from is not None:
            subject.standings.append(Stretch(row.valid_from, row.valid_to, row.unit_id, row.due))
    return found


def read_answers(content: Content, within: Sequence[str | int]) -> forms.Answers:
    """The answers, typed; raises `Invalid` with pointers where an answer to the current form is wrong."""
    answers, wrong = forms.read(content.form_version, content.answers)
    if wrong:
        place = "".join(f"/{part}" for part in (*within, "answers"))
        raise Invalid(errors=[FieldError(place + one.pointer, one.code, one.detail) for one in wrong])
    return answers


def content_values(content: Content, answers: forms.Answers) -> dict[str, Any]:
    """The columns that say what was measured and answered."""
    return {
        "temperature": content.tenths,
        "site": content.site if content.tenths is not None else None,
        "not_measured_reason": content.not_measured_reason,
        "symptoms": answers.symptoms,
        "form_version": content.form_version,
        "answers": answers.document(),
    }


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for every reading of a request."""

    received_at: datetime
    account_id: int | None
    any_age: bool  # the service itself may bring in what is older than the policy takes


def draft(
    item: Item,
    when: rules.When,
    subject: Subject,
    *,
    answers: forms.Answers,
    source: Source,
    policy: Rules,
    at: Circumstances,
) -> Draft:
    """The row of an item; raises the problem why there can be none."""
    if not at.any_age:
        rules.check_age(when.day, clock.school_day(at.received_at), policy)
    rule = rules.slot_rule(policy.slots, when.taken_at)
    reading = item.reading
    return Draft(
        key=(subject.institution_id, subject.id, reading.id),
        household=subject.household,
        counted=subject.counts_on(when.day),
        unit_id=subject.unit_on(when.day),
        day=when.day,
        slot=Slot(rule.slot),
        status=rules.judge(policy, reading.tenths, reading.site, answers, when.day),
        values=content_values(reading, answers)
        | {
            "source": source,
            "late": rules.is_late(rule, when.day, at.received_at),
            "skewed": when.skewed,
            "implausible": False,
            "taken_at": when.taken_at,
            "received_at": at.received_at,
            "recorded_by": at.account_id,
            "replaces": None,
            "correction_reason": None,
        },
    )
