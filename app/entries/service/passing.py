"""Passes for those who may enter, handed out by value: the gate knows neither requests nor shifts."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.access.actor import Actor
from app.entries.models import DutyShift, EntryKind, EntryPerson, EntryRequest
from app.entries.queries import requests as queries
from app.gates import service as gates
from app.gates.models import Source
from app.gates.service import Holder, PassOut


def issue(session: Session, actor: Actor, request: EntryRequest, persons: Sequence[EntryPerson]) -> None:
    """A pass for each person of an approved request whom no rule keeps out."""
    admitted = [one for one in persons if not one.holds]
    accounts: dict[int, int] = {}
    if request.kind is EntryKind.ROLL:
        ids = [one.person_id for one in admitted if one.person_id is not None]
        accounts = queries.accounts_of(session, request.institution_id, ids)
    holders = [
        Holder(
            name=gates.masked(one.name),
            venue_ids=tuple(request.venue_ids),
            valid_from=request.valid_from,
            valid_until=request.valid_until,
            entry_person_id=one.id,
            person_id=one.person_id,
            account_id=accounts.get(one.person_id or 0, request.account_id),
            identity_fingerprint=None if one.person_id else one.identity_fingerprint,
        )
        for one in admitted
    ]
    gates.issue(session, actor, request.institution_id, holders, source=Source.ENTRY_REQUEST, source_id=request.id)


def revoke(session: Session, actor: Actor, request: EntryRequest) -> None:
    """End the passes of a request that was taken back."""
    gates.revoke_of(
        session,
        actor,
        request.institution_id,
        source=Source.ENTRY_REQUEST,
        source_id=request.id,
        reason="withdrawn",
    )


def shown(session: Session, request: EntryRequest) -> list[PassOut]:
    """The passes of a request, for whoever has shown that it is theirs."""
    return gates.passes_of(session, request.institution_id, Source.ENTRY_REQUEST, request.id)


def issue_for_shifts(session: Session, actor: Actor, shifts: Sequence[DutyShift], names: dict[int, str]) -> None:
    """A pass for each who is on duty, for the time of the shift."""
    accounts = queries.accounts_of(session, shifts[0].institution_id, [one.person_id for one in shifts])
    for one in shifts:
        holder = Holder(
            name=gates.masked(names[one.person_id]),
            venue_ids=tuple(one.venue_ids),
            valid_from=one.starts_at,
            valid_until=one.ends_at,
            person_id=one.person_id,
            account_id=accounts.get(one.person_id),
        )
        gates.issue(session, actor, one.institution_id, [holder], source=Source.DUTY_SHIFT, source_id=one.id)


def revoke_for_shift(session: Session, actor: Actor, shift: DutyShift) -> None:
    """End the pass of a shift that was cancelled."""
    gates.revoke_of(
        session, actor, shift.institution_id, source=Source.DUTY_SHIFT, source_id=shift.id, reason="cancelled"
    )
