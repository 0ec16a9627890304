"""The one way in: for a single reading, a queue, a class, a gate and an import alike, of one sender or of many."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.access.actor import Actor
from app.access.roles import Action, Reach
from app.checkins import forms, rules
from app.checkins.models import Source
from app.checkins.queries import ingest, subjects
from app.checkins.queries.ingest import Key
from app.checkins.schemas.answers import ItemOut, Outcome, ReceiptOut
from app.checkins.schemas.readings import ReadingIn
from app.checkins.service import receipts
from app.checkins.service.drafts import Draft, Place, Sent, Subject, draft, read_answers
from app.checkins.service.landing import land
from app.checkins.service.memory import Memory
from app.checkins.service.receipts import Refused
from app.checkins.service.sources import SOURCES
from app.kernel import clock, language
from app.kernel.errors import FieldError, Invalid, NotFound, Problem
from app.kernel.language import Language
from app.kernel.validation import Unreadable
from app.policies import service as policies
from app.policies.settings import Rules

Answer = ReceiptOut | Problem


@dataclass(frozen=True, slots=True)
class Door:
    """Through which readings come in.

    ``action``: what their senders must be allowed for each person. ``source``: None where it follows from the tie that
    allows it. ``institution_id`` and ``unit_id``: of whom alone readings are taken here.
    """

    action: Action = Action.CHECKINS_SUBMIT
    source: Source | None = None
    institution_id: int | None = None
    unit_id: int | None = None


ANY = Door()


@dataclass(slots=True)
class Arrival:
    """A reading on its way: who sends it, where it stands in the sender's request, when it was measured.

    ``unplaced``: why its time cannot be believed. It may have landed before, when it could.
    """

    sender: Actor
    reading: ReadingIn
    place: Place
    received_at: datetime
    when: rules.When
    language: Language
    unplaced: Problem | None = None

    @classmethod
    def at(
        cls, sender: Actor, reading: ReadingIn, place: Place, *, sent_at: datetime | None, received_at: datetime
    ) -> "Arrival":
        """Placed in time by the server's clock; its errors will be in the language in use."""
        unplaced: Problem | None = None
        try:
            when = rules.place(reading.taken_at, sent_at, received_at)
        except Problem as problem:
            when, unplaced = rules.When(received_at, skewed=False), problem
        return cls(sender, reading, place, received_at, when, language.current(), unplaced)


def submit(
    session: Session,
    actor: Actor,
    door: Door,
    items: Sequence[ReadingIn | Unreadable],
    *,
    sent_at: datetime | None = None,
    received_at: datetime | None = None,
) -> list[ItemOut]:
    """Take readings of one sender; what became of each, in their order. One bad item never stops the others.

    The items' order, the phone's clock and what was sent before are not trusted.
    """
    received_at = received_at or clock.now()
    answers: dict[int, Answer] = {}
    arrivals: dict[int, Arrival] = {}
    for index, item in enumerate(items):
        place = ("items", index)
        if isinstance(item, Unreadable):
            answers[index] = _unreadable(item, place)
        else:
            arrivals[index] = Arrival.at(actor, item, place, sent_at=sent_at, received_at=received_at)
    landed = take(session, door, list(arrivals.values()))
    answers |= dict(zip(arrivals, landed, strict=True))
    return [_item(index, item, answers[index]) for index, item in enumerate(items)]


def _item(index: int, item: ReadingIn | Unreadable, answer: Answer) -> ItemOut:
    return receipts.of_item(index, Refused(item.id, answer) if isinstance(answer, Problem) else answer)


def _unreadable(item: Unreadable, place: Place) -> Problem:
    prefix = "".join(f"/{part}" for part in place)
    return Invalid(errors=[FieldError(prefix + one.pointer.rstrip("/"), one.code, one.detail) for one in item.errors])


def take(session: Session, door: Door, arrivals: Sequence[Arrival]) -> list[Answer]:
    """Take readings of many senders; the receipt of each, or the problem why it was not taken.

    The scope holds the institutions in which the senders are tied to anybody; whether a sender may log a person is
    asked of the memberships, with the person. A handful of statements, however many readings there are.
    """
    if not arrivals:
        return []
    batch = _Batch(session, door, arrivals)
    batch.look_up()
    return batch.answers()


