"""Messages on their way out: which channel, how often, what becomes of them; each leaves once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock, db, settings
from app.kernel.db import Scope
from app.notifications import service
from app.notifications.queries import channels
from app.notifications.service.books import CHECKS
from tests.factories.tree import Login, Tree
from tests.identity.wechat_stand_in import running as wechat_running
from tests.notifications.stand_ins import Carriers
from tests.notifications.steps import add_robot, deliveries, fresh, inbox, tell

_MESSAGES = text("SELECT id FROM message WHERE account_id = :id")


@dataclass
class Scene:
    """A school's principal and teacher, those who carry messages, and a worker that runs when it is told to."""

    client: TestClient
    tree: Tree
    teacher: Login
    principal: Login
    carriers: Carriers
    deliver: Callable[[], int]

    def tell(self, key: str = "k", **more: Any) -> None:
        """Have the teacher told something, and let the worker work."""
        tell(self.tree.school, self.teacher.account_id, key=key, **more)
        self.deliver()

    def follow_by_wechat(self, *templates: str) -> str:
        """Link a WeChat to the teacher's account, and say yes there to one message of each template; its openid."""
        openid = f"o{self.teacher.account_id}"
        with wechat_running() as wechat, pytest.MonkeyPatch.context() as pointed:
            pointed.setenv("LIANFANG_WECHAT_ENDPOINT", wechat.endpoint)
            settings.current.cache_clear()
            body = {"code": wechat.issue(openid)}
            assert self.client.post("/api/v1/me/wechat", headers=self.teacher.headers, json=body).status_code == 204
        settings.current.cache_clear()
        self.allow(*templates)
        return openid

    def allow(self, *templates: str) -> None:
        """Say yes once more."""
        body = {"templates": list(templates)}
        answer = self.client.post("/api/v1/me/wechat-allowances", headers=self.teacher.headers, json=body)
        assert answer.status_code == 201, answer.text

    def left(self) -> dict[str, int]:
        """How many messages of each template are allowed still."""
        answer = self.client.get("/api/v1/me/wechat-allowances", headers=fresh(self.teacher).headers)
        return {one["template"]: one["left"] for one in answer.json()["items"]}

    def deliveries(self) -> list[Any]:
        """What the school has sent."""
        return deliveries(self.client, fresh(self.principal), self.tree.school)

    def outcomes(self) -> list[tuple[Any, ...]]:
        """By which channel, and what became of it."""
        return [(one["channel"], one["state"], one["code"], one["attempts"]) for one in self.deliveries()]

    def planned(self) -> int:
        """A delivery to the teacher that nobody has sent."""
        tell(self.tree.school, self.teacher.account_id)
        with self.school() as session:
            ids = session.scalars(_MESSAGES, {"id": self.teacher.account_id}).all()
            service.plan(session, self.tree.school, ids)
        return int(self.deliveries()[0]["id"])

    def school(self) -> AbstractContextManager[Session]:
        """A transaction of the worker's."""
        own = frozenset({self.tree.school})
        return db.transaction(Scope(own, own))

    def close(self, key: str) -> None:
        """Say something that the school's groups are told as well."""
        tell(self.tree.school, template="closure_changed", values={"place": "玄武第一小学"}, key=key)


@pytest.fixture
def scene(client: TestClient, tree: Tree, carriers: Carriers, deliver: Callable[[], int]) -> Scene:
    teacher = tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=tree.classes[0])
    return Scene(client, tree, teacher, tree.account(Role.PRINCIPAL, tree.school), carriers, deliver)


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def test_a_message_leaves_by_wechat_as_often_as_was_allowed_then_by_text(scene: Scene) -> None:
    openid = scene.follow_by_wechat("fever")
    assert scene.left()["fever"] == 1
    for key in ("one", "two"):
        scene.tell(key)
    by_wechat, by_text = scene.carriers.sent
    assert by_wechat.json["touser"] == openid
    assert by_text.form["PhoneNumbers"] == scene.teacher.phone
    assert scene.left()["fever"] == 0
    assert scene.outcomes() == [("wechat", "sent", "0", 1), ("text", "sent", "OK", 1)]


