"""The ground that every page stands on: signing in, glyphs, the kept program, headers that hold in a real browser."""

from playwright.sync_api import Page, expect

from tests.factories.people import add_guardian, add_student
from tests.factories.tree import Tree
from tests.web.phone import Phone

# Each drawn by itself on a canvas: four pictures, where a font without Chinese would give four equal boxes.
_GLYPHS = """glyphs => glyphs.map(glyph => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 })
  const pen = canvas.getContext('2d')
  pen.font = `48px ${getComputedStyle(document.documentElement).fontFamily}`
  pen.fillText(glyph, 8, 52)
  return canvas.toDataURL()
})"""


def test_chinese_is_drawn_not_boxed(page: Page) -> None:
    page.goto("/sign-in")

    pictures = page.evaluate(_GLYPHS, ["体", "温", "鑫", "\u0378"])
    assert len(set(pictures)) == 4
    # What no font has looks the same whatever it is: without Chinese, the four above would.
    assert len(set(page.evaluate(_GLYPHS, ["\u0378", "\u0379", "\u0380", "\u0381"]))) == 1


def test_a_parent_signs_in_and_stays_signed_in(phone: Phone, tree: Tree) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    phone.sign_in(add_guardian(tree, child))
    expect(phone.page.get_by_role("heading", name="沈一诺")).to_be_visible()

    phone.page.reload()
    expect(phone.page.get_by_role("heading", name="沈一诺")).to_be_visible()


def test_a_wrong_password_is_said_and_changes_nothing(phone: Phone, tree: Tree) -> None:
    login = tree.account(None, tree.school)
    page = phone.page
    page.goto("/family")
    page.get_by_role("button", name="密码登录").click()
    page.get_by_label("手机号码").fill(login.phone)
    page.get_by_label("密码", exact=True).fill("not-it-at-all-1")
    page.get_by_role("button", name="登录", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("手机号码或密码不正确")
    assert page.url.endswith("/sign-in?to=/family")


def test_an_english_phone_is_spoken_to_in_english(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.reload()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_the_program_opens_without_a_network(phone: Phone) -> None:
    page = phone.page
    page.goto("/sign-in")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    phone.lose_network()
    page.reload()

    expect(page.get_by_role("heading", name="联防")).to_be_visible()
    phone.find_network()


def test_an_address_that_nobody_knows_says_so(page: Page) -> None:
    page.goto("/nowhere/at/all")

    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