@dataclass(slots=True)
class _Batch:
    session: Session
    door: Door
    arrivals: Sequence[Arrival]
    people: dict[int, Any] = field(default_factory=dict)  # by place in the batch
    policies: dict[int, Rules] = field(default_factory=dict)
    known: dict[Key, Any] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    repeating: Sequence[int] = ()

    def look_up(self) -> None:
        """Who is allowed and where they stand, the rules there, what has landed before, what is repeated."""
        door, first = self.door, self.arrivals[0].sender
        asked = [
            (at, one.sender.account_id, one.reading.person_id, one.when.day) for at, one in enumerate(self.arrivals)
        ]
        for row in subjects.subjects(
            self.session,
            door.action,
            asked,
            of_anybody=first.system,
            institution_id=door.institution_id,
            unit_id=door.unit_id,
        ):
            held = self.people.get(row.place)
            if held is None or _nearer(row, held):
                self.people[row.place] = row
        if not self.people:
            return
        self.policies = dict(policies.effective_for(self.session, {row.institution_id for row in self.people.values()}))
        if any(rules.is_near_midnight(moment) for moment in {one.received_at for one in self.arrivals}):
            ingest.take_turns(self.session, {row.institution_id for row in self.people.values()})
        keys = {self._key(at) for at in self.people}
        self.known = {(row.institution_id, row.person_id, row.id): row for row in self._known(keys)}
        self._remember()

    def _known(self, keys: set[Key]) -> Sequence[Any]:
        # The same reading may come again with another day, from a phone whose clock was put right meanwhile.
        back = max(rules.checkin_backdating_days for rules in self.policies.values())
        received = {one.received_at for one in self.arrivals}
        days = {day for moment in received for day in rules.open_days(clock.school_day(moment), back)}
        return ingest.receipts(self.session, keys, days | {one.when.day for one in self.arrivals})

    def _remember(self) -> None:
        self.repeating = [at for at in self.people if self.arrivals[at].reading.same_as_last]
        if self.repeating:
            moments = [self.arrivals[at].when.taken_at for at in self.repeating]
            people = [(self.people[at].institution_id, self.people[at].id) for at in self.repeating]
            self.memory.load(self.session, people, min(moments), max(moments))

    def _key(self, at: int) -> Key:
        row = self.people[at]
        return (row.institution_id, row.id, self.arrivals[at].reading.id)

    def answers(self) -> list[Answer]:
        """Sort out what is known, what is new and what cannot be; land the new."""
        answers: list[Answer | None] = [None] * len(self.arrivals)
        drafts: dict[Key, Draft] = {}
        waiting: list[tuple[int, Key]] = []
        for at in sorted(range(len(self.arrivals)), key=lambda at: self.arrivals[at].when.taken_at):
            try:
                if at not in self.people:
                    raise NotFound
                key = self._key(at)
                if key not in self.known and key not in drafts:
                    drafts[key] = self._draft(at)
                waiting.append((at, key))
            except Problem as problem:
                answers[at] = problem
        landed = land(self.session, list(drafts.values()))
        known = self.known | landed.known
        new = set(landed.new)
        for at, key in waiting:
            if key in known:
                answers[at] = receipts.of_row(known[key], Outcome.DUPLICATE)
            else:
                # The same id once more in this batch is a duplicate of the first.
                answers[at] = receipts.of_draft(drafts[key], Outcome.ACCEPTED if key in new else Outcome.DUPLICATE)
                new.discard(key)
        return [one for one in answers if one is not None]

    def _draft(self, at: int) -> Draft:
        arrival, row = self.arrivals[at], self.people[at]
        language.use(arrival.language)
        sender, reading, when = arrival.sender, arrival.reading, arrival.when
        if arrival.unplaced is not None:
            raise arrival.unplaced
        policy = self.policies[row.institution_id]
        # What is older than the policy takes may only be brought in by the service itself.
        if not sender.system:
            rules.check_age(when.day, clock.school_day(arrival.received_at), policy)
        subject = Subject.of(row, when.day)
        source = self.door.source or (Source.IMPORT if sender.system else SOURCES[Reach(row.reach)])
        person = (subject.institution_id, subject.id)
        if reading.same_as_last:
            answers: forms.Answers = self.memory.last(person, when.taken_at)
        else:
            answers = read_answers(reading, arrival.place)
        if self.repeating and source is not Source.GATE:
            self.memory.keep(person, when.taken_at, answers)
        sent = Sent(reading.id, source, arrival.received_at, sender.account_id)
        return draft(reading, sent, when, subject, answers=answers, policy=policy)


def _nearer(row: Any, held: Any) -> bool:
    order = list(SOURCES)
    return order.index(Reach(row.reach)) < order.index(Reach(held.reach))
