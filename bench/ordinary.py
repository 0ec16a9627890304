"""The check-in endpoint as one would ordinarily write it: the peer that the service is compared with.

    python -m bench.ordinary --port PORT --processes N

FastAPI with a `def` endpoint, one SQLAlchemy session a request, objects and attributes. It keeps every rule that the
service keeps for a single reading: token and session are checked, the caller must answer for the person, a reading
lands once, day, slot, status and lateness are decided alike, and class and school are counted in the same
transaction, which commits before the answer. It has none of the service's middleware, and is the faster for it.
"""

import argparse
from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.roles import Role
from app.api import health, problems
from app.checkins import rules
from app.checkins.errors import NotOnRoll
from app.checkins.events import FeverReported
from app.checkins.models import CheckIn, HealthStatus, Slot, Source
from app.checkins.schemas.answers import Outcome, ReceiptOut
from app.checkins.schemas.readings import CheckInIn
from app.checkins.service.drafts import content_values, read_answers
from app.identity.models import Account, AccountState, Device
from app.identity.service import keys
from app.identity.tokens import InvalidToken
from app.kernel import clock, db, discovery, events
from app.kernel.db import Scope, UnitOfWork
from app.kernel.errors import NotFound, Unauthenticated
from app.people.models import Person, PersonKind, Standing
from app.policies import service as policies
from app.rollups import service as rollups
from app.rollups.models import NOBODY, SchoolDay, UnitDay

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]
# By which role somebody logs a person, the nearest tie first.
_SOURCES = {
    Role.STUDENT: Source.SELF,
    Role.STAFF: Source.SELF,
    Role.GUARDIAN: Source.GUARDIAN,
    Role.HOMEROOM_TEACHER: Source.TEACHER,
    Role.SCHOOL_DOCTOR: Source.DOCTOR,
}


def create_app() -> FastAPI:
    """The endpoint alone, with the answers to problems and `/healthz`."""
    discovery.import_features()
    app = FastAPI(title="An ordinary check-in")
    app.add_api_route("/api/v1/checkins", submit_checkin, methods=["POST"], status_code=201)
    app.include_router(health.router)
    problems.install(app)
    return app


def signed_in(bearer: Bearer, session: UnitOfWork) -> list[Membership]:
    """What the caller holds; raises `Unauthenticated`."""
    ring = keys.verifying_ring(session)
    try:
        claims = ring.verify(bearer.credentials, clock.now()) if ring and bearer else None
    except InvalidToken:
        claims = None
    account = session.get(Account, claims.account_id) if claims else None
    device = session.get(Device, claims.device_id) if claims else None
    if claims is None or account is None or device is None or device.account_id != account.id:
        raise Unauthenticated
    if account.state is not AccountState.ACTIVE or account.session_version != claims.session_version:
        raise Unauthenticated
    if device.revoked_at is not None:
        raise Unauthenticated
    held = session.scalars(
        select(Membership).where(Membership.account_id == account.id, Membership.ended_at.is_(None))
    ).all()
    db.bind(session, Scope(institutions=frozenset(one.institution_id for one in held)))
    return list(held)


def submit_checkin(
    body: CheckInIn, response: Response, session: UnitOfWork, held: Annotated[list[Membership], Depends(signed_in)]
) -> ReceiptOut:
    """Log one reading."""
    received_at = clock.now()
    person = session.scalars(select(Person).where(Person.id == body.person_id)).one_or_none()
    source = _source(person, held)
    if person is None or source is None:
        raise NotFound
    known = session.scalars(
        select(CheckIn).where(
            CheckIn.institution_id == person.institution_id, CheckIn.person_id == person.id, CheckIn.id == body.id
        )
    ).one_or_none()
    if known is not None:
        response.status_code = 200
        return _receipt(known, Outcome.DUPLICATE)
    reading = _judged(session, person, body, received_at, (source, held[0].account_id))
    _count(session, reading)
    if reading.status is HealthStatus.FEVER:
        day = reading.day.isoformat()
        events.record(session, FeverReported(person.institution_id, person.id, str(reading.id), day))
    return _receipt(reading, Outcome.ACCEPTED)


