"""Why a bulletin cannot be drafted, reviewed, issued, corrected or withdrawn."""

from app.kernel.errors import CONSTRAINTS, Conflict, Forbidden, Problem


class DayNotPossible(Problem):
    """The day has not begun, or lies too far back."""

    status = 409
    code = "bulletin_day_not_possible"
    zh = "只能起草当天及之前 {days} 天内的动态。"
    en = "Bulletins can be drafted for today and the {days} days before."


class ReviewWanted(Conflict):
    """The policy asks for a review before a bulletin is issued."""

    code = "review_wanted"
    zh = "按规定, 动态须经审核后印发; 请先送审。"
    en = "By policy a bulletin is reviewed before it is issued; submit it first."


class OwnBulletin(Forbidden):
    """Nobody approves what they have written."""

    code = "own_bulletin"
    zh = "不能审核本人起草或修改的动态。"
    en = "Nobody reviews what they have written themselves."


class BulletinReplaced(Conflict):
    """It was corrected or withdrawn before: by one further issue, and by no second."""

    code = "bulletin_replaced"
    zh = "该期动态已被更正或作废, 请处理最新一期。"
    en = "This issue was corrected or withdrawn already; go on from the newest."


CONSTRAINTS.register("uq_bulletin_issue_replaces", BulletinReplaced)
CONSTRAINTS.register("uq_bulletin_issue_number", Conflict)
