"""Defects put into the running program, each of which the matrix must report."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text, true
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.access import reach, service
from app.access.actor import Actor, Held
from app.access.reach import Anchors
from app.access.roles import Reach
from app.institutions import service as institutions
from app.kernel.db import Scope
from app.kernel.errors import Forbidden, NotFound
from app.people import service as people
from tests.isolation.filler import cases_of
from tests.isolation.fixtures import Worlds
from tests.isolation.matrix import Matrix
from tests.isolation.test_row_security import overreaching, tie_everybody

Patch = pytest.MonkeyPatch
Seed = Callable[[Patch, Worlds, Engine], None]


class TalkativeNotFound(NotFound):
    """What `NotFound` must not be: it says what was asked for."""

    code = "talkative_not_found"

    def __init__(self) -> None:
        super().__init__(id=sys._getframe(1).f_locals.get("id_"))  # noqa: SLF001 - the one place that knows


def every_row_is_reached(patch: Patch, _worlds: Worlds, _owner: Engine) -> None:
    for module in (reach, service):
        patch.setattr(module, "condition", lambda *_: true())


def every_action_is_granted(patch: Patch, _worlds: Worlds, _owner: Engine) -> None:
    patch.setattr(Actor, "may", lambda *_: True)


def the_twin_is_in_scope(patch: Patch, worlds: Worlds, owner: Engine) -> None:
    """Both layers fail: access says yes to all, and the scope has the twin's ids."""
    every_row_is_reached(patch, worlds, owner)
    tree = worlds[1].tree
    scope = Actor.scope
    more = Scope(frozenset({tree.school}), frozenset({tree.province}), frozenset({tree.county}))
    patch.setattr(Actor, "scope", lambda self: scope(self) | more)


def an_office_looks_inside(patch: Patch, worlds: Worlds, owner: Engine) -> None:
    every_row_is_reached(patch, worlds, owner)
    every_action_is_granted(patch, worlds, owner)
    scope = Actor.scope
    patch.setattr(Actor, "scope", lambda self: scope(self) | Scope(frozenset({worlds[0].tree.school})))


def _as_institution(wrong: Reach) -> Seed:
    def seed(patch: Patch, _worlds: Worlds, _owner: Engine) -> None:
        sql = reach._sql  # noqa: SLF001 - the defect sits there

        def widened(how_far: Reach, held: Held, anchors: Anchors) -> Any:
            return sql(Reach.INSTITUTION if how_far is wrong else how_far, held, anchors)

        patch.setattr(reach, "_sql", widened)

    return seed


def refused_where_it_should_be_unknown(patch: Patch, _worlds: Worlds, owner: Engine) -> None:
    """403 for what exists somewhere, 404 for what does not: an oracle."""
    read = institutions.read_unit

    def telling(session: Session, actor: Actor, unit_id: int) -> Any:
        with owner.connect() as connection:
            there = connection.scalar(text("SELECT count(*) FROM unit WHERE id = :id"), {"id": unit_id})
        try:
            return read(session, actor, unit_id)
        except NotFound as unknown:
            raise (Forbidden if there else NotFound) from unknown

    patch.setattr(institutions, "read_unit", telling)


def the_answer_says_what_was_asked(patch: Patch, _worlds: Worlds, _owner: Engine) -> None:
    patch.setattr(service, "NotFound", TalkativeNotFound)


def a_list_is_kept_for_everybody(patch: Patch, _worlds: Worlds, _owner: Engine) -> None:
    kept: dict[int, Any] = {}
    fresh = people.list_persons

    def cached(session: Session, actor: Actor, institution_id: int, *rest: Any) -> Any:
        return kept.setdefault(institution_id, fresh(session, actor, institution_id, *rest))

    patch.setattr(people, "list_persons", cached)


