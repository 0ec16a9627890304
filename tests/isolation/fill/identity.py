"""Signing in and out, devices, the account itself, and what machines ask."""

from collections.abc import Mapping

from tests.factories.tree import PASSWORD
from tests.isolation.calls import Build, Call, Take


def nothing(_take: Take) -> Call:
    """An operation without identifiers."""
    return Call()


def sign_in(take: Take) -> Call:
    return Call(body={"phone": take.mine("phone_of_actor"), "password": PASSWORD})


def send_one_time_code(take: Take) -> Call:
    return Call(body={"phone": take.mine("new_phone")})


def sign_in_by_code(take: Take) -> Call:
    phone = take.mine("new_phone")
    return Call(body={"phone": phone, "code": take.mine("new_code")})


def wechat_code(take: Take) -> Call:
    return Call(body={"code": take.mine("new_wechat_code")})


def linked_wechat_code(take: Take) -> Call:
    return Call(body={"code": take.mine("new_linked_wechat_code")})


def refresh_session(take: Take) -> Call:
    return Call(body={"refresh_token": take.mine("new_refresh_token")})


def change_password(_take: Take) -> Call:
    return Call(body={"old_password": PASSWORD, "new_password": "Plum-blossom-2027"})


def send_email_code(take: Take) -> Call:
    return Call(body={"email": take.mine("new_email")})


def confirm_email(take: Take) -> Call:
    return Call(body={"email": take.mine("new_email"), "code": take.mine("new_email_code")})


def revoke_device(take: Take) -> Call:
    return Call(path={"device_id": take("device_id", "new_device")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "check_health": (nothing,),
    "check_readiness": (nothing,),
    "read_jwks": (nothing,),
    "send_one_time_code": (send_one_time_code,),
    "open_session": (sign_in,),
    "open_session_by_code": (sign_in_by_code,),
    "open_session_by_wechat": (linked_wechat_code,),
    "refresh_session": (refresh_session,),
    "close_session": (nothing,),
    "close_all_sessions": (nothing,),
    "read_me": (nothing,),
    "change_password": (change_password,),
    "send_email_code": (send_email_code,),
    "confirm_email": (confirm_email,),
    "remove_email": (nothing,),
    "list_devices": (nothing,),
    "revoke_device": (revoke_device,),
    "link_wechat": (wechat_code,),
    "unlink_wechat": (nothing,),
}
