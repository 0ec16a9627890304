"""What endpoints, listeners and the floors above ask of venues and orders."""

from app.closures.schemas import AmendmentIn, ClosureOrderIn, LiftingIn, Then, VenueIn, VenueState
from app.closures.service.figures import closure_figures, deciding_orders, school_closures
from app.closures.service.inheriting import inherit
from app.closures.service.ordering import amend_closure, lift_closure, order_closure
from app.closures.service.reading import (
    campus_state,
    list_orders,
    list_terms,
    read_closures,
    read_order,
    states_ahead,
    states_then,
    venue_states,
)
from app.closures.service.relocating import relocate
from app.closures.service.venues import change_venue, create_venue, list_venues, retire_venue

__all__ = [
    "AmendmentIn",
    "ClosureOrderIn",
    "LiftingIn",
    "Then",
    "VenueIn",
    "VenueState",
    "amend_closure",
    "campus_state",
    "change_venue",
    "closure_figures",
    "create_venue",
    "deciding_orders",
    "inherit",
    "lift_closure",
    "list_orders",
    "list_terms",
    "list_venues",
    "order_closure",
    "read_closures",
    "read_order",
    "relocate",
    "retire_venue",
    "school_closures",
    "states_ahead",
    "states_then",
    "venue_states",
]
