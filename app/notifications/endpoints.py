"""Inboxes, channels, robots and deliveries over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.schemas import Instant, Page, PathId
from app.notifications import service
from app.notifications.models import DeliveryState
from app.notifications.schemas import (
    ChannelChoice,
    ChannelOut,
    ChannelsOut,
    DeliveryCountsOut,
    DeliveryOut,
    InboxOut,
    MessageOut,
    ReadUpIn,
    ReadUpOut,
    RobotIn,
    RobotOut,
    RobotsOut,
    RobotTrialOut,
    WechatAllowanceIn,
    WechatAllowancesOut,
)
from app.notifications.templates import Channel, Template

router = APIRouter(route_class=RepeatableRoute, tags=["notifications"])
Receiver = Annotated[Actor, Allow(Action.INBOX_USE)]
RobotKeeper = Annotated[Actor, Allow(Action.ROBOTS_MANAGE)]
Follower = Annotated[Actor, Allow(Action.DELIVERIES_READ)]
Personal = Literal[Channel.WECHAT, Channel.TEXT, Channel.EMAIL]


@router.get("/me/messages", operation_id="list_messages")
def list_messages(
    session: UnitOfWork,
    actor: Receiver,
    page: Paging,
    *,
    unread: Annotated[bool, Query(description="only what was not read")] = False,
    since: Annotated[
        Instant | None, Query(description="the latest `changed_at` that was seen: only what has changed from then")
    ] = None,
) -> InboxOut:
    """Your messages, newest first."""
    return service.list_messages(session, actor, page, unread=unread, since=since)


@router.post("/me/messages/reads", operation_id="read_messages_up_to")
def read_messages_up_to(body: ReadUpIn, session: UnitOfWork, actor: Receiver) -> ReadUpOut:
    """Mark a message and all before it as read."""
    return service.mark_read_up_to(session, actor, body.up_to)


@router.post("/me/messages/{message_id}/reads", operation_id="read_message")
def read_message(message_id: PathId, session: UnitOfWork, actor: Receiver) -> MessageOut:
    """Mark a message as read."""
    return service.mark_read(session, actor, message_id)


@router.get("/me/channels", operation_id="list_channels")
def list_channels(session: UnitOfWork, actor: Receiver) -> ChannelsOut:
    """By which channels you are written to besides your inbox."""
    return service.list_channels(session, actor)


@router.put("/me/channels/{channel}", operation_id="choose_channel")
def choose_channel(channel: Personal, body: ChannelChoice, session: UnitOfWork, actor: Receiver) -> ChannelOut:
    """Want a channel, or not."""
    return service.choose_channel(session, actor, channel, body)


@router.get("/me/wechat-allowances", operation_id="list_wechat_allowances")
def list_wechat_allowances(session: UnitOfWork, actor: Receiver) -> WechatAllowancesOut:
    """The templates to ask for in WeChat, and how many messages you have allowed still."""
    return service.list_allowances(session, actor)


@router.post("/me/wechat-allowances", operation_id="allow_wechat_messages", status_code=201)
def allow_wechat_messages(body: WechatAllowanceIn, session: UnitOfWork, actor: Receiver) -> WechatAllowancesOut:
    """Say that you have allowed one message of each of these templates in WeChat."""
    return service.allow_wechat(session, actor, body)


@router.get("/institutions/{institution_id}/robots", operation_id="list_robots")
def list_robots(institution_id: PathId, session: UnitOfWork, actor: RobotKeeper) -> RobotsOut:
    """The robots of an institution's groups in WeCom and DingTalk."""
    return service.list_robots(session, actor, institution_id)


@router.post("/institutions/{institution_id}/robots", operation_id="add_robot", status_code=201)
def add_robot(institution_id: PathId, body: RobotIn, session: UnitOfWork, actor: RobotKeeper) -> RobotOut:
    """Add a robot by its webhook address, of which the key is kept, encrypted."""
    return service.add_robot(session, actor, institution_id, body)


@router.post("/robots/{robot_id}/trials", operation_id="try_robot")
def try_robot(robot_id: PathId, session: UnitOfWork, actor: RobotKeeper) -> RobotTrialOut:
    """Write a line into a robot's group."""
    return service.try_robot(session, actor, robot_id)


@router.delete("/robots/{robot_id}", operation_id="remove_robot", status_code=204)
def remove_robot(robot_id: PathId, session: UnitOfWork, actor: RobotKeeper) -> None:
    """Remove a robot."""
    service.remove_robot(session, actor, robot_id)


@router.get("/institutions/{institution_id}/deliveries", operation_id="list_deliveries")
def list_deliveries(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Follower,
    page: Paging,
    *,
    template: Template | None = None,
    channel: Channel | None = None,
    state: DeliveryState | None = None,
) -> Page[DeliveryOut]:
    """What an institution has sent and what became of it, newest first; without a word or a name."""
    filters = {"template": template, "channel": channel, "state": state}
    return service.list_deliveries(session, actor, institution_id, filters, page)


@router.get("/institutions/{institution_id}/deliveries/counts", operation_id="count_deliveries")
def count_deliveries(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Follower,
    *,
    since: Annotated[Instant | None, Query(description="made since then; a day ago, if absent")] = None,
) -> DeliveryCountsOut:
    """How much an institution has sent, and what became of it."""
    return service.count_deliveries(session, actor, institution_id, since)
