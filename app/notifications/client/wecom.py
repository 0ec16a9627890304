"""The robot of a WeCom group (企业微信群机器人)."""

from typing import Final

from app.kernel import settings
from app.notifications.client.letters import Delayed, Letter, Refused, ask, errcode

_TOO_OFTEN: Final = 45009  # more than twenty a minute
# The robot was taken out of its group or its key is wrong; the message is not in a form that is taken.
_REFUSALS: Final = frozenset({93000, 93008, 40008, 40058, 44004})
_MOST_BYTES: Final = 2048


class WecomRobot:
    """Sends plain texts to the group of the robot with the letter's key."""

    def send(self, letter: Letter) -> str:
        """Send; the provider offers no key by which a second time would be known."""
        text = f"{letter.title}\n{letter.text}".encode()[:_MOST_BYTES].decode(errors="ignore")
        address = f"{settings.current().wecom_api}/cgi-bin/webhook/send"
        code = errcode(
            ask("POST", address, query={"key": letter.to}, body={"msgtype": "text", "text": {"content": text}})
        )
        if code in _REFUSALS:
            raise Refused(str(code))
        if code != 0:
            raise Delayed(str(code), 60 if code == _TOO_OFTEN else None)
        return "0"
