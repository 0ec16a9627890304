"""The morning peak's way in answers as the route does, whoever else is in the same flush."""

from typing import Any

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.api import peak
from app.checkins import service as checkins
from app.checkins.schemas.answers import ReceiptOut
from app.checkins.schemas.readings import CheckInIn
from app.identity import service as identity
from app.institutions.models import UnitKind
from app.kernel import clock, db, settings
from app.kernel.errors import NotFound
from app.kernel.language import Language
from tests.checkins.steps import School, reading
from tests.checkins.test_races import together
from tests.factories.people import add_guardian, add_student
from tests.factories.tree import Login, Tree

PATH = "/api/v1/checkins"
# The route takes any spelling of the type; the peak only the one that phones send.
BY_ROUTE, AT_PEAK = "application/json;charset=utf-8", "application/json"


@pytest.fixture
def school(client: TestClient, owner: Engine) -> School:
    return School.open(client, owner, Tree.grow(client))


def test_plans_are_kept_and_made_for_a_day_that_will_be_large(school: School) -> None:
    parent = school.parent()
    for _ in range(8):
        assert _post(school, parent.headers, reading(school.children[0]), AT_PEAK).status_code == 201
    with db.engine(keeps_plans=True).connect() as connection:
        kept = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%checkin%'"))
        assert connection.scalar(text("SHOW enable_seqscan")) == "off"
    assert kept


@pytest.mark.usefixtures("school")
def test_behind_a_pooler_no_plans_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert db.engine(keeps_plans=True) is not db.engine()
    monkeypatch.setenv("LIANFANG_DIRECT_DATABASE_URL", "postgresql://somewhere")
    settings.current.cache_clear()
    try:
        assert db.engine(keeps_plans=True) is db.engine()
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()


def _post(school: School, headers: dict[str, str], body: Any, kind: str) -> Any:
    content = body if isinstance(body, bytes) else None
    given = {**headers, "Content-Type": kind}
    if content is not None:
        return school.client.post(PATH, headers=given, content=content)
    return school.client.post(PATH, headers=given, json=body)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"temperature": 50},
        {"temperature": None},
        {"person_id": 2**62},
        {"role": "principal"},
        {"taken_at": "2200-01-01T07:00:00+08:00"},
        {"taken_at": "2020-01-01T07:00:00+08:00"},
        {"same_as_last": True},
        {"answers": {"symptoms": ["no such thing"]}},
    ],
)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_both_ways_answer_the_same(school: School, change: dict[str, Any], language: str) -> None:
    headers = school.parent().headers | {"Accept-Language": language}
    body = reading(school.children[0]) | change
    seen = [_post(school, headers, body, kind) for kind in (BY_ROUTE, AT_PEAK)]
    statuses = [answer.status_code for answer in seen]
    if statuses[0] == 201:
        assert statuses == [201, 200]
        assert seen[0].json() | {"outcome": "duplicate"} == seen[1].json()
    else:
        assert statuses[0] == statuses[1]
        assert seen[0].json() == seen[1].json()
    names = ("Content-Type", "Content-Language", "X-Content-Type-Options", "Vary", "Retry-After", "WWW-Authenticate")
    assert [seen[0].headers.get(name) for name in names] == [seen[1].headers.get(name) for name in names]
    assert all(answer.headers["X-Request-ID"] for answer in seen)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": NaN}', b'"\\u0000"', b"[" * 900, "{}".encode("utf-16")])
def test_what_is_no_reading_is_refused_the_same(school: School, body: bytes) -> None:
    headers = school.parent().headers
    seen = [_post(school, headers, body, kind) for kind in (BY_ROUTE, AT_PEAK)]
    assert seen[0].status_code == seen[1].status_code
    assert seen[0].status_code in (400, 422)
    assert seen[0].json() == seen[1].json()


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x.y.z", "Basic abc"])
def test_who_is_nobody_is_told_so(school: School, token: str) -> None:
    seen = [_post(school, {"Authorization": token}, reading(1), kind) for kind in (BY_ROUTE, AT_PEAK)]
    assert [answer.status_code for answer in seen] == [401, 401]
    assert seen[0].json() == seen[1].json()


def test_a_session_that_is_over_is_over_with_the_next_reading(school: School) -> None:
    parent, child = school.parent(), school.children[0]
    assert _post(school, parent.headers, reading(child), AT_PEAK).status_code == 201
    assert school.client.delete("/api/v1/sessions", headers=parent.headers).status_code == 204
    assert _post(school, parent.headers, reading(child), AT_PEAK).status_code == 401


def _call(login: Login, person_id: int) -> checkins.Call:
    with db.transaction() as session:
        ring = identity.verifying_ring(session)
    claims = identity.verify(login.headers["Authorization"].removeprefix("Bearer "), ring)
    return checkins.Call(claims, CheckInIn.model_validate(reading(person_id)), clock.now(), Language.ZH)


def test_who_shares_a_flush_shares_nothing_else(school: School, client: TestClient) -> None:
    """Both schools are in its scope; each sender still reaches its own child alone."""
    twin = Tree.grow(client)
    stranger_child = add_student(twin, twin.classes[0], school=twin.school)
    here, there = school.parent(), add_guardian(twin, stranger_child)
    own, classmate = school.children[:2]
    calls = [
        _call(here, own),
        _call(there, stranger_child),
        _call(here, stranger_child),
        _call(there, own),
        _call(here, classmate),
        _call(there, 2**62),
    ]
    answers = peak.flush(calls)
    assert [type(answer) for answer in answers] == [ReceiptOut, ReceiptOut, NotFound, NotFound, NotFound, NotFound]
    assert len(school.rows()) == 1
    counted = school.counts()  # late as well, where the last slot is over
    assert (counted["reported"], counted["normal"]) == (1, 1)
    school.check()
    school.check(school=twin.school)


def test_many_at_once_from_several_schools_are_each_counted(school: School, tree: Tree) -> None:
    other = tree.add_school(name="另一所小学")
    unit = tree.add_unit(other, UnitKind.CLASS, "一年级1班")
    children = [*school.children, *(add_student(tree, unit, school=other) for _ in range(3))]
    trees = [school.tree] * 3 + [tree] * 3
    logins = [
        add_guardian(grown, child, school=None if grown is school.tree else other)
        for grown, child in zip(trees, children, strict=True)
    ]
    bodies = [(login, reading(child)) for login, child in zip(logins, children, strict=True) for _ in range(4)]

    def send(login: Login, body: dict[str, Any]) -> Any:
        return lambda: school.client.post(PATH, headers=login.headers, json=body)

    answers = together([send(login, body) for login, body in bodies] * 2)
    assert sorted(answer.status_code for answer in answers) == [200] * len(bodies) + [201] * len(bodies)
    for place in (school.id, other):
        school.check(school=place)
    assert school.counts()["reported"] == 3


def test_a_token_says_by_which_school_its_readings_queue(school: School, client: TestClient) -> None:
    assert _call(school.parent(), 1).claims.institution_id == school.id
    twin = Tree.grow(client)
    assert _call(twin.account(Role.SCHOOL_DOCTOR, twin.school), 1).claims.institution_id == twin.school
