"""Robots in the groups of an institution's people: added by the address that WeCom or DingTalk gave, tried, removed."""

import re
from typing import Final

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, Facts, obtain, require
from app.audit import service as audit
from app.kernel import clock
from app.kernel.bulk import reserve_ids
from app.kernel.secrets import vault
from app.notifications import client
from app.notifications.client import Delayed, Letter, Refused
from app.notifications.errors import TooManyRobots, WebhookNotValid
from app.notifications.models import DeliveryState, Robot, RobotKind
from app.notifications.queries import deliveries
from app.notifications.schemas import RobotIn, RobotOut, RobotsOut, RobotTrialOut
from app.notifications.service import limits
from app.notifications.templates import Channel, Template, write

MOST: Final = 5
# Only the key is kept, for the provider that the operator has set: an address of somebody's own is never called.
_WEBHOOKS: Final = {
    RobotKind.WECOM: re.compile(r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([0-9A-Za-z-]{16,64})"),
    RobotKind.DINGTALK: re.compile(r"https://oapi\.dingtalk\.com/robot/send\?access_token=([0-9A-Za-z]{16,128})"),
}


def list_robots(session: Session, actor: Actor, institution_id: int) -> RobotsOut:
    """The robots of an institution."""
    require(actor, Action.ROBOTS_MANAGE, Facts(institution_id=institution_id))
    return RobotsOut(items=[RobotOut.model_validate(one) for one in deliveries.robots(session, institution_id)])


def add_robot(session: Session, actor: Actor, institution_id: int, given: RobotIn) -> RobotOut:
    """Have a robot told what the institution's people are told; raises `WebhookNotValid`, `TooManyRobots`."""
    require(actor, Action.ROBOTS_MANAGE, Facts(institution_id=institution_id))
    found = _WEBHOOKS[given.kind].fullmatch(given.webhook)
    if found is None:
        raise WebhookNotValid
    if len(deliveries.robots(session, institution_id)) >= MOST:
        raise TooManyRobots(most=MOST)
    (id_,) = reserve_ids(session, Robot.__tablename__, 1)
    robot = Robot(
        institution_id=institution_id,
        id=id_,
        kind=given.kind,
        name=given.name,
        key_cipher=vault().encrypt(found[1], _context("key", institution_id, id_)),
        secret_cipher=None
        if given.secret is None
        else vault().encrypt(given.secret, _context("secret", institution_id, id_)),
        made_by=actor.account_id,
        made_at=clock.now(),
    )
    session.add(robot)
    session.flush()
    _record(session, actor, "robots.add", robot)
    return RobotOut.model_validate(robot)


def remove_robot(session: Session, actor: Actor, robot_id: int) -> None:
    """Tell a robot nothing more; raises `NotFound`, `Forbidden`."""
    robot = obtain(session, actor, Action.ROBOTS_MANAGE, Robot, robot_id, lock=True)
    session.delete(robot)
    _record(session, actor, "robots.remove", robot)


def try_robot(session: Session, actor: Actor, robot_id: int) -> RobotTrialOut:
    """Write a line into a robot's group and say what came of it; raises `NotFound`, `Forbidden`."""
    robot = obtain(session, actor, Action.ROBOTS_MANAGE, Robot, robot_id)
    key, secret = _opened(robot)
    channel, now = Channel(robot.kind.value), clock.now()
    if limits.wait(session, channel, key, now):
        return RobotTrialOut(state=DeliveryState.QUEUED, code="limited")
    written = write(Template.ROBOT_TRIAL, {})
    letter = Letter(
        to=key,
        secret=secret,
        template=Template.ROBOT_TRIAL,
        title=written.title,
        text=written.text,
        values={},
        reference=f"trial-{robot.id}",
        written_at=now,
    )
    try:
        return RobotTrialOut(state=DeliveryState.SENT, code=client.SENDERS[channel].send(letter))
    except Refused as refusal:
        return RobotTrialOut(state=DeliveryState.REFUSED, code=refusal.code)
    except Delayed as delay:
        return RobotTrialOut(state=DeliveryState.QUEUED, code=delay.code)


def opened(session: Session, institution_id: int, robot_id: int) -> tuple[str | None, str | None]:
    """The key and the secret of a robot in plain; nothing where it was removed."""
    robot = deliveries.robot(session, institution_id, robot_id)
    return (None, None) if robot is None else _opened(robot)


def _opened(robot: Robot) -> tuple[str, str | None]:
    key = vault().decrypt(robot.key_cipher, _context("key", robot.institution_id, robot.id))
    if robot.secret_cipher is None:
        return key, None
    return key, vault().decrypt(robot.secret_cipher, _context("secret", robot.institution_id, robot.id))


def _context(column: str, institution_id: int, robot_id: int) -> str:
    return f"robot.{column}:{institution_id}:{robot_id}"


def _record(session: Session, actor: Actor, act: str, robot: Robot) -> None:
    details = {"kind": robot.kind.value}
    audit.record(session, actor, act, "robot", robot.id, institution_id=robot.institution_id, details=details)
