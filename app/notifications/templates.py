"""Every text that is sent, declared once: in both languages, with the channels that it may leave by.

No text names a person: what leaves the service is read on lock screens and passes through others' servers. Who is meant
is seen in the app, where the look is recorded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.kernel.language import Language, pick


class Channel(StrEnum):
    """A way out of the service; the inbox in the app is none of them, it has everything."""

    WECHAT = "wechat"
    TEXT = "text"
    EMAIL = "email"
    WECOM = "wecom"
    DINGTALK = "dingtalk"


class Template(StrEnum):
    """What a message is; providers know their own templates by these names."""

    ONE_TIME_CODE = "one_time_code"
    DIGEST = "digest"
    ROBOT_TRIAL = "robot_trial"
    FEVER = "fever"
    SYMPTOM = "symptom"
    FEVER_AT_GATE = "fever_at_gate"
    CHECKIN_OWED = "checkin_owed"
    CHECKIN_ASKED_FOR = "checkin_asked_for"
    MISSING_IN_CLASS = "missing_in_class"
    MISSING_IN_SCHOOL = "missing_in_school"
    MISSING_BELOW = "missing_below"
    REPORT_DUE = "report_due"
    REPORT_LATE = "report_late"
    REPORT_RETURNED = "report_returned"
    REPORTS_LATE_BELOW = "reports_late_below"
    REPORT_FAILURE = "report_failure"
    FAILURE_EXPLAINED = "failure_explained"
    FAILURE_DECIDED = "failure_decided"
    ENTRY_AWAITS = "entry_awaits"
    ENTRY_DECIDED = "entry_decided"
    PASS_REVOKED = "pass_revoked"  # noqa: S105 - a pass for the gate
    OVERSTAYED = "overstayed"
    STAY_OVER = "stay_over"
    CLOSURE_CHANGED = "closure_changed"
    BULLETIN_AWAITS = "bulletin_awaits"
    BULLETIN_ISSUED = "bulletin_issued"
    EXPORT_READY = "export_ready"


@dataclass(frozen=True, slots=True)
class Wording:
    """A template in both languages. ``channels``: ways out in the order in which they are tried; empty: inbox alone.

    ``robots``: the groups of the institution are told as well.
    """

    title_zh: str
    title_en: str
    zh: str
    en: str
    channels: tuple[Channel, ...] = ()
    robots: bool = False
    places: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", frozenset(re.findall(r"{(\w+)}", self.zh)))

    @property
    def presses(self) -> bool:
        """Whether it is worth a text message: then it goes before everything else, too."""
        return Channel.TEXT in self.channels


# Values that are words of the program, as people say them: zh-CN, en.
WORDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "slot": {"morning": ("晨检", "morning"), "noon": ("午检", "noon"), "evening": ("晚检", "evening")},
    "decision": {
        "approved": ("已批准", "approved"),
        "refused": ("未批准", "refused"),
        "returned": ("被退回修改", "returned for change"),
        "withdrawn": ("已撤回", "withdrawn"),
        "expired": ("已过期", "expired"),
    },
    "failure": {
        "missing": ("漏报", "missing"),
        "late": ("迟报", "late"),
        "false": ("错报", "false"),
        "concealed": ("瞒报", "concealed"),
    },
    "verdict": {"uphold": ("认定成立", "upheld"), "drop": ("不予认定", "dropped")},
}

_AT_ONCE = (Channel.WECHAT, Channel.TEXT, Channel.EMAIL)
# Reminders of many: a text message for each would cost more than the service.
_CHEAP = (Channel.WECHAT, Channel.EMAIL)

WORDINGS: Final[Mapping[Template, Wording]] = {
    Template.ONE_TIME_CODE: Wording(
        "验证码",
        "Your code",
        "【联防】验证码 {code}, {minutes} 分钟内有效。请勿告知他人。",
        "[Lianfang] Your code is {code}, valid for {minutes} minutes. Tell nobody.",
    ),
    Template.DIGEST: Wording(
        "今日消息汇总",
        "Messages of today",
        "您有 {count} 条未读消息, 请打开查看。",
        "You have {count} unread messages.",
    ),
    Template.ROBOT_TRIAL: Wording(
        "机器人测试", "Robot trial", "机器人已接通, 本群将收到防疫通知。", "The robot works; this group will be told."
    ),
    Template.FEVER: Wording(
        "发热提醒",
        "Fever",
        "{place} 有 1 人发热, 请立即核实处置。",
        "Somebody of {place} has a fever. Verify and act at once.",
        _AT_ONCE,
    ),
    Template.SYMPTOM: Wording(
        "症状提醒",
        "Symptoms",
        "{place} 有 1 人报告症状, 请核实。",
        "Somebody of {place} reports symptoms. Please verify.",
        _AT_ONCE,
    ),
    Template.FEVER_AT_GATE: Wording(
        "校门发热提醒",
        "Fever at the gate",
        "{place} 有 1 人发热, 未准入校。",
        "Somebody with a fever was turned away at {place}.",
        _AT_ONCE,
    ),
    Template.CHECKIN_OWED: Wording(
        "打卡提醒",
        "Check-in due",
        "{slot}尚未打卡, 请于 {deadline} 前完成。",
        "The {slot} check-in is not in yet; please send it by {deadline}.",
        _CHEAP,
    ),
    Template.CHECKIN_ASKED_FOR: Wording(
        "学校提醒打卡",
        "The school asks for a check-in",
        "学校还没有收到今天的打卡, 请尽快完成。",
        "No check-in has come in today; please send it now.",
        _CHEAP,
    ),
    Template.MISSING_IN_CLASS: Wording(
        "班级缺报提醒",
        "Missing in your class",
        "{unit}{slot}缺 {missing} 人, 应到 {due} 人。",
        "{unit}: {missing} of {due} have not sent the {slot} check-in.",
        _CHEAP,
    ),
    Template.MISSING_IN_SCHOOL: Wording(
        "全校缺报提醒",
        "Missing in your school",
        "{slot}缺 {missing} 人, 涉及 {units} 个班。",
        "{missing} in {units} classes have not sent the {slot} check-in.",
        _CHEAP,
        robots=True,
    ),
    Template.MISSING_BELOW: Wording(
        "辖区缺报提醒",
        "Missing below you",
        "{slot}有 {schools} 校缺 {missing} 人。",
        "{schools} schools still miss {missing} {slot} check-ins.",
        _CHEAP,
        robots=True,
    ),
    Template.REPORT_DUE: Wording(
        "日报提醒",
        "Daily report due",
        "今日日报请于 {deadline} 前报送。",
        "Today's report is to be sent by {deadline}.",
        _CHEAP,
    ),
    Template.REPORT_LATE: Wording(
        "日报逾期提醒",
        "Daily report late",
        "{day} 日报已逾期, 请尽快报送。",
        "The report of {day} is late; please send it.",
        _CHEAP,
    ),
    Template.REPORT_RETURNED: Wording(
        "日报退回提醒",
        "Daily report returned",
        "{day} 日报被退回, 请修改后重报。",
        "The report of {day} was returned; please amend it.",
        _AT_ONCE,
    ),
    Template.REPORTS_LATE_BELOW: Wording(
        "辖区日报逾期",
        "Reports late below you",
        "{day} 有 {count} 个单位未报日报。",
        "{count} institutions have not sent the report of {day}.",
        _CHEAP,
        robots=True,
    ),
    Template.REPORT_FAILURE: Wording(
        "日报核查提醒",
        "A report is questioned",
        "{day} 日报疑为{failure}, 待说明与认定。",
        "The report of {day} seems {failure}; an explanation is awaited.",
        _CHEAP,
    ),
    Template.FAILURE_EXPLAINED: Wording(
        "日报核查待认定",
        "A failure was explained",
        "{day} {failure}已作说明, 待认定。",
        "Why the report of {day} was {failure} has been explained; decide.",
        _CHEAP,
    ),
    Template.FAILURE_DECIDED: Wording(
        "日报核查结论",
        "A failure was decided",
        "{day} 日报{failure}: {verdict}。",
        "That the report of {day} was {failure}: {verdict}.",
        _CHEAP,
    ),
    Template.ENTRY_AWAITS: Wording(
        "入校申请待审批",
        "Entry to be decided",
        "有 1 份入校申请等待您审批。",
        "A request to enter waits for your decision.",
        _CHEAP,
    ),
    Template.ENTRY_DECIDED: Wording(
        "入校申请结果", "Your entry request", "您的入校申请{decision}。", "Your request to enter: {decision}.", _CHEAP
    ),
    Template.PASS_REVOKED: Wording(
        "通行证已撤销",
        "Pass revoked",
        "您的通行证已撤销, 请勿前往。",
        "Your pass was revoked; please do not come.",
        _AT_ONCE,
    ),
    Template.OVERSTAYED: Wording(
        "超时未离校",
        "Still inside",
        "{place} 有 1 人超时未离校, 请核实。",
        "Somebody should have left {place} by now. Please look.",
        _CHEAP,
    ),
    Template.STAY_OVER: Wording(
        "入校时间已过",
        "Your time inside is over",
        "{place}入校时间已过, 请尽快离校登记。",
        "Your time at {place} is over; please leave by the gate.",
        _CHEAP,
    ),
    Template.CLOSURE_CHANGED: Wording(
        "封闭管理变更",
        "Closure changed",
        "{place}封闭管理有变更, 请查看。",
        "The closure of {place} has changed.",
        _CHEAP,
        robots=True,
    ),
    Template.BULLETIN_AWAITS: Wording(
        "动态待审核",
        "Bulletin to be reviewed",
        "{day} 动态待审核。",
        "The bulletin of {day} waits for its review.",
        _CHEAP,
    ),
    Template.BULLETIN_ISSUED: Wording(
        "新动态",
        "New bulletin",
        "{day} 动态第 {number} 期已印发。",
        "Bulletin No. {number}, of {day}, was issued.",
        _CHEAP,
    ),
    Template.EXPORT_READY: Wording(
        "文件已生成", "Your file is ready", "{file} 可以下载了。", "{file} can be downloaded."
    ),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A message as somebody reads it."""

    title: str
    text: str


def write(template: Template, values: Mapping[str, str | int], language: Language | None = None) -> Written:
    """The title and the text, in the language of the request unless one is given; KeyError for a missing value."""
    wording = WORDINGS[template]
    spoken = {name: _word(name, value, language) for name, value in values.items()}
    title, text = (
        _in(language, wording.title_zh, wording.title_en),
        _in(language, wording.zh, wording.en).format_map(spoken),
    )
    return Written(title, text)


def _word(name: str, value: str | int, language: Language | None) -> str:
    said = WORDS.get(name, {}).get(str(value))
    return str(value) if said is None else _in(language, *said)


def _in(language: Language | None, zh: str, en: str) -> str:
    if language is None:
        return pick(zh, en)
    return en if language is Language.EN else zh
