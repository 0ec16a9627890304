"""What can be wrong with a reading, each said once."""

from app.kernel import sheet_errors
from app.kernel.errors import CONSTRAINTS, Conflict, Problem
from app.kernel.validation import FIELD_TEXTS

FIELD_TEXTS["impossible_temperature"] = (
    "impossible_temperature",
    "体温须在 34.0 到 43.0 ℃ 之间。",
    "A temperature is between 34.0 and 43.0 °C.",
)
FIELD_TEXTS["one_decimal"] = ("one_decimal", "体温最多保留一位小数。", "A temperature has one decimal at most.")
FIELD_TEXTS["measured_or_why_not"] = (
    "measured_or_why_not",
    "请填写体温, 或说明未测温的原因, 二者只填其一。",
    "Give the temperature or the reason why it was not measured, not both.",
)
FIELD_TEXTS["answers_or_same"] = (
    "answers_or_same",
    "填写了表单就不能再选“与上次相同”。",
    "Answers and “same as last time” exclude each other.",
)

# Cells of an import: code -> zh-CN, en.
sheet_errors.register(
    {
        "checkins.person_missing": (
            "学号或工号、身份证号、人员编号至少填一项。",
            "Give the student or staff number, the identity number or the person's id.",
        ),
        "checkins.two_persons": ("所填号码不属于同一个人。", "The numbers belong to different persons."),
        "checkins.day_wrong": ("日期应写作 2026-09-01。", "A day is written 2026-09-01."),
        "checkins.time_wrong": ("时间应写作 07:30。", "A time is written 07:30."),
        "checkins.time_or_slot": (
            "请填写时间或时段, 二者只填其一。",
            "Give the time or the slot, not both.",
        ),
        "checkins.slot_unknown": ("本校没有这个时段。", "The school has no such slot."),
        "checkins.temperature_wrong": ("体温应写作 36.5。", "A temperature is written 36.5."),
        "checkins.symptom_unknown": (
            "有无法识别的症状, 可填的症状见模板。",
            "A symptom is not known; the template lists those that are.",
        ),
        "checkins.id_wrong": ("编号应为 UUID。", "The id must be a UUID."),
        "checkins.twice_in_file": ("与第 {first} 行重复。", "It repeats row {first}."),
        **{
            code: (zh, en)
            for code, zh, en in (
                FIELD_TEXTS[kind] for kind in ("impossible_temperature", "one_decimal", "measured_or_why_not")
            )
        },
    }
)


class TakenInFuture(Problem):
    """Measured later than it arrived, by the server's clock."""

    status = 422
    code = "taken_in_future"
    zh = "测量时间晚于当前时间, 请检查手机时钟。"
    en = "It was measured in the future; please check the phone's clock."


class ClockNotBelieved(Problem):
    """A moment of another century: the phone has lost its clock."""

    status = 422
    code = "clock_not_believed"
    zh = "手机时间明显有误, 请校准后重试。"
    en = "The phone's clock is far off; please set it and try again."


class TooLongAgo(Problem):
    """Older than the policy takes."""

    status = 422
    code = "too_long_ago"
    zh = "只能补报最近 {days} 天的健康打卡。"
    en = "Readings are taken for the last {days} days only."


class NotOnRoll(Problem):
    """The person was not on the roll on the day of the reading."""

    status = 422
    code = "not_on_roll"
    zh = "测量当天该人员不在册。"
    en = "The person was not on the roll on that day."


class NothingRemembered(Problem):
    """``same_as_last`` without anything to repeat."""

    status = 422
    code = "nothing_remembered"
    zh = "没有可沿用的上次填写内容, 请填写症状和行程。"
    en = "There are no earlier answers to repeat; please fill in the form."


class AlreadyCorrected(Problem):
    """Only the standing reading can be corrected: the correction of it, then."""

    status = 409
    code = "already_corrected"
    zh = "该记录已被更正, 请更正最新的一条。"
    en = "This reading has been corrected already; correct the latest one."


class IdTaken(Problem):
    """The id of a correction names another reading of the person."""

    status = 409
    code = "id_taken"
    zh = "该编号已用于另一条记录。"
    en = "This id names another reading already."


class NoSuchFigure(Problem):
    """No figure has that name, or it counts something else than persons."""

    status = 422
    code = "no_such_figure"
    zh = "没有这个以人员计数的指标。"
    en = "There is no figure of persons with that name."


class BadPeriod(Problem):
    """``from`` lies after ``to``, or the period is too long."""

    status = 422
    code = "bad_period"
    zh = "起止日期有误, 最长 {days} 天。"
    en = "The period is not right; it may span {days} days."


CONSTRAINTS.register("pk_checkin", Conflict)
CONSTRAINTS.register("uq_checkin_id", IdTaken)
CONSTRAINTS.register("uq_checkin_replaces", AlreadyCorrected)
