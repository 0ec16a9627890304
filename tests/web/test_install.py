"""The program on a phone: what it is installed from, and a new version that nobody is disturbed by."""

import struct

from playwright.sync_api import Browser, Page, expect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.factories.people import add_guardian, add_student
from tests.factories.tree import Tree
from tests.web import site
from tests.web.phone import hold
from tests.web.test_family import card, type_temperature


def test_it_is_installed_with_icons_of_the_size_that_they_say(page: Page) -> None:
    page.goto("/sign-in")
    manifest = page.request.get("/manifest.webmanifest").json()
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "/", "/")
    assert "orientation" not in manifest  # whoever cannot turn the phone reads it as it is held
    icons = [(one["src"], one["sizes"]) for one in manifest["icons"] if one["type"] == "image/png"]
    assert any(one.get("purpose") == "maskable" for one in manifest["icons"])
    touch = page.locator("link[rel=apple-touch-icon]").get_attribute("href")
    for source, sizes in [*icons, (touch, "180x180")]:
        drawn = page.request.get(str(source)).body()
        width, height = struct.unpack(">II", drawn[16:24])
        assert (drawn[1:4], f"{width}x{height}") == (b"PNG", sizes)
    assert page.locator("meta[name=apple-mobile-web-app-title]").get_attribute("content") == "联防"


class Release:
    """Once it is ``out``, the worker is that of another version."""

    out = False

    def before(self, app: ASGIApp) -> ASGIApp:
        """Stand before the service."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if self.out and scope["type"] == "http" and scope["path"] == "/worker.js":
                text = (
                    (site.ROOT / "web" / "dist" / "worker.js").read_text().replace("'lianfang-", "'lianfang-newer-", 1)
                )
                await Response(text, media_type="application/javascript")(scope, receive, send)
            else:
                await app(scope, receive, send)

        return answer


_CACHES = "() => caches.keys()"
_LOOK_FOR_ONE = "() => navigator.serviceWorker.ready.then(one => one.update()).then(() => true)"


def test_a_new_version_is_offered_and_not_forced(browser: Browser, owner_url: str, tree: Tree) -> None:
    assert owner_url
    child = add_student(tree, tree.classes[0], name="沈一诺")
    release = Release()
    with site.serving(around=release.before) as address, hold(browser, address) as phone:
        page = phone.page
        phone.sign_in(add_guardian(tree, child))
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        card(page, "沈一诺").get_by_role("button", name="打卡").click()
        page.keyboard.type("36")
        (before,) = page.evaluate(_CACHES)
        page.evaluate("() => caches.open('lianfang-of-last-year').then(() => void (window.same = true))")

        release.out = True
        page.evaluate(_LOOK_FOR_ONE)
        expect(page.get_by_text("联防有新版本")).to_be_visible()
        type_temperature(page, "5")
        expect(card(page, "沈一诺")).to_contain_text("36.5℃")
        assert page.evaluate("window.same")
        with page.expect_event("load"):
            page.get_by_role("button", name="更新").click()
        assert page.evaluate("window.same === undefined")
        expect(card(page, "沈一诺")).to_contain_text("36.5℃")
        expect(page.get_by_text("联防有新版本")).to_have_count(0)
        (after,) = page.evaluate(_CACHES)
        assert after.startswith("lianfang-newer-")
        assert after != before
