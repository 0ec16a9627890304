"""The tree, units, members."""

from collections.abc import Mapping
from datetime import timedelta

from app.kernel import clock
from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.identity import nothing

SHEET = "code,name,kind,school type,parent code\n{code},新校,school,primary,{parent}\n"


def in_school(take: Take) -> Call:
    """Only the school in the path."""
    return Call(path={"institution_id": take("institution_id", "school")})


def in_county(take: Take) -> Call:
    """Only the county in the path."""
    return Call(path={"institution_id": take("institution_id", "county")})


def in_new_school(take: Take) -> Call:
    """A school that is used up."""
    return Call(path={"institution_id": take("institution_id", "new_school")})


def create_institution(take: Take) -> Call:
    return Call(
        body={"parent_id": take("parent_id", "county"), "kind": "school", "name": "新校", "school_type": "primary"}
    )


def list_below(take: Take) -> Call:
    return Call(query={"parent_id": take("parent_id", "county")})


def list_within(take: Take) -> Call:
    return Call(query={"within_id": take("within_id", "city")})


def list_named(take: Take) -> Call:
    return Call(query={"q": take("q", "title_of_school")})


def change_institution(take: Take) -> Call:
    return Call(path=in_new_school(take).path, body={"name": "改名学校"})


def move_institution(take: Take) -> Call:
    return Call(path=in_new_school(take).path, body={"parent_id": take("parent_id", "city")})


def cancel_move(take: Take) -> Call:
    day = clock.today() + timedelta(days=30)
    return Call(path={"institution_id": take("institution_id", "new_moving_school"), "effective_on": day.isoformat()})


def merge_institution(take: Take) -> Call:
    return Call(path=in_new_school(take).path, body={"into_id": take("into_id", "sister")})


def close_institution(take: Take) -> Call:
    return Call(path=in_new_school(take).path, body={"reason": "办学终止"})


def import_institutions(take: Take) -> Call:
    sheet = SHEET.format(code=take.mine("new_code_of_school"), parent=take("parent_code", "code_of_county"))
    return Call(path=in_county(take).path, form={"dry_run": "true"}, files={"file": ("sheet.csv", sheet.encode())})


def create_unit(take: Take) -> Call:
    return Call(
        path=in_school(take).path,
        body={"kind": "class", "name": take.mine("new_name"), "parent_id": take("parent_id", "grade")},
    )


def list_units_in(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"parent_id": take("parent_id", "grade")})


def in_unit(take: Take) -> Call:
    """Only the class in the path."""
    return Call(path={"unit_id": take("unit_id", "class")})


def in_new_unit(take: Take) -> Call:
    """A class that is used up."""
    return Call(path={"unit_id": take("unit_id", "new_class")})


def change_unit(take: Take) -> Call:
    return Call(path=in_new_unit(take).path, body={"parent_id": take("parent_id", "grade")})


def set_responsible(take: Take) -> Call:
    return Call(path=in_new_unit(take).path, body={"account_id": take("account_id", "new_teacher")})


def add_member(take: Take) -> Call:
    body = {"phone": take.mine("new_phone"), "name": "王老师", "role": "staff"}
    return Call(path=in_school(take).path, body=body)


def add_homeroom_teacher(take: Take) -> Call:
    body = {"phone": take.mine("new_phone"), "name": "王老师", "role": "homeroom_teacher"}
    return Call(path=in_school(take).path, body={**body, "unit_id": take("unit_id", "new_class")})


def remove_member(take: Take) -> Call:
    member = take("membership_id", "new_membership")
    return Call(path={**in_school(take).path, "membership_id": member})


def shut_account(take: Take) -> Call:
    return Call(path={"account_id": take("account_id", "new_teacher")}, body={"reason": "离职"})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "create_institution": (create_institution,),
    "list_institutions": (nothing, list_below, list_within, list_named),
    "read_institution": (in_school, in_county),
    "change_institution": (change_institution,),
    "list_ancestors": (in_school,),
    "list_placements": (in_school,),
    "move_institution": (move_institution,),
    "cancel_move": (cancel_move,),
    "merge_institution": (merge_institution,),
    "close_institution": (close_institution,),
    "import_institutions": (import_institutions,),
    "list_divisions": (nothing,),
    "create_unit": (create_unit,),
    "list_units": (in_school, list_units_in),
    "read_unit": (in_unit,),
    "change_unit": (change_unit,),
    "close_unit": (in_new_unit,),
    "set_responsible": (set_responsible,),
    "read_coverage": (in_school,),
    "list_members": (in_school,),
    "add_member": (add_member, add_homeroom_teacher),
    "remove_member": (remove_member,),
    "disable_account": (shut_account,),
    "enable_account": (shut_account,),
}
NAMED_BY_CLIENT = {"cancel_move": {"effective_on"}}
