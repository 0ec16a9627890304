"""Inboxes, channels, robots and deliveries."""

from collections.abc import Mapping

from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.identity import nothing
from tests.isolation.fill.institutions import in_county, in_school
from tests.notifications.steps import robot_body


def read_message(take: Take) -> Call:
    return Call(path={"message_id": take("message_id", "new_message")})


def read_up_to(take: Take) -> Call:
    return Call(body={"up_to": take.mine("new_message")})


def choose_channel(_take: Take) -> Call:
    return Call(path={"channel": "text"}, body={"muted": True})


def allow(_take: Take) -> Call:
    return Call(body={"templates": ["fever", "checkin_owed"]})


def add_robot(take: Take) -> Call:
    return Call(path=in_school(take).path, body=robot_body("0123456789abcdef"))


def add_robot_of_county(take: Take) -> Call:
    return Call(path=in_county(take).path, body=robot_body("0123456789abcdef"))


def of_robot(take: Take) -> Call:
    return Call(path={"robot_id": take("robot_id", "new_robot")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "list_messages": (nothing,),
    "read_message": (read_message,),
    "read_messages_up_to": (read_up_to,),
    "list_channels": (nothing,),
    "choose_channel": (choose_channel,),
    "list_wechat_allowances": (nothing,),
    "allow_wechat_messages": (allow,),
    "list_robots": (in_school, in_county),
    "add_robot": (add_robot, add_robot_of_county),
    "try_robot": (of_robot,),
    "remove_robot": (of_robot,),
    "list_deliveries": (in_school, in_county),
    "count_deliveries": (in_school, in_county),
}
NAMED_BY_CLIENT = {"choose_channel": {"channel"}}
