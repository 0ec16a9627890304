"""A phone in somebody's hand: 390 × 844, one language, a network that may go away."""

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.factories.tree import Login

# What a browser says by itself when it is offline, or when a phone asks whether a session still holds.
_EXPECTED = ("net::ERR_INTERNET_DISCONNECTED", "status of 401")

# How many answers a page still waits for; what an answer leads to is asked for before it is counted off.
_COUNT = """
  window.asked = 0
  const asks = window.fetch
  window.fetch = (...what) => {
    window.asked += 1
    return asks(...what).finally(() => setTimeout(() => (window.asked -= 1), 50))
  }
"""

_SETTLED = """async () => {
  for (let turn = 0; turn < 500; turn++) {
    if (window.asked === 0 && !document.querySelector('[aria-busy=true]')) return true
    await new Promise(next => setTimeout(next, 20))
  }
  return false
}"""


@dataclass
class Phone:
    """A page with what it has complained of."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def hear(self, said: ConsoleMessage) -> None:
        """Keep what the page says to developers when something is wrong."""
        if said.type in ("error", "warning") and not any(one in said.text for one in _EXPECTED):
            self.complaints.append(said.text)

    def sign_in(self, login: Login) -> None:
        """Sign in by password, from the first page on."""
        self.page.goto("/")
        self.page.get_by_role("button", name="密码登录").click()
        self.page.get_by_label("手机号码").fill(login.phone)
        self.page.get_by_label("密码", exact=True).fill(login.password)
        self.page.get_by_role("button", name="登录", exact=True).click()
        self.page.get_by_role("heading", name="今日打卡").wait_for()

    def enter(self, login: Login) -> None:
        """Sign in without the page, in whatever language the phone speaks."""
        answer = self.context.request.post(
            "/api/v1/sessions", data={"phone": login.phone, "password": login.password, "device_name": "手机"}
        )
        tokens = answer.json()
        kept = {
            "accountId": tokens["account_id"],
            "deviceId": tokens["device_id"],
            "mustChangePassword": False,
            "access": tokens["access_token"],
            "accessUntil": (time.time() + tokens["expires_in"]) * 1000,
            "refresh": tokens["refresh_token"],
        }
        self.page.goto("/sign-in")
        self.page.evaluate("kept => localStorage.setItem('lianfang.session', kept)", json.dumps(kept))

    def settle(self) -> None:
        """Wait until the page has what it asked for, and what it asked for because of that."""
        assert self.page.evaluate(_SETTLED), "the page still waits for answers"

    def lose_network(self) -> None:
        """Airplane mode."""
        self.context.set_offline(True)

    def find_network(self) -> None:
        """And back."""
        self.context.set_offline(False)


def held_for(look: str) -> dict[str, Any]:
    """What a device is held with for a look such as "desktop-en-dark": what it is, its language, its shade."""
    device, language, *shade = look.split("-")
    sizes = {"phone": {}, "desktop": {"width": 1440, "height": 900}, "wall": {"width": 1920, "height": 1080}}
    return {"locale": {"zh": "zh-CN"}.get(language, language), "dark": shade == ["dark"], **sizes[device]}


@contextlib.contextmanager
def hold(browser: Browser, address: str, *, width: int = 390, height: int = 844, **more: object) -> Iterator[Phone]:
    """A phone for the length of a block; nothing may have gone wrong on it that the journey did not ask for."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        locale=str(more.get("locale", "zh-CN")),
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if more.get("dark") else "light",
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.add_init_script(_COUNT)
    phone = Phone(context, page)
    page.on("console", phone.hear)
    page.on("pageerror", lambda error: phone.complaints.append(str(error)))
    try:
        yield phone
        assert phone.complaints == [], phone.complaints
    finally:
        context.close()
