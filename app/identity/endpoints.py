"""Signing in and out, devices, the account itself, the public keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.identity import service
from app.identity.schemas import (
    DeviceOut,
    EmailCodeIn,
    EmailIn,
    KeySetOut,
    MeOut,
    OneTimeCodeIn,
    OneTimeCodeOut,
    PasswordChange,
    RefreshIn,
    SignIn,
    SignInByCode,
    SignInByWechat,
    Tokens,
    WechatLinkIn,
)
from app.kernel.db import UnitOfWork
from app.kernel.requests import SECRET, ClientAddress
from app.kernel.schemas import Page

OPEN = {"x-open": True}  # an operation that needs no bearer
KEYS_FRESH_SECONDS = 300


Self = Annotated[Actor, Allow(Action.ACCOUNT_USE)]

router = APIRouter(tags=["identity"])
wellknown_router = APIRouter(tags=["identity"])


@router.post("/one-time-codes", operation_id="send_one_time_code", status_code=202, openapi_extra=OPEN)
def send_one_time_code(body: OneTimeCodeIn, session: UnitOfWork) -> OneTimeCodeOut:
    """Send a code of six digits to a phone: one a minute, five an hour, ten a day."""
    return service.send_code(session, body)


@router.post("/sessions", operation_id="open_session", status_code=201, openapi_extra=OPEN, dependencies=SECRET)
def open_session(body: SignIn, session: UnitOfWork, address: ClientAddress) -> Tokens:
    """Sign in by phone and password."""
    return service.by_password(session, body, address)


@router.post(
    "/sessions/by-code", operation_id="open_session_by_code", status_code=201, openapi_extra=OPEN, dependencies=SECRET
)
def open_session_by_code(body: SignInByCode, session: UnitOfWork, address: ClientAddress) -> Tokens:
    """Sign in by a one-time code; a new phone gets a family account."""
    return service.by_code(session, body, address)


@router.post(
    "/sessions/by-wechat",
    operation_id="open_session_by_wechat",
    status_code=201,
    openapi_extra=OPEN,
    dependencies=SECRET,
)
def open_session_by_wechat(body: SignInByWechat, session: UnitOfWork) -> Tokens:
    """Sign in by WeChat, once it is linked to an account."""
    return service.by_wechat(session, body)


@router.post("/sessions/refresh", operation_id="refresh_session", openapi_extra=OPEN, dependencies=SECRET)
def refresh_session(body: RefreshIn, session: UnitOfWork) -> Tokens:
    """Renew both tokens. The refresh token is used up; one that was used before ends the session."""
    return service.refresh(session, body.refresh_token)


@router.delete("/sessions/current", operation_id="close_session", status_code=204)
def close_session(session: UnitOfWork, actor: Self) -> None:
    """End this session."""
    service.sign_out(session, actor)


@router.delete("/sessions", operation_id="close_all_sessions", status_code=204)
def close_all_sessions(session: UnitOfWork, actor: Self) -> None:
    """End all sessions of the account, this one too."""
    service.sign_out_everywhere(session, actor)


@router.get("/me", operation_id="read_me")
def read_me(session: UnitOfWork, actor: Self) -> MeOut:
    """The account that is signed in, with its roles."""
    return service.read_me(session, actor)


@router.put("/me/password", operation_id="change_password", dependencies=SECRET)
def change_password(body: PasswordChange, session: UnitOfWork, actor: Self, address: ClientAddress) -> Tokens:
    """Set a new password. Ends all sessions; the answer is a new one for this device."""
    return service.change_password(session, actor, body, address)


@router.get("/me/devices", operation_id="list_devices")
def list_devices(session: UnitOfWork, actor: Self) -> Page[DeviceOut]:
    """Devices that are signed in, the last seen first."""
    return service.list_devices(session, actor)


@router.delete("/me/devices/{device_id}", operation_id="revoke_device", status_code=204)
def revoke_device(device_id: UUID, session: UnitOfWork, actor: Self) -> None:
    """Sign a device out, as a lost phone."""
    service.revoke_device(session, actor, device_id)


@router.post("/me/wechat", operation_id="link_wechat", status_code=204)
def link_wechat(body: WechatLinkIn, session: UnitOfWork, actor: Self) -> None:
    """Link a WeChat to the account, to sign in by it."""
    service.link_wechat(session, actor, body)


@router.delete("/me/wechat", operation_id="unlink_wechat", status_code=204)
def unlink_wechat(session: UnitOfWork, actor: Self) -> None:
    """Take WeChat off the account."""
    service.unlink_wechat(session, actor)


@router.post("/me/email-codes", operation_id="send_email_code", status_code=202)
def send_email_code(body: EmailCodeIn, session: UnitOfWork, actor: Self) -> OneTimeCodeOut:
    """Send a code of six digits to an e-mail address: one a minute, five an hour, ten a day. For accounts of staff."""
    return service.send_email_code(session, actor, body)


@router.put("/me/email", operation_id="confirm_email")
def confirm_email(body: EmailIn, session: UnitOfWork, actor: Self) -> MeOut:
    """Be written to at an address, by the code that was sent there; in place of the address before."""
    return service.confirm_email(session, actor, body)


@router.delete("/me/email", operation_id="remove_email", status_code=204)
def remove_email(session: UnitOfWork, actor: Self) -> None:
    """Take the e-mail address off the account."""
    service.remove_email(session, actor)


@wellknown_router.get("/.well-known/jwks.json", operation_id="read_jwks", openapi_extra=OPEN)
def read_jwks(session: UnitOfWork, response: Response) -> KeySetOut:
    """The public keys of access tokens (RFC 7517)."""
    response.headers["Cache-Control"] = f"public, max-age={KEYS_FRESH_SECONDS}"
    return service.key_set(session)
