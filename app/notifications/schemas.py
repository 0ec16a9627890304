"""Messages, channels, robots and deliveries as they are asked and answered."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.kernel.schemas import Flag, Id, Moment, Name, Page, Schema
from app.notifications.models import DeliveryState, RobotKind, Urgency
from app.notifications.templates import Channel, Template


class MessageOut(Schema):
    """A message in an inbox, in the language of the request. ``link``: where in the app it leads."""

    id: int
    institution_id: int
    template: Template
    title: str
    text: str
    urgency: Urgency
    link: str | None
    written_at: Moment
    until: Moment | None
    read_at: Moment | None
    changed_at: Moment


class InboxOut(Page[MessageOut]):
    """A page of an inbox. ``unread``: in the whole of it, what is over left out."""

    unread: int


class ReadUpIn(Schema):
    """The newest message that was seen; it and all before it are read."""

    up_to: Id


class ReadUpOut(Schema):
    """How many messages that were unread are read now, and how many are left."""

    read: int
    unread: int


class ChannelOut(Schema):
    """A way by which an account is written to. ``available``: set up by the operator; no ``address``: none is known."""

    channel: Channel
    available: bool
    address: str | None
    muted: bool


class ChannelsOut(Schema):
    """The channels of an account."""

    items: list[ChannelOut]


class ChannelChoice(Schema):
    """Whether nothing is to come by a channel."""

    muted: Flag


class WechatAllowanceIn(Schema):
    """The templates to which the user has said yes just now, when WeChat asked."""

    templates: Annotated[list[Template], Field(min_length=1, max_length=10)]


class WechatAllowanceOut(Schema):
    """A template, WeChat's id of it, and how many messages of it are allowed still."""

    template: Template
    template_id: str
    left: int


class WechatAllowancesOut(Schema):
    """Every template that WeChat may be asked for."""

    items: list[WechatAllowanceOut]


class RobotIn(Schema):
    """A robot by its webhook address; ``secret``: DingTalk's, where it signs."""

    kind: RobotKind
    name: Name
    webhook: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    secret: Annotated[str, StringConstraints(pattern=r"^[!-~]{8,128}$")] | None = None


class RobotOut(Schema):
    """A robot; its key is not shown again."""

    id: int
    kind: RobotKind
    name: str
    made_at: Moment


class RobotsOut(Schema):
    """The robots of an institution."""

    items: list[RobotOut]


class RobotTrialOut(Schema):
    """What came of a trial: sent; refused for good; queued: not now. ``code`` is the provider's own."""

    state: DeliveryState
    code: str


class DeliveryOut(Schema):
    """Messages on their way to one receiver. ``messages``: how many were gathered into it."""

    id: int
    channel: Channel
    template: Template
    state: DeliveryState
    attempts: int
    code: str | None
    messages: int
    made_at: Moment
    due_at: Moment
    settled_at: Moment | None


class DeliveryCountOut(Schema):
    """How many deliveries of a template over a channel have come to a state."""

    template: Template
    channel: Channel
    state: DeliveryState
    count: int


class DeliveryCountsOut(Schema):
    """The counts of an institution."""

    items: list[DeliveryCountOut]
