"""The robot of a DingTalk group (钉钉自定义机器人), signed with its secret."""

import base64
import hashlib
import hmac
from typing import Final

from app.kernel import clock, settings
from app.notifications.client.letters import Delayed, Letter, Refused, ask, errcode

_TOO_OFTEN: Final = frozenset({130101, 410100})  # more than twenty a minute: silenced for ten
_SILENCED: Final = 600
# Sign, keyword or address do not fit; the token or the group is gone; the text is not allowed.
_REFUSALS: Final = frozenset({310000, 300005, 400013, 400101, 400102, 400105, 430101, 430102, 430103, 430104, 40035})


class DingTalkRobot:
    """Sends plain texts to the group of the robot with the letter's token."""

    def send(self, letter: Letter) -> str:
        """Send; the provider offers no key by which a second time would be known."""
        query = {"access_token": letter.to}
        if letter.secret is not None:
            query |= signed(letter.secret, int(clock.now().timestamp() * 1000))
        text = {"msgtype": "text", "text": {"content": f"{letter.title}\n{letter.text}"}}
        code = errcode(ask("POST", f"{settings.current().dingtalk_api}/robot/send", query=query, body=text))
        if code in _REFUSALS:
            raise Refused(str(code))
        if code != 0:
            raise Delayed(str(code), _SILENCED if code in _TOO_OFTEN else None)
        return "0"


def signed(secret: str, timestamp: int) -> dict[str, str]:
    """The parameters that prove the secret at a moment, in milliseconds since 1970; they hold for an hour."""
    digest = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
    return {"timestamp": str(timestamp), "sign": base64.b64encode(digest).decode()}
