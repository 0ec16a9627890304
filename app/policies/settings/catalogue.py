"""The settings themselves, with the defaults that hold where nobody has said anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from app.kernel.schemas import Count, Flag
from app.policies.settings import tightness as t
from app.policies.settings import values as v


@dataclass(frozen=True)
class Setting:
    """One setting. ``default`` is canonical JSON, as `canonical` makes it."""

    key: str
    zh: str
    en: str
    shape: Any
    default: Any
    order: t.Order

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """What checks a value."""
        return TypeAdapter(self.shape)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """What a value looks like, as JSON Schema."""
        return self.adapter.json_schema()

    def canonical(self, value: Any) -> Any:
        """The checked value as the one JSON that says it; raises pydantic's ValidationError."""
        return self.adapter.dump_python(self.adapter.validate_python(value), mode="json")


_SLOTS = [
    {"slot": "morning", "opens": "05:00", "deadline": "08:00", "required": True},
    {"slot": "noon", "opens": "11:00", "deadline": "14:00", "required": True},
    {"slot": "evening", "opens": "17:00", "deadline": "21:00", "required": False},
]
_Shift = Annotated[Count, Field(le=30)]
_Cells = Annotated[Count, Field(le=20)]
_Readings = Annotated[Count, Field(ge=1, le=3)]

_Past = Annotated[Count, Field(le=30)]
_ISSUER = {"level": "issuer", "roles": [*v.OFFICE_APPROVERS], "needs": "any"}
_OWN_CHAIN = [
    {"level": "school", "roles": ["homeroom_teacher"], "needs": "any"},
    {"level": "school", "roles": ["vice_principal", "principal"], "needs": "any"},
    _ISSUER,
]
_VISITORS_CHAIN = [
    {"level": "school", "roles": ["school_reporter", "vice_principal"], "needs": "any"},
    {"level": "school", "roles": ["principal"], "needs": "any"},
    _ISSUER,
]

