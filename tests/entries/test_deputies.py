"""Somebody on leave is represented, for some days and in one role."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.entries.steps import Cast, Row, ask, close, decide, entry, open_step, state
from tests.people.steps import Office, acts


def delegated(speaker: Office, deputy: Office, status: int = 201, **more: Any) -> Row:
    """A delegation from today for a week."""
    body = {
        "role": "principal",
        "deputy_account_id": deputy.login.account_id,
        "since": clock.today().isoformat(),
        "until": (clock.today() + timedelta(days=7)).isoformat(),
        **more,
    }
    made: Row = speaker.post(f"/institutions/{speaker.tree.school}/entry-delegations", body, status)
    return made


def decide_for(deputy: Office, delegation: Row, request: Row, status: int = 200, verdict: str = "approve") -> Row:
    """Decide on the open step in the place of another."""
    body = {"step_id": open_step(request)["id"], "verdict": verdict, "reason": "代为审批"}
    found: Row = deputy.post(f"/me/entry-delegations/{delegation['id']}/decisions", body, status)
    return found


def waiting_for_heads(cast: Cast) -> tuple[Office, Row]:
    """A request that its teacher has approved."""
    parent, child = cast.family()
    made = ask(parent, entry(child))
    decide(cast.teacher, made)
    return parent, cast.principal.get(f"/entry-requests/{made['id']}")


def test_a_deputy_sees_decides_and_is_named_as_such(cast: Cast, owner: Engine) -> None:
    deputy = cast.speaker(Role.STAFF)
    delegation = delegated(cast.principal, deputy)
    parent, made = waiting_for_heads(cast)
    assert [one["id"] for one in deputy.get("/me/entry-delegations")["items"]] == [delegation["id"]]
    path = f"/me/entry-delegations/{delegation['id']}"
    assert [one["request_id"] for one in deputy.get(f"{path}/referrals")["items"]] == [made["id"]]
    assert deputy.get(f"{path}/entry-requests/{made['id']}")["persons"][0]["outcome"] == "pending"
    assert len(deputy.get(f"{path}/entry-requests/{made['id']}/health-records")["items"]) == 1
    assert decide_for(deputy, delegation, made)["state"] == "passed"
    shown = parent.get(f"/me/entry-requests/{made['id']}")
    assert shown["state"] == "approved"
    assert [(one["role"], one["deputised"]) for one in shown["steps"][1]["votes"]] == [("principal", True)]
    deputy.get(f"{path}/entry-requests/{made['id']}", 404)
    assert {"entries.delegate", "entries.read_health"} <= set(acts(owner, cast.tree.school))


def test_without_a_delegation_in_force_there_is_nothing(cast: Cast) -> None:
    deputy = cast.speaker(Role.STAFF)
    _, made = waiting_for_heads(cast)
    later = (clock.today() + timedelta(days=2)).isoformat()
    delegation = delegated(cast.principal, deputy, since=later)
    assert decide_for(deputy, delegation, made, 403)["code"] == "entry_delegation_not_in_force"
    other = cast.speaker(Role.STAFF)
    assert decide_for(other, delegation, made, 404)["code"] == "not_found"
    standing = delegated(cast.principal, deputy)
    cast.principal.ask("DELETE", f"/entry-delegations/{standing['id']}", 204)
    assert decide_for(deputy, standing, made, 403)["code"] == "entry_delegation_not_in_force"
    assert state(cast.principal, made) == "submitted"


def test_a_delegation_is_for_one_role_and_one_class(cast: Cast) -> None:
    deputy = cast.speaker(Role.STAFF)
    delegation = delegated(cast.teacher, deputy, role="homeroom_teacher", unit_id=cast.tree.classes[0])
    _, with_heads = waiting_for_heads(cast)
    assert decide_for(deputy, delegation, with_heads, 404)["code"] == "not_found"
    parent, child = cast.family(cast.tree.classes[1])
    cast.speaker(Role.HOMEROOM_TEACHER, unit_id=cast.tree.classes[1])
    other_class = ask(parent, entry(child))
    assert decide_for(deputy, delegation, other_class, 403)["code"] == "entry_not_your_step"
    own_parent, own_child = cast.family()
    mine = ask(own_parent, entry(own_child))
    assert decide_for(deputy, delegation, mine)["state"] == "passed"


def test_nobody_decides_on_their_own_by_a_deputy_nor_as_one(cast: Cast) -> None:
    parent, child = cast.family()
    cast.tree.hold(cast.principal.login, Role.GUARDIAN, cast.tree.school, person_id=child)
    made = ask(parent, entry(child))
    decide(cast.teacher, made)
    made = cast.vice.get(f"/entry-requests/{made['id']}")
    deputy = cast.speaker(Role.STAFF)
    assert decide_for(deputy, delegated(cast.principal, deputy), made, 403)["code"] == "entry_own_request"
    father = cast.speaker(Role.STAFF)
    cast.tree.hold(father.login, Role.GUARDIAN, cast.tree.school, person_id=child)
    as_vice = delegated(cast.vice, father, role="vice_principal")
    assert decide_for(father, as_vice, made, 403)["code"] == "entry_own_request"
    assert decide(cast.vice, made)["state"] == "approved"


def test_a_role_ends_and_so_does_what_was_lent_of_it(cast: Cast) -> None:
    deputy = cast.speaker(Role.STAFF)
    vice = cast.speaker(Role.VICE_PRINCIPAL)
    delegation = delegated(vice, deputy, role="vice_principal")
    _, made = waiting_for_heads(cast)
    members = cast.principal.get(f"/institutions/{cast.tree.school}/members", limit=200)["items"]
    standing = next(one["id"] for one in members if one["account_id"] == vice.login.account_id)
    cast.principal.ask("DELETE", f"/institutions/{cast.tree.school}/members/{standing}", 204)
    assert decide_for(deputy, delegation, made, 403)["code"] == "entry_delegation_not_in_force"


def test_whoever_leads_names_a_deputy_for_a_colleague_and_nobody_else_does(cast: Cast) -> None:
    deputy = cast.speaker(Role.STAFF)
    lent: dict[str, Any] = {
        "role": "homeroom_teacher",
        "unit_id": cast.tree.classes[0],
        "account_id": cast.teacher.login.account_id,
    }
    assert delegated(cast.principal, deputy, **lent)["account_id"] == cast.teacher.login.account_id
    refusal = "entry_delegation_not_possible"
    assert delegated(cast.vice, deputy, 409, **lent)["code"] == refusal
    assert delegated(cast.vice, deputy, 409)["code"] == refusal
    assert delegated(cast.principal, cast.principal, 409)["code"] == refusal
    assert delegated(cast.principal, deputy, 409, role="guardian")["code"] == refusal
    assert delegated(cast.principal, cast.county, 404)["code"] == "not_found"


def test_an_office_is_represented_as_well(cast: Cast, client: TestClient) -> None:
    close(cast.county.login, client, cast.tree.county)
    reviewer = Office(client, cast.tree, cast.tree.account(Role.ANALYST, cast.tree.county))
    body = {
        "role": "county_admin",
        "deputy_account_id": reviewer.login.account_id,
        "since": clock.today().isoformat(),
        "until": clock.today().isoformat(),
    }
    delegation = cast.county.post(f"/institutions/{cast.tree.county}/entry-delegations", body, 201)
    _, made = waiting_for_heads(cast)
    decide(cast.principal, made)
    path = f"/me/entry-delegations/{delegation['id']}"
    (waiting,) = reviewer.get(f"{path}/referrals")["items"]
    reviewer.get(f"{path}/entry-requests/{made['id']}", 404)
    decided = reviewer.post(f"{path}/decisions", {"step_id": waiting["id"], "verdict": "approve"})
    assert decided["state"] == "passed"
    assert state(cast.principal, made) == "approved"
