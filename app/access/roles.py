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
    INBOX_USE = "inbox.use"
    ROBOTS_MANAGE = "robots.manage"
    DELIVERIES_READ = "deliveries.read"
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
    MISSING_REMIND = "missing.remind"
    VENUES_READ = "venues.read"
    VENUES_MANAGE = "venues.manage"
    CLOSURES_READ = "closures.read"
    CLOSURES_ORDER = "closures.order"
    PASSES_SHOW = "passes.show"
    PASSES_READ = "passes.read"
    PASSES_REVOKE = "passes.revoke"
    GATE_WORK = "gate.work"
    GATE_READ = "gate.read"
    ENTRIES_REQUEST = "entries.request"
    ENTRIES_FOLLOW = "entries.follow"
    ENTRIES_READ = "entries.read"
    ENTRIES_APPROVE = "entries.approve"
    ENTRIES_RELEASE = "entries.release"
    ENTRIES_DELEGATE = "entries.delegate"
    ENTRIES_DEPUTISE = "entries.deputise"
    VISITS_INVITE = "visits.invite"
    DUTIES_READ = "duties.read"
    DUTIES_MANAGE = "duties.manage"
    REPORTS_READ = "reports.read"
    REPORTS_SIGN = "reports.sign"
    REPORTS_REVIEW = "reports.review"
    REPORT_FORMS_SET = "report_forms.set"
    BULLETINS_READ = "bulletins.read"
    BULLETINS_WRITE = "bulletins.write"
    BULLETINS_REVIEW = "bulletins.review"
    BULLETINS_ISSUE = "bulletins.issue"
    ROLLUPS_READ = "rollups.read"
    ROLLUPS_OPEN = "rollups.open"
    ROLLUPS_RECOUNT = "rollups.recount"
    EXPORTS_MAKE = "exports.make"
    EXPORTS_TAKE = "exports.take"


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


# How people are told who may do something: zh-CN, en.
TITLES: dict[Role, tuple[str, str]] = {
    Role.PROVINCIAL_ADMIN: ("省级管理员", "provincial administrator"),
    Role.CITY_ADMIN: ("市级管理员", "city administrator"),
    Role.COUNTY_ADMIN: ("县级管理员", "county administrator"),
    Role.ANALYST: ("分析员", "analyst"),
    Role.REVIEWER: ("审核员", "reviewer"),
    Role.PRINCIPAL: ("校长", "principal"),
    Role.VICE_PRINCIPAL: ("副校长", "vice principal"),
    Role.SCHOOL_REPORTER: ("学校信息员", "school reporter"),
    Role.HOMEROOM_TEACHER: ("班主任", "homeroom teacher"),
    Role.STAFF: ("教职工", "member of staff"),
    Role.STUDENT: ("学生", "student"),
    Role.SCHOOL_DOCTOR: ("校医", "school doctor"),
    Role.GATE_GUARD: ("门卫", "gate guard"),
    Role.GUARDIAN: ("监护人", "guardian"),
    Role.AUDITOR: ("审计员", "auditor"),
    Role.SIGNED_IN: ("登录用户", "signed-in account"),
}
