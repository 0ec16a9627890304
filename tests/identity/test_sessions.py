"""Sessions: renewing them, ending them, and that what has ended is over at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.identity import service
from app.kernel import clock, db
from tests.identity.steps import add_account, at_once, audited, bearer, lives, refresh, sign_in, tokens


def test_a_refresh_renews_both_tokens(client: TestClient) -> None:
    _, number = add_account()
    first = tokens(client, number)
    answer = refresh(client, first["refresh_token"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    second = answer.json()
    assert second["refresh_token"] != first["refresh_token"]
    assert len(second["refresh_token"]) == len(first["refresh_token"]) == 43
    assert second["device_id"] == first["device_id"]
    assert lives(client, second)
    assert refresh(client, second["refresh_token"]).status_code == 200


def test_an_access_token_dies_after_ten_minutes_and_the_session_goes_on(client: TestClient) -> None:
    _, number = add_account()
    first = tokens(client, number)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert not lives(client, first)
        assert lives(client, refresh(client, first["refresh_token"]).json())


def test_a_session_that_rests_for_a_month_is_over(client: TestClient) -> None:
    _, number = add_account()
    first = tokens(client, number)
    with time_machine.travel(clock.now() + timedelta(days=29)):
        second = refresh(client, first["refresh_token"]).json()
    with time_machine.travel(clock.now() + timedelta(days=58)):
        assert refresh(client, second["refresh_token"]).status_code == 200
    with time_machine.travel(clock.now() + timedelta(days=90)):
        assert refresh(client, second["refresh_token"]).status_code == 401


def test_who_lost_the_answer_gets_the_same_one_within_five_seconds(client: TestClient) -> None:
    _, number = add_account()
    first = tokens(client, number)
    second, again = (refresh(client, first["refresh_token"]).json() for _ in range(2))
    assert again["refresh_token"] == second["refresh_token"]
    assert again["refresh_expires_at"] == second["refresh_expires_at"]
    assert lives(client, again)
    assert lives(client, second)


def test_a_token_used_twice_ends_the_session_for_both(client: TestClient, owner: Engine) -> None:
    _, number = add_account()
    first = tokens(client, number)
    second = refresh(client, first["refresh_token"]).json()
    other = tokens(client, number)
    with time_machine.travel(clock.now() + timedelta(seconds=6)):
        reused = refresh(client, first["refresh_token"])
        assert (reused.status_code, reused.json()["code"]) == (401, "session_ended")
        assert not lives(client, second)
        assert refresh(client, second["refresh_token"]).status_code == 401
        assert lives(client, other)
        assert refresh(client, first["refresh_token"]).status_code == 401
    assert len(audited(owner, "sessions.reuse", first["device_id"])) == 1


def test_the_grace_is_for_the_immediate_predecessor_only(client: TestClient) -> None:
    _, number = add_account()
    first = tokens(client, number)
    second = refresh(client, first["refresh_token"]).json()
    third = refresh(client, second["refresh_token"]).json()
    assert refresh(client, first["refresh_token"]).status_code == 401
    assert not lives(client, third)


def test_twenty_refreshes_at_once_continue_one_session(client: TestClient, owner: Engine) -> None:
    _, number = add_account()
    opened = tokens(client, number)
    for _ in range(5):
        token = opened["refresh_token"]
        answers = at_once(20, lambda _: refresh(client, token))  # noqa: B023 - called within this round
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1
        opened = answers[0].json()
        assert lives(client, opened)
    with owner.connect() as connection:
        counted = connection.execute(
            text("SELECT count(*), count(used_at) FROM refresh_token WHERE device_id = :id"),
            {"id": opened["device_id"]},
        ).one()
    assert tuple(counted) == (6, 5)


def test_no_answer_tells_why_a_refresh_token_does_not_hold(client: TestClient) -> None:
    _, number = add_account()
    ended = tokens(client, number)
    client.delete("/api/v1/sessions/current", headers=bearer(ended))
    answers = [refresh(client, one) for one in ("x", "x" * 43, ended["refresh_token"], ended["access_token"][:256])]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_refresh_tokens_are_kept_as_digests_only(client: TestClient, owner: Engine) -> None:
    _, number = add_account()
    opened = tokens(client, number)
    with owner.connect() as connection:
        rows = connection.execute(
            text("SELECT r::text FROM refresh_token r WHERE device_id = :id"), {"id": opened["device_id"]}
        ).scalars()
        assert all(opened["refresh_token"] not in row for row in rows)


def test_signing_out_ends_this_session_at_once(client: TestClient) -> None:
    _, number = add_account()
    here, there = tokens(client, number), tokens(client, number)
    assert client.delete("/api/v1/sessions/current", headers=bearer(here)).status_code == 204
    assert not lives(client, here)
    assert refresh(client, here["refresh_token"]).status_code == 401
    assert lives(client, there)
    assert client.delete("/api/v1/sessions/current", headers=bearer(here)).status_code == 401


def test_signing_out_everywhere_ends_all_at_once(client: TestClient, owner: Engine) -> None:
    account_id, number = add_account()
    _, neighbour = add_account()
    sessions = [tokens(client, number) for _ in range(3)]
    bystander = tokens(client, neighbour)
    assert client.delete("/api/v1/sessions", headers=bearer(sessions[0])).status_code == 204
    assert not any(lives(client, one) for one in sessions)
    assert {refresh(client, one["refresh_token"]).status_code for one in sessions} == {401}
    assert lives(client, bystander)
    assert sign_in(client, number).status_code == 201
    assert len(audited(owner, "sessions.close_all", account_id)) == 1


def test_a_session_opened_while_all_are_ended_is_whole_or_over(client: TestClient) -> None:
    _, number = add_account()
    for _ in range(5):
        opened = tokens(client, number)

        def either(place: int, opened: dict[str, str] = opened) -> dict[str, str] | None:
            if place == 0:
                client.delete("/api/v1/sessions", headers=bearer(opened))
                return None
            return tokens(client, number)

        results = at_once(4, either)
        assert not lives(client, opened)
        for one in results:
            if one is not None:
                assert lives(client, one) == (refresh(client, one["refresh_token"]).status_code == 200)


def test_a_lost_phone_is_signed_out_from_another(client: TestClient, owner: Engine) -> None:
    _, number = add_account()
    lost = sign_in(client, number, device_name="丢失的手机").json()
    kept = sign_in(client, number, device_name="平板").json()
    listed = client.get("/api/v1/me/devices", headers=bearer(kept)).json()
    assert [(one["name"], one["current"]) for one in listed["items"]] == [("平板", True), ("丢失的手机", False)]
    gone = client.delete(f"/api/v1/me/devices/{lost['device_id']}", headers=bearer(kept))
    assert gone.status_code == 204
    assert not lives(client, lost)
    assert refresh(client, lost["refresh_token"]).status_code == 401
    assert lives(client, kept)
    listed = client.get("/api/v1/me/devices", headers=bearer(kept)).json()
    assert [one["name"] for one in listed["items"]] == ["平板"]
    assert len(audited(owner, "sessions.revoke", lost["device_id"])) == 1


def test_somebody_elses_device_is_as_good_as_none(client: TestClient) -> None:
    _, mine = add_account()
    _, theirs = add_account()
    me, they = tokens(client, mine), tokens(client, theirs)
    foreign = client.delete(f"/api/v1/me/devices/{they['device_id']}", headers=bearer(me))
    missing = client.delete(f"/api/v1/me/devices/{uuid4()}", headers=bearer(me))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert lives(client, they)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic eDp5", "Bearer a.b.c", "Bearer " + "x" * 5000]
)
def test_what_is_no_token_is_answered_like_none(client: TestClient, header: str) -> None:
    none = client.get("/api/v1/me")
    answer = client.get("/api/v1/me", headers={"Authorization": header})
    assert answer.status_code == none.status_code == 401
    assert answer.content == none.content
    assert answer.headers["www-authenticate"] == "Bearer"


def test_what_nothing_counts_any_more_is_purged(client: TestClient, owner: Engine) -> None:
    _, number = add_account()
    opened = tokens(client, number)
    sign_in(client, number, "wrong")
    renewed = refresh(client, opened["refresh_token"]).json()
    with db.transaction() as session:
        service.purge(session)
    assert refresh(client, opened["refresh_token"]).json()["refresh_token"] == renewed["refresh_token"]
    with time_machine.travel(clock.now() + timedelta(days=31)), db.transaction() as session:
        assert service.purge(session) >= 3
    with owner.connect() as connection:
        left = connection.execute(
            text("SELECT count(*) FROM refresh_token WHERE device_id = :id"), {"id": opened["device_id"]}
        ).scalar_one()
    assert left == 0