def test_what_wechat_refuses_leaves_by_text(scene: Scene) -> None:
    scene.follow_by_wechat("fever")
    scene.allow("fever")
    scene.carriers.answers = [43101]
    scene.tell()
    assert scene.outcomes() == [("wechat", "refused", "43101", 1), ("text", "sent", "OK", 1)]
    assert scene.left()["fever"] == 0


def test_an_allowance_comes_back_when_wechat_has_stumbled(scene: Scene) -> None:
    scene.follow_by_wechat("fever")
    scene.carriers.answers = [-1]
    scene.tell()
    assert (scene.outcomes(), scene.left()["fever"]) == ([("wechat", "queued", "-1", 1)], 1)


def test_a_muted_channel_is_not_used(scene: Scene) -> None:
    def choose(*, muted: bool) -> Any:
        path = "/api/v1/me/channels/text"
        return scene.client.put(path, headers=scene.teacher.headers, json={"muted": muted}).json()

    number = scene.teacher.phone
    masked = f"{number[:3]}****{number[-4:]}"
    assert choose(muted=True) == {"channel": "text", "available": True, "address": masked, "muted": True}
    scene.tell()
    assert (scene.carriers.sent, inbox(scene.client, scene.teacher)["unread"]) == ([], 1)
    assert choose(muted=False)["muted"] is False
    scene.tell("another")
    assert scene.outcomes() == [("text", "sent", "OK", 1)]


def test_a_provider_that_stumbles_is_tried_again_with_pauses(scene: Scene, later: time_machine.Traveller) -> None:
    scene.carriers.answers = ["isp.SYSTEM_ERROR", "Throttling.User"]
    scene.tell()
    assert scene.outcomes() == [("text", "queued", "isp.SYSTEM_ERROR", 1)]
    later.shift(29)
    scene.deliver()
    assert len(scene.carriers.asked) == 1
    later.shift(60)
    scene.deliver()
    assert scene.outcomes() == [("text", "queued", "Throttling.User", 2)]
    later.shift(61)
    scene.deliver()
    assert scene.outcomes() == [("text", "sent", "OK", 3)]
    assert len(scene.carriers.sent) == 1


def test_after_eight_tries_it_is_given_up(scene: Scene, later: time_machine.Traveller) -> None:
    scene.carriers.answers = ["isp.SYSTEM_ERROR"] * 20
    scene.tell()
    for _ in range(12):
        later.shift(7200)
        scene.deliver()
    assert scene.outcomes() == [("text", "refused", "isp.SYSTEM_ERROR", 8)]


@pytest.mark.parametrize("how", ["read", "over", "done"])
def test_what_is_of_no_use_any_more_does_not_leave(scene: Scene, later: time_machine.Traveller, how: str) -> None:
    scene.carriers.answers = ["isp.SYSTEM_ERROR"]
    scene.tell(until=clock.now() + timedelta(minutes=1 if how == "over" else 60))
    later.shift(120)
    if how == "read":
        id_ = inbox(scene.client, scene.teacher)["items"][0]["id"]
        scene.client.post(f"/api/v1/me/messages/{id_}/reads", headers=scene.teacher.headers)
    with pytest.MonkeyPatch.context() as known:
        if how == "done":
            known.setitem(CHECKS, service.Template.FEVER, lambda *_: False)
        scene.deliver()
    assert (len(scene.carriers.asked), scene.carriers.sent) == (1, [])
    assert scene.outcomes() == [("text", "expired", "isp.SYSTEM_ERROR", 1)]


def test_what_can_wait_is_gathered_for_each_receiver(scene: Scene, later: time_machine.Traveller) -> None:
    scene.follow_by_wechat("report_due", "digest")
    values = {"deadline": "16:30"}
    for number in range(3):
        scene.tell(str(number), template="report_due", values=values, urgency="today")
        later.shift(60)
    assert scene.carriers.sent == []
    later.shift(600)
    scene.deliver()
    (asked,) = scene.carriers.sent
    assert asked.json["template_id"] == "T-digest"
    assert asked.json["data"]["thing2"]["value"] == "您有 3 条未读消息, 请打开查看。"
    assert [one["messages"] for one in scene.deliveries()] == [3]
    assert scene.left() == {"fever": 0, "report_due": 1, "digest": 0}


