"""Refusals of access that are more than a missing grant."""

from app.kernel.errors import Forbidden


class PasswordChangeDue(Forbidden):
    """The password was set by somebody else, or has expired: until it is changed the account may do nothing else."""

    code = "password_change_due"
    zh = "请先修改密码。"
    en = "Please change your password first."
