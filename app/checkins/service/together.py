"""Readings of many senders in one transaction, each with its own token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, admit
from app.checkins.schemas.readings import CheckInIn
from app.checkins.service.submit import ANY, Answer, Arrival, take
from app.identity import service as identity
from app.identity.service import Claims
from app.kernel import language
from app.kernel.db import Scope, bind
from app.kernel.errors import Problem
from app.kernel.language import Language


@dataclass(frozen=True, slots=True)
class Call:
    """A reading with the claims of its sender's token, which has been verified."""

    claims: Claims
    reading: CheckInIn
    received_at: datetime
    language: Language


def submit_together(session: Session, calls: Sequence[Call]) -> list[Answer]:
    """Take single readings of many senders; each is answered as if it had come alone.

    The scope is the institutions to which these senders are tied by a role that logs readings, as their memberships
    stand now; no call brings in an institution of its own.
    """
    answers: list[Answer | None] = [None] * len(calls)
    arrivals: dict[int, Arrival] = {}
    institutions: set[int] = set()
    for place, (call, bearer) in enumerate(
        zip(calls, identity.bearers(session, [one.claims for one in calls]), strict=True)
    ):
        try:
            sender = _admitted(bearer)
        except Problem as problem:
            answers[place] = problem
            continue
        institutions.update(held.institution_id for _, held in sender.reaches(Action.CHECKINS_SUBMIT))
        reading = call.reading
        language.use(call.language)
        arrivals[place] = Arrival.at(sender, reading, (), sent_at=reading.sent_at, received_at=call.received_at)
    bind(session, Scope(institutions=frozenset(institutions)))
    for place, answer in zip(arrivals, take(session, ANY, list(arrivals.values())), strict=True):
        answers[place] = answer
    return [one for one in answers if one is not None]


def _admitted(bearer: Actor | Problem) -> Actor:
    if isinstance(bearer, Problem):
        raise bearer
    admit(bearer, Action.CHECKINS_SUBMIT)
    return bearer
