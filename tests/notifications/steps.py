"""What tests of messages do again and again."""

from typing import Any

from starlette.testclient import TestClient

from app.kernel import db
from app.notifications import service
from app.notifications.service import Notice
from tests.factories.tree import Login


def tell(institution_id: int, *recipients: int, key: str = "k", **more: Any) -> int:
    """Have accounts told by an institution that a class has a fever."""
    given = {"template": "fever", "values": {"place": "三年级1班"}} | more
    with db.transaction() as session:
        return service.notify(session, Notice(institution_id, recipients, key=key, **given))


def inbox(client: TestClient, login: Login, **query: Any) -> Any:
    """What somebody's inbox answers."""
    answer = client.get("/api/v1/me/messages", headers=login.headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()
