"""Passes: what stands in them, who shows them, what is left of them when they are revoked or printed."""

import base64
import hashlib
import hmac
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from jose import jwt

from app.access.roles import Role
from app.access.service import SYSTEM
from app.gates import service as gates
from app.kernel import clock, db
from tests.factories.people import add_guardian, add_student, scope
from tests.factories.tree import Tree
from tests.gates.steps import Gate, ago, give_pass, pass_out, set_policy, stand_at, token
from tests.institutions.steps import code_of, get, post


@pytest.fixture
def gate(tree: Tree) -> Gate:
    return stand_at(tree)


def jwks(tree: Tree) -> Any:
    return tree.client.get("/.well-known/jwks.json").json()


def test_a_phone_checks_a_pass_by_the_published_keys_alone(tree: Tree) -> None:
    text = token(tree, venue_ids=(7, 9), single_use=True)
    claims = jwt.decode(text, jwks(tree), algorithms=["ES256"], audience=str(tree.school))
    assert {name: claims[name] for name in ("name", "venues", "single")} == {
        "name": "王*",
        "venues": [7, 9],
        "single": 1,
    }
    assert set(claims) == {"aud", "exp", "jti", "name", "nbf", "venues", "single"}


def test_the_code_is_small_enough_for_a_cheap_camera(tree: Tree) -> None:
    text = token(tree, name="欧**", venue_ids=(10**12, 10**12 + 1), single_use=True)
    assert len(text) < 420
    version = gates.qr_code(text).version
    assert isinstance(version, int)
    assert version <= 16  # 81 modules a side


def test_a_pass_is_no_key_to_the_api_and_an_access_token_no_pass(tree: Tree, gate: Gate) -> None:
    text = token(tree)
    answer = tree.client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401
    access = gate.guard.headers["Authorization"].removeprefix("Bearer ")
    (refused,) = gate.send(gate.event(code=access))
    assert (refused["outcome"], refused["problem"]["code"]) == ("refused", "holder_unknown")


@pytest.mark.parametrize("change", ["payload", "signature", "header", "cut"])
def test_a_pass_that_was_changed_is_none(tree: Tree, gate: Gate, change: str) -> None:
    head, payload, signature = token(tree).split(".")
    body = json.loads(base64.urlsafe_b64decode(payload + "=="))
    body["exp"] += 1
    other = base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")
    changed = {
        "payload": f"{head}.{other}.{signature}",
        "signature": f"{head}.{payload}.{'A' * len(signature)}",
        "header": f"{head[:-2]}AA.{payload}.{signature}",
        "cut": f"{head}.{payload}",
    }[change]
    (refused,) = gate.send(gate.event(code=changed))
    assert refused["problem"]["code"] == "holder_unknown"


def test_a_holder_shows_only_what_is_in_force_and_the_own(tree: Tree) -> None:
    child = add_student(tree, tree.classes[0])
    mother, father = add_guardian(tree, child), add_guardian(tree, child)
    mine = give_pass(tree, account_id=mother.account_id)
    give_pass(tree, account_id=father.account_id)
    give_pass(tree, account_id=mother.account_id, valid_until=clock.now() - timedelta(minutes=1))
    (shown,) = get(tree, mother, "/me/passes").json()["items"]
    assert (shown["id"], shown["rotating"], shown["secrets"]) == (mine, False, [])
    assert jwt.get_unverified_claims(shown["token"])["jti"] == str(mine)
    assert get(tree, father, f"/me/passes/{mine}/sheets").status_code == 404


def test_the_policy_cuts_a_window_and_asks_for_single_use(tree: Tree, gate: Gate) -> None:
    set_policy(tree, gate.head, "pass_longest_days", 2)
    set_policy(tree, gate.head, "pass_single_use", value=True)
    start = clock.now()
    shown = pass_out(tree, give_pass(tree, valid_from=start, valid_until=start + timedelta(days=9)))
    assert (shown.valid_until - shown.valid_from, shown.single_use) == (timedelta(days=2), True)


