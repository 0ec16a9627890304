"""Signing keys: the first one, rotation, the public set."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.identity import service
from app.identity.models import Account, AccountKind
from app.kernel import clock, db
from tests.factories.databases import clone, drop
from tests.factories.tree import phone
from tests.identity.steps import add_account, at_once, lives, refresh, tokens


@pytest.fixture
def fresh(client: TestClient, worker_name: str) -> Iterator[Engine]:
    """The application's engine on a database in which nobody has ever signed in."""
    assert client is not None
    name = f"lf_keys_{worker_name}"
    app_url = clone(name).app
    engine = db.engine_for(app_url)
    service.forget()
    yield engine
    engine.dispose()
    service.forget()
    drop(name)


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    """Keys are remembered for a minute of the clock that tests turn."""
    service.forget()
    yield
    service.forget()


def kids(client: TestClient) -> list[str]:
    """The published keys."""
    answer = client.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    return [key["kid"] for key in answer.json()["keys"]]


def kid_of(session: dict[str, str]) -> str:
    """The key that signed an access token."""
    header = session["access_token"].split(".")[0]
    found: str = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
    return found


def rotate() -> str:
    """The kid of the next key."""
    with db.transaction() as session:
        return service.rotate_keys(session).kid


def test_the_key_set_holds_public_halves_only(client: TestClient) -> None:
    _, number = add_account()
    assert kid_of(tokens(client, number)) in kids(client)
    for key in client.get("/.well-known/jwks.json").json()["keys"]:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")


def test_a_new_key_is_published_a_day_before_it_signs(client: TestClient) -> None:
    _, number = add_account()
    before = tokens(client, number)
    new = rotate()
    assert new in kids(client)
    assert kid_of(refresh(client, before["refresh_token"]).json()) == kid_of(before)
    with time_machine.travel(clock.now() + timedelta(hours=23)):
        late = tokens(client, number)
        assert kid_of(late) == kid_of(before)
    with time_machine.travel(clock.now() + timedelta(hours=23, minutes=59, seconds=30)):
        last = tokens(client, number)
        assert kid_of(last) == kid_of(before)
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=2)):
        assert kid_of(tokens(client, number)) == new
        assert lives(client, last)


def test_an_old_key_is_retired_by_a_later_rotation_and_its_private_half_destroyed(fresh: Engine) -> None:
    start = clock.now()
    made = []
    for day in range(3):
        with time_machine.travel(start + timedelta(days=2 * day)), Session(fresh) as session, session.begin():
            made.append(service.rotate_keys(session).kid)
    with time_machine.travel(start + timedelta(days=4, minutes=2)), Session(fresh) as session, session.begin():
        service.forget()
        # The retired one is still published: passes that it has signed may be on paper.
        assert {key.kid for key in service.key_set(session).keys} == set(made)
        account = service.create_account(
            session, service.SYSTEM, kind=AccountKind.FAMILY, display_name="测试账号", phone=phone()
        )
        assert kid_of(service.open_session(session, account).model_dump()) == made[1]
        left = session.execute(
            text("SELECT length(private_cipher) FROM signing_key WHERE kid = :kid"), {"kid": made[0]}
        ).scalar_one()
    assert left == 0


def test_a_pass_outlives_the_key_that_signed_it(fresh: Engine) -> None:
    start = clock.now()
    claims = service.PassClaims(
        pass_id=7,
        institution_id=8,
        name="王*",
        venue_ids=(1, 2),
        valid_from=start.replace(microsecond=0),
        valid_until=start.replace(microsecond=0) + timedelta(days=30),
        single_use=True,
        rotating=False,
    )
    with Session(fresh) as session, session.begin():
        (token,) = service.sign_passes(session, [claims])
    for day in (2, 4, 6):
        service.forget()
        with time_machine.travel(start + timedelta(days=day)), Session(fresh) as session, session.begin():
            service.rotate_keys(session)
            assert service.verify_passes(session, [token, "x"]) == [claims, None]
    service.forget()
    with time_machine.travel(start + service.LONGEST_PASS + timedelta(days=5)), Session(fresh) as session:
        assert service.verify_passes(session, [token]) == [None]


def test_eight_first_sign_ins_at_once_make_one_key(fresh: Engine) -> None:
    with Session(fresh) as session, session.begin():
        assert service.key_set(session).keys == []
        account_id = service.create_account(
            session, service.SYSTEM, kind=AccountKind.FAMILY, display_name="测试账号", phone=phone()
        ).id

    def first(_: int) -> str:
        with Session(fresh) as session, session.begin():
            account = session.get_one(Account, account_id)
            return service.open_session(session, account).access_token

    made = at_once(8, first)
    assert len({kid_of({"access_token": one}) for one in made}) == 1
    with Session(fresh) as session, session.begin():
        assert len(service.key_set(session).keys) == 1
        assert {service.authenticate(session, one).account_id for one in made} == {account_id}


def test_a_key_that_was_rolled_back_is_not_remembered(fresh: Engine) -> None:
    with Session(fresh) as session, session.begin():
        account_id = service.create_account(
            session, service.SYSTEM, kind=AccountKind.FAMILY, display_name="测试账号", phone=phone()
        ).id
    with Session(fresh) as session:
        session.begin()
        for _ in range(2):
            service.open_session(session, session.get_one(Account, account_id))
        session.rollback()
    with Session(fresh) as session, session.begin():
        token = service.open_session(session, session.get_one(Account, account_id)).access_token
    service.forget()
    with Session(fresh) as session, session.begin():
        assert service.authenticate(session, token).account_id == account_id
