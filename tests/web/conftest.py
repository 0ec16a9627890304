"""Journeys through the built client in a real browser, against the real service and a real database."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.factories.tree import Tree
from tests.web import site
from tests.web.phone import Phone, hold


@pytest.fixture(scope="session")
def address(owner_url: str) -> Iterator[str]:
    """Where the service listens."""
    assert owner_url
    with site.serving() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the journeys of a module; while it runs, no other event loop can in this thread."""
    with site.browsing() as found:
        yield found


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Phone]:
    """A phone that has never been here."""
    with hold(browser, address) as found:
        yield found


@pytest.fixture
def desk(browser: Browser, address: str) -> Iterator[Phone]:
    """A desktop that has never been here."""
    with hold(browser, address, width=1440, height=900) as found:
        yield found


@pytest.fixture
def page(phone: Phone) -> Page:
    """What the phone shows."""
    return phone.page


@pytest.fixture
def tree(client: object, tree: Tree) -> Tree:
    """A new province; its rows are written by the application in this process."""
    assert client
    return tree
