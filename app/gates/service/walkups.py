"""Visitors whom the guard registers: real name, identity number, phone; a pass for the day, for one entry."""

from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.closures import service as closures
from app.closures.models import Degree
from app.gates.errors import WalkUpNotPossible
from app.gates.models import Source, WalkUp
from app.gates.queries import passes as rows
from app.gates.schemas.events import WalkUpIn, WalkUpOut
from app.gates.schemas.passes import Holder
from app.gates.service import clocks, passes
from app.gates.service.deciding import masked
from app.identity import service as identity
from app.institutions.models import Institution
from app.kernel import clock
from app.kernel.crypto import mask_identity_number, mask_phone
from app.kernel.secrets import vault
from app.people import service as people
from app.people.errors import wrong
from app.people.service import values


def register_walk_up(session: Session, actor: Actor, institution_id: int, body: WalkUpIn) -> WalkUpOut:
    """Register a visitor; the same id again is answered by the same pass.

    Raises `NotFound`, `Forbidden`, `Invalid` (the numbers), `EventInFuture`, `EventTooOld`, and `WalkUpNotPossible`
    while the campus is closed to society; what was registered without a network has happened and is kept.
    """
    school = obtain(session, actor, Action.GATE_WORK, Institution, institution_id, lock=True)
    known = rows.walk_up(session, school.id, body.id)
    if known is None:
        moment, _ = clocks.placed(body.registered_at, body.sent_at, clock.now())
        if body.registered_at is None:
            _demand_open(session, school.id)
        known = _register(session, actor, school.id, body, moment)
    (given,) = rows.of_source(session, school.id, Source.WALK_UP, known.id)
    # The guard's own phone stands beside it: no code of the minute is asked for.
    (token,) = identity.sign_passes(session, passes.claims([given], printed=True))
    return WalkUpOut(pass_id=given.id, name=given.name, code=token)


def _demand_open(session: Session, institution_id: int) -> None:
    campus = closures.campus_state(session, institution_id, since=clock.now())
    if campus.degree.rank >= Degree.CLOSED_TO_SOCIETY.rank:
        raise WalkUpNotPossible(number=campus.number)


def _register(session: Session, actor: Actor, institution_id: int, body: WalkUpIn, moment: datetime) -> WalkUp:
    try:
        number, phone = values.identity_number(body.identity_number), values.phone(body.phone)
    except values.WrongValueError as error:
        pointer = "/phone" if error.code == "people.phone_wrong" else "/identity_number"
        raise wrong(pointer, error.code) from error
    context = f"{institution_id}:{body.id}"
    made = WalkUp(
        institution_id=institution_id,
        client_id=body.id,
        name=body.name,
        identity_cipher=vault().encrypt(number, f"walk_up.identity:{context}"),
        identity_fingerprint=values.fingerprint_identity(number),
        identity_masked=mask_identity_number(number),
        phone_cipher=vault().encrypt(phone, f"walk_up.phone:{context}"),
        phone_fingerprint=values.fingerprint_phone(phone),
        phone_masked=mask_phone(phone),
        reason=body.reason,
        registered_by=actor.account_id,
        registered_at=moment,
    )
    session.add(made)
    session.flush()
    _give_pass(session, actor, made)
    audit.record(session, actor, "gates.register", "walk_up", made.id, institution_id=institution_id)
    return made


def _give_pass(session: Session, actor: Actor, visitor: WalkUp) -> None:
    since = visitor.registered_at
    midnight = clock.at(clock.school_day(since) + timedelta(days=1), time(0))
    known = people.by_identity(session, visitor.institution_id, [visitor.identity_fingerprint])
    holder = Holder(
        name=masked(visitor.name),
        person_id=known.get(visitor.identity_fingerprint),
        venue_ids=(),
        valid_from=since,
        valid_until=midnight,
        identity_fingerprint=visitor.identity_fingerprint,
        single_use=True,
    )
    source = Source.WALK_UP.value
    passes.issue(session, actor, visitor.institution_id, [holder], source=source, source_id=visitor.id)
