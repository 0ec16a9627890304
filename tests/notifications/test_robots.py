"""Robots of an institution: kept by who runs it, tried, removed; their keys are seen by nobody."""

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from tests.factories.tree import Login, Tree
from tests.notifications.stand_ins import Carriers
from tests.notifications.steps import add_robot, robot_body

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def principal(tree: Tree) -> Login:
    return tree.account(Role.PRINCIPAL, tree.school)


def test_a_robot_is_added_tried_and_removed(
    client: TestClient, tree: Tree, principal: Login, carriers: Carriers, owner: Engine
) -> None:
    id_ = add_robot(client, principal, tree.school, KEY)
    path = f"/api/v1/institutions/{tree.school}/robots"
    (found,) = client.get(path, headers=principal.headers).json()["items"]
    assert (found["id"], found["kind"], found["name"]) == (id_, "wecom", "防控工作群")
    tried = client.post(f"/api/v1/robots/{id_}/trials", headers=principal.headers)
    assert tried.json() == {"state": "sent", "code": "0"}
    assert carriers.sent[0].query == {"key": KEY}
    with owner.connect() as connection:
        kept = connection.scalar(text("SELECT t::text FROM robot t WHERE id = :id"), {"id": id_})
    assert KEY.encode().hex() not in str(kept)
    assert client.delete(f"/api/v1/robots/{id_}", headers=principal.headers).status_code == 204
    assert client.get(path, headers=principal.headers).json() == {"items": []}


def test_an_office_has_robots_of_its_own(client: TestClient, tree: Tree, carriers: Carriers) -> None:
    office = tree.account(Role.COUNTY_ADMIN, tree.county)
    id_ = add_robot(client, office, tree.county, f"0123456789abcdef{tree.county}", "dingtalk")
    tried = client.post(f"/api/v1/robots/{id_}/trials", headers=office.headers)
    assert tried.json() == {"state": "sent", "code": "0"}
    assert len(carriers.sent) == 1


def test_a_trial_says_what_came_of_it(client: TestClient, tree: Tree, principal: Login, carriers: Carriers) -> None:
    id_ = add_robot(client, principal, tree.school, f"0123456789abcdef{tree.school}")
    for code, state in ((93000, "refused"), (45009, "queued")):
        carriers.answers = [code]
        tried = client.post(f"/api/v1/robots/{id_}/trials", headers=principal.headers)
        assert tried.json() == {"state": state, "code": str(code)}


@pytest.mark.parametrize(
    "webhook",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://qyapi.weixin.qq.com.example.com/cgi-bin/webhook/send?key=0123456789abcdef0",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123456789abcdef&key=2",
        "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef0",
        "0123456789abcdef",
    ],
)
def test_only_an_address_that_the_provider_gave_is_taken(
    client: TestClient, tree: Tree, principal: Login, webhook: str
) -> None:
    body = robot_body("x") | {"webhook": webhook}
    answer = client.post(f"/api/v1/institutions/{tree.school}/robots", headers=principal.headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_not_valid")


def test_an_institution_has_five_robots_at_most(client: TestClient, tree: Tree, principal: Login) -> None:
    for number in range(5):
        add_robot(client, principal, tree.school, f"0123456789abcdef{number}")
    path = f"/api/v1/institutions/{tree.school}/robots"
    answer = client.post(path, headers=principal.headers, json=robot_body("0123456789abcdef6"))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_robots")


def test_a_teacher_keeps_no_robots(client: TestClient, tree: Tree, principal: Login) -> None:
    id_ = add_robot(client, principal, tree.school, f"0123456789abcdef{tree.school}")
    teacher = tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=tree.classes[0])
    stranger = tree.account(Role.PRINCIPAL, tree.add_school())
    assert client.delete(f"/api/v1/robots/{id_}", headers=teacher.headers).status_code == 403
    assert client.delete(f"/api/v1/robots/{id_}", headers=stranger.headers).status_code == 404
