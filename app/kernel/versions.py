"""``If-Match``: a change is made to the version that its author has seen, or not at all (RFC 9110, 13.1.1)."""

from typing import Annotated

from fastapi import Header

from app.kernel.errors import PreconditionFailed

IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=64, description='the version that was read, as `"7"`')
]


def require(version: int, if_match: str | None) -> None:
    """Raise `PreconditionFailed` unless ``if_match`` is absent, ``*`` or names ``version``."""
    if if_match is not None and if_match.strip() not in ("*", f'"{version}"', f'W/"{version}"'):
        raise PreconditionFailed
