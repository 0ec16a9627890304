"""Persons, guardians, households, invitations, rolls."""

from collections.abc import Mapping

from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.institutions import in_school

SHEET = "grade,class,name,student number\n三年级,{unit},新生,{number}\n"
REASON = {"reason": "核对信息"}


def list_in_unit(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"unit_id": take("unit_id", "class")})


def list_of_student(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"student_id": take("student_id", "student")})


def enrol_person(take: Take) -> Call:
    body = {"kind": "student", "name": "新生", "number": take.mine("new_number")}
    places = {"unit_id": take("unit_id", "class"), "dormitory_id": take("dormitory_id", "dormitory")}
    return Call(path=in_school(take).path, body={**body, **places})


def search_by_number(take: Take) -> Call:
    return Call(path=in_school(take).path, body={"identity_number": take("identity_number", "identity"), **REASON})


def search_by_phone(take: Take) -> Call:
    return Call(path=in_school(take).path, body={"phone": take("phone", "phone_of_staff"), **REASON})


def of_student(take: Take) -> Call:
    """Only the student in the path."""
    return Call(path={"person_id": take("person_id", "student")})


def of_new_student(take: Take) -> Call:
    """A student who is used up."""
    return Call(path={"person_id": take("person_id", "new_student")})


def of_household(take: Take) -> Call:
    """Only the household member in the path."""
    return Call(path={"person_id": take("person_id", "household")})


def change_person(take: Take) -> Call:
    body = {"name": "改名生", "dormitory_id": take("dormitory_id", "dormitory")}
    return Call(path=of_new_student(take).path, body=body)


def change_unit_of_person(take: Take) -> Call:
    return Call(path=of_new_student(take).path, body={"unit_id": take("unit_id", "new_class")})


def take_person_off_roll(take: Take) -> Call:
    return Call(path=of_new_student(take).path, body={"reason": "transferred"})


def disclose_person(take: Take) -> Call:
    return Call(path=of_student(take).path, body={"fields": ["identity_number"], **REASON})


def bind_own_account(take: Take) -> Call:
    return Call(path={"person_id": take("person_id", "new_staff")})


def end_own_account(take: Take) -> Call:
    return Call(path={"person_id": take("person_id", "new_bound_staff")})


def add_household_member(take: Take) -> Call:
    return Call(path=of_student(take).path, body={"name": "家人", "relation": "祖母"})


def remove_household_member(take: Take) -> Call:
    return Call(path={"person_id": take("person_id", "new_household")})


def add_guardian(take: Take) -> Call:
    body = {"name": "家长", "relation": "母亲", "phone": take.mine("new_phone")}
    return Call(path=of_new_student(take).path, body=body)


def end_guardian(take: Take) -> Call:
    return Call(path={"guardian_id": take("guardian_id", "new_guardian_entry")})


def disclose_guardian(take: Take) -> Call:
    return Call(path={"guardian_id": take("guardian_id", "guardian_entry")}, body=REASON)


def issue_invitation(take: Take) -> Call:
    return Call(path=of_student(take).path, body={"relation": "父亲"})


def revoke_invitation(take: Take) -> Call:
    return Call(path={"invitation_id": take("invitation_id", "new_invitation")})


def accept_invitation(take: Take) -> Call:
    return Call(body={"code": take.mine("new_code_of_invitation"), "name": "家长"})


def template(_take: Take) -> Call:
    return Call(path={"kind": "students"})


def import_roll(take: Take) -> Call:
    sheet = SHEET.format(unit="1班", number=take.mine("new_number"))
    return Call(
        path=in_school(take).path,
        form={"kind": "students", "create_units": "true", "dry_run": "true"},
        files={"file": ("roll.csv", sheet.encode())},
    )


def read_import(take: Take) -> Call:
    return Call(path={"import_id": take("import_id", "import")})


def promote(take: Take) -> Call:
    return Call(path={"institution_id": take("institution_id", "new_school_of_actor")}, body={"dry_run": False})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "list_persons": (in_school, list_in_unit, list_of_student),
    "enrol_person": (enrol_person,),
    "search_persons": (search_by_number, search_by_phone),
    "read_person": (of_student, of_household),
    "change_person": (change_person,),
    "change_unit_of_person": (change_unit_of_person,),
    "take_person_off_roll": (take_person_off_roll,),
    "disclose_person": (disclose_person,),
    "list_looks": (of_student,),
    "bind_own_account": (bind_own_account,),
    "end_own_account": (end_own_account,),
    "list_household_members": (of_student,),
    "add_household_member": (add_household_member,),
    "remove_household_member": (remove_household_member,),
    "list_guardians": (of_student,),
    "add_guardian": (add_guardian,),
    "end_guardian": (end_guardian,),
    "disclose_guardian": (disclose_guardian,),
    "list_invitations": (of_student,),
    "issue_invitation": (issue_invitation,),
    "revoke_invitation": (revoke_invitation,),
    "accept_invitation": (accept_invitation,),
    "download_roll_template": (template,),
    "import_roll": (import_roll,),
    "list_roll_imports": (in_school,),
    "read_roll_import": (read_import,),
    "promote_school": (promote,),
}
NAMED_BY_CLIENT = {"download_roll_template": {"kind"}}
