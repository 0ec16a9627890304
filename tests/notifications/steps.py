"""What tests of messages do again and again."""

from dataclasses import replace
from typing import Any

from starlette.testclient import TestClient

from app.kernel import db
from app.notifications import service
from app.notifications.service import Notice
from tests.factories.tree import Login
from tests.isolation.sessions import open_session
from tests.notifications.stand_ins import DINGTALK_SECRET


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


def fresh(login: Login) -> Login:
    """The same account on a new device: clocks are moved here, and tokens run out."""
    token = open_session(login.account_id).access_token
    return replace(login, headers={"Authorization": f"Bearer {token}"})


def deliveries(client: TestClient, login: Login, institution_id: int) -> list[Any]:
    """What an institution has sent, the oldest first."""
    answer = client.get(f"/api/v1/institutions/{institution_id}/deliveries", headers=login.headers)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["items"]
    return found[::-1]


WECOM_ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
DINGTALK_ADDRESS = "https://oapi.dingtalk.com/robot/send?access_token="


def robot_body(key: str, kind: str = "wecom") -> dict[str, Any]:
    """A robot by its address, as an office pastes it."""
    body = {"kind": kind, "name": "防控工作群", "webhook": f"{WECOM_ADDRESS}{key}"}
    if kind == "dingtalk":
        body |= {"webhook": f"{DINGTALK_ADDRESS}{key}", "secret": DINGTALK_SECRET}
    return body


def add_robot(client: TestClient, login: Login, institution_id: int, key: str, kind: str = "wecom") -> int:
    """A robot of an institution."""
    path = f"/api/v1/institutions/{institution_id}/robots"
    answer = client.post(path, headers=login.headers, json=robot_body(key, kind))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])