def test_nothing_leaves_before_its_moment_yet_the_inbox_has_it(scene: Scene, later: time_machine.Traveller) -> None:
    scene.tell(not_before=clock.now() + timedelta(hours=8))
    assert (inbox(scene.client, scene.teacher)["unread"], scene.carriers.sent) == (1, [])
    later.shift(timedelta(hours=8, seconds=1))
    scene.deliver()
    assert len(scene.carriers.sent) == 1


def test_a_robot_is_told_twenty_times_a_minute_and_the_rest_later(scene: Scene, later: time_machine.Traveller) -> None:
    add_robot(scene.client, scene.principal, scene.tree.school, f"0123456789abcdef{scene.tree.school}")
    for number in range(23):
        scene.close(str(number))
    scene.deliver()
    assert len(scene.carriers.sent) == 20
    waiting = [one for one in scene.deliveries() if one["state"] == "queued"]
    assert [(one["code"], one["attempts"]) for one in waiting] == [("limited", 0)] * 3
    later.shift(61)
    scene.deliver()
    assert len(scene.carriers.sent) == 23


def test_each_robot_of_an_institution_is_told_once(scene: Scene) -> None:
    key = f"0123456789abcdef{scene.tree.school}"
    add_robot(scene.client, scene.principal, scene.tree.school, key)
    add_robot(scene.client, scene.principal, scene.tree.school, f"{key}d", "dingtalk")
    for _ in range(2):
        scene.close("once")
        scene.deliver()
    assert sorted(one.path for one in scene.carriers.sent) == ["/cgi-bin/webhook/send", "/robot/send"]


def test_a_process_killed_between_sending_and_writing_sends_one_text(scene: Scene) -> None:
    delivery = scene.planned()
    with scene.school() as session:
        service.send(session, scene.tree.school, delivery)
        session.rollback()
    with scene.school() as session:
        service.send(session, scene.tree.school, delivery)
    assert (len(scene.carriers.asked), len(scene.carriers.sent)) == (2, 1)
    assert scene.outcomes() == [("text", "sent", "SignatureNonceUsed", 1)]


def test_eight_who_send_at_once_send_once(scene: Scene) -> None:
    delivery = scene.planned()
    barrier = Barrier(8)

    def send() -> None:
        barrier.wait()
        with scene.school() as session:
            service.send(session, scene.tree.school, delivery)

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(scene.carriers.asked), len(scene.carriers.sent)) == (1, 1)


def test_limits_are_forgotten_when_nothing_counts_them(scene: Scene, later: time_machine.Traveller) -> None:
    place, long_ago = scene.tree.school.to_bytes(32, "big"), clock.now() - timedelta(days=9)
    with db.transaction() as session:
        channels.insert_use(session, place, clock.now())
        service.purge(session)
        assert len(channels.uses_since(session, place, long_ago, 5)) == 1
        later.shift(timedelta(days=2))
        service.purge(session)
        assert channels.uses_since(session, place, long_ago, 5) == []


def test_an_office_counts_what_it_has_sent(scene: Scene) -> None:
    tree, client = scene.tree, scene.client
    doctors = [tree.account(Role.SCHOOL_DOCTOR, tree.school).account_id for _ in range(2)]
    tell(tree.school, *doctors)
    scene.deliver()
    path = f"/api/v1/institutions/{tree.school}/deliveries/counts"
    found = client.get(path, headers=scene.principal.headers).json()["items"]
    assert found == [{"template": "fever", "channel": "text", "state": "sent", "count": 2}]
    assert client.get(path, headers=scene.teacher.headers).status_code == 403
    stranger = tree.account(Role.COUNTY_ADMIN, tree.county)
    assert client.get(path, headers=stranger.headers).json() == {"items": []}
