"""The same request twice is done once, and answered twice with the same words."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import time_machine
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.kernel import clock, db, idempotency
from tests.checkins.steps import reading
from tests.factories.people import add_guardian, add_student
from tests.factories.tree import Login, Tree, phone
from tests.institutions.steps import API, at_once, code_of, principal


def send(
    tree: Tree, login: Login, path: str, body: Any, key: str | None = None, *, method: str = "POST"
) -> httpx2.Response:
    headers = login.headers | ({"Idempotency-Key": key} if key is not None else {})
    return tree.client.request(method, f"{API}{path}", json=body, headers=headers)


def units(tree: Tree) -> str:
    return f"/institutions/{tree.school}/units"


def members(tree: Tree) -> str:
    return f"/institutions/{tree.school}/members"


def a_class(name: str = "三年级9班") -> dict[str, Any]:
    return {"kind": "class", "name": name, "grade_level": 3}


def stored(owner: Engine, login: Login) -> list[str]:
    with owner.connect() as connection:
        statement = text("SELECT s::text FROM stored_answer s WHERE account_id = :id")
        return list(connection.scalars(statement, {"id": login.account_id}))


def test_a_lost_answer_is_given_again_and_nothing_is_made_twice(tree: Tree) -> None:
    head, key, body = principal(tree), str(uuid4()), {"phone": phone(), "name": "王老师", "role": "school_doctor"}
    first = send(tree, head, members(tree), body, key)
    again = send(tree, head, members(tree), body, f'"{key}"')

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json(), "the first password is the one that holds"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    entries = send(tree, head, f"/institutions/{tree.school}/audit-entries?act=members.add", None, method="GET").json()
    assert len(entries["items"]) == 1


def test_a_request_without_a_body_is_repeated_as_well(tree: Tree) -> None:
    head = principal(tree)
    first, again = (send(tree, head, f"/units/{tree.classes[1]}/closings", None, "k-1") for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.status_code == 201

    path = f"/persons/{add_student(tree, tree.classes[0])}/accounts"
    first, again = (send(tree, head, path, None, "k-2", method="DELETE") for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content) == (204, b"")


@pytest.mark.parametrize("path", ["units", "members"])
def test_a_key_belongs_to_one_request(tree: Tree, path: str) -> None:
    head, key = principal(tree), str(uuid4())
    assert send(tree, head, units(tree), a_class(), key).status_code == 201

    other = {"units": units(tree), "members": members(tree)}[path]
    assert code_of(send(tree, head, other, a_class("三年级8班"), key)) == (422, "idempotency_key_reused")


def test_a_key_belongs_to_the_version_that_was_to_be_changed(tree: Tree) -> None:
    head, key = principal(tree), str(uuid4())
    path = f"{API}/units/{tree.classes[0]}"
    headers = head.headers | {"Idempotency-Key": key}
    first = tree.client.patch(path, json={"name": "三年级7班"}, headers=headers | {"If-Match": '"1"'})
    assert first.status_code == 200, first.text
    again = tree.client.patch(path, json={"name": "三年级7班"}, headers=headers | {"If-Match": '"1"'})
    assert again.json() == first.json()
    other = tree.client.patch(path, json={"name": "三年级7班"}, headers=headers | {"If-Match": "0" * 65})
    assert code_of(other) == (422, "idempotency_key_reused")


def test_a_key_belongs_to_one_account(tree: Tree) -> None:
    first, second, key = principal(tree), principal(tree), str(uuid4())
    assert send(tree, first, units(tree), a_class(), key).status_code == 201
    assert code_of(send(tree, second, units(tree), a_class(), key)) == (409, "unit_name_taken")


def test_of_many_at_once_one_is_done(tree: Tree) -> None:
    head, key, body = principal(tree), str(uuid4()), {"phone": phone(), "name": "王老师", "role": "staff"}
    answers = at_once([partial(send, tree, head, members(tree), body, key) for _ in range(6)])

    done = [answer.json() for answer in answers if answer.status_code == 201]
    assert done
    assert all(answer == done[0] for answer in done)
    refused = {code_of(answer) for answer in answers if answer.status_code != 201}
    assert refused <= {(409, "request_in_flight")}


def test_while_the_first_is_being_done_the_second_is_told_to_wait(tree: Tree) -> None:
    head, key = principal(tree), str(uuid4())
    with db.transaction() as session:
        assert idempotency.claim(session, head.account_id, key)
        answer = send(tree, head, units(tree), a_class(), key)

    assert code_of(answer) == (409, "request_in_flight")
    assert answer.headers["retry-after"] == "1"
    assert send(tree, head, units(tree), a_class(), key).status_code == 201


def test_a_refusal_is_not_kept(tree: Tree, owner: Engine) -> None:
    head, key = principal(tree), str(uuid4())
    assert send(tree, head, units(tree), a_class() | {"parent_id": tree.classes[0]}, key).status_code == 422
    assert stored(owner, head) == []
    assert send(tree, head, units(tree), a_class(), key).status_code == 201


def test_nothing_is_kept_in_clear(tree: Tree, owner: Engine) -> None:
    head, number = principal(tree), phone()
    answer = send(tree, head, members(tree), {"phone": number, "name": "王老师", "role": "staff"}, "a-key-of-mine")
    (row,) = stored(owner, head)

    kept = row.encode().decode("unicode_escape", "replace") + row
    for secret in (number, "王老师", "a-key-of-mine", answer.json()["initial_password"]):
        assert secret not in kept
        assert secret.encode().hex() not in row


def test_after_a_day_the_key_is_free_and_the_answer_gone(tree: Tree, owner: Engine) -> None:
    head, key = principal(tree), str(uuid4())
    with time_machine.travel(clock.now() - timedelta(hours=25)):
        headers = {"Authorization": f"Bearer {_token(tree, head)}", "Idempotency-Key": key}
        made = tree.client.post(f"{API}{units(tree)}", json=a_class(), headers=headers)
        assert made.status_code == 201, made.text
    assert send(tree, head, units(tree), a_class("三年级8班"), key).status_code == 201
    with time_machine.travel(clock.now() + timedelta(hours=23, minutes=59)), db.transaction() as session:
        idempotency.purge(session)
    assert len(stored(owner, head)) == 1
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1)), db.transaction() as session:
        idempotency.purge(session)
    assert stored(owner, head) == []


def _token(tree: Tree, login: Login) -> str:
    answer = tree.client.post(f"{API}/sessions", json={"phone": login.phone, "password": login.password})
    return str(answer.json()["access_token"])


def test_the_answer_is_given_to_nobody_without_a_session_or_role(tree: Tree) -> None:
    head, key = principal(tree), str(uuid4())
    assert send(tree, head, units(tree), a_class(), key).status_code == 201
    with db.transaction() as session:
        session.execute(text("UPDATE membership SET ended_at = now() WHERE account_id = :id"), {"id": head.account_id})
    assert code_of(send(tree, head, units(tree), a_class(), key)) == (403, "forbidden")
    assert tree.client.delete(f"{API}/sessions", headers=head.headers).status_code == 204
    assert send(tree, head, units(tree), a_class(), key).status_code == 401


def test_a_reading_needs_no_key(tree: Tree) -> None:
    child = add_student(tree, tree.classes[0])
    parent, key = add_guardian(tree, child), str(uuid4())
    answers = [send(tree, parent, "/checkins", reading(child, temperature), key) for temperature in (36.5, 36.6)]
    assert [answer.status_code for answer in answers] == [201, 201]


@pytest.mark.parametrize("key", ["", " ", '""', "a b", "x" * 129, "键".encode().decode("latin-1"), 'a"b'])
def test_what_is_no_key_is_refused(tree: Tree, key: str) -> None:
    head = principal(tree)
    headers = {**{k.encode(): v.encode() for k, v in head.headers.items()}, b"Idempotency-Key": key.encode("latin-1")}
    answer = tree.client.post(f"{API}{units(tree)}", json=a_class(), headers=headers)
    assert code_of(answer) == (400, "idempotency_key_not_valid")


def test_the_same_file_in_another_envelope_is_the_same_request(tree: Tree) -> None:
    head = tree.account(Role.SCHOOL_REPORTER, tree.school)
    sheet = "年级,班级,姓名,学号\n三年级,三年级1班,王小明,T1\n"

    def upload(boundary: str) -> httpx2.Response:
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        body = part % ("kind", "", "students") + part % ("file", '; filename="a.csv"', sheet) + f"--{boundary}--\r\n"
        kind = f"multipart/form-data; boundary={boundary}"
        headers = {**head.headers, "Idempotency-Key": "upload-1", "Content-Type": kind}
        path = f"{API}/institutions/{tree.school}/roll-imports"
        return tree.client.post(path, content=body.encode(), headers=headers)

    first, again = upload("aaaa1111"), upload("bbbb2222")
    assert first.status_code == 201, first.text
    assert first.json() == again.json()
