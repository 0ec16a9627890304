"""Asking to enter and showing the pass: what each is asked, what a guard scans, and without a network."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access.roles import Role
from app.kernel import clock
from tests.factories.people import add_guardian, add_student, valid_identity_number
from tests.factories.tree import Tree
from tests.gates.steps import Gate, give_pass, set_policy, stand_at
from tests.people.steps import Office
from tests.reports.steps import at
from tests.web.household import move_in, settle
from tests.web.phone import Phone
from tests.web.site import ROOT


def asked_of(page: Page, name: str) -> Locator:
    """The question on the last fourteen days of somebody."""
    return page.get_by_role("group", name=re.compile(f"^{name}近 14 天"))


def test_entry_is_asked_for_and_the_pass_is_shown_without_a_network(
    phone: Phone, tree: Tree, deliver: Callable[[], int]
) -> None:
    home = settle(tree, deliver)
    page = phone.page
    phone.sign_in(home.guardian)
    page.get_by_role("link", name="入校").click()
    page.get_by_role("link", name="申请入校").click()
    page.get_by_text("沈二宝", exact=True).click()
    page.get_by_label("说明").fill("送药")
    asked_of(page, "沈二宝").get_by_text("都没有").click()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("heading", name="入校申请")).to_be_visible()
    expect(page.get_by_text("送药")).to_be_visible()

    page.get_by_role("link", name="入校", exact=True).click()
    phone.lose_network()
    page.get_by_role("link", name=re.compile("出示通行证")).click()
    expect(page.get_by_role("img", name="通行证")).to_be_visible()
    expect(page.get_by_text("请出示给门卫扫码")).to_be_visible()
    phone.find_network()


def test_each_who_comes_is_asked_for_the_last_fourteen_days(phone: Phone, tree: Tree) -> None:
    guardian, *_ = move_in(tree)
    page = phone.page
    phone.sign_in(guardian)
    page.get_by_role("link", name="入校").click()
    page.get_by_role("link", name="申请入校").click()
    page.get_by_label("说明").fill("送药")
    for name in ("沈二宝", "王丽"):
        page.get_by_text(name, exact=True).click()
    page.get_by_role("button", name="添加同行人").click()
    page.get_by_label("姓名").fill("沈大伯")
    page.get_by_label("身份证号").fill(valid_identity_number())
    send = page.get_by_role("button", name="提交申请")
    for name in ("沈二宝", "沈大伯"):
        asked_of(page, name).get_by_text("都没有").click()
    expect(send).to_be_disabled()

    asked_of(page, "王丽").get_by_text("有", exact=True).click()
    expect(send).to_be_disabled()
    page.get_by_text("咳嗽", exact=True).click()
    page.get_by_role("button", name="添加到过的地区").click()
    for level, place in (("省", "江苏省"), ("市", "苏州市"), ("县 (市、区)", "昆山市")):
        page.get_by_label(level, exact=True).select_option(place)
    expect(page.get_by_role("button", name="删除 昆山市")).to_be_visible()
    send.click()
    expect(page.get_by_role("heading", name="入校申请")).to_be_visible()

    principal = Office(tree.client, tree, tree.account(Role.PRINCIPAL, tree.school))
    (request,) = principal.get(f"/institutions/{tree.school}/entry-requests")["items"]
    told = {one["name"]: one for one in principal.get(f"/entry-requests/{request['id']}/health-records")["items"]}
    well: dict[str, object] = {"symptoms": [], "contact": "none", "places": []}
    assert {name: one["health"] for name, one in told.items()} == {
        "沈二宝": well,
        "王丽": {"symptoms": ["cough"], "contact": "none", "places": ["320583"]},
        "沈大伯": well,
    }


def test_who_was_turned_away_by_a_rule_reads_which_and_who_can_lift_it(
    phone: Phone, tree: Tree, deliver: Callable[[], int]
) -> None:
    home = settle(tree, deliver)
    phone.enter(home.guardian)
    phone.page.goto(f"/family/entries/{home.turned_away}")

    expect(phone.page.get_by_text("不能入校")).to_be_visible()
    expect(phone.page.locator(".rule")).to_contain_text("发热")


# The library that draws codes, without what makes a module of it: the page's own is not to be had from outside.
_ENCODER = (ROOT / "web" / "node_modules" / "uqr" / "dist" / "index.mjs").read_text().rpartition("export {")[0]
_SCANNED = """([library, drawn, texts]) => {
  const encode = new Function(library + '; return encode')()
  const picture = text => encode(text, { ecc: 'M', border: 3 }).data
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`${x} ${y}`] : []))).join()
  return texts.filter(text => picture(text) === drawn)
}"""


def scanned(page: Page, texts: list[str]) -> str:
    """What a scanner reads off the screen: the one of some texts whose picture it is."""
    path = page.get_by_role("img", name="通行证").locator("path").get_attribute("d") or ""
    drawn = ",".join(re.findall(r"M(\d+ \d+)h1v1h-1z", path))
    found: list[str] = page.evaluate(_SCANNED, [_ENCODER, drawn, texts])
    assert len(found) == 1, "nothing that a pass may say at this hour"
    return found[0]


def codes(shown: dict[str, Any], now: datetime) -> list[str]:
    """All that a pass may say in the ten minutes before and after a moment."""
    (today,) = [one["secret"] for one in shown["secrets"] if one["day"] == clock.today().isoformat()]
    secret = base64.urlsafe_b64decode(today + "==")
    minute = int(now.timestamp()) // 60
    signs = [hmac.digest(secret, one.to_bytes(8, "big"), hashlib.sha256) for one in range(minute - 10, minute + 11)]
    return [f"{shown['token']}~{base64.urlsafe_b64encode(one).decode()[:8]}" for one in signs]


@pytest.fixture
def gate(tree: Tree) -> Iterator[Gate]:
    """A gate at nine in the morning, where passes change."""
    with at(9):
        made = stand_at(tree)
        set_policy(tree, made.head, "pass_rotating", value=True)
        yield made


def test_a_code_changes_by_itself_and_a_screenshot_admits_nobody(phone: Phone, tree: Tree, gate: Gate) -> None:
    mother = add_guardian(tree, add_student(tree, tree.classes[0]))
    pass_id = give_pass(tree, account_id=mother.account_id)
    page, now = phone.page, clock.now()
    page.clock.install(time=now - timedelta(minutes=5))
    phone.enter(mother)
    with page.expect_response(re.compile("/me/passes")) as heard:
        page.goto(f"/family/passes/{pass_id}")
    (shown,) = heard.value.json()["items"]
    path = page.get_by_role("img", name="通行证").locator("path")
    expect(path).to_be_visible()
    screenshot = scanned(page, codes(shown, now))
    before = path.get_attribute("d") or ""
    phone.lose_network()
    page.clock.fast_forward(300_000)
    expect(path).not_to_have_attribute("d", before)

    assert gate.scan(code=screenshot) == ("turned_away", ["code_stale"])
    assert gate.scan(code=scanned(page, codes(shown, now))) == ("admitted", [])
    page.clock.fast_forward(9 * 3_600_000)
    expect(page.get_by_text("通行证已失效")).to_be_visible()
    expect(path).to_have_count(0)
    phone.find_network()


_COUNTED = """() => {
  const held = (window.held = { asked: 0, released: 0 })
  Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => {
    held.asked += 1
    return { release: async () => void (held.released += 1) }
  } } })
}"""
_SEEN_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


def test_the_screen_stays_on_while_a_pass_is_shown(phone: Phone, tree: Tree) -> None:
    mother = add_guardian(tree, add_student(tree, tree.classes[0]))
    pass_id = give_pass(tree, account_id=mother.account_id)
    page = phone.page
    page.add_init_script(f"({_COUNTED})()")
    phone.enter(mother)
    page.goto(f"/family/passes/{pass_id}")
    expect(page.get_by_role("img", name="通行证")).to_be_visible()
    assert page.evaluate("held") == {"asked": 1, "released": 0}

    # A browser lets the screen go whenever the page is hidden.
    page.evaluate(_SEEN_AGAIN)
    assert page.evaluate("held.asked") == 2
    page.get_by_role("button", name="返回").click()
    expect(page.get_by_role("heading", name="入校", exact=True)).to_be_visible()
    page.evaluate(_SEEN_AGAIN)
    assert page.evaluate("held") == {"asked": 2, "released": 1}
