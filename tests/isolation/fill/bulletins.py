"""Bulletins: papers and issues."""

from collections.abc import Mapping
from typing import Any

from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.institutions import in_county, in_school

CHANGE: Mapping[str, Any] = {"title": "动态", "text": "一切正常。", "audience": ["offices"]}


def draft_of_school(take: Take) -> Call:
    return Call(path=in_school(take).path, body={})


def draft_of_county(take: Take) -> Call:
    return Call(path=in_county(take).path, body={})


def correct(take: Take) -> Call:
    return Call(path=in_school(take).path, body={"corrects": take("corrects", "bulletin_issue")})


def of_bulletin(take: Take) -> Call:
    return Call(path={"bulletin_id": take("bulletin_id", "bulletin")})


def of_new_bulletin(take: Take) -> Call:
    return Call(path={"bulletin_id": take("bulletin_id", "new_bulletin")})


def change(take: Take) -> Call:
    return Call(path=of_new_bulletin(take).path, body={**CHANGE})


def approve(take: Take) -> Call:
    return Call(path={"bulletin_id": take("bulletin_id", "new_submitted_bulletin")})


def give_back(take: Take) -> Call:
    return Call(path=approve(take).path, body={"reason": "请核对"})


def of_issue(take: Take) -> Call:
    return Call(path={**in_school(take).path, "issue_id": take("issue_id", "bulletin_issue")})


def withdraw(take: Take) -> Call:
    issue = take("issue_id", "new_bulletin_issue")
    return Call(path={**in_school(take).path, "issue_id": issue}, body={"reason": "数据有误"})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "draft_bulletin": (draft_of_school, draft_of_county, correct),
    "list_bulletins": (in_school, in_county),
    "read_bulletin": (of_bulletin,),
    "change_bulletin": (change,),
    "list_bulletin_edits": (of_bulletin,),
    "submit_bulletin": (of_new_bulletin,),
    "approve_bulletin": (approve,),
    "return_bulletin": (give_back,),
    "discard_bulletin": (of_new_bulletin,),
    "issue_bulletin": (of_new_bulletin,),
    "list_bulletin_issues": (in_school, in_county),
    "read_bulletin_issue": (of_issue,),
    "withdraw_bulletin_issue": (withdraw,),
}
