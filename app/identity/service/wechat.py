"""WeChat as a way in: who it says somebody is, and whose account that is."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.access.service import Actor
from app.audit import service as audit
from app.identity import client
from app.identity.errors import WechatAway, WechatRefused, WechatTaken
from app.identity.queries import accounts as account_rows
from app.identity.schemas import WechatLinkIn
from app.kernel import clock, logs, settings
from app.kernel.secrets import vault

_TIMEOUT_SECONDS = 3.0
log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Openid:
    """Who WeChat says somebody is: as a keyed hash to find by, and encrypted, to be written to."""

    fingerprint: bytes
    cipher: bytes


def openid_of(code: str) -> Openid:
    """Who is behind a login code; raises `WechatRefused` and `WechatAway`."""
    found = settings.current()
    if not found.wechat_app_id:
        raise WechatAway(seconds=3600)
    try:
        answer = client.code2session(
            found.wechat_endpoint,
            found.wechat_app_id,
            found.wechat_secret.get_secret_value(),
            code,
            timeout=_TIMEOUT_SECONDS,
        )
    except client.WeChatRefused as refused:
        raise WechatRefused from refused
    except client.WeChatUnavailable as away:
        log.warning("wechat_unavailable", reason=away.reason)
        raise WechatAway from away
    fingerprint = vault().fingerprint(answer.openid, f"wechat.openid:{found.wechat_app_id}")
    return Openid(fingerprint, vault().encrypt(answer.openid, _context(fingerprint)))


def decrypt(cipher: bytes, fingerprint: bytes) -> str:
    """The openid of a link."""
    return vault().decrypt(cipher, _context(fingerprint))


def _context(fingerprint: bytes) -> str:
    return f"wechat_link.openid:{fingerprint.hex()}"


def link(session: Session, actor: Actor, given: WechatLinkIn) -> None:
    """Let the caller sign in by this WeChat from now on; raises `WechatTaken` where it opens another account."""
    account_id = actor.account_id or 0
    openid = openid_of(given.code)
    if account_rows.link_wechat(session, openid.fingerprint, openid.cipher, account_id, clock.now()) != account_id:
        raise WechatTaken
    audit.record(session, actor, "wechat.link", "account", account_id, institution_id=audit.PLATFORM)


def unlink(session: Session, actor: Actor) -> None:
    """Take WeChat off the caller's account as a way in."""
    account_id = actor.account_id or 0
    if account_rows.unlink_wechat(session, account_id):
        audit.record(session, actor, "wechat.unlink", "account", account_id, institution_id=audit.PLATFORM)
