"""The ordinary endpoint with which the service is compared keeps every rule: it must not win by leaving one out."""

from datetime import timedelta
from typing import Any

from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from bench import ordinary
from tests.checkins.steps import School, reading, stamp
from tests.factories.tree import Tree


def answers(school: School) -> list[Any]:
    """What becomes of the same readings, without what differs from one school to the next."""
    first, second, third = school.children
    parent, teacher, doctor = school.parent(), school.teacher(), school.staff(Role.SCHOOL_DOCTOR)
    other_class = school.teacher(school.tree.classes[1])
    once = reading(first, 36.6)
    sent = [
        (parent, once),
        (parent, once),
        (parent, reading(first, 38.2)),
        (parent, reading(second)),
        (teacher, reading(second, answers={"symptoms": ["cough"]})),
        (other_class, reading(second)),
        (doctor, reading(third, None, not_measured_reason="away")),
        (parent, reading(first, taken_at=stamp(clock.now() - timedelta(days=1)))),
        (parent, reading(first, taken_at=stamp(clock.now() + timedelta(days=1)))),
        (parent, reading(first, taken_at=stamp(clock.now() - timedelta(days=30)))),
        (parent, reading(first, 36.66)),
    ]
    found = []
    for login, body in sent:
        answer = school.client.post("/api/v1/checkins", headers=login.headers, json=body)
        told = answer.json()
        found.append([answer.status_code, *(told.get(name) for name in ("code", "slot", "status", "late", "outcome"))])
    return found


def test_the_ordinary_endpoint_answers_and_counts_as_the_service_does(school: School, client: TestClient) -> None:
    with TestClient(ordinary.create_app(), raise_server_exceptions=False) as app:
        peer = School.open(app, school.owner, Tree.grow(client))
        assert answers(peer) == answers(school)
    peer.check()
    assert peer.counts() == school.counts() != {}
    sources = [[row["source"] for row in one.rows()] for one in (peer, school)]
    assert sorted(sources[0]) == sorted(sources[1])


def test_the_ordinary_endpoint_asks_for_a_token(client: TestClient) -> None:
    assert client is not None
    with TestClient(ordinary.create_app(), raise_server_exceptions=False) as app:
        for headers in ({"Authorization": "Bearer a.b.c"}, {}):
            assert app.post("/api/v1/checkins", headers=headers, json=reading(1)).status_code == 401
