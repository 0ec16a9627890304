"""Inboxes."""

from collections.abc import Mapping

from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.identity import nothing


def read_message(take: Take) -> Call:
    return Call(path={"message_id": take("message_id", "new_message")})


def read_up_to(take: Take) -> Call:
    return Call(body={"up_to": take.mine("new_message")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "list_messages": (nothing,),
    "read_message": (read_message,),
    "read_messages_up_to": (read_up_to,),
}
