"""What the tests of closures do again and again."""

from datetime import datetime, timedelta
from typing import Any

import httpx2

from app.access.roles import Role
from app.kernel import clock
from tests.factories.tree import Login, Tree
from tests.institutions.steps import API, get, post

_numbers = iter(range(1, 10**6))


def in_days(days: float) -> str:
    """The moment so many days from now, RFC 3339."""
    return (clock.now() + timedelta(days=days)).isoformat()


def statement(**more: Any) -> dict[str, Any]:
    """What an order says, unless told otherwise: the whole is closed to society from now on."""
    return {"text": "即日起封闭管理。", "degree": "closed_to_society", **more}


def order(tree: Tree, login: Login, place: int, **more: Any) -> httpx2.Response:
    """Close a place."""
    body = {"number": f"疫防〔2020〕{next(_numbers)}号", **statement(**more)}
    return post(tree, login, f"/institutions/{place}/closure-orders", body)


def ordered(tree: Tree, login: Login, place: int, **more: Any) -> dict[str, Any]:
    """An order that was given."""
    answer = order(tree, login, place, **more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def amend(tree: Tree, login: Login, given: dict[str, Any], **more: Any) -> httpx2.Response:
    """Have an order say something else."""
    path = f"/institutions/{given['institution_id']}/closure-orders/{given['id']}/amendments"
    return post(tree, login, path, {"reason": "形势变化", **statement(**more)})


def lift(
    tree: Tree, login: Login, given: dict[str, Any], *, seen_from: int | None = None, **more: Any
) -> httpx2.Response:
    """End an order."""
    at = seen_from or given["institution_id"]
    return post(tree, login, f"/institutions/{at}/closure-orders/{given['id']}/liftings", {"reason": "解除", **more})


def closures(tree: Tree, login: Login, place: int, **asked: Any) -> dict[str, Any]:
    """What holds for a place."""
    answer = get(tree, login, f"/institutions/{place}/closures", **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def degree(tree: Tree, login: Login, place: int, **asked: Any) -> str:
    """How strictly the whole of a place is closed."""
    return str(closures(tree, login, place, **asked)["whole"]["degree"])


def add_venue(tree: Tree, login: Login, kind: str = "library", **more: Any) -> dict[str, Any]:
    """A venue of the tree's school."""
    answer = post(
        tree, login, f"/institutions/{more.pop('school', tree.school)}/venues", {"kind": kind, "name": kind, **more}
    )
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def head_of(tree: Tree, school: int | None = None) -> Login:
    """The principal of a school."""
    return tree.account(Role.PRINCIPAL, school or tree.school)


def admin(tree: Tree, level: str) -> Login:
    """The administrator of the tree's province, city or county."""
    role = {"province": Role.PROVINCIAL_ADMIN, "city": Role.CITY_ADMIN, "county": Role.COUNTY_ADMIN}[level]
    return tree.account(role, getattr(tree, level))


def moment(text: str) -> datetime:
    """A moment as it was answered."""
    return datetime.fromisoformat(text)


__all__ = [
    "API",
    "add_venue",
    "admin",
    "amend",
    "closures",
    "degree",
    "get",
    "head_of",
    "in_days",
    "lift",
    "moment",
    "order",
    "ordered",
    "post",
    "statement",
]
