"""Requests in every state at the first school, a deputy, a visitor's code, a duty roster."""

from collections.abc import Sequence
from datetime import time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.actor import Actor, Held
from app.access.models import Membership
from app.access.roles import Role
from app.cli.demo import invented
from app.cli.demo.accounts import DemoAccount
from app.entries import service as entries
from app.entries.models import EntryRequest
from app.entries.service import (
    DelegationIn,
    EntryIn,
    EntryOut,
    NewVisitInvitation,
    RosterIn,
    StepVerdictIn,
    UnitEntryIn,
    Verdict,
)
from app.identity import service as identity
from app.institutions import service as institutions
from app.kernel import clock, db
from app.kernel.db import Scope
from app.people.models import Person, PersonKind

_SERIAL = 9_000_000  # of identity numbers, beyond those of any roll


def ask(accounts: Sequence[DemoAccount]) -> None:
    """File and decide, unless that was done."""
    by_role = {account.role: account for account in accounts}
    school = by_role[Role.PRINCIPAL].institution_id
    with db.transaction(Scope(frozenset({school}), frozenset({school}))) as session:
        institutions.widen_to_ancestors(session, school)
        if session.scalars(select(EntryRequest.id).where(EntryRequest.institution_id == school).limit(1)).first():
            return
        actors = {role: _actor(session, by_role[role]) for role in by_role if by_role[role].institution_id == school}
        _Desk(session, school, actors).work()


def _actor(session: Session, account: DemoAccount) -> Actor:
    found = identity.find_account(session, account.phone)
    if found is None:
        raise RuntimeError(f"the demo's {account.role} has no account")
    rows = session.scalars(select(Membership).where(Membership.account_id == found.id, Membership.ended_at.is_(None)))
    return Actor(found.id, tuple(Held(one.role, one.institution_id, one.unit_id, one.person_id) for one in rows))


class _Desk:
    """The first school, with everybody who asks and decides there."""

    def __init__(self, session: Session, school: int, actors: dict[str, Actor]) -> None:
        self.session, self.school, self.actors, self.serial = session, school, actors, _SERIAL

    def work(self) -> None:
        """One request for each state, and what else there is to see."""
        self._meeting("家长会")
        approved = self._meeting("领取教材")
        for role in (Role.HOMEROOM_TEACHER, Role.PRINCIPAL):
            self._decide(approved, role, Verdict.APPROVE)
        self._decide(self._meeting("参观校园"), Role.HOMEROOM_TEACHER, Verdict.REFUSE, "封闭期间不接待参观")
        self._decide(self._meeting("送午饭"), Role.HOMEROOM_TEACHER, Verdict.RETURN, "请改在 11 点后")
        entries.withdraw(self.session, self.actors[Role.GUARDIAN], self._meeting("看望孩子").id)
        self._expired(self._meeting("补办手续"))
        self._meeting("接孩子", health={"symptoms": ["fever"]})
        unit = next(held.unit_id for held in self.actors[Role.HOMEROOM_TEACHER].held if held.unit_id is not None)
        body = {"purpose": "return", "reason": "毕业班提前返校", **self._window()}
        entries.ask_for_unit(self.session, self.actors[Role.HOMEROOM_TEACHER], unit, UnitEntryIn.model_validate(body))
        self._others()

    def _meeting(self, reason: str, **more: object) -> EntryOut:
        """A guardian asks for a grandparent who is on no roll."""
        self.serial += 1
        grandparent = {"name": "何奶奶", "identity_number": invented.identity_number(self.serial), **more}
        body = {"purpose": "meeting", "reason": reason, "others": [grandparent], **self._window()}
        return entries.ask(self.session, self.actors[Role.GUARDIAN], self.school, EntryIn.model_validate(body))

    def _decide(self, request: EntryOut, role: Role, verdict: Verdict, reason: str | None = None) -> None:
        shown = entries.read_request(self.session, self.actors[Role.PRINCIPAL], request.id)
        step = next(one for one in shown.steps if one.state == "open")
        if role.value in step.roles:
            said = StepVerdictIn(step_id=step.id, verdict=verdict, reason=reason)
            entries.decide_in_school(self.session, self.actors[role], request.id, said)

    def _expired(self, request: EntryOut) -> None:
        """As if it had been asked two days ago, and nobody had looked."""
        row = self.session.get_one(EntryRequest, (self.school, request.id))
        row.valid_from -= timedelta(days=2)
        row.valid_until -= timedelta(days=2)
        self.session.flush()
        entries.expire(self.session, self.school, request.id)

    def _others(self) -> None:
        session, principal = self.session, self.actors[Role.PRINCIPAL]
        code = {"purpose": "repair", "uses": 5, **self._window()}
        entries.invite(session, principal, self.school, NewVisitInvitation.model_validate(code))
        staff = session.scalars(
            select(Person.id).where(Person.institution_id == self.school, Person.kind == PersonKind.STAFF).limit(3)
        )
        shifts = [{"person_id": person_id, **self._window()} for person_id in staff]
        entries.roster(session, principal, self.school, RosterIn.model_validate({"duty": "总值班", "shifts": shifts}))
        days = {"since": clock.today(), "until": clock.today() + timedelta(days=6)}
        deputy = self.actors[Role.SCHOOL_REPORTER].account_id
        lent = DelegationIn.model_validate({"role": "principal", "deputy_account_id": deputy, **days})
        entries.delegate(session, principal, self.school, lent)

    @staticmethod
    def _window() -> dict[str, object]:
        day = clock.today() + timedelta(days=1)
        return {"valid_from": clock.at(day, time(8)), "valid_until": clock.at(day, time(18))}
