"""Requests, steps and referrals as they are answered."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy.orm import Session

from app.entries.models import EntryPerson, EntryRequest, EntryStep, EntryVote, RequestState
from app.entries.queries import requests as request_rows
from app.entries.queries import steps as step_rows
from app.entries.schemas.decisions import DecisionOut, ReferralOut
from app.entries.schemas.requests import EntryBriefOut, EntryOut, EntryPersonOut, StepOut, VoteOut
from app.entries.service.rules import refusals


def briefs(session: Session, found: Sequence[EntryRequest]) -> list[EntryBriefOut]:
    """Requests in a list."""
    if not found:
        return []
    people, steps = request_rows.people_of(session, found), request_rows.open_steps(session, found)
    return [_brief(one, people[one.id], steps.get(one.id)) for one in found]


def _brief(request: EntryRequest, people: Any, step: EntryStep | None) -> EntryBriefOut:
    told = {"name": people.name, "people": people.people, "held_back": people.held_back, "open_step": step}
    own = {name: getattr(request, name) for name in EntryBriefOut.model_fields if name not in told}
    return EntryBriefOut.model_validate(own | told)


def whole(session: Session, request: EntryRequest) -> EntryOut:
    """A request with its persons and steps."""
    steps = step_rows.of_request(session, request.institution_id, request.id)
    votes = _votes(session, request.institution_id, steps)
    return EntryOut(
        **briefs(session, [request])[0].model_dump(),
        venue_ids=request.venue_ids,
        persons=people_of(session, request),
        steps=[step_out(one, votes.get(one.id, [])) for one in steps],
        said=request_rows.last_reason(session, request.institution_id, request.id),
    )


def people_of(session: Session, request: EntryRequest) -> list[EntryPersonOut]:
    """The persons of a request, each with what keeps it out."""
    rows = request_rows.persons(session, request.institution_id, request.id)
    return [_person(one, request) for one in rows]


def decision(session: Session, request: EntryRequest, step: EntryStep) -> DecisionOut:
    """What a decision has led to."""
    votes = _votes(session, request.institution_id, [step])
    return DecisionOut(request_id=request.id, state=request.state, step=step_out(step, votes.get(step.id, [])))


def referrals(session: Session, steps: Sequence[EntryStep]) -> list[ReferralOut]:
    """Steps as those see them who are told no names of persons."""
    schools = step_rows.school_names(session, {one.institution_id for one in steps})
    return [_referral(one, schools.get(one.institution_id, "—")) for one in steps]


def _referral(step: EntryStep, school: str) -> ReferralOut:
    return ReferralOut.model_validate(
        {
            "id": step.id,
            "institution_id": step.institution_id,
            "institution_name": school,
            "level": step.level,
            "state": step.state,
            "roles": step.roles,
            "needs_all": step.needs_all,
            "opened_at": step.opened_at,
            "request_id": step.request_id,
            **step.summary,
        }
    )


def step_out(step: EntryStep, votes: Sequence[EntryVote]) -> StepOut:
    """A step with what was said to it."""
    return StepOut(
        id=step.id,
        round=step.round,
        place=step.place,
        level=step.level,
        office_id=step.office_id,
        roles=step.roles,
        needs_all=step.needs_all,
        state=step.state,
        opened_at=step.opened_at,
        votes=[
            VoteOut(role=one.role, move=one.move, deputised=one.delegation_id is not None, at=one.at) for one in votes
        ],
    )


def _votes(session: Session, institution_id: int, steps: Sequence[EntryStep]) -> Mapping[int, list[EntryVote]]:
    found: dict[int, list[EntryVote]] = {}
    for vote in step_rows.votes(session, institution_id, [one.id for one in steps]):
        found.setdefault(vote.step_id, []).append(vote)
    return found


def _person(row: EntryPerson, request: EntryRequest) -> EntryPersonOut:
    outcome: Literal["refused", "pending", "approved"] = "pending"
    if row.holds or request.state is RequestState.REFUSED:
        outcome = "refused"
    elif request.state is RequestState.APPROVED:
        outcome = "approved"
    return EntryPersonOut(
        id=row.id,
        person_id=row.person_id if row.on_roll else None,
        name=row.name,
        identity_number=row.identity_masked,
        phone=row.phone_masked,
        outcome=outcome,
        refusals=refusals(row.holds),
    )
