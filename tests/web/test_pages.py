"""Every page on a phone and a desktop, in both languages, light and dark: nothing that axe calls serious.

Where `WEB_PHOTOGRAPHS` names a folder, each is photographed into it, for somebody to look at.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.factories.tree import Tree
from tests.web.household import settle
from tests.web.pages import LOOKS, PAGES, PHOTOGRAPHS, visit
from tests.web.phone import held_for, hold

# Who photographs sees all of them. Each room is tried in a look that the other rooms are not: shades are shared by all.
_TRIED = LOOKS if PHOTOGRAPHS else ("phone-zh",)


@pytest.mark.parametrize("look", _TRIED)
def test_no_page_shuts_anybody_out(
    browser: Browser, address: str, tree: Tree, deliver: Callable[[], int], look: str
) -> None:
    home = settle(tree, deliver)
    with hold(browser, address, **held_for(look)) as phone:
        found = [line for one in PAGES if not one.signed_in for line in visit(phone, one, home, look)]
        phone.enter(home.guardian)
        found += [line for one in PAGES if one.signed_in for line in visit(phone, one, home, look)]
    assert "\n".join(found) == ""
