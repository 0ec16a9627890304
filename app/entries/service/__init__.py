"""Asking (`asking`, `visiting`), the rules (`rules`) and the ladder (`ladder`, `stepping`), deciding (`deciding`,
`entrances`), deputies (`delegations`), looking (`following`), invitations (`inviting`), rosters (`duties`) and
time (`waiting`).
"""

from app.entries.schemas.decisions import DelegationIn, StepVerdictIn, Verdict
from app.entries.schemas.requests import EntryIn, EntryOut, UnitEntryIn
from app.entries.schemas.visits import NewVisitInvitation, RosterIn
from app.entries.service.asking import ask, ask_for_unit
from app.entries.service.delegations import delegate, list_delegations
from app.entries.service.delegations import list_own as list_own_delegations
from app.entries.service.delegations import revoke as revoke_delegation
from app.entries.service.duties import cancel as cancel_shift
from app.entries.service.duties import list_shifts, roster
from app.entries.service.entrances import (
    decide_above,
    decide_as_deputy,
    decide_in_school,
    decide_many,
    list_deputised,
    list_referrals,
)
from app.entries.service.following import (
    change,
    deputised_health,
    health,
    list_own,
    list_requests,
    read_deputised,
    read_own,
    read_request,
    withdraw,
)
from app.entries.service.inviting import invite, list_invitations
from app.entries.service.inviting import revoke as revoke_invitation
from app.entries.service.visiting import ask as ask_as_visitor
from app.entries.service.visiting import change as change_visit
from app.entries.service.visiting import look as look_at_visit
from app.entries.service.visiting import open_form as open_visit_form
from app.entries.service.visiting import withdraw as withdraw_visit
from app.entries.service.waiting import expire, remind

__all__ = [
    "DelegationIn",
    "EntryIn",
    "EntryOut",
    "NewVisitInvitation",
    "RosterIn",
    "StepVerdictIn",
    "UnitEntryIn",
    "Verdict",
    "ask",
    "ask_as_visitor",
    "ask_for_unit",
    "cancel_shift",
    "change",
    "change_visit",
    "decide_above",
    "decide_as_deputy",
    "decide_in_school",
    "decide_many",
    "delegate",
    "deputised_health",
    "expire",
    "health",
    "invite",
    "list_delegations",
    "list_deputised",
    "list_invitations",
    "list_own",
    "list_own_delegations",
    "list_referrals",
    "list_requests",
    "list_shifts",
    "look_at_visit",
    "open_visit_form",
    "read_deputised",
    "read_own",
    "read_request",
    "remind",
    "revoke_delegation",
    "revoke_invitation",
    "roster",
    "withdraw",
    "withdraw_visit",
]
