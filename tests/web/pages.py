"""Every page of the client, in a world where it has something to show."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.factories.people import add_guardian, add_household_member, add_student
from tests.factories.tree import Login, Tree

Step = Callable[[Page], None]


@dataclass(frozen=True)
class World:
    """A family and what it has."""

    guardian: Login
    child: int

    @classmethod
    def grow(cls, tree: Tree) -> "World":
        """Two who are followed: a child and its mother."""
        child = add_student(tree, tree.classes[0], name="沈一诺")
        add_household_member(tree, child, name="王丽", relation="母亲")
        return cls(add_guardian(tree, child), child)


@dataclass(frozen=True)
class Shown:
    """A page by its address; ``then``: what is opened on it. ``signed_in``: whether it is the family's."""

    name: str
    path: Callable[[World], str]
    then: Step | None = None
    signed_in: bool = True


def _open_log(page: Page) -> None:
    page.locator("article button").first.click()
    page.get_by_role("dialog").wait_for()


PAGES = (
    Shown("sign-in", lambda _: "/sign-in", signed_in=False),
    Shown("missing", lambda _: "/nowhere", signed_in=False),
    Shown("password", lambda _: "/password"),
    Shown("today", lambda _: "/family"),
    Shown("my", lambda _: "/family/my"),
    Shown("join", lambda _: "/family/join"),
    Shown("log", lambda _: "/family", _open_log),
)
