"""What was planned for a later moment, when it comes."""

from sqlalchemy.orm import Session

from app.entries import service
from app.entries.events import EntryReminderDue, EntryWindowOver
from app.kernel.events import listen


def remind(session: Session, happened: EntryReminderDue) -> None:
    """Remind those who could decide on a step."""
    service.remind(session, happened.institution_id, happened.step_id)


def expire(session: Session, happened: EntryWindowOver) -> None:
    """End a request that nobody has decided on in time."""
    service.expire(session, happened.institution_id, happened.request_id)


listen(EntryReminderDue, remind)
listen(EntryWindowOver, expire)
