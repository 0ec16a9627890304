"""What is looked at from the gate and about it: the kit of a guard's phone, who is inside, the log, sums."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain, visible
from app.audit import service as audit
from app.closures import service as closures
from app.closures.models import VenueKind
from app.closures.service import Then, VenueState
from app.gates.models import GateEvent, Presence
from app.gates.queries import events as rows
from app.gates.queries import passes as pass_rows
from app.gates.schemas.events import (
    ChildInsideOut,
    GateClosureOut,
    GateEventOut,
    GateKitOut,
    GateVenueOut,
    InsideOut,
    InsiderOut,
)
from app.gates.schemas.passes import DaySecret
from app.gates.service import rotating
from app.gates.service.deciding import TENTHS
from app.institutions.models import Institution
from app.kernel import clock, paging
from app.kernel.schemas import Page
from app.policies import service as policies
from app.rollups import service as rollups
from app.rollups.models import NOBODY

_KIT_DAYS = 3  # a guard's phone may be without a network for so long
_STRANGER = "—"


def read_kit(session: Session, actor: Actor, institution_id: int) -> GateKitOut:
    """What a guard's phone keeps for when there is no network; raises `NotFound`, `Forbidden`."""
    school = obtain(session, actor, Action.GATE_WORK, Institution, institution_id)
    now, rules = clock.now(), policies.effective(session, institution_id)
    days = [clock.school_day(now) + timedelta(days=ahead) for ahead in range(_KIT_DAYS)]
    until = clock.at(days[-1] + timedelta(days=1), time(0))
    thresholds = {"default": rules.fallback_threshold, **rules.thresholds}
    ahead = closures.states_ahead(session, institution_id, now, until)
    return GateKitOut(
        institution_id=institution_id,
        institution_name=school.name,
        made_at=now,
        good_until=until,
        closures=[_closure(since, then.campus) for since, then in ahead.items()],
        used=list(pass_rows.used_up(session, institution_id, now)),
        fever_thresholds={site: tenths / TENTHS for site, tenths in thresholds.items()},
        rotating=rules.pass_rotating,
        days=[DaySecret(day=day, secret=rotating.encoded(rotating.day_secret(institution_id, day))) for day in days],
        venues=[_venue(venue, ahead) for venue in ahead[now].venues.values()],
    )


def _venue(now: VenueState, ahead: Mapping[datetime, Then]) -> GateVenueOut:
    return GateVenueOut(
        venue_id=now.venue_id or 0,
        name=now.name,
        kind=now.kind or VenueKind.OTHER,
        campus_id=now.campus_id,
        degree=now.degree,
        exceptions=now.exceptions,
        closures=[_closure(since, then.venues[now.venue_id or 0]) for since, then in ahead.items()],
    )


def _closure(since: datetime, state: VenueState) -> GateClosureOut:
    return GateClosureOut(
        since=since,
        degree=state.degree,
        exceptions=state.exceptions,
        number=state.number,
        issuer_name=state.issuer_name,
    )


def list_insiders(
    session: Session,
    actor: Actor,
    institution_id: int,
    page: paging.PageQuery,
    *,
    area_id: int | None,
    overstayed: bool,
) -> Page[InsiderOut]:
    """Who is inside a school now, longest first; those who should have left by now only, where asked.

    Raises `NotFound`, `Forbidden`.
    """
    obtain(session, actor, Action.GATE_READ, Institution, institution_id)
    grace = timedelta(minutes=policies.effective(session, institution_id).overstay_minutes)
    late = clock.now() - grace
    statement = rows.inside(institution_id, area_id, late if overstayed else None)
    keys = [Presence.at, Presence.area_id, Presence.person_id, Presence.pass_id]
    found, following = paging.fetch(session, statement, keys, page)
    _trace(session, actor, "gates.list_insiders", institution_id, [one.person_id for one in found])
    items = [
        InsiderOut(
            area_id=one.area_id,
            person_id=one.person_id or None,
            pass_id=one.pass_id or None,
            name=one.name,
            since=one.at,
            due_out_at=one.due_out_at,
            overstayed=one.due_out_at is not None and one.due_out_at < late,
        )
        for one in found
    ]
    return Page(items=items, next=following)


def list_events(
    session: Session,
    actor: Actor,
    institution_id: int,
    page: paging.PageQuery,
    *,
    day: date | None,
    venue_id: int | None,
    pass_id: int | None,
    person_id: int | None,
) -> Page[GateEventOut]:
    """What happened at the gates of a school, in order of time; raises `NotFound`, `Forbidden`."""
    obtain(session, actor, Action.GATE_READ, Institution, institution_id)
    statement = rows.events(
        visible(actor, Action.GATE_READ, GateEvent),
        institution_id,
        day=day,
        venue_id=venue_id,
        pass_id=pass_id,
        person_id=person_id,
    )
    found, following = paging.fetch(session, statement, [GateEvent.occurred_at, GateEvent.id], page)
    _trace(session, actor, "gates.list_events", institution_id, [one.person_id for one in found])
    return Page(items=[_event_out(one) for one in found], next=following)


def inside_figures(session: Session, actor: Actor, institution_id: int) -> InsideOut:
    """How many are inside the gates now, in all and by part; raises `NotFound`, `Forbidden`."""
    obtain(session, actor, Action.ROLLUPS_READ, Institution, institution_id)
    counts = {child or institution_id: int(count) for child, count in rows.inside_by_child(session, institution_id)}
    named = rows.names(session, counts.keys())
    return InsideOut(
        institution_id=institution_id,
        inside=sum(counts.values()),
        items=[
            ChildInsideOut(institution_id=one, name=named.get(one, _STRANGER), inside=counts[one])
            for one in sorted(counts)
        ],
    )


def recount(session: Session, institution_id: int, day: date) -> dict[int, dict[str, int]]:
    """Unit → figure → count of one school and day, from the events themselves."""
    return _counted(rows.count_day(session, institution_id, day))


def known(session: Session, institution_id: int, day: date, moment: datetime) -> dict[int, dict[str, int]]:
    """The same of what had been received at a moment."""
    return _counted(rows.count_day(session, institution_id, day, known_at=moment))


def _counted(counts: tuple[int, int, int]) -> dict[int, dict[str, int]]:
    return {NOBODY: dict(zip(("entries", "exits", "turned_away"), counts, strict=True))}


def _trace(session: Session, actor: Actor, act: str, institution_id: int, person_ids: Sequence[int | None]) -> None:
    """Whoever has looked at people on the roll: their guardians see it."""
    named = sorted({one for one in person_ids if one})
    if named:
        audit.record(
            session,
            actor,
            act,
            "institution",
            institution_id,
            institution_id=institution_id,
            details={"persons": named},
        )


def _event_out(one: GateEvent) -> GateEventOut:
    told = {name: getattr(one, name) for name in GateEventOut.model_fields if name != "temperature"}
    return GateEventOut(**told, temperature=None if one.temperature is None else one.temperature / TENTHS)


rollups.register_recount("gates", recount)
rollups.register_known("gates", known)
