"""Corrections: the new reading stands, the old one is kept, with who replaced it and why."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.checkins import rules
from app.checkins.errors import AlreadyCorrected, IdTaken
from app.checkins.models import CheckIn
from app.checkins.queries import ingest
from app.checkins.schemas.answers import Outcome, ReceiptOut
from app.checkins.schemas.readings import CorrectionIn
from app.checkins.service import counting, receipts
from app.checkins.service.drafts import Draft, content_values, read_answers
from app.checkins.service.landing import tell
from app.checkins.service.sources import source_of
from app.kernel import clock
from app.kernel.errors import NotFound
from app.people.models import Person
from app.policies import service as policies
from app.rollups import service as rollups

LOOK_BACK = 366  # days, beyond those of the policy


def correct(session: Session, actor: Actor, reading_id: UUID, correction: CorrectionIn) -> ReceiptOut:
    """Replace a standing reading; its day, slot, time and lateness stay.

    Sending the same correction again answers as the first time. Raises `AlreadyCorrected`, `IdTaken`, `TooLongAgo`,
    `Invalid`; `NotFound` and `Forbidden` as the person is reached.
    """
    person = obtain(session, actor, Action.CHECKINS_CORRECT, Person, correction.person_id)
    policy = policies.effective(session, person.institution_id)
    days = rules.open_days(clock.today(), policy.checkin_backdating_days)
    old = _standing_or_done(session, person, reading_id, correction, days)
    if isinstance(old, ReceiptOut):
        return old
    if not actor.system:
        rules.check_age(old.day, clock.today(), policy)
    answers = read_answers(correction, ())
    rollups.lock_days(session, {(old.institution_id, old.day, old.unit_id)})
    # Somebody may have been faster while this waited for the lock.
    old = _standing_or_done(session, person, reading_id, correction, [*days, old.day])
    if isinstance(old, ReceiptOut):
        return old
    status = rules.judge(policy, correction.tenths, correction.site, answers, old.day)
    source = source_of(actor, Action.CHECKINS_CORRECT, person)
    by = {"source": source, "status": status, "recorded_by": actor.account_id}
    draft = Draft(_kept(old) | content_values(correction, answers) | by | _named(correction, old))
    _exchange(session, old, draft)
    _leave_trace(session, actor, old, draft, correction)
    return receipts.of_draft(draft, Outcome.ACCEPTED)


def _standing_or_done(
    session: Session, person: Person, reading_id: UUID, correction: CorrectionIn, days: Sequence[date]
) -> CheckIn | ReceiptOut:
    def find(id_: UUID, among: Sequence[date]) -> CheckIn | None:
        return ingest.reading(session, person.institution_id, person.id, id_, among)

    # Whatever is older can hardly be corrected, but its sender is told why.
    old = find(reading_id, days) or find(reading_id, _before(days))
    if old is None:
        raise NotFound
    done = find(correction.id, [*days, old.day])
    if done is not None:
        if done.replaces != reading_id:
            raise IdTaken
        return receipts.of_row(done, Outcome.DUPLICATE)
    if old.replaced_by is not None:
        raise AlreadyCorrected
    return old


def _before(days: Sequence[date]) -> list[date]:
    return [min(days) - timedelta(days=ago) for ago in range(1, LOOK_BACK)]


def _kept(old: CheckIn) -> dict[str, Any]:
    names = ("institution_id", "day", "person_id", "unit_id", "household", "counted")
    return {name: getattr(old, name) for name in (*names, "slot", "late", "skewed", "taken_at")}


def _named(correction: CorrectionIn, old: CheckIn) -> dict[str, Any]:
    return {
        "id": correction.id,
        "implausible": False,
        "received_at": clock.now(),
        "replaces": old.id,
        "correction_reason": correction.reason,
    }


def _exchange(session: Session, old: CheckIn, draft: Draft) -> None:
    before = counting.standing(session, {draft.person_day})
    if not ingest.replace(session, old, draft.row["id"]):
        raise AlreadyCorrected
    if draft.key not in ingest.add(session, [draft.row]):
        raise IdTaken
    counting.settle(session, before, {draft.person_day})
    if old.status is not draft.row["status"]:
        tell(session, [draft])


def _leave_trace(session: Session, actor: Actor, old: CheckIn, draft: Draft, correction: CorrectionIn) -> None:
    new = draft.row
    names = ("temperature", "site", "not_measured_reason", "symptoms", "answers", "status")
    audit.record(
        session,
        actor,
        "checkins.correct",
        "person",
        old.person_id,
        institution_id=old.institution_id,
        reason=correction.reason,
        details={
            "replaced": str(old.id),
            "by": str(correction.id),
            "day": old.day.isoformat(),
            "fields": [name for name in names if getattr(old, name) != new[name]],
        },
    )
