"""From what was sent to a row: the person, the day and slot, the answers, the status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.checkins import forms, rules
from app.checkins.errors import NotOnRoll
from app.checkins.models import HealthStatus, Slot, Source
from app.checkins.queries.ingest import Key, PersonDayKey
from app.checkins.schemas.readings import Content
from app.kernel.errors import FieldError, Invalid
from app.people.models import PersonKind
from app.policies.settings import Rules
from app.rollups.models import NOBODY

Place = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Subject:
    """A person whom the sender may log, as it stood on the day of the reading."""

    institution_id: int
    id: int
    household: bool
    unit_id: int
    counts: bool

    @classmethod
    def of(cls, row: Any, day: date) -> "Subject":
        """From a row of `subjects.subjects`; raises `NotOnRoll`."""
        household = row.kind is PersonKind.HOUSEHOLD
        here = row.enrolled_on <= day and (row.left_on is None or day < row.left_on)
        if not here or (row.valid_from is None and not household):
            raise NotOnRoll
        # Household members are followed beside the roll and counted apart.
        unit = NOBODY if household else row.unit_id or NOBODY
        return cls(row.institution_id, row.id, household, unit, household or row.due)


@dataclass(slots=True)
class Draft:
    """A row that is about to be inserted: what a correction adds only in corrections."""

    row: dict[str, Any]

    @property
    def key(self) -> Key:
        """Institution, person and id."""
        return (self.row["institution_id"], self.row["person_id"], self.row["id"])

    @property
    def person_day(self) -> PersonDayKey:
        """Institution, day and person: what is counted."""
        return (self.row["institution_id"], self.row["day"], self.row["person_id"])

    @property
    def counted_in(self) -> tuple[int, date, int]:
        """Institution, day and unit: where it is counted."""
        return (self.row["institution_id"], self.row["day"], self.row["unit_id"])

    def summary(self) -> rules.PersonDay:
        """What this reading alone says of the day."""
        row = self.row
        return rules.PersonDay(
            row["unit_id"],
            row["household"],
            row["status"],
            row["symptoms"] != 0,
            row["temperature"] is not None,
            not row["late"],
        )


def read_answers(content: Content, within: Place) -> forms.Answers:
    """The answers, typed; raises `Invalid` with pointers where an answer to the current form is wrong."""
    answers, wrong = forms.read(content.form_version, content.answers)
    if wrong:
        place = "".join(f"/{part}" for part in (*within, "answers"))
        raise Invalid(errors=[FieldError(place + one.pointer, one.code, one.detail) for one in wrong])
    return answers


def content_values(content: Content, answers: forms.Answers) -> dict[str, Any]:
    """The columns that say what was measured and answered."""
    tenths = content.tenths
    return {
        "temperature": tenths,
        "site": content.site if tenths is not None else None,
        "not_measured_reason": content.not_measured_reason,
        "symptoms": answers.symptoms,
        "form_version": content.form_version,
        "answers": answers.document(),
    }


@dataclass(frozen=True, slots=True)
class Sent:
    """By whom, from where and when a reading was sent."""

    id: UUID
    source: Source
    received_at: datetime
    account_id: int | None


def draft(
    content: Content,
    sent: Sent,
    when: rules.When,
    subject: Subject,
    *,
    answers: forms.Answers,
    policy: Rules,
) -> Draft:
    """The row of a reading."""
    day = when.day
    slot = rules.slot_rule(policy.slots, when.taken_at)
    status: HealthStatus = rules.judge(policy, content.tenths, content.site, answers, day)
    return Draft(
        {
            "institution_id": subject.institution_id,
            "day": day,
            "person_id": subject.id,
            "id": sent.id,
            "unit_id": subject.unit_id,
            "household": subject.household,
            "counted": subject.counts,
            "slot": Slot(slot.slot),
            "source": sent.source,
            "status": status,
            **content_values(content, answers),
            "late": rules.is_late(slot, day, sent.received_at),
            "skewed": when.skewed,
            "implausible": False,
            "taken_at": when.taken_at,
            "received_at": sent.received_at,
            "recorded_by": sent.account_id,
        }
    )
