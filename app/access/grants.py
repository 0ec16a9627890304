"""THE table: who may do what, how far. The only file that names roles and actions together."""

from collections.abc import Mapping

from app.access.roles import Action, Reach, Role

_ADMINS = (Role.PROVINCIAL_ADMIN, Role.CITY_ADMIN, Role.COUNTY_ADMIN)
_OFFICES = (*_ADMINS, Role.ANALYST, Role.REVIEWER)
_HEADS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
_SCHOOL_OFFICE = (*_HEADS, Role.SCHOOL_REPORTER)
_WATCHERS = (*_SCHOOL_OFFICE, Role.SCHOOL_DOCTOR)
_SCHOOL = (*_WATCHERS, Role.HOMEROOM_TEACHER, Role.STAFF, Role.STUDENT, Role.GATE_GUARD, Role.GUARDIAN, Role.AUDITOR)


def _all(roles: tuple[Role, ...], reach: Reach) -> dict[Role, Reach]:
    return dict.fromkeys(roles, reach)


GRANTS: Mapping[Action, Mapping[Role, Reach]] = {
    Action.ACCOUNT_USE: {Role.SIGNED_IN: Reach.OWN_ACCOUNT},
    Action.INBOX_USE: {Role.SIGNED_IN: Reach.OWN_ACCOUNT},
    Action.ROBOTS_MANAGE: _all((*_ADMINS, *_SCHOOL_OFFICE), Reach.INSTITUTION),
    Action.DELIVERIES_READ: _all((*_ADMINS, *_SCHOOL_OFFICE), Reach.INSTITUTION),
    Action.DIVISIONS_READ: {Role.SIGNED_IN: Reach.OWN_ACCOUNT},
    Action.INVITATIONS_ACCEPT: {Role.SIGNED_IN: Reach.OWN_ACCOUNT},
    Action.FAMILY_READ: {Role.SIGNED_IN: Reach.OWN_ACCOUNT},
    Action.ACCOUNTS_MANAGE: _all(_ADMINS, Reach.SUBTREE) | {Role.PRINCIPAL: Reach.INSTITUTION},
    Action.AUDIT_READ: {Role.AUDITOR: Reach.INSTITUTION, Role.PRINCIPAL: Reach.INSTITUTION},
    Action.INSTITUTIONS_READ: _all(_OFFICES, Reach.SUBTREE) | _all(_SCHOOL, Reach.INSTITUTION),
    Action.INSTITUTIONS_MANAGE: _all(_ADMINS, Reach.SUBTREE),
    Action.UNITS_READ: _all((*_WATCHERS, Role.GATE_GUARD), Reach.INSTITUTION) | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.UNITS_MANAGE: _all(_SCHOOL_OFFICE, Reach.INSTITUTION),
    Action.COVERAGE_READ: _all(_SCHOOL_OFFICE, Reach.INSTITUTION),
    Action.POLICIES_READ: _all(_OFFICES, Reach.SUBTREE) | _all(_SCHOOL, Reach.INSTITUTION),
    Action.POLICIES_SET: _all(_ADMINS, Reach.SUBTREE) | {Role.PRINCIPAL: Reach.INSTITUTION},
    Action.PEOPLE_READ: _all(_WATCHERS, Reach.INSTITUTION)
    | {
        Role.HOMEROOM_TEACHER: Reach.OWN_UNIT,
        Role.GUARDIAN: Reach.OWN_CHILDREN,
        Role.STAFF: Reach.OWN_PERSON,
        Role.STUDENT: Reach.OWN_PERSON,
    },
    Action.PEOPLE_MANAGE: _all(_SCHOOL_OFFICE, Reach.INSTITUTION),
    Action.PEOPLE_UNMASK: _all((*_HEADS, Role.SCHOOL_DOCTOR), Reach.INSTITUTION)
    | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.PEOPLE_SEARCH: _all(_WATCHERS, Reach.INSTITUTION),
    Action.ROLLS_IMPORT: _all(_SCHOOL_OFFICE, Reach.INSTITUTION),
    Action.INVITATIONS_ISSUE: _all(_SCHOOL_OFFICE, Reach.INSTITUTION) | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.HOUSEHOLD_MANAGE: _all(_SCHOOL_OFFICE, Reach.INSTITUTION) | {Role.GUARDIAN: Reach.OWN_CHILDREN},
    Action.LOOKS_READ: {Role.GUARDIAN: Reach.OWN_CHILDREN},
    Action.CHECKINS_SUBMIT: {
        Role.GUARDIAN: Reach.OWN_CHILDREN,
        Role.HOMEROOM_TEACHER: Reach.OWN_UNIT,
        Role.SCHOOL_DOCTOR: Reach.INSTITUTION,
        Role.STAFF: Reach.OWN_PERSON,
        Role.STUDENT: Reach.OWN_PERSON,
    },
    Action.CHECKINS_GATE: {Role.GATE_GUARD: Reach.INSTITUTION},
    Action.CHECKINS_IMPORT: _all(_WATCHERS, Reach.INSTITUTION) | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.CHECKINS_READ: _all(_WATCHERS, Reach.INSTITUTION)
    | {
        Role.HOMEROOM_TEACHER: Reach.OWN_UNIT,
        Role.GUARDIAN: Reach.OWN_CHILDREN,
        Role.STAFF: Reach.OWN_PERSON,
        Role.STUDENT: Reach.OWN_PERSON,
    },
    Action.CHECKINS_CORRECT: {
        Role.GUARDIAN: Reach.OWN_CHILDREN,
        Role.HOMEROOM_TEACHER: Reach.OWN_UNIT,
        Role.SCHOOL_DOCTOR: Reach.INSTITUTION,
        Role.STAFF: Reach.OWN_PERSON,
        Role.STUDENT: Reach.OWN_PERSON,
    },
    Action.MISSING_READ: _all(_WATCHERS, Reach.INSTITUTION) | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.MISSING_REMIND: _all(_SCHOOL_OFFICE, Reach.INSTITUTION) | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.VENUES_READ: _all(_OFFICES, Reach.SUBTREE) | _all(_SCHOOL, Reach.INSTITUTION),
    Action.VENUES_MANAGE: _all(_SCHOOL_OFFICE, Reach.INSTITUTION),
    Action.CLOSURES_READ: _all(_OFFICES, Reach.SUBTREE) | _all(_SCHOOL, Reach.INSTITUTION),
    Action.CLOSURES_ORDER: _all(_ADMINS, Reach.SUBTREE) | _all(_HEADS, Reach.INSTITUTION),
    Action.PASSES_SHOW: {Role.SIGNED_IN: Reach.OWN_ACCOUNT},
    Action.PASSES_READ: _all(_SCHOOL_OFFICE, Reach.INSTITUTION),
    Action.PASSES_REVOKE: _all(_SCHOOL_OFFICE, Reach.INSTITUTION),
    Action.GATE_WORK: {Role.GATE_GUARD: Reach.INSTITUTION},
    Action.GATE_READ: _all((*_WATCHERS, Role.GATE_GUARD), Reach.INSTITUTION),
    Action.ENTRIES_REQUEST: _all(_SCHOOL_OFFICE, Reach.INSTITUTION)
    | {
        Role.HOMEROOM_TEACHER: Reach.OWN_UNIT,
        Role.GUARDIAN: Reach.OWN_CHILDREN,
        Role.STAFF: Reach.OWN_PERSON,
        Role.STUDENT: Reach.OWN_PERSON,
    },
    Action.ENTRIES_FOLLOW: {Role.SIGNED_IN: Reach.OWN_ACCOUNT},
    Action.ENTRIES_READ: _all(_WATCHERS, Reach.INSTITUTION) | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.ENTRIES_APPROVE: _all(_WATCHERS, Reach.INSTITUTION) | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.ENTRIES_RELEASE: _all((*_ADMINS, Role.REVIEWER), Reach.SUBTREE),
    Action.ENTRIES_DELEGATE: _all((*_ADMINS, Role.REVIEWER), Reach.SUBTREE)
    | _all(_WATCHERS, Reach.INSTITUTION)
    | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.ENTRIES_DEPUTISE: {Role.SIGNED_IN: Reach.OWN_ACCOUNT},
    Action.VISITS_INVITE: _all(_SCHOOL_OFFICE, Reach.INSTITUTION),
    Action.DUTIES_READ: _all((*_WATCHERS, Role.GATE_GUARD), Reach.INSTITUTION),
    Action.DUTIES_MANAGE: _all(_SCHOOL_OFFICE, Reach.INSTITUTION),
    Action.REPORTS_READ: _all(_OFFICES, Reach.SUBTREE) | _all(_WATCHERS, Reach.INSTITUTION),
    Action.REPORTS_SIGN: _all((*_ADMINS, *_SCHOOL_OFFICE), Reach.INSTITUTION),
    Action.REPORTS_REVIEW: _all((*_ADMINS, Role.REVIEWER), Reach.SUBTREE),
    Action.REPORT_FORMS_SET: _all(_ADMINS, Reach.SUBTREE),
    Action.BULLETINS_READ: _all(_OFFICES, Reach.SUBTREE) | _all(_SCHOOL, Reach.INSTITUTION),
    Action.BULLETINS_WRITE: _all((*_OFFICES, *_SCHOOL_OFFICE), Reach.INSTITUTION),
    Action.BULLETINS_REVIEW: _all((*_ADMINS, Role.REVIEWER, *_HEADS), Reach.INSTITUTION),
    Action.BULLETINS_ISSUE: _all((*_ADMINS, *_HEADS), Reach.INSTITUTION),
    Action.ROLLUPS_READ: _all(_OFFICES, Reach.SUBTREE)
    | _all(_WATCHERS, Reach.INSTITUTION)
    | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.ROLLUPS_OPEN: _all(_WATCHERS, Reach.INSTITUTION) | {Role.HOMEROOM_TEACHER: Reach.OWN_UNIT},
    Action.ROLLUPS_RECOUNT: _all(_HEADS, Reach.INSTITUTION),
    # What stands in a file is asked of each feature that it is read from.
    Action.EXPORTS_MAKE: _all(_OFFICES, Reach.SUBTREE)
    | _all(_WATCHERS, Reach.INSTITUTION)
    | {
        Role.HOMEROOM_TEACHER: Reach.OWN_UNIT,
        Role.GUARDIAN: Reach.OWN_CHILDREN,
        Role.STAFF: Reach.OWN_PERSON,
        Role.STUDENT: Reach.OWN_PERSON,
    },
    Action.EXPORTS_TAKE: {Role.SIGNED_IN: Reach.OWN_ACCOUNT},
}

# Who may hand a role on; nobody can give more than stands here, whatever else they may manage.
GRANTABLE: Mapping[Role, frozenset[Role]] = {
    Role.PROVINCIAL_ADMIN: frozenset(
        {Role.PROVINCIAL_ADMIN, Role.CITY_ADMIN, Role.COUNTY_ADMIN, Role.ANALYST, Role.REVIEWER, Role.AUDITOR}
        | {Role.PRINCIPAL}
    ),
    Role.CITY_ADMIN: frozenset({Role.COUNTY_ADMIN, Role.ANALYST, Role.REVIEWER, Role.PRINCIPAL, Role.AUDITOR}),
    Role.COUNTY_ADMIN: frozenset({Role.ANALYST, Role.REVIEWER, Role.PRINCIPAL, Role.AUDITOR}),
    Role.PRINCIPAL: frozenset(
        {Role.VICE_PRINCIPAL, Role.SCHOOL_REPORTER, Role.HOMEROOM_TEACHER, Role.STAFF, Role.SCHOOL_DOCTOR}
        | {Role.GATE_GUARD}
    ),
}
