"""Why a pass is not given, or an event at the gate is not taken."""

from app.kernel.errors import Problem
from app.kernel.validation import FIELD_TEXTS


class PassOver(Problem):
    """A pass that was revoked, or has run out."""

    status = 409
    code = "pass_over"
    zh = "该通行证已作废或已过期。"
    en = "The pass was revoked or has run out."


class PassRotates(Problem):
    """A pass that shows a code of the minute cannot be printed by its holder; the school's office may."""

    status = 409
    code = "pass_rotates"
    zh = "本校通行证使用动态码, 不能自行打印; 请联系学校办公室。"
    en = "Passes here show a changing code and cannot be printed by their holders; ask the school's office."


class GateUnknown(Problem):
    """The venue at which the guard stands is none of this school that is in use."""

    status = 422
    code = "gate_unknown"
    zh = "本校没有这个在用的校门或场馆。"
    en = "There is no such gate or venue in use at this school."


class HolderUnknown(Problem):
    """Neither a pass of this school nor a person on its roll."""

    status = 422
    code = "holder_unknown"
    zh = "无法识别: 不是本校的通行证, 也不是本校人员。"
    en = "Not known here: no pass of this school, nobody on its roll."


class EventInFuture(Problem):
    """The phone's clock is ahead, and it did not say by how much."""

    status = 422
    code = "event_in_future"
    zh = "时间晚于当前时间, 请校准手机时钟。"
    en = "It would have happened in the future; set the phone's clock."


class EventTooOld(Problem):
    """It would have happened longer ago than any queue is kept; or the phone's clock says so."""

    status = 422
    code = "event_too_old"
    zh = "时间早于 {days} 天, 不再接收; 请核对手机时钟。"
    en = "It would have happened more than {days} days ago; look at the phone's clock."


class WalkUpNotPossible(Problem):
    """The campus is closed to society: a visitor needs an approved request."""

    status = 409
    code = "walk_up_not_possible"
    zh = "校园封闭管理期间, 来访人员须先申请并获批准 (依据: {number})。"
    en = "While the campus is closed, visitors need an approved request (by order {number})."


FIELD_TEXTS.update(
    {
        "one_holder": (
            "one_holder",
            "通行码、人员、证件号码只能填其一。",
            "Give a code, a person or a document, one of them.",
        ),
    }
)
