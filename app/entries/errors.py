"""The refusals of entries; each says which rule, and who can help."""

from app.kernel.errors import CONSTRAINTS, Conflict, Forbidden, Invalid, NotFound, Problem
from app.kernel.validation import FIELD_TEXTS

FIELD_TEXTS.update(
    {
        "window": ("window", "结束须晚于开始。", "It ends after it begins."),
        "somebody": ("somebody", "至少要有一个人。", "At least one person is wanted."),
        "once": ("once", "同一人只能出现一次。", "Each person once."),
        "reason_wanted": ("required", "必填。", "It is required."),
    }
)


class WindowNotPossible(Invalid):
    """The window lies in the past, too far ahead, or is too long."""

    code = "entry_window_not_possible"
    zh = "时间段须尚未结束, 不超过 {days} 天, 且不晚于 {ahead} 天之后。"
    en = "The window must not be over, last {days} days at most, and begin within {ahead} days."


class StepDecided(Conflict):
    """Somebody was faster, or the request has gone on without it."""

    code = "entry_step_decided"
    zh = "此环节已由{role}于 {at} 处理 ({move}), 请刷新。"
    en = "This step was decided by the {role} at {at} ({move}); reload."


class StepNotOpen(Conflict):
    """Its turn has not come, or the request was withdrawn, returned, refused or has expired."""

    code = "entry_step_not_open"
    zh = "此环节当前不可审批 (申请状态: {state})。"
    en = "This step is not open; the request is {state}."


class NotYourStep(Forbidden):
    """The open step wants other roles."""

    code = "entry_not_your_step"
    zh = "此环节由 {roles} 审批; 您可以请其委托。"
    en = "This step is decided by: {roles}. Ask one of them to delegate it."


class OwnRequest(Forbidden):
    """Nobody decides on themselves, nor on those for whom they answer, nor by a deputy."""

    code = "entry_own_request"
    zh = "不能审批本人或本人所监护人员的申请, 请由 {roles} 中的其他人审批。"
    en = "Nobody decides on their own request or that of a ward; another of these decides: {roles}."


class AlreadyVoted(Conflict):
    """This step wants several roles, each by another account."""

    code = "entry_already_voted"
    zh = "您或同一角色已对此环节表态, 还需 {roles} 审批。"
    en = "You, or somebody in this role, have decided already; still wanted: {roles}."


class DelegationNotPossible(Conflict):
    """Nobody hands on a role that they do not hold, and only to somebody who works there."""

    code = "entry_delegation_not_possible"
    zh = "只能委托所持有的审批角色, 且受托人须为同一机构的其他工作人员。"
    en = "Only a role that is held can be delegated, to somebody else who works at the same institution."


class DelegationNotInForce(Forbidden):
    """It has not begun, is over, was revoked, or whose role it was holds it no longer."""

    code = "entry_delegation_not_in_force"
    zh = "委托未生效或已失效。"
    en = "The delegation is not in force."


class VisitCodeNotValid(NotFound):
    """Unknown, revoked, used up or expired: the answer is the same, so that nobody learns anything by guessing."""

    code = "visit_code_not_valid"
    zh = "来访码无效或已过期, 请向学校核对。"
    en = "The code is not valid or has expired; ask the school."
    lasting = True


class OutsideInvitation(Invalid):
    """A visitor asks for what the invitation gives: its venues, within its window."""

    code = "visit_outside_invitation"
    zh = "来访须在邀请的场馆和时间段之内。"
    en = "A visit stays within the venues and the window of its invitation."


class ShiftTaken(Conflict):
    """The same person has a shift that begins then."""

    code = "duty_shift_taken"
    zh = "此人在该时间已有值班。"
    en = "This person has a shift that begins at this time."


class ShiftOver(Problem):
    """What has begun has happened, or was cancelled before."""

    status = 409
    code = "duty_shift_over"
    zh = "值班已开始或已取消。"
    en = "The shift has begun, or was cancelled."


CONSTRAINTS.register("uq_duty_shift_person", ShiftTaken)
