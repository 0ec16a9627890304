"""The ways to a decision: in the school, at the level above, as a deputy, on many at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.access.actor import Actor, Held
from app.access.roles import Action
from app.access.service import obtain, visible
from app.entries.models import EntryRequest, EntryStep, RequestState, StepState
from app.entries.queries import requests as request_rows
from app.entries.queries import steps as step_rows
from app.entries.schemas.decisions import (
    BulkItemIn,
    BulkItemOut,
    BulkOut,
    BulkOutcome,
    BulkVerdictIn,
    DecisionOut,
    ReferralOut,
    StepVerdictIn,
    VerdictIn,
)
from app.entries.service import delegations, telling
from app.entries.service.deciding import Hand, decide
from app.institutions.models import Institution
from app.kernel import paging
from app.kernel.db import Scope, bind, scope_of, widen
from app.kernel.errors import NotFound, Problem
from app.kernel.schemas import Page, ProblemOut


def decide_in_school(session: Session, actor: Actor, request_id: int, said: StepVerdictIn) -> DecisionOut:
    """Decide on a step of the school's own; raises what `decide` raises, and `Forbidden`."""
    request = obtain(session, actor, Action.ENTRIES_APPROVE, EntryRequest, request_id, lock=True)
    step = decide(session, Hand(actor, actor.held), request, said.step_id, said)
    return telling.decision(session, request, step)


def decide_many(session: Session, actor: Actor, institution_id: int, said: BulkVerdictIn) -> BulkOut:
    """One decision on many requests of a school, each for itself; raises `NotFound` for the school alone."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    verdict = VerdictIn(verdict=said.verdict, reason=said.reason, note=said.note)
    # In one order everywhere, so that two who decide on the same requests do not wait for each other in a circle.
    order = sorted(range(len(said.items)), key=lambda index: said.items[index].request_id)
    found: dict[int, RequestState | Problem] = {}
    for index in order:
        try:
            with session.begin_nested():
                found[index] = _one(session, actor, institution_id, said.items[index], verdict)
        except Problem as problem:
            found[index] = problem
    return BulkOut(items=[_item(index, found[index]) for index in range(len(said.items))])


def _one(session: Session, actor: Actor, institution_id: int, item: BulkItemIn, said: VerdictIn) -> RequestState:
    request = obtain(session, actor, Action.ENTRIES_APPROVE, EntryRequest, item.request_id, lock=True)
    if request.institution_id != institution_id:
        raise NotFound
    decide(session, Hand(actor, actor.held), request, item.step_id, said)
    return request.state


def _item(index: int, found: RequestState | Problem) -> BulkItemOut:
    if isinstance(found, Problem):
        told = ProblemOut.model_validate(found.document())
        return BulkItemOut(index=index, outcome=BulkOutcome.REFUSED, state=None, problem=told)
    return BulkItemOut(index=index, outcome=BulkOutcome.DECIDED, state=found, problem=None)


def list_referrals(session: Session, actor: Actor, office_id: int, page: paging.PageQuery) -> Page[ReferralOut]:
    """The steps that are open before an office; raises `NotFound`."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, office_id)
    statement = step_rows.before(visible(actor, Action.ENTRIES_RELEASE, EntryStep), office_id)
    rows, following = paging.fetch(session, statement, [EntryStep.id], page)
    return Page(items=telling.referrals(session, rows), next=following)


def decide_above(session: Session, actor: Actor, step_id: int, said: VerdictIn) -> ReferralOut:
    """Decide on a step of the level above, which is told of kinds and figures, never of persons."""
    step = obtain(session, actor, Action.ENTRIES_RELEASE, EntryStep, step_id)
    return telling.referrals(session, [_act(session, Hand(actor, actor.held), step, said)])[0]


def list_deputised(session: Session, actor: Actor, delegation_id: int, page: paging.PageQuery) -> Page[ReferralOut]:
    """The open steps on which a deputy may decide; raises `NotFound`, `DelegationNotInForce`."""
    delegation, held = delegations.in_force(session, actor, delegation_id)
    statement = step_rows.before(step_rows.all_steps(), delegation.institution_id, [held.role.value])
    rows, following = paging.fetch(session, statement, [EntryStep.id], page)
    return Page(items=telling.referrals(session, rows), next=following)


def decide_as_deputy(session: Session, actor: Actor, delegation_id: int, said: StepVerdictIn) -> ReferralOut:
    """Decide in the place of another; raises what `decide` raises, and `DelegationNotInForce`."""
    delegation, held = delegations.in_force(session, actor, delegation_id)
    step = step_rows.find(session, said.step_id)
    if step is None or step.office_id != delegation.institution_id or held.role.value not in step.roles:
        raise NotFound
    hand = Hand(actor, (held,), delegation)
    return telling.referrals(session, [_act(session, hand, step, said)])[0]


def deputised_request(session: Session, actor: Actor, delegation_id: int, request_id: int) -> EntryRequest:
    """A request of the school that a deputy may look at: one whose open step is the represented role's."""
    delegation, held = delegations.in_force(session, actor, delegation_id)
    request = request_rows.find(session, delegation.institution_id, request_id)
    if request is None or not _before(session, request, held):
        raise NotFound
    return request


def _before(session: Session, request: EntryRequest, held: Held) -> bool:
    steps = step_rows.of_request(session, request.institution_id, request.id)
    opened = next((one for one in steps if one.state is StepState.OPEN), None)
    if opened is None or opened.office_id != held.institution_id or held.role.value not in opened.roles:
        return False
    return held.unit_id is None or held.unit_id == request.unit_id


def _act(session: Session, hand: Hand, step: EntryStep, said: VerdictIn) -> EntryStep:
    """Carry a decision out inside the school, whatever the caller may see of it."""
    with _inside(session, step.institution_id):
        request = request_rows.find(session, step.institution_id, step.request_id, lock=True)
        if request is None:
            raise NotFound
        return decide(session, hand, request, step.id, said)


@contextmanager
def _inside(session: Session, institution_id: int) -> Iterator[None]:
    """For the length of a decision the transaction reaches the school's own rows; nothing of them is answered."""
    before = scope_of(session)
    widen(session, Scope(institutions=frozenset({institution_id})))
    yield
    session.flush()
    bind(session, before)
