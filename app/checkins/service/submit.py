"""The one way in, for a single reading, an offline queue, a class, a gate and an import alike."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, visible
from app.checkins import forms, rules
from app.checkins.models import CheckIn, Source
from app.checkins.queries import ingest
from app.checkins.schemas.answers import ItemOut, Outcome, ReceiptOut
from app.checkins.schemas.readings import ReadingIn, Unreadable
from app.checkins.service import receipts
from app.checkins.service.drafts import Circumstances, Draft, Item, Key, Subject, draft, read_answers, subjects
from app.checkins.service.landing import land
from app.checkins.service.memory import Memory
from app.checkins.service.receipts import Refused
from app.checkins.service.sources import source_of
from app.kernel import clock
from app.kernel.errors import FieldError, Invalid, NotFound, Problem
from app.people.models import Person
from app.policies import service as policies

Place = Sequence[str | int]
Answers = dict[int, ReceiptOut | Refused]


def submit(
    session: Session,
    actor: Actor,
    source: Source | None,
    items: Sequence[ReadingIn | Unreadable],
    *,
    sent_at: datetime | None = None,
    received_at: datetime | None = None,
    allowed: Select[Any] | None = None,
) -> list[ItemOut]:
    """Take readings; what became of each, in their order. One bad item never stops the others.

    ``source`` None: it follows from the role by which the actor reaches each person. ``allowed``: the persons that may
    be logged here, instead of all whom the actor may log. The items' order, the phone's clock and what was
    sent before are not trusted.
    """
    reachable = visible(actor, Action.CHECKINS_SUBMIT, Person) if allowed is None else allowed
    found = take(session, actor, source, items, reachable, sent_at=sent_at, received_at=received_at)
    return [receipts.of_item(index, answer) for index, answer in enumerate(found)]


def take(
    session: Session,
    actor: Actor,
    source: Source | None,
    items: Sequence[ReadingIn | Unreadable],
    reachable: Select[Any],
    *,
    sent_at: datetime | None = None,
    received_at: datetime | None = None,
    within: Place = ("items",),
) -> list[ReceiptOut | Refused]:
    """The same, with the problems themselves. ``within``: where in the body the items stand, () for the body itself."""
    at = Circumstances(received_at or clock.now(), actor.account_id, any_age=actor.system)
    answers: Answers = {}
    readable: list[Item] = []
    for index, item in enumerate(items):
        place = (*within, index) if within else ()
        if isinstance(item, Unreadable):
            answers[index] = Refused(item.id, _unreadable(item, place))
        else:
            readable.append(_placed(index, place, item, sent_at, at))
    if readable:
        batch = _Batch(session, actor, source, at, sorted(readable, key=lambda item: item.order))
        batch.look_up(reachable)
        answers |= _answers(batch)
    return [answers[index] for index in range(len(items))]


def _placed(index: int, place: Place, reading: ReadingIn, sent_at: datetime | None, at: Circumstances) -> Item:
    item = Item(index, place, reading)
    try:
        item.when = rules.place(reading.taken_at, sent_at, at.received_at)
    except Problem as problem:
        item.problem = problem
    return item


def _unreadable(item: Unreadable, place: Place) -> Problem:
    prefix = "".join(f"/{part}" for part in place)
    return Invalid(errors=[FieldError(prefix + one.pointer.rstrip("/"), one.code, one.detail) for one in item.errors])


@dataclass(slots=True)
class _Batch:
    """Readings in the order in which they were measured, with what is known of their persons."""

    session: Session
    actor: Actor
    source: Source | None
    at: Circumstances
    items: list[Item]
    people: dict[int, Subject] = field(default_factory=dict)
    rows: Sequence[CheckIn] = ()  # those with the same ids, and all of the same persons and days
    memory: Memory = field(default_factory=Memory)

    def look_up(self, reachable: Select[Any]) -> None:
        """Three statements at most, however many items there are."""
        days = {item.when.day for item in self.items if item.when is not None}
        since = min(days, default=clock.school_day(self.at.received_at))
        ids = {item.reading.person_id for item in self.items}
        self.people = subjects(ingest.persons(self.session, reachable, ids, since))
        if self.people:
            schools = {one.institution_id for one in self.people.values()}
            wanted = {item.reading.id for item in self.items}
            self.rows = ingest.known(self.session, schools, self.people.keys(), wanted, days)
        repeating = [item for item in self.items if item.reading.same_as_last]
        moments = [item.when.taken_at for item in repeating if item.when is not None]
        people = [self.people[item.reading.person_id] for item in repeating if item.reading.person_id in self.people]
        if moments and people:
            self.memory.load(self.session, people, min(moments), max(moments))


def _answers(batch: _Batch) -> Answers:
    """Sort out what is known, what is new and what cannot be; land the new."""
    known = {(row.institution_id, row.person_id, row.id): row for row in batch.rows}
    answers: Answers = {}
    drafts: dict[Key, Draft] = {}
    waiting: list[tuple[int, Key]] = []
    for item in batch.items:
        try:
            subject = batch.people.get(item.reading.person_id)
            if subject is None:
                raise NotFound
            key = (subject.institution_id, subject.id, item.reading.id)
            if key not in known and key not in drafts:
                drafts[key] = _draft(batch, item, subject)
            waiting.append((item.index, key))
        except Problem as problem:
            answers[item.index] = Refused(item.reading.id, problem)
    landed = land(batch.session, list(drafts.values()), batch.rows)
    rows = landed.known | known
    new = set(landed.new)
    for index, key in waiting:
        if key in rows:
            answers[index] = receipts.of_row(rows[key], Outcome.DUPLICATE)
        else:
            # The same id once more in this batch is a duplicate of the first.
            outcome = Outcome.ACCEPTED if key in new else Outcome.DUPLICATE
            new.discard(key)
            answers[index] = receipts.of_draft(drafts[key], outcome)
    return answers


def _draft(batch: _Batch, item: Item, subject: Subject) -> Draft:
    if item.when is None:
        raise item.problem or Invalid
    source = batch.source or source_of(batch.actor, Action.CHECKINS_SUBMIT, subject)
    person = (subject.institution_id, subject.id)
    if item.reading.same_as_last:
        answers: forms.Answers = batch.memory.last(person, item.when.taken_at)
    else:
        answers = read_answers(item.reading, item.place)
    policy = policies.effective(batch.session, subject.institution_id)
    made = draft(item, item.when, subject, answers=answers, source=source, policy=policy, at=batch.at)
    if source is not Source.GATE:
        batch.memory.keep(person, item.when.taken_at, answers)
    return made