def test_a_revoked_pass_lets_nobody_in_and_phones_hear_of_it(tree: Tree, gate: Gate) -> None:
    pass_id = give_pass(tree)
    text = pass_out(tree, pass_id).token
    path = f"/institutions/{tree.school}/pass-revocations"
    before = get(tree, gate.guard, path)
    again = tree.client.get(f"/api/v1{path}", headers=gate.guard.headers | {"If-None-Match": before.headers["etag"]})
    assert (before.json()["items"], again.status_code) == ([], 304)
    revoked = post(tree, gate.head, f"/passes/{pass_id}/revocations", {"reason": "行程有变"})
    assert (revoked.status_code, revoked.json()["revoke_reason"]) == (201, "行程有变")
    assert code_of(post(tree, gate.head, f"/passes/{pass_id}/revocations", {"reason": "再次"})) == (409, "pass_over")
    told = get(tree, gate.guard, path, since=before.json()["as_of"]).json()
    assert [one["pass_id"] for one in told["items"]] == [pass_id]
    assert get(tree, gate.guard, path, since=(clock.now() + timedelta(hours=1)).isoformat()).json()["items"] == []
    assert gate.scan(code=text) == ("turned_away", ["pass_revoked"])
    assert pass_out(tree, pass_id).token is None


def test_whoever_gave_passes_takes_them_back_together(tree: Tree) -> None:
    given = [give_pass(tree) for _ in range(3)]
    with db.transaction(scope(tree.school)) as session:
        taken: Any = {"source": "entry_request", "source_id": (clock.now() - timedelta(hours=1)).day, "reason": "撤回"}
        assert gates.revoke_of(session, SYSTEM, tree.school, **taken) == 3
        assert gates.revoke_of(session, SYSTEM, tree.school, **taken) == 0
    assert {pass_out(tree, one).token for one in given} == {None}


def test_a_changing_code_is_good_for_its_minute(tree: Tree, gate: Gate) -> None:
    set_policy(tree, gate.head, "pass_rotating", value=True)
    shown = pass_out(tree, give_pass(tree))
    today = next(one for one in shown.secrets if one.day == clock.today())
    secret = base64.urlsafe_b64decode(today.secret + "==")

    def code(minutes: int) -> str:
        minute = (int(clock.now().timestamp()) // 60 + minutes).to_bytes(8, "big")
        return base64.urlsafe_b64encode(hmac.digest(secret, minute, hashlib.sha256)).decode()[:8]

    assert gate.scan(code=f"{shown.token}~{code(0)}") == ("admitted", [])
    assert gate.scan(code=f"{shown.token}~{code(1)}") == ("admitted", [])
    assert gate.scan(code=f"{shown.token}~{code(-5)}") == ("turned_away", ["code_stale"])
    assert gate.scan(code=shown.token) == ("turned_away", ["code_stale"])
    kit = get(tree, gate.guard, f"/institutions/{tree.school}/gate-kits/current").json()
    day = base64.urlsafe_b64decode(
        next(one["secret"] for one in kit["days"] if one["day"] == str(clock.today())) + "=="
    )
    assert hmac.digest(day, str(shown.id).encode(), hashlib.sha256) == secret


def test_a_pass_on_paper(tree: Tree, gate: Gate) -> None:
    child = add_student(tree, tree.classes[0])
    mother = add_guardian(tree, child)
    pass_id = give_pass(tree, account_id=mother.account_id, name="<王>*")
    page = get(tree, mother, f"/me/passes/{pass_id}/sheets")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<svg" in page.text
    assert "&lt;王&gt;*" in page.text
    assert not re.search(r"(src|href)=", page.text)
    set_policy(tree, gate.head, "pass_rotating", value=True)
    changing = give_pass(tree, account_id=mother.account_id)
    assert code_of(get(tree, mother, f"/me/passes/{changing}/sheets")) == (409, "pass_rotates")
    assert get(tree, gate.head, f"/passes/{changing}/sheets").status_code == 200
    assert get(tree, tree.account(Role.SCHOOL_DOCTOR, tree.school), f"/passes/{changing}/sheets").status_code == 403
    over = give_pass(tree, valid_until=clock.now() - timedelta(minutes=1))
    assert code_of(get(tree, gate.head, f"/passes/{over}/sheets")) == (409, "pass_over")


def test_the_office_sees_passes_without_being_able_to_use_them(tree: Tree, gate: Gate) -> None:
    pass_id = give_pass(tree)
    (row,) = get(tree, gate.head, f"/institutions/{tree.school}/passes").json()["items"]
    assert (row["id"], "token" in row, "secrets" in row) == (pass_id, False, False)
    assert get(tree, gate.guard, f"/institutions/{tree.school}/passes").status_code == 403
    assert ago(0) <= row["valid_until"]
