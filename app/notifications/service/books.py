"""Where accounts can be reached, and whether a message still matters: by the features that know.

Both are registered from above. A phone number or an openid so stands in one place only, encrypted, and is gone from
here when it is gone from there; and what has been done in the meantime is asked for at the moment of sending.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.notifications.templates import Channel, Template


@dataclass(frozen=True, slots=True)
class Book:
    """Addresses for one channel: which of some accounts have one (``having``), in plain, and as it may be shown."""

    having: Callable[[Session, Collection[int]], Collection[int]]
    address: Callable[[Session, int], str | None]
    masked: Callable[[Session, int], str | None]


StillWanted = Callable[[Session, int, int, str], bool]

BOOKS: dict[Channel, Book] = {}
CHECKS: dict[Template, StillWanted] = {}


def register_book(channel: Channel, book: Book) -> None:
    """Make known where accounts are reached over a channel; raises ValueError where that is known."""
    if BOOKS.setdefault(channel, book) is not book:
        raise ValueError(f"two books for {channel}")


def register_check(template: Template, wanted: StillWanted) -> None:
    """Have ``wanted(session, institution_id, account_id, key)`` asked before a message of ``template`` leaves.

    Raises ValueError where somebody else is asked.
    """
    if CHECKS.setdefault(template, wanted) is not wanted:
        raise ValueError(f"two checks for {template}")
