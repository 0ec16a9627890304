"""What an office or school has closed stays closed when it goes up into another, until somebody lifts it."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.audit import service as audit
from app.closures.models import ClosureOrder, ClosureTerm
from app.closures.queries import orders, places
from app.institutions.models import Institution
from app.kernel import clock
from app.kernel.db import Scope, widen

_SAME = {one.key for one in ClosureTerm.__table__.columns} - {"id", "institution_id", "order_id", "lineage"}


def inherit(session: Session, merged_id: int, into_id: int, on: date) -> None:
    """Give the orders for a place that has merged to each that stood directly below it; may run twice, and late.

    Orders that are over stay behind. A copy carries all that was known of the order, and when.
    """
    widen(session, Scope(subtrees=frozenset({merged_id, into_id})))
    heirs = places.came_along(session, merged_id, into_id, on)
    for order in orders.unfinished(session, merged_id, clock.now()):
        known = orders.terms(session, [order.id], known_now=False)
        for heir in heirs:
            if not orders.is_numbered(session, heir.id, order.issuer_id, order.number):
                _copy(session, order, [{name: getattr(term, name) for name in _SAME} for term in known], heir)


def _copy(session: Session, order: ClosureOrder, terms: list[dict[str, Any]], heir: Institution) -> None:
    made = ClosureOrder(
        institution_id=heir.id, issuer_id=order.issuer_id, number=order.number, version=1, lineage=heir.lineage
    )
    session.add(made)
    session.flush()
    place = {"institution_id": heir.id, "order_id": made.id, "lineage": heir.lineage}
    orders.add_terms(session, [term | place for term in terms])
    details = {"from": order.institution_id, "order_id": order.id}
    audit.record(session, SYSTEM, "closures.inherit", "closure_order", made.id, institution_id=heir.id, details=details)
