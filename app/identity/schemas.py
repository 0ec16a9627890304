"""What identity takes and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.access.roles import Role
from app.identity.models import AccountKind
from app.kernel.schemas import Name, Schema, Secret

Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=5, max_length=32), Field(examples=["13800138000"])
]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254), Field(examples=["office@school.cn"])
]
SixDigits = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$"), Field(examples=["042815"])]
WechatCode = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
DeviceName = Annotated[Name | None, Field(description="as the list of devices shows it", examples=["妈妈的手机"])]


class SignIn(Schema):
    """Phone and password."""

    phone: Phone
    password: Secret
    device_name: DeviceName = None


class SignInByCode(Schema):
    """Phone and the code that was sent to it."""

    phone: Phone
    code: SixDigits
    device_name: DeviceName = None


class SignInByWechat(Schema):
    """The login code of the mini-program (`wx.login`)."""

    code: WechatCode
    device_name: DeviceName = None


class WechatLinkIn(Schema):
    """The login code of the mini-program (`wx.login`)."""

    code: WechatCode


class OneTimeCodeIn(Schema):
    """Where to send the code."""

    phone: Phone


class OneTimeCodeOut(Schema):
    """The same whether the number has an account or not."""

    expires_in: int = Field(description="seconds for which the code holds")
    retry_after: int = Field(description="seconds until another one can be asked for")


class EmailCodeIn(Schema):
    """Where to send the code."""

    email: Email


class EmailIn(EmailCodeIn):
    """An address with the code that was sent there."""

    code: SixDigits


class RefreshIn(Schema):
    """The refresh token, used up by this."""

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Tokens(Schema):
    """An open session. The access token goes into `Authorization: Bearer`; the refresh token renews both, once."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme
    expires_in: int = Field(description="seconds for which the access token holds")
    refresh_token: str
    refresh_expires_at: datetime
    account_id: int
    device_id: UUID
    must_change_password: bool = Field(description="until the password is changed nothing else is allowed")


class PasswordChange(Schema):
    """The new password, with the old one or a one-time code sent to the account's phone."""

    new_password: Secret
    old_password: Secret | None = Field(default=None, description="not needed where none was ever set")
    code: SixDigits | None = Field(default=None, description="instead of a password that was forgotten")


class MembershipOut(Schema):
    """A role that the account holds."""

    role: Role
    institution_id: int
    unit_id: int | None
    person_id: int | None = Field(description="the child, for a guardian; oneself, for staff and students")


class MeOut(Schema):
    """The account that is signed in."""

    id: int
    kind: AccountKind
    display_name: str
    phone_masked: str | None
    has_password: bool
    must_change_password: bool
    wechat_linked: bool
    email_masked: str | None = Field(description="where it is written to by e-mail, once confirmed")
    memberships: list[MembershipOut]


class DeviceOut(Schema):
    """A device that is signed in."""

    id: UUID
    name: str
    created_at: datetime
    last_seen_at: datetime
    current: bool = Field(description="the one that asks")


class KeyOut(Schema):
    """A public key (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class KeySetOut(Schema):
    """The keys that sign or will sign access tokens, a day before they do."""

    keys: list[KeyOut]
