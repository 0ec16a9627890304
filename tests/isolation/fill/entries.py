"""Requests and decisions, deputies, visitors, duty rosters."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.kernel import clock
from tests.isolation.calls import Build, Call, Take
from tests.isolation.entry_makers import outsider, window
from tests.isolation.fill.identity import nothing
from tests.isolation.fill.institutions import in_county, in_school, in_unit

APPROVAL = {"verdict": "approve"}


def asked(take: Take) -> dict[str, Any]:
    return {"purpose": "return", "reason": "返校", "venue_ids": [take("venue_ids", "venue")], **window()}


def request_entry(take: Take) -> Call:
    persons = [{"person_id": take("person_id", "student")}]
    return Call(path=in_school(take).path, body={**asked(take), "persons": persons, "others": [outsider()]})


def request_entry_of_staff(take: Take) -> Call:
    persons = [{"person_id": take("person_id", "staff_person")}]
    return Call(path=in_school(take).path, body={**asked(take), "persons": persons})


def request_unit_entry(take: Take) -> Call:
    return Call(path=in_unit(take).path, body={**asked(take), "person_ids": [take("person_ids", "student")]})


def of_request(take: Take) -> Call:
    return Call(path={"request_id": take("request_id", "entry_request")})


def of_new_request(take: Take) -> Call:
    return Call(path={"request_id": take("request_id", "new_entry_request")})


def decide_request(take: Take) -> Call:
    return Call(path=of_new_request(take).path, body={"step_id": take("step_id", "new_entry_step"), **APPROVAL})


def decide_requests(take: Take) -> Call:
    item = {"request_id": take("request_id", "new_entry_request"), "step_id": take("step_id", "new_entry_step")}
    return Call(path=in_school(take).path, body={"items": [item], **APPROVAL})


def resubmit(take: Take) -> Call:
    return Call(path={"request_id": take("request_id", "new_returned_request")}, body=asked(take))


def decide_referral(take: Take) -> Call:
    return Call(path={"referral_id": take("referral_id", "new_referral")}, body=APPROVAL)


def days() -> dict[str, str]:
    return {"since": clock.today().isoformat(), "until": (clock.today() + timedelta(days=3)).isoformat()}


def delegate(take: Take) -> Call:
    body = {"role": "principal", "deputy_account_id": take("deputy_account_id", "deputy_account"), **days()}
    return Call(path=in_school(take).path, body=body)


def delegate_for_teacher(take: Take) -> Call:
    places = {"unit_id": take("unit_id", "class"), "account_id": take("account_id", "homeroom_account")}
    body = {
        "role": "homeroom_teacher",
        "deputy_account_id": take("deputy_account_id", "deputy_account"),
        **places,
        **days(),
    }
    return Call(path=in_school(take).path, body=body)


def of_new_delegation(take: Take) -> Call:
    return Call(path={"delegation_id": take("delegation_id", "new_delegation")})


def of_own_delegation(take: Take) -> Call:
    return Call(path={"delegation_id": take("delegation_id", "new_own_delegation")})


def deputised_request(take: Take) -> Call:
    return Call(path={**of_own_delegation(take).path, "request_id": take("request_id", "new_request_for_head")})


def decide_as_deputy(take: Take) -> Call:
    # The request is made first: its step is what is decided on.
    take.mine("new_request_for_head")
    body = {"step_id": take("step_id", "new_step_for_head"), **APPROVAL}
    return Call(path=of_own_delegation(take).path, body=body)


def invite(take: Take) -> Call:
    body = {"purpose": "repair", "venue_ids": [take("venue_ids", "venue")], **window()}
    return Call(path=in_school(take).path, body=body)


def of_invitation(take: Take) -> Call:
    return Call(path={"invitation_id": take("invitation_id", "new_visit_invitation")})


def open_form(take: Take) -> Call:
    return Call(body={"code": take.mine("new_visit_code")})


def request_visit(take: Take) -> Call:
    phone = take.mine("new_phone")
    proven = {"code": take.mine("new_visit_code"), "phone": phone, "one_time_code": take.mine("new_code")}
    return Call(
        body={
            **outsider(take.mine("new_identity_number")),
            **proven,
            "reason": "修水管",
            "venue_ids": [take("venue_ids", "venue")],
            **window(),
        }
    )


def by_ticket(take: Take) -> Call:
    return Call(body={"ticket": take.mine("new_ticket")})


def resubmit_visit(take: Take) -> Call:
    body = {"ticket": take.mine("new_returned_ticket"), "reason": "改期", "venue_ids": [take("venue_ids", "venue")]}
    return Call(body={**body, **window()})


def roster(take: Take) -> Call:
    shifts = [{"person_id": take("person_id", "new_staff"), **window()}]
    body = {"duty": "总值班", "venue_ids": [take("venue_ids", "venue")], "shifts": shifts}
    return Call(path=in_school(take).path, body=body)


def of_shift(take: Take) -> Call:
    return Call(path={"shift_id": take("shift_id", "new_duty_shift")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "request_entry": (request_entry, request_entry_of_staff),
    "request_unit_entry": (request_unit_entry,),
    "list_entry_requests": (in_school,),
    "read_entry_request": (of_request,),
    "list_entry_health_records": (of_request,),
    "decide_entry_request": (decide_request,),
    "decide_entry_requests": (decide_requests,),
    "list_entry_referrals": (in_county,),
    "decide_entry_referral": (decide_referral,),
    "list_own_entry_requests": (nothing,),
    "read_own_entry_request": (of_request,),
    "resubmit_entry_request": (resubmit,),
    "withdraw_entry_request": (of_new_request,),
    "delegate_entry_decisions": (delegate, delegate_for_teacher),
    "list_entry_delegations": (in_school,),
    "revoke_entry_delegation": (of_new_delegation,),
    "list_own_entry_delegations": (nothing,),
    "list_deputised_referrals": (of_own_delegation,),
    "read_deputised_request": (deputised_request,),
    "list_deputised_health_records": (deputised_request,),
    "decide_as_deputy": (decide_as_deputy,),
    "issue_visit_invitation": (invite,),
    "list_visit_invitations": (in_school,),
    "revoke_visit_invitation": (of_invitation,),
    "open_visit_form": (open_form,),
    "request_visit": (request_visit,),
    "read_visit": (by_ticket,),
    "resubmit_visit": (resubmit_visit,),
    "withdraw_visit": (by_ticket,),
    "roster_duty": (roster,),
    "list_duty_shifts": (in_school,),
    "cancel_duty_shift": (of_shift,),
}
NAMED_BY_CLIENT: dict[str, set[str]] = {}
