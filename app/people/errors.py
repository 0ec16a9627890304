"""The refusals of people."""

from app.kernel import sheet_errors
from app.kernel.errors import CONSTRAINTS, FieldError, Invalid, Problem
from app.kernel.language import pick

# Wrong values, in bodies and in sheets alike: code -> zh-CN, en.
TEXTS: dict[str, tuple[str, str]] = {
    "people.identity_number_wrong": ("身份证号有误 (校验码不符)。", "The identity number is wrong (check character)."),
    "people.number_wrong": ("学号或工号格式不正确。", "The number does not have the right format."),
    "people.number_is_other_identity": (
        "学籍号中的身份证号与所填身份证号不一致。",
        "The student number holds another identity number than the one given.",
    ),
    "people.key_missing": ("学号和身份证号至少填一项。", "Give the number or the identity number."),
    "people.phone_wrong": ("电话号码有误。", "The phone number is wrong."),
    "people.text_too_long": ("内容过长, 上限为 {limit} 个字符。", "It is longer than {limit} characters."),
    "people.unit_unknown": ("没有这个班级或部门。", "There is no such class or department."),
    "people.dormitory_unknown": ("没有这个宿舍。", "There is no such dormitory."),
    "people.unit_not_suitable": (
        "学生应在班级, 教职工应在部门或年级, 住宿应在宿舍, 且未撤销。",
        "Students stand in a class, staff in a department or grade, lodgers in a dormitory that is not closed.",
    ),
    "people.twice_in_file": ("与第 {first} 行重复。", "It repeats row {first}."),
    "people.person_unknown": ("名册中没有此人。", "There is no such person on the roll."),
    "people.number_of_two": (
        "名册中有两人使用此号码, 请填写人员编号。",
        "Two persons on the roll have this number; give the person's id.",
    ),
    "people.two_persons": (
        "学号与身份证号分属名册中的两个人。",
        "The number and the identity number belong to two different persons on the roll.",
    ),
    "people.identity_taken": ("名册中已有此身份证号的另一人。", "Another person on the roll has this identity number."),
    "people.name_missing": ("填了联系信息, 但缺姓名。", "There are details of someone without a name."),
    "people.guardian_twice": ("两位监护人电话相同。", "Two guardians have the same phone."),
    "people.too_many_guardians": ("监护人过多, 上限为 {limit} 人。", "There are more than {limit} guardians."),
    "people.only_students": ("只有学生有监护人。", "Only students have guardians."),
    "people.one_of_three": (
        "请只填姓名、身份证号或电话中的一项。",
        "Give either a name, an identity number or a phone.",
    ),
    "people.not_nullable": ("此项不能清空。", "It cannot be cleared."),
    "people.only_household": ("只有共同居住人有此项。", "Only household members have this."),
    "people.not_for_household": ("共同居住人没有此项。", "Household members do not have this."),
}
sheet_errors.register(TEXTS)


def wrong_field(pointer: str, code: str) -> FieldError:
    """One wrong value of a body."""
    zh, en = TEXTS[code]
    return FieldError(pointer, code, pick(zh, en))


def wrong(pointer: str, code: str) -> Invalid:
    """The refusal of one wrong value of a body."""
    return Invalid(errors=[wrong_field(pointer, code)])


class PersonHasLeft(Problem):
    """Leavers keep their history and take no changes."""

    status = 409
    code = "person_has_left"
    zh = "此人已离校, 不能再更改。"
    en = "This person has left and cannot be changed."


class NotAStudent(Problem):
    """Guardians, households and codes belong to students."""

    status = 409
    code = "not_a_student"
    zh = "只有学生可以有监护人和共同居住人。"
    en = "Only students have guardians and households."


class NumberTaken(Problem):
    """Another person on the school's roll has this number."""

    status = 409
    code = "number_taken"
    zh = "本校名册中已有此学号或工号。"
    en = "Someone on the school's roll has this number already."


class IdentityTaken(Problem):
    """The person is on the school's roll already."""

    status = 409
    code = "identity_taken"
    zh = "本校名册中已有此身份证号。"
    en = "Someone on the school's roll has this identity number already."


class DayNotPossible(Problem):
    """A roll changes from a day on that is not in the future and not before its last change."""

    status = 422
    code = "day_not_possible"
    zh = "生效日期不能晚于今天, 也不能早于名册上次变更之日。"
    en = "The day cannot lie in the future, nor before the last change of the roll."


class SchoolNotOpen(Problem):
    """A closed institution, or one that is no school, has no roll to change."""

    status = 409
    code = "school_not_open"
    zh = "该机构不是在办学校, 不能变更名册。"
    en = "This institution is not an open school; its roll cannot change."


class GuardianListed(Problem):
    """The list has this phone for this student already."""

    status = 409
    code = "guardian_listed"
    zh = "该电话已在此学生的监护人名单中。"
    en = "This phone is on the student's list already."


class TooManyGuardians(Problem):
    """A list of guardians has an end."""

    status = 409
    code = "too_many_guardians"
    zh = "监护人已达上限。"
    en = "The student has as many guardians as the list can hold."


class TooManyHouseholdMembers(Problem):
    """A household has an end."""

    status = 409
    code = "too_many_household_members"
    zh = "共同居住人已达上限。"
    en = "The household has as many members as the list can hold."


class NoPhone(Problem):
    """An account is bound by the phone on the roll, and there is none."""

    status = 409
    code = "no_phone"
    zh = "名册中没有此人的电话, 无法开通账号。"
    en = "The roll has no phone of this person, so no account can be bound."


class TooManyInvitations(Problem):
    """So many codes of one student lie about that one more would be a mistake."""

    status = 409
    code = "too_many_invitations"
    zh = "该学生未使用的邀请码过多, 请先撤销。"
    en = "The student has too many unused codes; revoke some first."


class InvitationNotValid(Problem):
    """Unknown, used, revoked or expired: the answer is the same, so that nobody learns anything by guessing."""

    status = 404
    lasting = True
    code = "invitation_not_valid"
    zh = "邀请码无效或已过期, 请向学校核对。"
    en = "The code is not valid or has expired; ask the school."


class PromotionDone(Problem):
    """Once a school year."""

    status = 409
    code = "promotion_done"
    zh = "本学年已经升过级。"
    en = "The promotion of this school year has been done."


class ClassNameTaken(Problem):
    """A class would get the name of another one that stays."""

    status = 409
    code = "class_name_taken"
    zh = "升级后有班级重名, 请先改名。"
    en = "After the promotion two classes would have the same name; rename one first."


CONSTRAINTS.register("uq_person_number", NumberTaken)
CONSTRAINTS.register("uq_person_identity", IdentityTaken)
CONSTRAINTS.register("pk_promotion", PromotionDone)
