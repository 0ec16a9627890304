"""Requests in the states that operations want, deputies, visitors, shifts."""

from collections.abc import Iterator
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from app.access.roles import Role
from app.kernel import clock
from tests.factories import people
from tests.factories.tree import phone
from tests.identity.steps import caller_from
from tests.isolation.posting import get, post
from tests.isolation.sessions import code_for

if TYPE_CHECKING:
    from tests.isolation.worlds import Province

CHAIN_ABOVE = [{"level": "above", "roles": ["reviewer", "county_admin"], "needs": "any"}]


def window() -> dict[str, str]:
    """Tomorrow, by day."""
    day = clock.today() + timedelta(days=1)
    return {"valid_from": clock.at(day, time(8)).isoformat(), "valid_until": clock.at(day, time(18)).isoformat()}


def outsider(number: str | None = None) -> dict[str, Any]:
    """Somebody by real name."""
    return {"name": "来客", "identity_number": number or people.valid_identity_number(), "phone": phone()}


def _side(actor: str) -> str:
    return "other_" if actor.startswith("other_") else ""


def _filed(world: "Province", actor: str) -> dict[str, Any]:
    """A request of the actor's guardian for the actor's student."""
    persons = [{"person_id": world.own("student", actor)}]
    body = {"purpose": "return", "reason": f"返校{world.name}", "persons": persons, **window()}
    made: dict[str, Any] = post(
        world, f"/institutions/{world.tree.school}/entry-requests", body, f"{_side(actor)}guardian"
    )
    return made


def _decided(world: "Province", request: dict[str, Any], verdict: str, actor: str) -> None:
    body = {"step_id": request["steps"][0]["id"], "verdict": verdict, "reason": "已核对"}
    post(world, f"/entry-requests/{request['id']}/decisions", body, f"{_side(actor)}homeroom")


def request(world: "Province", actor: str) -> int:
    """A request whose first step waits for the homeroom teacher."""
    return int(_filed(world, actor)["id"])


def step(world: "Province", actor: str) -> int:
    """The open step of the actor's new request."""
    request_id = world.own("new_entry_request", actor)
    return _open_step(world, request_id)


def _open_step(world: "Province", request_id: int) -> int:
    steps = get(world, f"/entry-requests/{request_id}")["steps"]
    return int(next((one["id"] for one in steps if one["state"] == "open"), steps[0]["id"]))


def returned_request(world: "Province", actor: str) -> int:
    """A request that waits for its asker."""
    made = _filed(world, actor)
    _decided(world, made, "return", actor)
    return int(made["id"])


def request_for_head(world: "Province", actor: str) -> int:
    """A request that waits for a head of the school."""
    made = _filed(world, actor)
    _decided(world, made, "approve", actor)
    return int(made["id"])


def step_for_head(world: "Province", actor: str) -> int:
    """The open step of the same."""
    return _open_step(world, world.own("new_request_for_head", actor))


def referral(world: "Province", _actor: str) -> int:
    """A step of the sister school's that waits for the county."""
    sister = world.ids["sister"]
    head = world.tree.account(Role.PRINCIPAL, sister)
    path = f"/api/v1/institutions/{sister}/policies/approval_chain"
    answer = world.tree.client.put(path, json={"value": CHAIN_ABOVE}, headers=head.headers)
    assert answer.is_success, answer.text
    body = {"purpose": "meeting", "reason": "洽谈", "others": [outsider()], **window()}
    return int(post(world, f"/institutions/{sister}/entry-requests", body, head)["steps"][0]["id"])


def _days() -> dict[str, str]:
    return {"since": clock.today().isoformat(), "until": (clock.today() + timedelta(days=7)).isoformat()}


def delegation(world: "Province", _actor: str) -> int:
    """The principal has a deputy."""
    body = {"role": "principal", "deputy_account_id": world.ids["deputy_account"], **_days()}
    return int(post(world, f"/institutions/{world.tree.school}/entry-delegations", body)["id"])


def own_delegation(world: "Province", actor: str) -> int:
    """The principal's deputy is the actor, if the actor can be one."""
    if world.role(actor) not in (Role.STAFF, Role.VICE_PRINCIPAL, Role.SCHOOL_REPORTER, Role.GATE_GUARD):
        return int(world.ids["delegation"])
    body = {"role": "principal", "deputy_account_id": world.actors[actor].account_id, **_days()}
    return int(post(world, f"/institutions/{world.tree.school}/entry-delegations", body)["id"])


def invite(world: "Province") -> dict[str, Any]:
    """A code for visitors."""
    body = {"purpose": "repair", "uses": 50, **window()}
    made: dict[str, Any] = post(world, f"/institutions/{world.tree.school}/visit-invitations", body)
    return made


def visit(world: "Province") -> dict[str, Any]:
    """A visitor's request, with its ticket."""
    number = phone()
    caller = caller_from(world.tree.client)
    body = {
        "code": invite(world)["code"],
        "one_time_code": code_for(caller, number),
        "reason": f"维修{world.name}",
        **outsider(),
        **window(),
    }
    answer = caller.post("/api/v1/visits", json={**body, "phone": number})
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


def ticket(world: "Province", _actor: str) -> str:
    """What a visitor follows a visit by."""
    return str(visit(world)["ticket"])


def returned_ticket(world: "Province", actor: str) -> str:
    """The ticket of a visit that waits for its visitor."""
    found = ticket(world, actor)
    newest = max(_visits(world))
    body = {"step_id": _open_step(world, newest), "verdict": "return", "reason": "请改时间"}
    post(world, f"/entry-requests/{newest}/decisions", body, "school_reporter")
    return found


def _visits(world: "Province") -> Iterator[int]:
    """The visits that wait to be decided, on however many pages."""
    path, cursor = f"/institutions/{world.tree.school}/entry-requests?state=submitted&limit=200", ""
    while cursor is not None:
        page = get(world, f"{path}&cursor={cursor}" if cursor else path)
        yield from (one["id"] for one in page["items"] if one["kind"] == "visitor")
        cursor = page["next"]


def duty_shift(world: "Province", actor: str) -> int:
    """A shift of somebody who has none."""
    shifts = [{"person_id": world.own("new_staff", actor), **window()}]
    body = {"duty": f"值班{world.name}", "shifts": shifts}
    return int(post(world, f"/institutions/{world.tree.school}/duty-shifts", body)["items"][0]["id"])


def grow(world: "Province") -> None:
    """One of each that stands in the world, for others to be refused."""
    for side, actor in (("", "guardian"), ("other_", "other_guardian")):
        made = _filed(world, actor)
        world.ids |= {f"{side}entry_request": made["id"], f"{side}entry_step": made["steps"][0]["id"]}
    request_for_head(world, "guardian")
    visit(world)
    for name in ("homeroom", "other_homeroom"):
        world.ids[name.replace("homeroom", "homeroom_account")] = world.actors[name].account_id
    world.ids["deputy_account"] = world.tree.account(Role.STAFF, world.tree.school).account_id
    world.ids["delegation"] = delegation(world, "")
    world.ids["referral"] = referral(world, "")
    world.ids["visit_invitation"] = invite(world)["id"]
    world.ids["duty_shift"] = duty_shift(world, "")
