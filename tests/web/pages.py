"""Every page of the client, in a world where it has something to show."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.web.access import shut_out
from tests.web.phone import Phone

PHOTOGRAPHS = os.environ.get("WEB_PHOTOGRAPHS")
LOOKS = ("phone-zh", "phone-en-dark", "desktop-zh-dark", "desktop-en")
Step = Callable[[Page], None]


@dataclass(frozen=True)
class Shown:
    """A page by its address in some world; ``then``: what is opened. ``signed_in``: whether it is the family's."""

    name: str
    path: Callable[[Any], str]
    then: Step | None = None
    signed_in: bool = True


def visit(phone: Phone, shown: Shown, home: Any, look: str) -> list[str]:
    """Open a page, photograph it if wanted, and say what is wrong with it."""
    page = phone.page
    page.goto(shown.path(home))
    page.locator("h1").first.wait_for()
    phone.settle()
    if shown.then:
        shown.then(page)
        phone.settle()
    if PHOTOGRAPHS:
        page.wait_for_load_state("networkidle")  # what is drawn, too
        page.screenshot(path=Path(PHOTOGRAPHS) / f"{shown.name}-{look}.png")
    return [f"{shown.name}: {one}" for one in shut_out(page)]


def _log(page: Page) -> None:
    page.locator("article button").first.click()
    page.get_by_role("dialog").wait_for()


def _answer(page: Page) -> None:
    _log(page)
    page.locator("dialog button.line").click()
    page.locator("dialog fieldset").first.wait_for()


def _give_no_temperature(page: Page) -> None:
    _log(page)
    page.locator("dialog button.word").click()
    page.locator("dialog fieldset").first.wait_for()


def _add_member(page: Page) -> None:
    page.locator("button.add").click()
    page.get_by_role("dialog").wait_for()


PAGES = (
    Shown("sign-in", lambda _: "/sign-in", signed_in=False),
    Shown("missing", lambda _: "/nowhere", signed_in=False),
    Shown("today", lambda _: "/family"),
    Shown("log", lambda _: "/family", _log),
    Shown("answers", lambda _: "/family", _answer),
    Shown("not-measured", lambda _: "/family", _give_no_temperature),
    Shown("add-member", lambda _: "/family", _add_member),
    Shown("person", lambda home: f"/family/persons/{home.elder}"),
    Shown("entries", lambda _: "/family/entries"),
    Shown("ask", lambda _: "/family/entries/new"),
    Shown("entry-turned-away", lambda home: f"/family/entries/{home.turned_away}"),
    Shown("entry-returned", lambda home: f"/family/entries/{home.returned}"),
    Shown("entry-approved", lambda home: f"/family/entries/{home.approved}"),
    Shown("change", lambda home: f"/family/entries/{home.returned}/change"),
    Shown("pass", lambda home: f"/family/passes/{home.pass_id}"),
    Shown("messages", lambda _: "/family/messages"),
    Shown("my", lambda _: "/family/my"),
    Shown("join", lambda _: "/family/join"),
    Shown("password", lambda _: "/password"),
)
