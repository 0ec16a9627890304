"""Campuses and venues of a school: made, changed, retired."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain, visible
from app.audit import service as audit
from app.closures.errors import CampusWrong, OnlySchoolsHaveVenues, VenueInUse, VenueRetired
from app.closures.models import Venue, VenueKind
from app.closures.queries import venues as rows
from app.closures.schemas import VenueChange, VenueIn, VenueOut
from app.institutions.errors import NotOpen
from app.institutions.models import Institution, InstitutionKind, InstitutionState
from app.kernel import clock, paging, versions
from app.kernel.errors import NotFound
from app.kernel.schemas import Page


def create_venue(session: Session, actor: Actor, institution_id: int, body: VenueIn) -> VenueOut:
    """A new campus or venue of a school.

    Raises `NotFound`, `Forbidden`, `NotOpen`, `OnlySchoolsHaveVenues`, `CampusWrong`; the database `VenueNameTaken`.
    """
    school = _held(session, actor, institution_id)
    if school.kind is not InstitutionKind.SCHOOL:
        raise OnlySchoolsHaveVenues
    if school.state is not InstitutionState.OPEN:
        raise NotOpen
    _demand_campus(session, institution_id, body.kind, body.campus_id)
    venue = Venue(
        institution_id=institution_id,
        kind=body.kind,
        name=body.name,
        campus_id=body.campus_id,
        version=1,
        lineage=school.lineage,
    )
    session.add(venue)
    _changed(session, actor, "venues.create", venue, {"kind": body.kind.value})
    return VenueOut.model_validate(venue)


def list_venues(
    session: Session,
    actor: Actor,
    institution_id: int,
    page: paging.PageQuery,
    *,
    kind: VenueKind | None = None,
    retired: bool = False,
) -> Page[VenueOut]:
    """The venues of a school; raises `NotFound`."""
    obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id)
    statement = rows.narrowed(visible(actor, Action.VENUES_READ, Venue), institution_id, kind=kind, retired=retired)
    found, following = paging.fetch(session, statement, [Venue.id], page)
    return Page(items=[VenueOut.model_validate(venue) for venue in found], next=following)


def change_venue(session: Session, actor: Actor, venue_id: int, body: VenueChange, if_match: str | None) -> VenueOut:
    """Rename a venue or hang it elsewhere; raises what `create_venue` raises, `PreconditionFailed`, `VenueRetired`."""
    venue = _taken(session, actor, venue_id, if_match)
    changed = sorted(name for name in body.model_fields_set if getattr(venue, name) != getattr(body, name))
    if changed:
        if "campus_id" in changed:
            _demand_campus(session, venue.institution_id, venue.kind, body.campus_id)
        for name in changed:
            setattr(venue, name, getattr(body, name))
        venue.version += 1
        _changed(session, actor, "venues.change", venue, {"fields": changed})
    return VenueOut.model_validate(venue)


def retire_venue(session: Session, actor: Actor, venue_id: int) -> VenueOut:
    """Take a venue out of use, today; raises `NotFound`, `Forbidden`, `VenueRetired`, `VenueInUse`."""
    venue = _taken(session, actor, venue_id, None)
    inside = rows.count_in_campus(session, venue)
    if inside:
        raise VenueInUse(count=inside)
    venue.retired_on = clock.today()
    venue.version += 1
    _changed(session, actor, "venues.retire", venue, {})
    return VenueOut.model_validate(venue)


def _held(session: Session, actor: Actor, institution_id: int) -> Institution:
    """The school, locked: its venues change one at a time, and it does not move meanwhile."""
    return obtain(session, actor, Action.VENUES_MANAGE, Institution, institution_id, lock=True)


def _taken(session: Session, actor: Actor, venue_id: int, if_match: str | None) -> Venue:
    seen = obtain(session, actor, Action.VENUES_MANAGE, Venue, venue_id)
    _held(session, actor, seen.institution_id)
    session.refresh(seen)
    versions.require(seen.version, if_match)
    if seen.retired_on is not None:
        raise VenueRetired
    return seen


def _demand_campus(session: Session, institution_id: int, kind: VenueKind, campus_id: int | None) -> None:
    if campus_id is None:
        return
    campus = rows.find(session, institution_id, campus_id)
    if campus is None:
        raise NotFound
    if kind is VenueKind.CAMPUS or campus.kind is not VenueKind.CAMPUS or campus.retired_on is not None:
        raise CampusWrong


def _changed(session: Session, actor: Actor, act: str, venue: Venue, details: Mapping[str, Any]) -> None:
    session.flush()
    rows.recount(session, venue.institution_id, venue.lineage)
    audit.record(session, actor, act, "venue", venue.id, institution_id=venue.institution_id, details=details)
