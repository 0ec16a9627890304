"""Refusals of identity. Those marked `lasting` are counted: what they wrote is kept."""

from app.kernel.errors import (
    CONSTRAINTS,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    Problem,
    TooManyRequests,
    Unavailable,
)
from app.kernel.language import pick


class PhoneNotValid(Invalid):
    """The text is no number of a mobile phone."""

    code = "phone_not_valid"
    zh = "手机号码不正确。"
    en = "This is not the number of a mobile phone."

    def __init__(self, pointer: str = "/phone") -> None:
        super().__init__(errors=[FieldError(pointer, "phone_not_valid", pick(self.zh, self.en))])


class EmailNotValid(Invalid):
    """The text is no e-mail address."""

    code = "email_not_valid"
    zh = "邮箱地址不正确。"
    en = "This is not an e-mail address."

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/email", "email_not_valid", pick(self.zh, self.en))])


class EmailNotWanted(Forbidden):
    """Families are written to by other ways: what is not needed is not asked for."""

    code = "email_not_wanted"
    zh = "家庭账号无需登记邮箱。"
    en = "Family accounts need no e-mail address."


class PhoneTaken(Conflict):
    """Another account has this number."""

    code = "phone_taken"
    zh = "该手机号码已有账号。"
    en = "There is an account with this number already."


class CredentialsRefused(Problem):
    """Wrong number or wrong password, and never which."""

    status = 401
    code = "credentials_refused"
    zh = "手机号码或密码不正确。"
    en = "The number or the password is wrong."
    lasting = True


class SignInLocked(TooManyRequests):
    """Too many failures of this account or from this address."""

    code = "sign_in_locked"
    zh = "失败次数过多, 请在 {seconds} 秒后再试。"
    en = "Too many failures; wait {seconds} seconds."


class CodeRefused(Problem):
    """The code is wrong, used, expired or tried too often, and never which."""

    status = 401
    code = "code_refused"
    zh = "验证码错误或已失效, 请重新获取。"
    en = "The code is wrong or no longer valid; ask for a new one."
    lasting = True


class CodesLimited(TooManyRequests):
    """Codes cost money and bother people: one a minute, five an hour, ten a day to a phone."""

    code = "codes_limited"
    zh = "验证码发送过于频繁, 请在 {seconds} 秒后再试。"
    en = "Codes are asked for too often; wait {seconds} seconds."


class AccountDisabled(Forbidden):
    """Said only to who has proven to be its holder."""

    code = "account_disabled"
    zh = "账号已停用, 请联系所在单位。"
    en = "The account is disabled; ask your institution."


class SessionEnded(Problem):
    """The refresh token holds no longer: used, expired, revoked or unknown, and never which."""

    status = 401
    code = "session_ended"
    zh = "登录已失效, 请重新登录。"
    en = "The session has ended; sign in again."
    lasting = True

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class WrongPassword(Invalid):
    """The old password, or the code that stands in for it, is wrong."""

    code = "wrong_password"
    zh = "原密码不正确。"
    en = "The old password is wrong."
    lasting = True

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/old_password", "wrong_password", pick(self.zh, self.en))])


class PasswordTooWeak(Invalid):
    """The new password breaks a rule; the error says which."""

    code = "password_too_weak"
    zh = "新密码不符合要求。"
    en = "The new password does not meet the rules."


class PasswordChanged(Conflict):
    """Somebody else has changed it in the meantime; this session has ended with that."""

    code = "password_changed"
    zh = "密码已在别处修改, 请重新登录。"
    en = "The password was changed elsewhere; sign in again."


class WechatNotLinked(Forbidden):
    """WeChat knows who it is, the service does not: sign in in another way once, and link."""

    code = "wechat_not_linked"
    zh = "此微信尚未绑定账号, 请先用手机号码登录。"
    en = "This WeChat is not linked to an account; sign in by phone first."


class WechatRefused(Problem):
    """WeChat does not accept the login code."""

    status = 401
    code = "wechat_refused"
    zh = "微信登录失败, 请重试。"
    en = "WeChat did not accept the sign-in; try again."


class WechatAway(Unavailable):
    """No usable answer from WeChat, or none was set up."""

    code = "wechat_unavailable"
    zh = "微信登录暂时不可用, 请用手机号码登录。"
    en = "Sign-in by WeChat is not available; use your phone number."


class WechatTaken(Conflict):
    """This WeChat is linked to another account."""

    code = "wechat_taken"
    zh = "此微信已绑定其他账号。"
    en = "This WeChat is linked to another account."


CONSTRAINTS.register("uq_account_phone_fingerprint", PhoneTaken)
CONSTRAINTS.register("pk_wechat_link", WechatTaken)
