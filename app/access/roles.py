"""The words of the permission table: roles, actions, reaches."""

from enum import StrEnum


class Role(StrEnum):
    """What an account can be somewhere in the tree."""

    PROVINCIAL_ADMIN = "provincial_admin"
    CITY_ADMIN = "city_admin"
    COUNTY_ADMIN = "county_admin"
    ANALYST = "analyst"
    REVIEWER = "reviewer"
    PRINCIPAL = "principal"
    VICE_PRINCIPAL = "vice_principal"
    SCHOOL_REPORTER = "school_reporter"
    HOMEROOM_TEACHER = "homeroom_teacher"
    STAFF = "staff"
    STUDENT = "student"
    SCHOOL_DOCTOR = "school_doctor"
    GATE_GUARD = "gate_guard"
    GUARDIAN = "guardian"
    AUDITOR = "auditor"
    SIGNED_IN = "signed_in"  # every account, with or without a membership


class Reach(StrEnum):
    """How far an action goes for a role; what it means for a table is said by that table's `Anchors`."""

    OWN_ACCOUNT = "own_account"
    OWN_PERSON = "own_person"
    OWN_CHILDREN = "own_children"
    OWN_UNIT = "own_unit"
    INSTITUTION = "institution"
    SUBTREE = "subtree"


class Action(StrEnum):
    """What can be done. An endpoint names exactly one."""

    ACCOUNT_USE = "account.use"
    ACCOUNTS_MANAGE = "accounts.manage"
    AUDIT_READ = "audit.read"
    INSTITUTIONS_READ = "institutions.read"
    INSTITUTIONS_MANAGE = "institutions.manage"
    DIVISIONS_READ = "divisions.read"
    UNITS_READ = "units.read"
    UNITS_MANAGE = "units.manage"
    COVERAGE_READ = "coverage.read"
    POLICIES_READ = "policies.read"
    POLICIES_SET = "policies.set"
    PEOPLE_READ = "people.read"
    PEOPLE_MANAGE = "people.manage"
    PEOPLE_UNMASK = "people.unmask"
    PEOPLE_SEARCH = "people.search"
    ROLLS_IMPORT = "rolls.import"
    INVITATIONS_ISSUE = "invitations.issue"
    INVITATIONS_ACCEPT = "invitations.accept"
    HOUSEHOLD_MANAGE = "household.manage"
    LOOKS_READ = "looks.read"
    CHECKINS_SUBMIT = "checkins.submit"
    CHECKINS_GATE = "checkins.gate"
    CHECKINS_IMPORT = "checkins.import"
    CHECKINS_READ = "checkins.read"
    FAMILY_READ = "family.read"
    CHECKINS_CORRECT = "checkins.correct"
    MISSING_READ = "missing.read"
    VENUES_READ = "venues.read"
    VENUES_MANAGE = "venues.manage"
    CLOSURES_READ = "closures.read"
    CLOSURES_ORDER = "closures.order"
    PASSES_SHOW = "passes.show"
    PASSES_READ = "passes.read"
    PASSES_REVOKE = "passes.revoke"
    GATE_WORK = "gate.work"
    GATE_READ = "gate.read"
    ROLLUPS_READ = "rollups.read"
    ROLLUPS_OPEN = "rollups.open"
    ROLLUPS_RECOUNT = "rollups.recount"


# What takes no Idempotency-Key: a reading is named by its client; a look makes nothing, and each is recorded; what is
# done with one's own sessions and password ends the token that it was asked with.
KEYLESS = frozenset(
    {
        Action.ACCOUNT_USE,
        Action.CHECKINS_SUBMIT,
        Action.CHECKINS_GATE,
        Action.CHECKINS_CORRECT,
        Action.PEOPLE_UNMASK,
        Action.PEOPLE_SEARCH,
    }
)
