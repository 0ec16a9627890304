"""Every page on a phone and a desktop, in both languages, light and dark: nothing that axe calls serious.

Where `WEB_PHOTOGRAPHS` names a folder, each is photographed into it, for somebody to look at.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.factories.tree import Tree
from tests.web.access import shut_out
from tests.web.household import settle
from tests.web.pages import PAGES, Shown
from tests.web.phone import Phone, hold

_PHOTOGRAPHS = os.environ.get("WEB_PHOTOGRAPHS")

LOOKS: dict[str, dict[str, Any]] = {
    "phone-zh": {"locale": "zh-CN"},
    "phone-en-dark": {"locale": "en", "dark": True},
    "desktop-zh-dark": {"locale": "zh-CN", "dark": True, "width": 1440, "height": 900},
    "desktop-en": {"locale": "en", "width": 1440, "height": 900},
}
# Who photographs sees all of them. Each room is tried in a look that the other rooms are not: shades are shared by all.
_TRIED = tuple(LOOKS) if _PHOTOGRAPHS else ("phone-zh",)


def visit(phone: Phone, shown: Shown, home: Any, look: str) -> list[str]:
    """Open a page, photograph it if wanted, and say what is wrong with it."""
    page = phone.page
    page.goto(shown.path(home))
    page.locator("h1").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.locator("[aria-busy=true]").wait_for(state="detached")
    if shown.then:
        shown.then(page)
    if _PHOTOGRAPHS:
        page.screenshot(path=Path(_PHOTOGRAPHS) / f"{shown.name}-{look}.png")
    return [f"{shown.name}: {one}" for one in shut_out(page)]


@pytest.mark.parametrize("look", _TRIED)
def test_no_page_shuts_anybody_out(
    browser: Browser, address: str, tree: Tree, deliver: Callable[[], int], look: str
) -> None:
    home = settle(tree, deliver)
    with hold(browser, address, **LOOKS[look]) as phone:
        found = [line for one in PAGES if not one.signed_in for line in visit(phone, one, home, look)]
        phone.enter(home.guardian)
        found += [line for one in PAGES if one.signed_in for line in visit(phone, one, home, look)]
    assert "\n".join(found) == ""
