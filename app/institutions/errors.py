"""Why a change of the tree, a unit or a membership is refused."""

from app.kernel.errors import CONSTRAINTS, Conflict, Problem


class KindNotBelow(Problem):
    """An office stands below a higher office, a school below an office or another school."""

    status = 422
    code = "kind_not_below"
    zh = "这一级机构不能设在该上级之下。"
    en = "An institution of this kind cannot stand below that one."


class CodeTaken(Problem):
    """Codes are unique in the whole service: they are public and name one institution."""

    status = 409
    code = "institution_code_taken"
    zh = "该机构代码已被使用。"
    en = "This code is already in use."


class NotOpen(Problem):
    """Closed and merged institutions keep their history and take no changes."""

    status = 409
    code = "institution_not_open"
    zh = "该机构已关闭或已合并, 不能再更改。"
    en = "The institution is closed or merged; it cannot be changed."


class MoveIntoItself(Problem):
    """The new parent stands below what is to be moved."""

    status = 409
    code = "move_into_itself"
    zh = "不能移到自身或自身的下级之下。"
    en = "It cannot be moved below itself."


class AlreadyThere(Problem):
    """The new parent is the present one."""

    status = 409
    code = "already_there"
    zh = "该机构已在此上级之下。"
    en = "It already stands there."


class MovePlanned(Problem):
    """One move at a time: the order of two planned ones would decide where it ends."""

    status = 409
    code = "move_planned"
    zh = "已定于 {on} 移动; 请先取消该计划。"
    en = "A move on {on} is already planned; cancel it first."


class KindsDiffer(Problem):
    """Only institutions of one kind merge."""

    status = 409
    code = "merge_kinds_differ"
    zh = "只能合并到同级机构。"
    en = "It can only be merged into one of its own kind."


class HasOpenChildren(Problem):
    """What stands below must be moved, merged or closed first."""

    status = 409
    code = "has_open_children"
    zh = "仍有 {count} 个下级机构未关闭; 请先移走、合并或关闭。"
    en = "{count} institutions below it are still open; move, merge or close them first."


class OnlySchoolsHaveUnits(Problem):
    """Offices have no classes or departments."""

    status = 422
    code = "only_schools_have_units"
    zh = "只有学校可以设年级、班级、部门和宿舍。"
    en = "Only schools have units."


class UnitParentWrong(Problem):
    """A class stands in a grade, a department in a department, a dormitory in a dormitory; a grade in nothing."""

    status = 422
    code = "unit_parent_wrong"
    zh = "该单元不能设在此单元之下。"
    en = "A unit of this kind cannot stand in that one."


class UnitNameTaken(Problem):
    """Two open units of one kind share a name."""

    status = 409
    code = "unit_name_taken"
    zh = "已有同名的单元。"
    en = "There is already a unit of this name."


class UnitNotOpen(Problem):
    """Closed units keep their history and take no changes."""

    status = 409
    code = "unit_not_open"
    zh = "该单元已撤销, 不能再更改。"
    en = "The unit is closed; it cannot be changed."


class UnitInUse(Problem):
    """Open units or persons still stand in it."""

    status = 409
    code = "unit_in_use"
    zh = "仍有 {count} 个下级单元或人员在此单元; 请先调出。"
    en = "{count} units or persons still stand in it; move them first."


class NotStaffHere(Problem):
    """Only who holds a role in the school can answer for a unit of it."""

    status = 422
    code = "not_staff_here"
    zh = "责任人必须是本校在任的工作人员。"
    en = "Only an account that holds a staff role in this school can answer for a unit."


class SelfGrant(Problem):
    """Nobody gives a role to themselves."""

    status = 403
    code = "self_grant"
    zh = "不能给自己授予角色; 请由他人办理。"
    en = "Nobody can give a role to themselves; ask somebody else who may."


class OwnAccount(Problem):
    """Nobody shuts the own account, or opens it."""

    status = 403
    code = "own_account"
    zh = "不能停用或启用自己的账号。"
    en = "Nobody can disable or enable their own account."


class AccountNotYours(Problem):
    """The account holds a role that is not below the caller's; the role here can be taken back all the same."""

    status = 403
    code = "account_not_yours"
    zh = "该账号另有不归您管理的角色, 请由上级办理; 您可收回其在本单位的角色。"
    en = "The account has a role beyond yours: ask the level above, or take back the role that it has here."


class RoleNotYours(Problem):
    """No role that the caller holds over this institution may hand on or take back that role."""

    status = 403
    code = "role_not_yours_to_give"
    zh = "您在此机构的角色不能授予或收回该角色。"
    en = "Your role over this institution does not let you give or take that role."


class RoleDoesNotFit(Problem):
    """A principal belongs to a school, a city administrator to a city."""

    status = 422
    code = "role_does_not_fit"
    zh = "该角色不适用于这类机构。"
    en = "This role does not exist in an institution of this kind."


class RoleNeedsClass(Problem):
    """A homeroom teacher is one of an open class; the other roles are none of a unit."""

    status = 422
    code = "role_needs_class"
    zh = "班主任须指定本校的一个班级; 其他角色不指定单元。"
    en = "A homeroom teacher needs a class of this school; other roles take no unit."


class LastOfRole(Problem):
    """Without its last head an institution could not be administered from inside."""

    status = 409
    code = "last_of_role"
    zh = "这是该机构最后一位负责人; 请先任命接任者。"
    en = "This is the institution's last head; appoint a successor first."


CONSTRAINTS.register("uq_institution_code", CodeTaken)
CONSTRAINTS.register("uq_unit_name", UnitNameTaken)
CONSTRAINTS.register("ck_institution_lineage_follows_parents", Conflict)
