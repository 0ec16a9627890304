"""Daily reports: forms, layouts, drafts, what was sent, failures."""

from collections.abc import Mapping
from typing import Any

from app.kernel import clock
from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.institutions import in_county, in_school


def _of_day(call: Call, body: Any = None) -> Call:
    return Call(path={**call.path, "day": clock.today().isoformat()}, body=body)


def of_school(take: Take) -> Call:
    """The school's report of today."""
    return _of_day(in_school(take))


def of_county(take: Take) -> Call:
    """The county's."""
    return _of_day(in_county(take))


def set_form(take: Take) -> Call:
    questions = [{"code": "masks", "kind": "number", "title": "口罩存量"}]
    body = {"code": take.mine("new_number"), "title": "日报", "level": "school", "questions": questions}
    return Call(path=in_county(take).path, body=body)


def set_layout(take: Take) -> Call:
    heading = {"source": "figure", "code": "fever", "title": "发热"}
    return Call(path=in_county(take).path, body={"title": "县表", "headings": [heading]})


def of_layout(take: Take) -> Call:
    return Call(path={**in_county(take).path, "layout_id": take("layout_id", "report_layout")})


def complete_of_school(take: Take) -> Call:
    return _of_day(in_school(take), {"answers": []})


def complete_of_county(take: Take) -> Call:
    return _of_day(in_county(take), {"answers": []})


def send_of_school(take: Take) -> Call:
    return _of_day(in_school(take), {"reason": "更正"})


def send_of_county(take: Take) -> Call:
    return _of_day(in_county(take), {"reason": "更正"})


def return_report(take: Take) -> Call:
    place = take("institution_id", "new_reported_school")
    return _of_day(Call(path={"institution_id": place}), {"reason": "请核对"})


def rates(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"from": clock.today().isoformat()})


def explain(take: Take) -> Call:
    return Call(path={"failure_id": take("failure_id", "report_failure")}, body={"explanation": "系统故障"})


def decide(take: Take) -> Call:
    body = {"verdict": "drop", "reason": "情况属实"}
    return Call(path={"failure_id": take("failure_id", "new_report_failure")}, body=body)


def file_document(take: Take) -> Call:
    return Call(path=in_school(take).path, form={}, files={"file": ("台账.pdf", b"%PDF-1.7")})


def of_document(take: Take) -> Call:
    return Call(path={**in_school(take).path, "file_id": take("file_id", "report_file")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "set_report_form": (set_form,),
    "list_report_forms": (in_school, in_county),
    "read_report_collection": (in_school, in_county),
    "set_report_layout": (set_layout,),
    "list_report_layouts": (in_county,),
    "read_report_layout": (of_layout,),
    "file_report_document": (file_document,),
    "fetch_report_document": (of_document,),
    "list_daily_reports": (in_school, in_county),
    "read_daily_report": (of_school,),
    "draft_daily_report": (of_school, of_county),
    "complete_daily_report": (complete_of_school, complete_of_county),
    "send_daily_report": (send_of_school, send_of_county),
    "return_daily_report": (return_report,),
    "list_report_revisions": (of_school,),
    "verify_daily_report": (of_school,),
    "collect_daily_reports": (of_school, of_county),
    "read_report_rates": (rates,),
    "list_report_failures": (in_school, in_county),
    "explain_report_failure": (explain,),
    "decide_report_failure": (decide,),
}
# The days of which reports are; nobody's.
_DAYS = {
    "read_daily_report",
    "draft_daily_report",
    "complete_daily_report",
    "send_daily_report",
    "return_daily_report",
    "list_report_revisions",
    "verify_daily_report",
    "collect_daily_reports",
}
NAMED_BY_CLIENT = {name: {"day"} for name in _DAYS}