def _source(person: Person | None, held: list[Membership]) -> Source | None:
    """By which tie the caller logs the person; None where there is no tie."""
    if person is None:
        return None
    ties = {
        one.role
        for one in held
        if one.institution_id == person.institution_id
        and (
            (one.role is Role.GUARDIAN and one.person_id == person.ward_id)
            or (one.role in (Role.STUDENT, Role.STAFF) and one.person_id == person.id)
            or (one.role is Role.HOMEROOM_TEACHER and one.unit_id == person.unit_id)
            or one.role is Role.SCHOOL_DOCTOR
        )
    }
    return next((source for role, source in _SOURCES.items() if role in ties), None)


def _judged(
    session: Session, person: Person, body: CheckInIn, received_at: datetime, ties: tuple[Source, int]
) -> CheckIn:
    """The row of a new reading; raises the problem why there can be none."""
    when = rules.place(body.taken_at, body.sent_at, received_at)
    policy = policies.effective(session, person.institution_id)
    rules.check_age(when.day, clock.school_day(received_at), policy)
    slot = rules.slot_rule(policy.slots, when.taken_at)
    answers = read_answers(body, ())
    household = person.kind is PersonKind.HOUSEHOLD
    standing = session.scalars(
        select(Standing).where(
            Standing.institution_id == person.institution_id,
            Standing.person_id == person.id,
            Standing.valid_from <= when.day,
            or_(Standing.valid_to.is_(None), Standing.valid_to > when.day),
        )
    ).one_or_none()
    if when.day < person.enrolled_on or (standing is None and not household):
        raise NotOnRoll
    return CheckIn(
        institution_id=person.institution_id,
        day=when.day,
        person_id=person.id,
        id=body.id,
        unit_id=(standing.unit_id if standing else None) or NOBODY,
        household=household,
        counted=household or (standing is not None and standing.due),
        slot=Slot(slot.slot),
        source=ties[0],
        status=rules.judge(policy, body.tenths, body.site, answers, when.day),
        late=rules.is_late(slot, when.day, received_at),
        skewed=when.skewed,
        implausible=False,
        taken_at=when.taken_at,
        received_at=received_at,
        recorded_by=ties[1],
        **content_values(body, answers),
    )


def _count(session: Session, reading: CheckIn) -> None:
    """Add the reading, and to the day of its class and school what changes by it."""
    day = (reading.institution_id, reading.day)
    leaves = [
        session.get(UnitDay, (*day, reading.unit_id), with_for_update=True),
        session.get(SchoolDay, day, with_for_update=True),
    ]
    if None in leaves:
        rollups.lock_days(session, [(*day, reading.unit_id)])
        leaves = [session.get_one(UnitDay, (*day, reading.unit_id)), session.get_one(SchoolDay, day)]
    earlier = session.scalars(
        select(CheckIn).where(
            CheckIn.institution_id == reading.institution_id,
            CheckIn.day == reading.day,
            CheckIn.person_id == reading.person_id,
            CheckIn.replaced_by.is_(None),
        )
    ).all()
    session.add(reading)
    if not reading.counted:
        return
    before, after = _together(earlier), _together([*earlier, reading])
    for metric, count in after.items():
        for leaf in leaves:
            setattr(leaf, metric, getattr(leaf, metric) + count - before.get(metric, 0))


def _together(readings: Sequence[CheckIn]) -> dict[str, int]:
    """What a person's readings of a day add to its figures."""
    days = [
        rules.PersonDay(
            one.unit_id, one.household, one.status, one.symptoms != 0, one.temperature is not None, not one.late
        )
        for one in readings
    ]
    return reduce(rules.PersonDay.joined, days).counts() if days else {}


def _receipt(reading: CheckIn, outcome: Outcome) -> ReceiptOut:
    return ReceiptOut(
        id=reading.id,
        day=reading.day,
        slot=reading.slot,
        status=reading.status,
        late=reading.late,
        received_at=reading.received_at,
        outcome=outcome,
    )


def main() -> None:
    """Serve it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--processes", type=int, default=1)
    wanted = parser.parse_args()
    uvicorn.run(
        "bench.ordinary:create_app",
        factory=True,
        port=wanted.port,
        workers=wanted.processes if wanted.processes > 1 else None,
        log_config=None,
        access_log=False,
        timeout_worker_healthcheck=60,
    )


if __name__ == "__main__":
    main()
