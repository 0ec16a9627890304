"""Why a rule cannot be set."""

from app.kernel.errors import Problem
from app.kernel.validation import FIELD_TEXTS


class PolicyLocked(Problem):
    """A level above has locked the setting, and the value would be looser. Says by whom, and what can be done."""

    status = 409
    code = "policy_locked"
    zh = "“{setting}”已由{set_by}锁定为 {locked} ({tighter}); 请改为不更宽松的值, 或请{set_by}解除锁定。"
    en = "“{setting}” is locked by {set_by} at {locked} ({tighter}); set a value that is not looser, or ask {set_by}."


FIELD_TEXTS.update(
    {
        "one_decimal": ("one_decimal", "最多一位小数。", "One decimal at most."),
        "slot_hours": ("slot_hours", "时段的开始须早于截止。", "A slot opens before its deadline."),
        "slots_once": ("slots_once", "每个时段只能出现一次, 开始时间不得相同。", "Each slot once, each opening once."),
        "slot_required": ("slot_required", "至少一个时段须人人打卡。", "At least one slot is asked of everybody."),
        "days_in_order": ("days_in_order", "结束不能早于开始。", "It cannot end before it begins."),
        "steps_once": ("steps_once", "每个环节只能出现一次。", "Each step once."),
        "roles_of_level": ("roles_of_level", "该层级没有这些角色。", "This level does not have these roles."),
        "entry_hours": ("entry_hours", "开始须早于结束。", "It opens before it closes."),
    }
)
