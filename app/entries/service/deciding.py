"""One decision on one step: whose turn it is, whether this hand may, and what follows from it.

The request is locked before anything is looked at, so that of two who decide at once the second finds what the first
has said. The states themselves are moved by compare-and-swap all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.access.actor import Actor, Held
from app.access.roles import TITLES, Role
from app.entries.errors import AlreadyVoted, NotYourStep, OwnRequest, StepDecided, StepNotOpen
from app.entries.events import EntryDecided
from app.entries.models import (
    EntryDelegation,
    EntryPerson,
    EntryRequest,
    EntryStep,
    EntryVote,
    StepState,
)
from app.entries.queries import requests as request_rows
from app.entries.queries import steps as step_rows
from app.entries.schemas.decisions import Verdict, VerdictIn
from app.entries.service import filing, passing, stepping
from app.entries.workflow import ENTRY_REQUEST, ENTRY_STEP
from app.kernel import clock, events
from app.kernel.errors import NotFound
from app.kernel.language import pick
from app.kernel.workflow import fire
from app.people import service as people

_SEPARATOR = ("、", ", ")


@dataclass(frozen=True, slots=True)
class Hand:
    """Who decides, and by which roles: the actor's own, or the one that was delegated."""

    actor: Actor
    held: tuple[Held, ...]
    delegation: EntryDelegation | None = None

    @property
    def account_id(self) -> int:
        """The account that decides."""
        return self.actor.account_id or 0

    @property
    def accounts(self) -> list[int]:
        """All in whose name is decided: a deputy's, and that of whoever is represented."""
        return [self.account_id, *([self.delegation.account_id] if self.delegation else [])]


@dataclass(frozen=True, slots=True)
class Case:
    """A step with all that is looked at before it is decided."""

    hand: Hand
    request: EntryRequest
    step: EntryStep
    steps: Sequence[EntryStep]
    votes: Sequence[EntryVote]
    persons: Sequence[EntryPerson]

    @property
    def others(self) -> list[EntryStep]:
        """The steps beside the one that is decided."""
        return [one for one in self.steps if one is not self.step]

    @property
    def following(self) -> EntryStep | None:
        """The step that comes next in this round."""
        waiting = (one for one in self.steps if one.state is StepState.WAITING and one.round == self.request.round)
        return next(waiting, None)


def titles(roles: Sequence[str]) -> str:
    """Roles as people call them."""
    return pick(*_SEPARATOR).join(pick(*TITLES[Role(one)]) for one in roles)


def decide(session: Session, hand: Hand, request: EntryRequest, step_id: int, said: VerdictIn) -> EntryStep:
    """Decide on a step of a locked request.

    Raises `NotFound`, `StepDecided`, `StepNotOpen`, `NotYourStep`, `AlreadyVoted`, `OwnRequest`.
    """
    steps = step_rows.of_request(session, request.institution_id, request.id)
    step = next((one for one in steps if one.id == step_id), None)
    if step is None:
        raise NotFound
    votes = step_rows.votes(session, request.institution_id, [step.id])
    persons = request_rows.persons(session, request.institution_id, request.id)
    case = Case(hand, request, step, steps, votes, persons)
    _demand_open(case)
    role = _role(case)
    _demand_others(session, case)
    session.add(_vote(case, role, said))
    session.flush()
    if said.verdict is not Verdict.APPROVE:
        _end(session, case, said)
    elif not step.needs_all or {role, *(vote.role for vote in votes)} >= {Role(one) for one in step.roles}:
        _pass(session, case, said)
    return step


def _demand_open(case: Case) -> None:
    if case.step.state is StepState.OPEN:
        return
    if not case.votes:
        raise StepNotOpen(state=case.request.state.value)
    last = case.votes[-1]
    raise StepDecided(
        role=titles([last.role]), at=last.at.astimezone(clock.SHANGHAI).isoformat(timespec="seconds"), move=last.move
    )


def _role(case: Case) -> Role:
    """The role in which this hand decides."""
    step, unit_id = case.step, case.request.unit_id
    held = [one for one in case.hand.held if one.institution_id == step.office_id and one.role.value in step.roles]
    mine = {one.role for one in held if one.role is not Role.HOMEROOM_TEACHER or one.unit_id == unit_id}
    if not mine:
        raise NotYourStep(roles=titles(step.roles))
    wanted = [one for one in step.roles if one not in {vote.role for vote in case.votes}]
    fresh = [Role(one) for one in wanted if one in mine]
    if not fresh or case.hand.account_id in {vote.account_id for vote in case.votes}:
        raise AlreadyVoted(roles=titles(wanted))
    return fresh[0]


def _demand_others(session: Session, case: Case) -> None:
    """Nobody decides on their own, whichever of their accounts asked and whoever decides for them."""
    for account_id in case.hand.accounts:
        if account_id == case.request.account_id or people.is_tied(
            session,
            case.request.institution_id,
            account_id,
            person_ids=[one.person_id for one in case.persons if one.person_id is not None],
            identities=[one.identity_fingerprint for one in case.persons if one.identity_fingerprint],
            phones=[one.phone_fingerprint for one in case.persons if one.phone_fingerprint],
        ):
            raise OwnRequest(roles=titles(case.step.roles))


def _vote(case: Case, role: Role, said: VerdictIn) -> EntryVote:
    return EntryVote(
        institution_id=case.step.institution_id,
        step_id=case.step.id,
        role=role,
        move=said.verdict.value,
        account_id=case.hand.account_id,
        delegation_id=case.hand.delegation.id if case.hand.delegation else None,
        at=clock.now(),
    )


def _end(session: Session, case: Case, said: VerdictIn) -> None:
    """Refuse, or return for change: the steps that are left are not asked."""
    decided_at = clock.now() if said.verdict is Verdict.REFUSE else None
    _move_step(session, case, said)
    stepping.drop(session, case.others)
    _move_request(session, case, said, decided_at=decided_at)


def _pass(session: Session, case: Case, said: VerdictIn) -> None:
    """Open the next step; after the last, look once more at rules and orders before anybody is let in."""
    request = case.request
    _move_step(session, case, said)
    if case.following is not None:
        stepping.open_step(session, request, case.following, said.note)
        return
    states = filing.states_of(session, request)
    filing.judge(session, request, case.persons, states)
    if all(one.holds for one in case.persons):
        filing.turn_away(session, request, case.persons)
        return
    added = stepping.add_issuer(session, request, case.steps, case.persons, states)
    if added is not None:
        stepping.open_step(session, request, added, said.note)
        return
    _move_request(session, case, said, decided_at=clock.now())
    passing.issue(session, case.hand.actor, request, case.persons)


def _move_step(session: Session, case: Case, said: VerdictIn) -> None:
    account_id = case.hand.account_id
    fire(
        session,
        ENTRY_STEP,
        EntryStep.state,
        case.step,
        said.verdict.value,
        account_id=account_id,
        reason=said.reason,
    )


def _move_request(session: Session, case: Case, said: VerdictIn, *, decided_at: datetime | None) -> None:
    request = case.request
    fire(
        session,
        ENTRY_REQUEST,
        EntryRequest.state,
        request,
        said.verdict.value,
        account_id=case.hand.account_id,
        reason=said.reason,
        decided_at=decided_at,
        version=request.version + 1,
    )
    events.record(session, EntryDecided(request.institution_id, request.id, request.state.value))
