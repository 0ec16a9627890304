"""Asking as one of a world's own, for what must be there before something else can be asked."""

from typing import TYPE_CHECKING, Any

from tests.factories.tree import Login

if TYPE_CHECKING:
    from tests.isolation.worlds import Province


def post(world: "Province", path: str, body: Any = None, actor: str | Login = "principal", **more: Any) -> Any:
    """The answer to one of the world's own."""
    answer = world.tree.client.post(f"/api/v1{path}", json=body, headers=_headers(world, actor), **more)
    assert answer.is_success, answer.text
    return answer.json()


def get(world: "Province", path: str, actor: str | Login = "principal") -> Any:
    """What one of the world's own sees."""
    answer = world.tree.client.get(f"/api/v1{path}", headers=_headers(world, actor))
    assert answer.is_success, answer.text
    return answer.json()


def _headers(world: "Province", actor: str | Login) -> Any:
    return actor.headers if isinstance(actor, Login) else world.headers(actor, "")
