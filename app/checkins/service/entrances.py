"""The doors to the one way in: a single reading, a queue, a class, a gate. Each says whom it lets be logged."""

from sqlalchemy.orm import Session

from app.access.roles import Action, Reach
from app.access.service import Actor, obtain
from app.checkins.models import HealthStatus, Source
from app.checkins.schemas.answers import BatchOut, GateBatchOut, GateItemOut, ItemOut, Outcome, ReceiptOut
from app.checkins.schemas.readings import BatchIn, CheckInIn, GateBatchIn
from app.checkins.service import receipts
from app.checkins.service.submit import ANY, Arrival, Door, submit, take
from app.institutions.models import Institution, Unit
from app.kernel import clock


def submit_one(session: Session, actor: Actor, reading: CheckInIn) -> ReceiptOut:
    """Take one reading; raises the problem why it was not taken."""
    now = clock.now()
    arrival = Arrival.at(actor, reading, (), sent_at=reading.sent_at, received_at=now)
    answer = take(session, ANY, [arrival])[0]
    if isinstance(answer, ReceiptOut):
        return answer
    raise answer


def submit_batch(session: Session, actor: Actor, batch: BatchIn) -> BatchOut:
    """Take what waited on a phone."""
    received_at = clock.now()
    items = submit(session, actor, ANY, batch.read(), sent_at=batch.sent_at, received_at=received_at)
    return receipts.of_batch(items, received_at)


def submit_for_unit(session: Session, actor: Actor, unit_id: int, batch: BatchIn) -> BatchOut:
    """Take readings of a class that its teacher (or the school's doctor) has written down; nobody else's."""
    unit = obtain(session, actor, Action.CHECKINS_SUBMIT, Unit, unit_id)
    own = any(
        reach is Reach.OWN_UNIT and held.unit_id == unit.id for reach, held in actor.reaches(Action.CHECKINS_SUBMIT)
    )
    source = Source.TEACHER if own else Source.DOCTOR
    door = Door(source=source, institution_id=unit.institution_id, unit_id=unit.id)
    received_at = clock.now()
    items = submit(session, actor, door, batch.read(), sent_at=batch.sent_at, received_at=received_at)
    return receipts.of_batch(items, received_at)


def submit_at_gate(session: Session, actor: Actor, institution_id: int, batch: GateBatchIn) -> GateBatchOut:
    """Take what the gate has measured, and say whom to let in. Who is not known here is turned away."""
    school = obtain(session, actor, Action.CHECKINS_GATE, Institution, institution_id)
    door = Door(Action.CHECKINS_GATE, Source.GATE, institution_id=school.id)
    received_at = clock.now()
    items = submit(session, actor, door, batch.readings(), sent_at=batch.sent_at, received_at=received_at)
    return GateBatchOut(received_at=received_at, items=[_at_gate(one) for one in items])


def _at_gate(item: ItemOut) -> GateItemOut:
    status = item.receipt.status if item.receipt else None
    return GateItemOut(
        index=item.index,
        id=item.id,
        outcome=item.outcome,
        admit=item.outcome is not Outcome.REFUSED and status is not HealthStatus.FEVER,
        status=status,
        problem=item.problem,
    )
