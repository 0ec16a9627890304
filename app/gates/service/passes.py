"""Passes: given by value, shown to their holders, revoked."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain, visible
from app.audit import service as audit
from app.gates.errors import PassOver
from app.gates.events import PassRevoked
from app.gates.models import EntryPass, Source
from app.gates.queries import passes as rows
from app.gates.schemas.passes import (
    DaySecret,
    Holder,
    PassOut,
    PassSummaryOut,
    RevocationIn,
    RevocationsOut,
    RevokedOut,
)
from app.gates.service import rotating
from app.identity import service as identity
from app.identity.service import PassClaims
from app.institutions.models import Institution
from app.kernel import clock, events, paging
from app.kernel.schemas import Page
from app.policies import service as policies

_SECRET_DAYS = 7
# Revocations that were written at the same time become visible in any order: each answer reaches back a little.
_OVERLAP = timedelta(minutes=5)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # before any pass


def issue(
    session: Session, actor: Actor, institution_id: int, holders: Sequence[Holder], *, source: str, source_id: int
) -> list[int]:
    """A pass for each holder, in the caller's transaction; their ids, in that order.

    The policy may cut a window short, and ask for single use and a changing code. Who may do this, the caller says.
    """
    rules, now = policies.effective(session, institution_id), clock.now()
    longest = min(timedelta(days=rules.pass_longest_days), identity.LONGEST_PASS)
    made = [
        EntryPass(
            institution_id=institution_id,
            source=Source(source),
            source_id=source_id,
            entry_person_id=one.entry_person_id,
            person_id=one.person_id,
            account_id=one.account_id,
            identity_fingerprint=one.identity_fingerprint,
            name=one.name,
            venue_ids=list(one.venue_ids),
            valid_from=one.valid_from,
            valid_until=min(one.valid_until, one.valid_from + longest),
            single_use=one.single_use or rules.pass_single_use,
            rotating=rules.pass_rotating,
            issued_at=now,
            issued_by=actor.account_id,
        )
        for one in holders
    ]
    session.add_all(made)
    session.flush()
    return [one.id for one in made]


def passes_of(session: Session, institution_id: int, source: str, source_id: int) -> list[PassOut]:
    """The passes given for one thing, as their holders show them; who may see them is the caller's to say."""
    return shown(session, rows.of_source(session, institution_id, Source(source), source_id))


def revoke_of(session: Session, actor: Actor, institution_id: int, *, source: str, source_id: int, reason: str) -> int:
    """Revoke all passes given for one thing; how many still stood."""
    standing = [
        one for one in rows.of_source(session, institution_id, Source(source), source_id) if one.revoked_at is None
    ]
    return _revoke(session, actor, standing, reason)


def revoke_pass(session: Session, actor: Actor, pass_id: int, body: RevocationIn) -> PassSummaryOut:
    """Revoke one pass; raises `NotFound`, `Forbidden`, `PassOver`."""
    found = obtain(session, actor, Action.PASSES_REVOKE, EntryPass, pass_id, lock=True)
    if found.revoked_at is not None or found.valid_until <= clock.now():
        raise PassOver
    _revoke(session, actor, [found], body.reason)
    session.refresh(found)
    return PassSummaryOut.model_validate(found)


def list_passes(session: Session, actor: Actor, institution_id: int, page: paging.PageQuery) -> Page[PassSummaryOut]:
    """The passes of a school; raises `NotFound`."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    statement = rows.within(visible(actor, Action.PASSES_READ, EntryPass), institution_id)
    found, following = paging.fetch(session, statement, [EntryPass.id], page)
    return Page(items=[PassSummaryOut.model_validate(one) for one in found], next=following)


def list_my_passes(session: Session, actor: Actor, page: paging.PageQuery) -> Page[PassOut]:
    """The passes that the caller's own account shows, those that have run out left away."""
    statement = rows.not_over(visible(actor, Action.PASSES_SHOW, EntryPass), clock.now())
    found, following = paging.fetch(session, statement, [EntryPass.id], page)
    return Page(items=shown(session, found), next=following)


def revocations(session: Session, actor: Actor, institution_id: int, since: datetime | None) -> RevocationsOut:
    """What a guard's phone must know of revoked passes, since it last asked; raises `NotFound`, `Forbidden`."""
    obtain(session, actor, Action.GATE_WORK, Institution, institution_id)
    reach = None if since is None else since - _OVERLAP
    found = rows.revoked_since(session, institution_id, reach, clock.now())
    items = [RevokedOut(pass_id=one.id, revoked_at=one.revoked_at or one.issued_at) for one in found]
    start = since or _BEGINNING
    # No moment of its own: the answer is the same, and has the same tag, for as long as nothing is revoked.
    return RevocationsOut(as_of=max([start, *(one.revoked_at for one in items)]), items=items)


def shown(session: Session, found: Sequence[EntryPass]) -> list[PassOut]:
    """Passes with their tokens, and the secrets of those whose code changes."""
    now = clock.now()
    standing = [one for one in found if one.revoked_at is None and one.valid_until > now]
    tokens = dict(zip((one.id for one in standing), identity.sign_passes(session, claims(standing)), strict=True))
    return [_out(one, tokens.get(one.id), now) for one in found]


def claims(found: Sequence[EntryPass], *, printed: bool = False) -> list[PassClaims]:
    """What the tokens of passes say; ``printed``: paper shows no code of the minute."""
    return [
        PassClaims(
            pass_id=one.id,
            institution_id=one.institution_id,
            name=one.name,
            venue_ids=tuple(one.venue_ids),
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            single_use=one.single_use,
            rotating=one.rotating and not printed,
        )
        for one in found
    ]


def _out(one: EntryPass, token: str | None, now: datetime) -> PassOut:
    return PassOut(
        **{name: getattr(one, name) for name in PassOut.model_fields if name not in ("used", "token", "secrets")},
        used=one.used_by is not None,
        token=token,
        secrets=_secrets(one, now) if token and one.rotating else [],
    )


def _secrets(one: EntryPass, now: datetime) -> list[DaySecret]:
    first = max(clock.school_day(now), clock.school_day(one.valid_from))
    days = [first + timedelta(days=ahead) for ahead in range(_SECRET_DAYS)]
    last = clock.school_day(one.valid_until)
    return [
        DaySecret(day=day, secret=rotating.encoded(rotating.pass_secret(one.institution_id, one.id, day)))
        for day in days
        if day <= last
    ]


def _revoke(session: Session, actor: Actor, standing: Sequence[EntryPass], reason: str) -> int:
    if not standing:
        return 0
    values = {"revoked_at": clock.now(), "revoked_by": actor.account_id, "revoke_reason": reason}
    rows.revoke(session, standing, values)
    for one in standing:
        events.record(session, PassRevoked(one.institution_id, one.id))
        audit.record(
            session,
            actor,
            "passes.revoke",
            "entry_pass",
            one.id,
            institution_id=one.institution_id,
            reason=reason,
            details={"source": one.source.value, "source_id": one.source_id},
        )
    return len(standing)
