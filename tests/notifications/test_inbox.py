"""Inboxes: who has been told what, once, and what they have read of it."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.factories.tree import Login, Tree
from tests.notifications.steps import inbox, tell


@pytest.fixture
def teacher(tree: Tree) -> Login:
    return tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=tree.classes[0])


@pytest.fixture
def doctor(tree: Tree) -> Login:
    return tree.account(Role.SCHOOL_DOCTOR, tree.school)


def test_a_notice_reaches_its_recipients_and_nobody_else(
    client: TestClient, tree: Tree, teacher: Login, doctor: Login
) -> None:
    assert tell(tree.school, teacher.account_id, link="/units/7", until=clock.now() + timedelta(hours=1)) == 1
    found = inbox(client, teacher)
    assert found["unread"] == 1
    assert [one["text"] for one in found["items"]] == ["三年级1班 有 1 人发热, 请立即核实处置。"]
    assert found["items"][0] | {"title": "发热提醒", "template": "fever", "link": "/units/7"} == found["items"][0]
    assert inbox(client, doctor) == {"items": [], "next": None, "unread": 0}


def test_the_reader_chooses_the_language(client: TestClient, tree: Tree, teacher: Login) -> None:
    tell(tree.school, teacher.account_id)
    answer = client.get("/api/v1/me/messages", headers=teacher.headers | {"Accept-Language": "en"})
    assert answer.json()["items"][0]["text"] == "Somebody of 三年级1班 has a fever. Verify and act at once."


def test_whoever_says_it_again_says_it_once(client: TestClient, tree: Tree, teacher: Login, doctor: Login) -> None:
    assert tell(tree.school, teacher.account_id, teacher.account_id) == 1
    assert tell(tree.school, teacher.account_id, doctor.account_id) == 1
    assert tell(tree.county, teacher.account_id) == 1
    assert tell(tree.school, teacher.account_id, key="another") == 1
    assert inbox(client, teacher)["unread"] == 3
    assert inbox(client, doctor)["unread"] == 1


def test_eight_who_say_it_at_once_say_it_once(client: TestClient, tree: Tree, teacher: Login, doctor: Login) -> None:
    made: list[int] = []
    barrier = Barrier(8)

    def say(number: int) -> None:
        both = [teacher.account_id, doctor.account_id]
        barrier.wait()
        made.append(tell(tree.school, *(both if number % 2 else reversed(both))))

    threads = [Thread(target=say, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(made), inbox(client, teacher)["unread"], inbox(client, doctor)["unread"]) == (2, 1, 1)


def test_values_that_are_not_those_of_the_template_are_refused(tree: Tree, teacher: Login) -> None:
    for values in ({}, {"place": "x", "name": "y"}):
        with pytest.raises(ValueError, match="fever takes"):
            tell(tree.school, teacher.account_id, values=values)
    with pytest.raises(ValueError, match="is not a valid Template"):
        tell(tree.school, teacher.account_id, template="letters")


def test_what_is_written_cannot_be_read_in_the_database(tree: Tree, teacher: Login, owner: Engine) -> None:
    tell(tree.school, teacher.account_id)
    with owner.connect() as connection:
        row = connection.execute(
            text("SELECT t::text FROM message t WHERE account_id = :id"), {"id": teacher.account_id}
        )
        assert "三年级" not in row.scalar_one()


def test_messages_are_read_one_by_one_and_all_together(client: TestClient, tree: Tree, teacher: Login) -> None:
    for number in range(4):
        tell(tree.school, teacher.account_id, key=str(number))
    newest, third, *_ = (one["id"] for one in inbox(client, teacher)["items"])
    read = client.post(f"/api/v1/me/messages/{newest}/reads", headers=teacher.headers).json()
    again = client.post(f"/api/v1/me/messages/{newest}/reads", headers=teacher.headers).json()
    assert read["read_at"] == again["read_at"]
    assert inbox(client, teacher)["unread"] == 3
    assert newest not in [one["id"] for one in inbox(client, teacher, unread=True)["items"]]
    for left in (2, 0):
        up_to = client.post("/api/v1/me/messages/reads", headers=teacher.headers, json={"up_to": third})
        assert up_to.json() == {"read": 3 if left else 0, "unread": 0}


def test_only_its_account_reads_a_message(client: TestClient, tree: Tree, teacher: Login, doctor: Login) -> None:
    tell(tree.school, teacher.account_id)
    id_ = inbox(client, teacher)["items"][0]["id"]
    assert client.post(f"/api/v1/me/messages/{id_}/reads", headers=doctor.headers).status_code == 404
    client.post("/api/v1/me/messages/reads", headers=doctor.headers, json={"up_to": id_})
    assert inbox(client, teacher)["unread"] == 1


def test_the_inbox_comes_in_pages_newest_first(client: TestClient, tree: Tree, teacher: Login) -> None:
    for number in range(5):
        tell(tree.school, teacher.account_id, key=str(number))
    first = inbox(client, teacher, limit=3)
    second = inbox(client, teacher, limit=3, cursor=first["next"])
    ids = [one["id"] for one in first["items"] + second["items"]]
    assert (len(ids), ids, second["next"]) == (5, sorted(ids, reverse=True), None)


def test_a_phone_is_told_what_has_changed(client: TestClient, tree: Tree, teacher: Login, owner: Engine) -> None:
    for number in range(3):
        tell(tree.school, teacher.account_id, key=str(number))
    with owner.begin() as connection:
        hour_ago = "UPDATE message SET changed_at = changed_at - interval '1 hour' WHERE account_id = :id"
        connection.execute(text(hour_ago), {"id": teacher.account_id})
    whole = inbox(client, teacher)["items"]
    seen = max(datetime.fromisoformat(one["changed_at"]) for one in whole) + timedelta(minutes=2)
    assert inbox(client, teacher, since=seen.isoformat())["items"] == []
    client.post(f"/api/v1/me/messages/{whole[1]['id']}/reads", headers=teacher.headers)
    changed = inbox(client, teacher, since=seen.isoformat())["items"]
    assert [one["id"] for one in changed] == [whole[1]["id"]]
    answer = client.get("/api/v1/me/messages", headers=teacher.headers)
    again = client.get("/api/v1/me/messages", headers=teacher.headers | {"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_what_is_over_is_not_counted_as_unread(client: TestClient, tree: Tree, teacher: Login) -> None:
    tell(tree.school, teacher.account_id, until=clock.now() - timedelta(seconds=1))
    found = inbox(client, teacher)
    assert (len(found["items"]), found["unread"]) == (1, 0)
