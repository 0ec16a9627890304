"""The ladder of an approval: nobody is skipped, nobody decides on their own, one outcome."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.entries.steps import Cast, Row, ask, close, decide, entry, open_step, outsider, rows, state
from tests.factories.people import add_guardian, add_staff, add_staff_login
from tests.people.steps import Office, acts

BOTH = [{"level": "school", "roles": ["vice_principal", "principal"], "needs": "all"}]


def test_a_child_is_let_in_by_its_teacher_and_a_head(cast: Cast, owner: Engine) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    assert (made["state"], made["kind"], made["unit_id"]) == ("submitted", "family", cast.tree.classes[0])
    assert [(one["roles"], one["state"]) for one in made["steps"]] == [
        (["homeroom_teacher"], "open"),
        (["vice_principal", "principal"], "waiting"),
    ]
    first = decide(cast.teacher, made)
    assert (first["state"], first["step"]["state"]) == ("submitted", "passed")
    last = decide(cast.vice, made)
    assert last["state"] == "approved"
    shown = parent.get(f"/me/entry-requests/{made['id']}")
    assert shown["persons"][0]["outcome"] == "approved"
    (given,) = parent.get("/me/passes")["items"]
    assert (given["source"], given["source_id"], given["person_id"]) == ("entry_request", made["id"], child)
    assert given["token"]
    assert [[vote["role"] for vote in one["votes"]] for one in shown["steps"]] == [
        ["homeroom_teacher"],
        ["vice_principal"],
    ]
    assert {"entry_request.submit", "entry_step.approve", "entry_request.approve"} <= set(acts(owner, cast.tree.school))


def test_ones_own_requests_are_listed_newest_first(cast: Cast) -> None:
    parent, child = cast.family()
    made = [ask(parent, entry(child, reason=reason))["id"] for reason in ("取书", "体检", "考试")]

    first = parent.get("/me/entry-requests", limit=2)
    rest = parent.get("/me/entry-requests", limit=2, cursor=first["next"])
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None


def test_no_step_is_skipped(cast: Cast) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    waiting = made["steps"][1]["id"]
    problem = decide(cast.principal, made, status=409, step=waiting)
    assert (problem["code"], problem["params"]) == ("entry_step_not_open", {"state": "submitted"})
    problem = decide(cast.principal, made, status=403)
    assert problem["code"] == "entry_not_your_step"
    assert "班主任" in problem["detail"]
    assert state(cast.principal, made) == "submitted"


def test_the_second_of_two_is_told_who_decided(cast: Cast) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    decide(cast.teacher, made)
    step = open_step(cast.vice.get(f"/entry-requests/{made['id']}"))["id"]
    decide(cast.vice, made, "refuse", step=step)
    problem = decide(cast.principal, made, status=409, step=step)
    assert problem["code"] == "entry_step_decided"
    assert (problem["params"]["role"], problem["params"]["move"]) == ("副校长", "refuse")
    assert state(cast.principal, made) == "refused"


def test_each_of_several_roles_is_wanted_where_the_policy_says_so(cast: Cast) -> None:
    cast.settle("approval_chain", BOTH)
    parent, child = cast.family()
    made = ask(parent, entry(child))
    half = decide(cast.principal, made)
    assert (half["state"], half["step"]["state"]) == ("submitted", "open")
    problem = decide(cast.principal, made, status=409)
    assert (problem["code"], problem["params"]["roles"]) == ("entry_already_voted", "副校长")
    both = cast.speaker(Role.VICE_PRINCIPAL)
    cast.tree.hold(both.login, Role.PRINCIPAL, cast.tree.school)
    assert decide(both, made)["state"] == "approved"


def test_one_account_with_both_roles_is_one_voice(cast: Cast) -> None:
    cast.settle("approval_chain", BOTH)
    parent, child = cast.family()
    made = ask(parent, entry(child))
    cast.tree.hold(cast.principal.login, Role.VICE_PRINCIPAL, cast.tree.school)
    decide(cast.principal, made)
    assert decide(cast.principal, made, status=409)["code"] == "entry_already_voted"
    assert state(cast.principal, made) == "submitted"


def test_a_returned_request_is_changed_and_asked_again_from_the_start(cast: Cast) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    decide(cast.teacher, made)
    decide(cast.principal, made, "return", reason="请改到下午")
    shown = parent.get(f"/me/entry-requests/{made['id']}")
    assert (shown["state"], shown["said"]) == ("returned", "请改到下午")
    changed = {key: value for key, value in entry(child, reason="下午取书").items() if key != "persons"}
    path = f"/me/entry-requests/{made['id']}"
    stale = parent.ask("PUT", path, 412, json=changed, headers={"If-Match": '"1"'})
    assert stale["code"] == "precondition_failed"
    again = parent.ask("PUT", path, 200, json=changed, headers={"If-Match": f'"{shown["version"]}"'})
    assert (again["state"], again["round"], again["reason"]) == ("submitted", 2, "下午取书")
    assert open_step(again)["roles"] == ["homeroom_teacher"]
    assert parent.ask("PUT", path, 409, json=changed)["code"] == "move_not_possible"
    decide(cast.teacher, made)
    assert decide(cast.principal, made)["state"] == "approved"


def test_a_withdrawn_request_is_decided_by_nobody(cast: Cast) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    step = open_step(made)["id"]
    withdrawn = parent.post(f"/me/entry-requests/{made['id']}/withdrawals", None)
    assert withdrawn["state"] == "withdrawn"
    assert {one["state"] for one in withdrawn["steps"]} == {"dropped"}
    assert decide(cast.teacher, made, status=409, step=step)["code"] == "entry_step_not_open"
    assert parent.post(f"/me/entry-requests/{made['id']}/withdrawals", None, 409)["code"] == "move_not_possible"


def test_passes_end_with_the_request_that_gave_them(cast: Cast) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    assert parent.get("/me/passes")["items"] == []
    decide(cast.teacher, made)
    decide(cast.principal, made)
    (given,) = parent.get("/me/passes")["items"]
    assert given["revoked_at"] is None
    assert parent.post(f"/me/entry-requests/{made['id']}/withdrawals", None)["state"] == "withdrawn"
    assert [one["token"] for one in parent.get("/me/passes")["items"]] == [None]


def test_nobody_decides_on_their_own(cast: Cast) -> None:
    """Neither what they asked for, nor on their child, nor by the phone or identity number that the roll knows."""
    cast.settle("approval_chain", [{"level": "school", "roles": ["vice_principal", "principal"], "needs": "any"}])
    parent, child = cast.family()
    cast.tree.hold(cast.vice.login, Role.GUARDIAN, cast.tree.school, person_id=child)
    made = ask(parent, entry(child))
    problem = decide(cast.vice, made, status=403)
    assert problem["code"] == "entry_own_request"
    assert "副校长、校长" in problem["detail"]
    by_phone = ask(cast.reporter, entry(add_staff(cast.tree, name="陈副校长", phone=cast.vice.login.phone)))
    assert decide(cast.vice, by_phone, status=403)["code"] == "entry_own_request"
    visitor = ask(parent, {**entry(), "others": [outsider(phone=cast.vice.login.phone)]})
    assert decide(cast.vice, visitor, status=403)["code"] == "entry_own_request"
    own = cast.reporter.post(f"/institutions/{cast.tree.school}/persons", {"kind": "staff", "name": "陈"}, 201)["id"]
    cast.tree.hold(cast.vice.login, Role.STAFF, cast.tree.school, person_id=own)
    number = outsider()["identity_number"]
    cast.reporter.ask("PATCH", f"/persons/{own}", 200, json={"identity_number": number})
    same = ask(parent, {**entry(child), "others": [outsider(identity_number=number)]})
    assert decide(cast.vice, same, status=403)["code"] == "entry_own_request"
    for one in (made, by_phone, visitor, same):
        assert decide(cast.principal, one)["state"] == "approved"


def test_a_step_that_only_the_asker_could_decide_goes_up(cast: Cast) -> None:
    chain = [{"level": "school", "roles": ["principal"], "needs": "any"}]
    cast.settle("approval_chain", chain)
    made = ask(cast.principal, entry(add_staff(cast.tree)))
    assert [(one["level"], one["office_id"]) for one in made["steps"]] == [("above", cast.tree.county)]
    waiting = cast.county.get(f"/institutions/{cast.tree.county}/entry-referrals")["items"]
    assert [one["id"] for one in waiting] == [made["steps"][0]["id"]]
    decided = cast.county.post(f"/entry-referrals/{waiting[0]['id']}/decisions", {"verdict": "approve"})
    assert decided["state"] == "passed"
    assert state(cast.vice, made) == "approved"


def test_the_level_that_has_closed_the_campus_decides_last_and_learns_no_names(cast: Cast, client: TestClient) -> None:
    order = close(cast.county.login, client, cast.tree.county)
    parent, child = cast.family(name="钱小满")
    made = ask(parent, entry(child))
    assert [one["level"] for one in made["steps"]] == ["school", "school", "issuer"]
    decide(cast.teacher, made)
    assert cast.county.get(f"/institutions/{cast.tree.county}/entry-referrals")["items"] == []
    decide(cast.principal, made, note="情况属实")
    answer = cast.county.get(f"/institutions/{cast.tree.county}/entry-referrals")
    (waiting,) = answer["items"]
    assert (waiting["persons"], waiting["outsiders"], waiting["order_numbers"]) == (1, 0, [order["number"]])
    assert waiting["institution_name"] == "玄武第一小学"
    assert waiting["note"] == "情况属实"
    assert "钱小满" not in str(answer)
    assert "返校取书" not in str(answer)
    cast.county.get(f"/entry-requests/{made['id']}", 403)
    decided = cast.county.post(f"/entry-referrals/{waiting['id']}/decisions", {"verdict": "refuse", "reason": "暂缓"})
    assert decided["state"] == "refused"
    shown = parent.get(f"/me/entry-requests/{made['id']}")
    assert (shown["state"], shown["said"]) == ("refused", "暂缓")


def test_an_order_that_comes_in_between_adds_its_level(cast: Cast, client: TestClient) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    decide(cast.teacher, made)
    close(cast.county.login, client, cast.tree.county)
    assert decide(cast.principal, made)["state"] == "submitted"
    (waiting,) = cast.county.get(f"/institutions/{cast.tree.county}/entry-referrals")["items"]
    assert waiting["level"] == "issuer"
    cast.county.post(f"/entry-referrals/{waiting['id']}/decisions", {"verdict": "approve"})
    assert state(cast.principal, made) == "approved"


def test_a_county_does_not_decide_for_the_province(cast: Cast, client: TestClient) -> None:
    province = Office(client, cast.tree, cast.tree.account(Role.PROVINCIAL_ADMIN, cast.tree.province))
    close(province.login, client, cast.tree.province)
    parent, child = cast.family()
    made = ask(parent, entry(child))
    decide(cast.teacher, made)
    decide(cast.principal, made)
    step = cast.principal.get(f"/entry-requests/{made['id']}")["steps"][-1]["id"]
    problem = cast.county.post(f"/entry-referrals/{step}/decisions", {"verdict": "approve"}, 403)
    assert problem["code"] == "entry_not_your_step"
    assert province.post(f"/entry-referrals/{step}/decisions", {"verdict": "approve"})["state"] == "passed"


def test_many_are_decided_at_once_each_for_itself(cast: Cast) -> None:
    cast.settle("approval_chain", [{"level": "school", "roles": ["principal"], "needs": "any"}])
    own, theirs = cast.family()
    cast.tree.hold(cast.principal.login, Role.GUARDIAN, cast.tree.school, person_id=theirs)
    mine = ask(own, entry(theirs))
    other, child = cast.family()
    fine, gone = ask(other, entry(child)), ask(other, entry(child))
    other.post(f"/me/entry-requests/{gone['id']}/withdrawals", None)
    items = [{"request_id": one["id"], "step_id": one["steps"][0]["id"]} for one in (mine, fine, gone)]
    path = f"/institutions/{cast.tree.school}/entry-decisions"
    answers = cast.principal.post(path, {"verdict": "approve", "items": [*items, items[1]]})["items"]
    assert [(one["outcome"], one["state"], (one["problem"] or {}).get("code")) for one in answers] == [
        ("refused", None, "entry_own_request"),
        ("decided", "approved", None),
        ("refused", None, "entry_step_not_open"),
        ("refused", None, "entry_step_decided"),
    ]


def test_a_list_holds_all_that_a_decision_takes(cast: Cast) -> None:
    """A principal between two lessons: what waits for whom, who asks and why, decided without opening each."""
    families = [cast.family(name=name) for name in ("王一", "李二")]
    made = [ask(parent, {**entry(child), "others": [outsider()]}) for parent, child in families]
    decide(cast.teacher, made[1])
    path = f"/institutions/{cast.tree.school}/entry-requests"

    def waiting(speaker: Office) -> list[Row]:
        found: list[Row] = speaker.get(path, awaiting_me=True)["items"]
        return found

    (of_teacher,), (of_head,) = waiting(cast.teacher), waiting(cast.principal)
    assert (of_teacher["id"], of_teacher["open_step"]["roles"]) == (made[0]["id"], ["homeroom_teacher"])
    told = {name: of_head[name] for name in ("id", "name", "people", "held_back", "reason")}
    assert told == {"id": made[1]["id"], "name": "李二", "people": 2, "held_back": 0, "reason": "返校取书"}
    assert waiting(cast.reporter) == waiting(cast.speaker(Role.HOMEROOM_TEACHER, unit_id=cast.tree.classes[1])) == []
    items = [{"request_id": one["id"], "step_id": one["open_step"]["id"]} for one in waiting(cast.vice)]
    path = f"/institutions/{cast.tree.school}/entry-decisions"
    (decided,) = cast.vice.post(path, {"verdict": "approve", "items": items})["items"]
    assert decided["state"] == "approved"
    (own,) = families[1][0].get("/me/entry-requests")["items"]
    assert (own["state"], own["open_step"]) == ("approved", None)


def test_an_undecided_request_is_reminded_of_and_expires(cast: Cast, deliver: Callable[[], int], owner: Engine) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    deliver()
    statement = "SELECT name, payload FROM outbox WHERE institution_id = :school AND name LIKE 'Entry%' ORDER BY id"

    def told(name: str) -> list[Row]:
        found = rows(owner, statement, school=cast.tree.school)
        return [one["payload"] for one in found if one["name"] == name]

    assert [one["reminder"] for one in told("EntryAwaitsDecision")] == [False]
    with time_machine.travel(clock.now() + timedelta(hours=4, minutes=1)):
        deliver()
        assert [one["reminder"] for one in told("EntryAwaitsDecision")] == [False, True]
    with time_machine.travel(clock.now() + timedelta(days=2)):
        deliver()
        assert told("EntryDecided") == [{"request_id": made["id"], "state": "expired"}]
    assert state(cast.principal, made) == "expired"
    assert decide(cast.teacher, made, status=409, step=made["steps"][0]["id"])["code"] == "entry_step_not_open"


def test_a_decided_request_does_not_expire(cast: Cast, deliver: Callable[[], int]) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    decide(cast.teacher, made)
    decide(cast.principal, made)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        deliver()
    assert state(cast.principal, made) == "approved"


@pytest.mark.parametrize("verdict", ["refuse", "return"])
def test_a_refusal_says_why(cast: Cast, verdict: str) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    body: dict[str, Any] = {"step_id": open_step(made)["id"], "verdict": verdict}
    problem = cast.teacher.post(f"/entry-requests/{made['id']}/decisions", body, 422)
    assert problem["errors"][0]["code"] == "required"


def test_who_stands_outside_sees_and_decides_nothing(cast: Cast) -> None:
    parent, child = cast.family()
    made = ask(parent, entry(child))
    other = cast.speaker(Role.HOMEROOM_TEACHER, unit_id=cast.tree.classes[1])
    stranger, _ = cast.family()
    for speaker, path in ((other, "/entry-requests"), (stranger, "/me/entry-requests")):
        assert speaker.get(f"{path}/{made['id']}", 404)["code"] == "not_found"
    decide(other, made, status=404, step=open_step(made)["id"])
    assert other.get(f"/institutions/{cast.tree.school}/entry-requests")["items"] == []
    assert [one["id"] for one in cast.teacher.get(f"/institutions/{cast.tree.school}/entry-requests")["items"]] == [
        made["id"]
    ]


def test_staff_ask_for_themselves_and_for_nobody_else(cast: Cast) -> None:
    me, mine = cast.staff()
    made = ask(me, entry(mine, purpose="work"))
    assert (made["kind"], [one["roles"] for one in made["steps"]]) == ("self", [["vice_principal", "principal"]])
    _, child = cast.family()
    assert ask(me, entry(child), 404)["code"] == "not_found"
    assert [one["id"] for one in me.get("/me/entry-requests", state="submitted")["items"]] == [made["id"]]
    second = add_staff_login(cast.tree, add_staff(cast.tree))
    assert Office(cast.client, cast.tree, second).get("/me/entry-requests")["items"] == []
    assert add_guardian(cast.tree, child).account_id


def test_who_has_spoken_on_a_step_for_all_is_not_asked_again(cast: Cast) -> None:
    cast.settle("approval_chain", BOTH)
    parent, child = cast.family()
    made = ask(parent, entry(child))
    decide(cast.principal, made)
    path = f"/institutions/{cast.tree.school}/entry-requests"
    assert cast.principal.get(path, awaiting_me=True)["items"] == []
    assert [one["id"] for one in cast.vice.get(path, awaiting_me=True)["items"]] == [made["id"]]
