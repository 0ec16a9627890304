"""The rungs of an approval, as policy and orders have them at the moment of asking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.access.roles import Role
from app.closures.service import VenueState
from app.entries.models import EntryKind, EntryRequest, StepLevel
from app.entries.queries import steps as queries
from app.entries.service.rules import binds
from app.institutions import service as institutions
from app.institutions.models import Institution, InstitutionKind
from app.policies import service as policies
from app.policies.settings import ChainRule

# What an office of a kind has; a ladder names the roles of all kinds.
_OFFICE = {
    InstitutionKind.PROVINCE: Role.PROVINCIAL_ADMIN,
    InstitutionKind.CITY: Role.CITY_ADMIN,
    InstitutionKind.COUNTY: Role.COUNTY_ADMIN,
}
_HEADS = ("vice_principal", "principal")


@dataclass(frozen=True, slots=True)
class Rung:
    """A step that is to be made."""

    level: StepLevel
    office_id: int
    roles: tuple[str, ...]
    needs_all: bool


def rungs(
    session: Session, request: EntryRequest, states: Sequence[VenueState], *, outsiders: bool, insiders: bool
) -> list[Rung]:
    """The ladder of a request; never empty.

    A rung of the school that nobody but the asker could decide on is left to the next one of the school, or goes up.
    """
    lineage = institutions.widen_to_ancestors(session, request.institution_id)
    policy = policies.effective(session, request.institution_id)
    chain = policy.approval_chain_visitors if request.kind is EntryKind.VISITOR else policy.approval_chain
    found: list[Rung] = []
    for place, rule in enumerate(chain):
        if rule.level == StepLevel.SCHOOL:
            if _others_hold(session, request, rule):
                found.append(Rung(StepLevel.SCHOOL, request.institution_id, rule.roles, rule.needs_all))
            elif not any(_others_hold(session, request, one) for one in chain[place + 1 :] if one.level == "school"):
                found += _above(lineage, rule)
        elif rule.level == StepLevel.ABOVE:
            found += _above(lineage, rule)
        else:
            closing = issuers(lineage, states, outsiders=outsiders, insiders=insiders)
            found += [_office(StepLevel.ISSUER, office, rule) for office in closing]
    by_heads = Rung(StepLevel.SCHOOL, request.institution_id, _HEADS, needs_all=False)
    return list(dict.fromkeys(found)) or [by_heads]


def issuers(
    lineage: Sequence[Institution], states: Iterable[VenueState], *, outsiders: bool, insiders: bool
) -> list[Institution]:
    """The levels above a school whose orders stand in the way of these people, the nearest first."""
    closing = {
        state.issuer_id
        for state in states
        if (outsiders and binds(state, outsider=True)) or (insiders and binds(state, outsider=False))
    }
    return [one for one in reversed(lineage[:-1]) if one.id in closing and one.kind in _OFFICE]


def issuer_rung(session: Session, request: EntryRequest, office: Institution) -> Rung:
    """The rung of a level that has closed the place since the ladder was made."""
    policy = policies.effective(session, request.institution_id)
    chain = policy.approval_chain_visitors if request.kind is EntryKind.VISITOR else policy.approval_chain
    rule = next((one for one in chain if one.level == StepLevel.ISSUER), None)
    return _office(StepLevel.ISSUER, office, rule or ChainRule("issuer", (), needs_all=False))


def _others_hold(session: Session, request: EntryRequest, rule: ChainRule) -> bool:
    """Whether somebody else than the asker holds one of the rule's roles (each, where each is wanted)."""
    held = queries.holders(session, request.institution_id, [Role(one) for one in rule.roles], request.unit_id)
    roles = {role for role, account_id in held if account_id != request.account_id}
    return len(roles) == len(rule.roles) if rule.needs_all else bool(roles)


def _above(lineage: Sequence[Institution], rule: ChainRule) -> list[Rung]:
    """The step of the next office up; none at the top of a tree."""
    office = next((one for one in reversed(lineage[:-1]) if one.kind in _OFFICE), None)
    return [] if office is None else [_office(StepLevel.ABOVE, office, rule)]


def _office(level: StepLevel, office: Institution, rule: ChainRule) -> Rung:
    fitting = {_OFFICE[office.kind], Role.REVIEWER}
    roles = tuple(one for one in rule.roles if one in fitting)
    return Rung(level, office.id, roles or (_OFFICE[office.kind].value,), rule.needs_all and len(roles) > 1)
