"""Venues hang on their school and on every level above; orders are reached through the institution they concern."""

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.closures.models import Venue

anchor(
    Anchors(
        model=Venue,
        read=Action.VENUES_READ,
        facts=lambda venue: Facts(institution_id=venue.institution_id, lineage=tuple(venue.lineage)),
        institution=Venue.institution_id,
        lineage=Venue.lineage,
    )
)
