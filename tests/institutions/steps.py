"""What the tests of the tree do again and again."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import httpx2
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from app.kernel import clock
from tests.factories.tree import Login, Tree

T = TypeVar("T")
API = "/api/v1"


def provincial(tree: Tree) -> Login:
    """An administrator of the whole province."""
    return tree.account(Role.PROVINCIAL_ADMIN, tree.province)


def principal(tree: Tree, school: int | None = None) -> Login:
    """The head of a school."""
    return tree.account(Role.PRINCIPAL, school or tree.school)


def second_county(tree: Tree, name: str = "秦淮区教育局", city: int | None = None) -> int:
    """Another county of the city."""
    return tree.add_institution(city or tree.city, InstitutionKind.COUNTY, name)


def get(tree: Tree, login: Login, path: str, **params: Any) -> httpx2.Response:
    """A look."""
    return tree.client.get(API + path, headers=login.headers, params=params)


def post(tree: Tree, login: Login, path: str, body: Any = None) -> httpx2.Response:
    """An act."""
    return tree.client.post(API + path, headers=login.headers, json=body)


def move(tree: Tree, login: Login, institution: int, parent: int, on: str | None = None) -> httpx2.Response:
    """Ask for a move, today by default."""
    return post(tree, login, f"/institutions/{institution}/moves", {"parent_id": parent, "effective_on": on})


def lineage(tree: Tree, login: Login, institution: int) -> list[int]:
    """Where an institution stands now."""
    found: list[int] = get(tree, login, f"/institutions/{institution}").json()["lineage"]
    return found


def code_of(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What each call returned, all of them let go at the same moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def tomorrow(days: int = 1) -> str:
    """The day so many days from today, ISO."""
    return (clock.today() + timedelta(days=days)).isoformat()


def is_sound(owner: Engine, province: int) -> bool:
    """Whether every lineage of the province follows the parents, by an independent walk."""
    with owner.connect() as connection:
        wrong = connection.execute(
            text(
                "WITH RECURSIVE walk AS (SELECT id, ARRAY[id] AS way FROM institution WHERE id = :root UNION ALL "
                "SELECT i.id, way || i.id FROM institution i JOIN walk ON i.parent_id = walk.id) "
                "SELECT count(*) FILTER (WHERE walk.id IS NULL OR walk.way <> i.lineage) "
                "FROM institution i LEFT JOIN walk USING (id) WHERE i.lineage @> ARRAY[:root]::bigint[]"
            ),
            {"root": province},
        ).scalar_one()
    return bool(wrong == 0)
