"""What became of what an institution has sent: rows and counts, without a word or a name."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, visible
from app.kernel import clock, paging
from app.kernel.schemas import Page
from app.notifications.models import Delivery
from app.notifications.queries import channels, deliveries
from app.notifications.schemas import DeliveryCountOut, DeliveryCountsOut, DeliveryOut
from app.notifications.service import limits
from app.notifications.templates import Template

KEPT: Final = timedelta(days=90)


def list_deliveries(
    session: Session, actor: Actor, institution_id: int, filters: Mapping[str, Any], page: paging.PageQuery
) -> Page[DeliveryOut]:
    """What an institution has sent, newest first."""
    statement = deliveries.narrowed(visible(actor, Action.DELIVERIES_READ, Delivery), institution_id, filters)
    rows, following = paging.fetch(session, statement, [Delivery.place], page)
    return Page(items=[_told(row) for row in rows], next=following)


def count_deliveries(session: Session, actor: Actor, institution_id: int, since: datetime | None) -> DeliveryCountsOut:
    """How many of what an institution has sent since a moment (a day ago by default) have come to what."""
    start = since or clock.now() - timedelta(days=1)
    statement = deliveries.narrowed(visible(actor, Action.DELIVERIES_READ, Delivery), institution_id, {})
    rows = deliveries.counts(session, statement, start)
    return DeliveryCountsOut(items=[DeliveryCountOut.model_validate(row) for row in rows])


def purge(session: Session) -> None:
    """Forget deliveries of a quarter of a year ago, as far as the scope goes, and uses that nothing counts."""
    deliveries.purge(session, clock.now() - KEPT)
    channels.purge_uses(session, clock.now() - limits.LONGEST)


def _told(row: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=row.id,
        channel=row.channel,
        template=Template(row.template),
        state=row.state,
        attempts=row.attempts,
        code=row.code,
        messages=len(row.message_ids),
        made_at=row.made_at,
        due_at=row.due_at,
        settled_at=row.settled_at,
    )
