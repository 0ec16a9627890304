"""Problems (RFC 9457): what a caller is told when something cannot be done.

A feature declares each of its refusals once as a subclass of `Problem`; services raise them, the
API turns them into ``application/problem+json``. Codes are stable: clients switch on them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from app.kernel.language import pick


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong place in the input: a JSON pointer (RFC 6901), a stable code and a text; never the value."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Base of all refusals.

    ``zh`` and ``en`` are sentences for the person at the other end, with ``{name}`` places
    for ``params``; they hold no personal data and never echo input. ``lasting`` marks a refusal that is itself a
    fact (a wrong password counts): what was written before it is committed, in the one transaction of the request.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    zh: ClassVar[str] = "请求有误。"
    en: ClassVar[str] = "The request is not right."
    lasting: ClassVar[bool] = False

    registry: ClassVar[dict[str, type["Problem"]]] = {}

    def __init__(
        self, *, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None, **params: Any
    ) -> None:
        """``errors`` point into the body; ``params`` fill the sentence and travel with the problem."""
        super().__init__(self.code)
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.params = params

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.code in Problem.registry:
            raise TypeError(f"two problems share the code {cls.code}")
        Problem.registry[cls.code] = cls

    def detail(self) -> str:
        """The sentence in the caller's language."""
        return pick(self.zh, self.en).format_map(self.params)

    def document(self) -> dict[str, Any]:
        """The members of the problem document."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": pick(_TITLES[self.status][0], _TITLES[self.status][1]),
            "status": self.status,
            "code": self.code,
            "detail": self.detail(),
        }
        if self.params:
            body["params"] = {name: str(value) for name, value in self.params.items()}
        if self.errors:
            body["errors"] = [
                {"pointer": error.pointer, "code": error.code, "detail": error.detail} for error in self.errors
            ]
        return body


class Invalid(Problem):
    """The input is well formed but breaks a rule; ``errors`` say where."""

    status = 422
    code = "invalid"
    zh = "有内容不符合要求, 请按提示修改。"
    en = "Some of the input is not valid; see the errors."


class Malformed(Problem):
    """The body is not JSON of the kind that is accepted (RFC 8259, UTF-8, shallow)."""

    code = "malformed"
    zh = "无法读取提交的内容。"
    en = "The body could not be read."


class Unauthenticated(Problem):
    """No token, or one that does not hold; never says which."""

    status = 401
    code = "unauthenticated"
    zh = "请先登录。"
    en = "Please sign in."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    """The caller may see the thing but not do this with it."""

    status = 403
    code = "forbidden"
    zh = "您的角色不能进行此操作。"
    en = "Your role does not allow this."


class NotFound(Problem):
    """Not there, or not for this caller: the two answers are the same to the byte."""

    status = 404
    code = "not_found"
    zh = "没有找到。"
    en = "Not found."


class Conflict(Problem):
    """The state of the thing does not allow it, or somebody was faster."""

    status = 409
    code = "conflict"
    zh = "内容已被他人更改, 请刷新后再试。"
    en = "It has changed in the meantime; reload and try again."


class PreconditionFailed(Problem):
    """The version in ``If-Match`` is no longer the current one (RFC 9110, 13.1.1)."""

    status = 412
    code = "precondition_failed"
    zh = "您看到的版本已过期, 请刷新后再试。"
    en = "You were looking at an older version; reload and try again."


class TooLarge(Problem):
    """The body is over its limit."""

    status = 413
    code = "too_large"
    zh = "提交的内容过大, 上限为 {limit} 字节。"
    en = "The body is too large; the limit is {limit} bytes."


class UnsupportedFormat(Problem):
    """A body in a format that is not read here."""

    status = 415
    code = "unsupported_format"
    zh = "不支持这种内容格式。"
    en = "Bodies of this format are not read here."


class TooManyRequests(Problem):
    """A limit on tries; ``Retry-After`` says when the next one counts."""

    status = 429
    code = "too_many_requests"
    zh = "操作过于频繁, 请在 {seconds} 秒后再试。"
    en = "Too many tries; wait {seconds} seconds."

    def __init__(self, *, seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(seconds)}, seconds=seconds)


class Internal(Problem):
    """A defect of ours; the correlation id finds it in the log."""

    status = 500
    code = "internal"
    zh = "系统出错, 我们已记录。请稍后再试。"
    en = "Something went wrong on our side; it has been recorded."


class Unavailable(Problem):
    """The database or another service is away; nothing was changed."""

    status = 503
    code = "unavailable"
    zh = "服务暂时不可用, 请稍后再试。"
    en = "The service is not available right now; try again soon."

    def __init__(self, *, seconds: int = 2) -> None:
        super().__init__(headers={"Retry-After": str(seconds)})


_TITLES: Mapping[int, tuple[str, str]] = {
    400: ("请求有误", "Bad request"),
    401: ("未登录", "Not signed in"),
    403: ("没有权限", "Not allowed"),
    404: ("没有找到", "Not found"),
    405: ("不支持的方法", "Method not allowed"),
    409: ("状态冲突", "Conflict"),
    410: ("已失效", "Gone"),
    412: ("版本已过期", "Precondition failed"),
    413: ("内容过大", "Too large"),
    415: ("不支持的格式", "Unsupported format"),
    422: ("内容不符合要求", "Not valid"),
    429: ("过于频繁", "Too many requests"),
    500: ("系统出错", "Internal error"),
    503: ("暂时不可用", "Unavailable"),
}


@dataclass(slots=True)
class ConstraintMap:
    """Which problem a violated database constraint means."""

    problems: dict[str, type[Problem]] = field(default_factory=dict)

    def register(self, constraint: str, problem: type[Problem]) -> None:
        """A feature's ``errors.py`` calls this once for each constraint that a caller can run into."""
        self.problems[constraint] = problem

    def problem_for(self, constraint: str | None) -> Problem:
        """The registered problem, else `Conflict`; a shard suffix (``_102008``) is not part of the name."""
        name = re.sub(r"_\d+$", "", constraint or "")
        return self.problems.get(name, Conflict)()


CONSTRAINTS = ConstraintMap()