_ALL = (
    Setting(
        "fever_threshold",
        "发热阈值 (℃)",
        "fever threshold (°C)",
        v.FeverThreshold,
        {"default": 37.3, **dict.fromkeys(v.SITES)},
        t.THRESHOLDS,
    ),
    Setting("slots", "打卡时段", "slots of the day", v.Slots, _SLOTS, t.SLOTS),
    Setting("symptoms", "监测症状", "symptoms watched", v.Symptoms, [*v.SYMPTOMS], t.superset(v.SYMPTOMS)),
    Setting(
        "due_kinds",
        "应打卡人员",
        "who owes a check-in",
        v.DueKinds,
        ["student", "staff"],
        t.superset(("student", "staff")),
    ),
    Setting("checkin_backdating_days", "可补报天数", "days for which a check-in may be made up", _Shift, 7, t.LOWER),
    Setting("class_report_by", "班级上报时限", "class reports by", v.ClockTime | None, None, t.EARLIER),
    Setting(
        "school_report_by", "学校晨检上报时限", "schools report the morning by", v.ClockTime | None, None, t.EARLIER
    ),
    Setting("report_cutoff_school", "学校日报截止", "daily report of schools by", v.ClockTime, "16:30", t.EARLIER),
    Setting("report_cutoff_office", "各级日报截止", "daily report of offices by", v.ClockTime, "17:30", t.EARLIER),
    Setting(
        "report_as_of",
        "日报统计时点",
        "moment for which a daily report stands",
        v.AsOf,
        {"clock": "16:00", "day": "same"},
        t.FIXED,
    ),
    Setting(
        "school_days",
        "日报上报日",
        "days on which daily reports are owed",
        v.SchoolDays,
        {"weekdays": [1, 2, 3, 4, 5, 6, 7], "closed": [], "extra": []},
        t.SCHOOL_DAYS,
    ),
    Setting(
        "report_signers",
        "学校日报签报人",
        "who signs the daily report of a school",
        v.Signers,
        [*v.SIGNERS],
        t.SIGNERS_ORDER,
    ),
    Setting(
        "report_reminders",
        "日报截止前提醒 (分钟)",
        "reminders before the daily report is due (minutes)",
        v.ReportReminders,
        [60, 15],
        t.MOMENTS,
    ),
    Setting(
        "bulletin_review",
        "动态须经审核",
        "bulletins are reviewed before they are issued",
        Flag,
        default=False,
        order=t.REQUIRED,
    ),
    Setting("key_areas", "重点地区", "key areas", v.KeyAreas, [], t.AREAS),
    Setting(
        "cluster",
        "聚集性预警标准",
        "when cases are a cluster",
        v.Cluster,
        {"in_one_day": 3, "in_days": 5, "days": 3},
        t.CLUSTER,
    ),
    Setting("cluster_report_hours", "聚集性疫情报告时限 (小时)", "report of a cluster (hours)", v.Hours, 24, t.LOWER),
    Setting(
        "suspected_case_hours", "可疑病例报告时限 (小时)", "report of a suspected case (hours)", v.Hours, 2, t.LOWER
    ),
    Setting("observation_days", "医学观察天数", "days of observation", v.Days, 14, t.HIGHER),
    Setting(
        "observation_readings",
        "观察期每日测温次数",
        "readings a day under observation",
        _Readings,
        2,
        t.HIGHER,
    ),
    Setting("reopening_plan_days", "开学预案提前报备天数", "days before opening to file the plan", v.Days, 7, t.HIGHER),
    Setting(
        "reminders",
        "催报时间 (分钟)",
        "reminders (minutes)",
        v.Reminders,
        {"guardians_before": 30, "teacher_after": 10, "principal_after": 60, "office_after": 120},
        t.REMINDERS,
    ),
    Setting("quiet_hours", "免打扰时段", "quiet hours", v.QuietHours, {"since": "22:00", "until": "06:30"}, t.QUIET),
    Setting("approval_chain", "入校审批环节", "approval of entries", v.ApprovalChain, _OWN_CHAIN, t.CHAIN),
    Setting(
        "approval_chain_visitors",
        "来访审批环节",
        "approval of visitors",
        v.ApprovalChain,
        _VISITORS_CHAIN,
        t.CHAIN,
    ),
    Setting("pass_longest_days", "通行证最长有效天数", "days for which a pass holds at most", v.PassDays, 30, t.LOWER),
    Setting("pass_single_use", "通行证仅限一次进入", "passes let in once", Flag, default=False, order=t.REQUIRED),
    Setting(
        "pass_rotating",
        "通行证动态码",
        "passes show a code that changes each minute",
        Flag,
        default=False,
        order=t.REQUIRED,
    ),
    Setting("overstay_minutes", "超时未出校提醒 (分钟)", "overstay after (minutes)", v.Minutes, 30, t.LOWER),
    Setting("entry_fever_days", "发热后不得入校天数", "days without entry after a fever", _Past, 3, t.HIGHER),
    Setting("entry_readings_days", "入校前须连续打卡天数", "days of check-ins wanted for entry", _Past, 3, t.HIGHER),
    Setting(
        "entry_hours",
        "允许入校时间",
        "hours of entry",
        v.EntryHours,
        {"opens": "06:00", "closes": "22:00"},
        t.HOURS,
    ),
    Setting(
        "entry_reminder_hours",
        "审批催办时间 (小时)",
        "reminder of an undecided entry (hours)",
        v.Hours,
        4,
        t.LOWER,
    ),
    Setting("retention_days", "个人健康数据保存天数", "days for which readings are kept", v.Days, 365, t.LOWER),
    Setting(
        "gate_retention_days",
        "出入校记录保存天数",
        "days for which it is kept who came and went",
        v.Days,
        180,
        t.LOWER,
    ),
    Setting(
        "small_cells_below",
        "病例小数隐藏阈值",
        "figures of cases below this are hidden from those above a school",
        _Cells,
        0,
        t.HIGHER,
    ),
)
SETTINGS: Mapping[str, Setting] = {setting.key: setting for setting in _ALL}
