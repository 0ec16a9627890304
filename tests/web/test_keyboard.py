"""Without a mouse, without looking: where the focus goes, what is said, what stays still, what keeps its edges."""

import re

from playwright.sync_api import Locator, Page, expect
from starlette.testclient import TestClient

from tests.entries.steps import Cast
from tests.factories.people import add_guardian, add_student
from tests.factories.tree import Tree
from tests.web import school
from tests.web.phone import Phone

_FARTHEST = 60


def tab_to(page: Page, wanted: Locator) -> None:
    """Go on from where the focus is until it is there."""
    expect(wanted).to_be_visible()
    for _ in range(_FARTHEST):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not to be reached by Tab")


def test_a_temperature_is_logged_by_keyboard_alone(phone: Phone, tree: Tree) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    phone.enter(add_guardian(tree, child))
    page = phone.page
    page.goto("/family")
    expect(page.get_by_role("heading", name="今日打卡")).to_be_focused()
    log = page.get_by_role("article", name="沈一诺").get_by_role("button")
    tab_to(page, log)
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="为 沈一诺 打卡").wait_for()
    page.keyboard.type("365")
    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("status").get_by_text("沈一诺: 36.5℃ 已记录")).to_be_visible()
    expect(log).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(log).to_be_focused()
    tab_to(page, page.get_by_role("link", name=re.compile("消息")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="消息", exact=True)).to_be_focused()
    expect(page).to_have_title("消息 · 联防")


def test_an_entry_is_approved_by_keyboard_alone(desk: Phone, client: TestClient, tree: Tree) -> None:
    cast = Cast(client, tree)
    (request,) = school.requests(cast, 1)
    desk.enter(cast.principal.login)
    page = desk.page
    page.goto("/school/approvals")
    tab_to(page, page.get_by_role("link", name="学生01"))
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="学生01")
    tab_to(page, panel.get_by_role("button", name="批准"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("已处理 1 项")).to_be_visible()
    expect(page.get_by_role("heading", name="入校审批")).to_be_focused()
    assert cast.principal.get(f"/entry-requests/{request['id']}")["state"] == "approved"


_PAINTED = """one => {
  const { backgroundColor, borderTopStyle, color } = getComputedStyle(one)
  return [backgroundColor, borderTopStyle, color].join()
}"""


def test_what_is_chosen_is_seen_where_the_system_paints_in_colours_of_its_own(phone: Phone, tree: Tree) -> None:
    phone.enter(add_guardian(tree, add_student(tree, tree.classes[0], name="沈一诺")))
    page = phone.page
    page.emulate_media(forced_colors="active")
    page.goto("/family")
    page.get_by_role("article", name="沈一诺").get_by_role("button").click()
    page.get_by_role("button", name="填写").click()
    sheet = page.get_by_role("dialog")
    chosen = sheet.locator("label.on").first.evaluate(_PAINTED)
    other = sheet.locator("label:not(.on)").first.evaluate(_PAINTED)
    assert chosen != other
    assert sheet.get_by_role("button", name="填好了").evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"


def test_nothing_moves_for_who_does_not_want_it(phone: Phone, tree: Tree) -> None:
    phone.enter(add_guardian(tree, add_student(tree, tree.classes[0], name="沈一诺")))
    page = phone.page
    page.goto("/family")
    moving = []
    for wish in ("no-preference", "reduce"):
        page.emulate_media(reduced_motion=wish)
        page.get_by_role("article", name="沈一诺").get_by_role("button").click()
        page.get_by_role("dialog").wait_for()
        moving.append(page.locator("dialog").first.evaluate("one => getComputedStyle(one).animationName"))
        page.keyboard.press("Escape")
    assert moving[0] != "none"
    assert moving[1] == "none"
