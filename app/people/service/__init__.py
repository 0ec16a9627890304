"""Persons and their rolls: single persons (`persons`, `households`), who answers for them (`bindings`, `invitations`),
what shows more than a mask (`looks`), who is held back from entering (`holds`), whole rolls (`imports`, `promotion`,
`transfers`).
"""

from app.people.schemas import (
    Departure,
    ImportKind,
    NewGuardian,
    NewHouseholdMember,
    NewPerson,
    PersonChange,
    PersonOut,
    PromotionOrder,
    RollImportOut,
    UnitChange,
)
from app.people.service.bindings import (
    add_guardian,
    disclose_guardian_phone,
    end_guardian,
    list_guardians,
)
from app.people.service.closing import close_roll
from app.people.service.departures import leave
from app.people.service.directory import Directory, directory
from app.people.service.dues import follow_rules, follow_rules_below
from app.people.service.holds import HOLDS, Hold, holds_of, register_hold
from app.people.service.households import add_household_member, list_household, remove_household_member
from app.people.service.imports import import_roll, list_imports, read_import
from app.people.service.invitations import accept, issue, list_invitations, revoke
from app.people.service.looks import disclose, list_looks, search
from app.people.service.own_accounts import bind_own_account, end_own_account
from app.people.service.persons import change, change_unit, enrol, list_persons, read_person
from app.people.service.promotion import promote
from app.people.service.rolls import count
from app.people.service.sheet_columns import template
from app.people.service.ties import by_identity, is_tied
from app.people.service.transfers import carry_over
from app.people.service.values import WrongValueError

__all__ = [
    "HOLDS",
    "Departure",
    "Directory",
    "Hold",
    "ImportKind",
    "NewGuardian",
    "NewHouseholdMember",
    "NewPerson",
    "PersonChange",
    "PersonOut",
    "PromotionOrder",
    "RollImportOut",
    "UnitChange",
    "WrongValueError",
    "accept",
    "add_guardian",
    "add_household_member",
    "bind_own_account",
    "by_identity",
    "carry_over",
    "change",
    "change_unit",
    "close_roll",
    "count",
    "directory",
    "disclose",
    "disclose_guardian_phone",
    "end_guardian",
    "end_own_account",
    "enrol",
    "follow_rules",
    "follow_rules_below",
    "holds_of",
    "import_roll",
    "is_tied",
    "issue",
    "leave",
    "list_guardians",
    "list_household",
    "list_imports",
    "list_invitations",
    "list_looks",
    "list_persons",
    "promote",
    "read_import",
    "read_person",
    "register_hold",
    "remove_household_member",
    "revoke",
    "search",
    "template",
]