def a_look_writes(patch: Patch, worlds: Worlds, owner: Engine) -> None:
    """Rows are changed in the twin: whoever is looked up there leaves a trace."""
    del worlds
    read = people.read_person

    def tracing(session: Session, actor: Actor, person_id: int) -> Any:
        with owner.begin() as connection:
            connection.execute(text("UPDATE person SET version = version + 1 WHERE id = :id"), {"id": person_id})
        return read(session, actor, person_id)

    patch.setattr(people, "read_person", tracing)


def a_defect_answers_500(patch: Patch, _worlds: Worlds, _owner: Engine) -> None:
    patch.setattr(service, "NotFound", ZeroDivisionError)


def anybody_logs_anybody(patch: Patch, _worlds: Worlds, _owner: Engine) -> None:
    tie_everybody(patch)


# the defect, the operation and the actors by which it shows, and what the matrix says of it
DEFECTS: dict[str, tuple[Seed, str, list[str], str]] = {
    "a condition that is always true": (every_row_is_reached, "read_person", ["guardian"], "differs from a missing"),
    "an endpoint that lets everybody in": (every_action_is_granted, "list_units", ["guardian"], "no role allows it"),
    "a scope with the twin in it": (the_twin_is_in_scope, "list_institutions", ["county_admin"], "of the twin"),
    "an office that looks inside": (an_office_looks_inside, "list_persons", ["county_admin"], "is personal"),
    "a teacher who sees the whole school": (
        _as_institution(Reach.OWN_UNIT),
        "list_persons",
        ["homeroom"],
        "is the neighbour's",
    ),
    "a guardian who sees the whole school": (
        _as_institution(Reach.OWN_CHILDREN),
        "read_person",
        ["guardian"],
        "of the neighbour",
    ),
    "403 for what is there, 404 for what is not": (
        refused_where_it_should_be_unknown,
        "read_unit",
        ["principal"],
        "differs from a missing",
    ),
    "an answer that says what was asked for": (
        the_answer_says_what_was_asked,
        "read_unit",
        ["principal"],
        "stands in the answer",
    ),
    "a list kept for everybody": (
        a_list_is_kept_for_everybody,
        "list_persons",
        ["principal", "homeroom"],
        "is the neighbour's",
    ),
    "a look that writes": (a_look_writes, "read_person", ["principal"], "rows have changed"),
    "a reading of any child of the school": (
        anybody_logs_anybody,
        "submit_checkin",
        ["guardian"],
        "of the neighbour",
    ),
    "a defect behind a foreign id": (a_defect_answers_500, "read_unit", ["principal"], "500"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_matrix_reports_the_defect(
    client: TestClient, worlds: Worlds, owner: Engine, monkeypatch: pytest.MonkeyPatch, defect: str
) -> None:
    seed, operation_id, actors, said = DEFECTS[defect]
    assert _complaints(client, worlds, operation_id, actors) == []
    with monkeypatch.context() as patch:
        seed(patch, worlds, owner)
        found = _complaints(client, worlds, operation_id, actors)
    assert [one for one in found if said in one], found


def _complaints(client: TestClient, worlds: Worlds, operation_id: str, actors: list[str]) -> list[str]:
    matrix = Matrix(client, *worlds)
    return [one for case in cases_of(client, operation_id) for one in matrix.complaints(case, actors)]


def test_a_scope_with_one_id_too_many_is_reported(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    assert overreaching(worlds[0]) == []
    scope = Actor.scope
    more = Scope(institutions=frozenset({worlds[1].tree.school}))
    monkeypatch.setattr(Actor, "scope", lambda self: scope(self) | more)
    assert overreaching(worlds[0]) != []


def test_an_operation_that_nobody_can_do_is_reported(
    client: TestClient, worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a broken endpoint would pass as a tight one."""
    monkeypatch.setattr(Actor, "may", lambda *_: False)
    matrix = Matrix(client, *worlds)
    for case in cases_of(client, "read_person"):
        matrix.complaints(case)
    assert matrix.succeeded == set()
