"""The family's phone: ten to seven without a network, what becomes of a reading, asking to enter, showing a pass."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.kernel import clock
from tests.factories.people import add_guardian, add_student
from tests.factories.tree import Tree
from tests.people.steps import Office
from tests.web.household import move_in, settle
from tests.web.phone import Phone


def card(page: Page, name: str) -> Locator:
    """The part of the screen that is about somebody."""
    return page.get_by_role("article", name=name)


def type_temperature(page: Page, digits: str) -> None:
    """One tap a digit, then send."""
    for digit in digits:
        page.get_by_role("dialog").get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^提交")).click()


def log(page: Page, name: str, digits: str) -> None:
    """What a parent does: one tap, three digits, one tap."""
    card(page, name).get_by_role("button", name=re.compile("^(打卡|再测一次)")).click()
    type_temperature(page, digits)
    expect(page.get_by_role("dialog")).to_have_count(0)


def kept(owner: Engine, tree: Tree) -> list[tuple[int, int | None]]:
    """Who has which tenths, as it really stands in the database."""
    query = "SELECT person_id, temperature FROM checkin WHERE institution_id = :school ORDER BY person_id"
    with owner.connect() as connection:
        return [(row.person_id, row.temperature) for row in connection.execute(text(query), {"school": tree.school})]


def test_ten_to_seven_without_a_network(phone: Phone, tree: Tree, owner: Engine) -> None:
    guardian, elder, younger, _ = move_in(tree)
    page = phone.page
    phone.sign_in(guardian)
    expect(card(page, "沈一诺")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    phone.lose_network()
    log(page, "沈一诺", "365")
    log(page, "沈二宝", "367")
    expect(card(page, "沈一诺")).to_contain_text("等待发送")
    expect(page.get_by_text("2 条")).to_be_visible()
    assert kept(owner, tree) == []

    page.reload()
    expect(card(page, "沈一诺")).to_contain_text("36.5℃")
    expect(card(page, "沈二宝")).to_contain_text("等待发送")
    expect(page.get_by_text("今天都完成了")).to_be_visible()

    phone.find_network()
    expect(card(page, "沈一诺")).to_contain_text("您填报")
    expect(card(page, "沈二宝")).to_contain_text("您填报")
    assert kept(owner, tree) == [(elder, 365), (younger, 367)]

    page.reload()
    expect(card(page, "沈二宝")).to_contain_text("36.7℃")
    assert kept(owner, tree) == [(elder, 365), (younger, 367)]


def test_an_answer_that_was_lost_on_the_way_doubles_nothing(phone: Phone, tree: Tree, owner: Engine) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    page = phone.page
    phone.sign_in(add_guardian(tree, child))

    # The service hears it, and its answer never arrives.
    def lose(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]  # the handler's type is the library's to know
        route.abort()  # type: ignore[attr-defined]

    page.route("**/api/v1/checkins", lose, times=1)
    log(page, "沈一诺", "366")
    expect(page.get_by_text("正在等待发送")).to_be_visible()
    page.get_by_role("button", name="立即发送").click()

    expect(card(page, "沈一诺")).to_contain_text("您填报")
    assert kept(owner, tree) == [(child, 366)]
    phone.complaints.clear()  # the browser reports the lost answer as an error of the network


def test_a_refused_reading_says_why_and_can_be_logged_again(phone: Phone, tree: Tree) -> None:
    child, other = (add_student(tree, tree.classes[0], name=name) for name in ("沈一诺", "沈二宝"))
    guardian = add_guardian(tree, child)
    tree.hold(guardian, Role.GUARDIAN, tree.school, person_id=other)
    page = phone.page
    phone.sign_in(guardian)
    expect(card(page, "沈二宝")).to_be_visible()
    phone.lose_network()
    log(page, "沈一诺", "365")
    log(page, "沈二宝", "366")
    Office(tree.client, tree, tree.account(Role.PRINCIPAL, tree.school)).post(
        f"/persons/{other}/departures", {"reason": "mistake"}
    )

    phone.find_network()
    expect(card(page, "沈一诺")).to_contain_text("您填报")
    expect(page.get_by_text("1 条未被接收")).to_be_visible()
    expect(page.get_by_text("原因: 没有找到。")).to_be_visible()
    page.get_by_role("button", name="知道了").click()
    expect(page.get_by_text("未被接收")).to_have_count(0)


def test_the_form_is_remembered_and_the_temperature_is_not(phone: Phone, tree: Tree) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    page = phone.page
    phone.sign_in(add_guardian(tree, child))
    card(page, "沈一诺").get_by_role("button", name="打卡").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="填写").click()
    sheet.get_by_text("咳嗽", exact=True).click()
    sheet.get_by_text("本市", exact=True).click()
    sheet.get_by_role("button", name="添加到过的地区").click()
    for level, place in (("省", "江苏省"), ("市", "无锡市"), ("县 (市、区)", "江阴市")):
        sheet.get_by_label(level, exact=True).select_option(place)
    sheet.get_by_role("button", name="填好了").click()
    type_temperature(page, "368")
    expect(card(page, "沈一诺")).to_contain_text("需关注")

    card(page, "沈一诺").get_by_role("button", name=re.compile("打卡|再测一次")).click()
    expect(sheet).to_contain_text("咳嗽 · 本市 · 到过 1 个地区")
    expect(sheet).to_contain_text("请输入体温")
    expect(sheet).not_to_contain_text("36.8")
    with page.expect_response("**/api/v1/checkins"):
        type_temperature(page, "365")
    archive = Office(tree.client, tree, tree.account(Role.PRINCIPAL, tree.school)).get(f"/persons/{child}/checkins")
    assert [(one["temperature"], one["answers"]["places"]) for one in archive["items"]] == [
        (36.8, ["320281"]),
        (36.5, ["320281"]),
    ]


def test_only_possible_temperatures_can_be_typed(phone: Phone, tree: Tree) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    page = phone.page
    phone.sign_in(add_guardian(tree, child))
    card(page, "沈一诺").get_by_role("button", name="打卡").click()
    keys = page.get_by_role("dialog").locator(".keys")

    enabled = [one for one in "1234567890" if keys.get_by_role("button", name=one, exact=True).is_enabled()]
    assert enabled == ["3", "4"]
    page.keyboard.type("9436")
    expect(page.get_by_role("dialog").locator("output")).to_contain_text("43")
    expect(page.get_by_role("dialog").get_by_role("button", name="提交")).to_be_disabled()
    page.keyboard.type("0")
    expect(page.get_by_role("dialog").get_by_role("button", name="提交 43.0℃")).to_be_enabled()


def test_not_measured_is_an_answer_with_a_reason(phone: Phone, tree: Tree, owner: Engine) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    page = phone.page
    phone.sign_in(add_guardian(tree, child))
    card(page, "沈一诺").get_by_role("button", name="打卡").click()
    page.get_by_role("button", name="没测").click()
    page.get_by_text("家中没有体温计").click()
    page.get_by_role("dialog").get_by_role("button", name="提交").click()

    expect(card(page, "沈一诺")).to_contain_text("未测体温")
    expect(card(page, "沈一诺")).to_contain_text("您填报")
    assert kept(owner, tree) == [(child, None)]


def test_a_reading_is_corrected_with_a_reason(phone: Phone, tree: Tree) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    page = phone.page
    phone.sign_in(add_guardian(tree, child))
    log(page, "沈一诺", "395")
    expect(page.get_by_text("请不要到校")).to_be_visible()
    page.get_by_role("link", name="沈一诺").click()
    page.get_by_role("button", name="更正").click()
    page.get_by_label("更正原因").fill("输错了")
    type_temperature(page, "365")

    expect(page.get_by_text("已被更正")).to_be_visible()
    expect(page.get_by_text("事由: 输错了")).to_be_visible()


def test_the_fourteen_days_are_taken_along_as_a_file(phone: Phone, tree: Tree, deliver: Callable[[], int]) -> None:
    home = settle(tree, deliver)
    page = phone.page
    phone.enter(home.guardian)
    for person, name in ((home.elder, "沈一诺"), (home.mother, "王丽")):
        page.goto(f"/family/persons/{person}")
        page.get_by_role("button", name="生成 14 天记录表").click()
        with page.expect_download() as taken:
            page.get_by_role("button", name="保存到手机").click()
        assert taken.value.suggested_filename == f"{name}-{clock.today().isoformat()}.pdf"
        assert Path(taken.value.path()).read_bytes()[:5] == b"%PDF-"


def test_the_family_reads_who_has_looked_and_its_messages(phone: Phone, tree: Tree, deliver: Callable[[], int]) -> None:
    home = settle(tree, deliver)
    page = phone.page
    phone.enter(home.guardian)
    page.goto(f"/family/persons/{home.elder}")
    expect(page.get_by_text("查看完整号码")).to_be_visible()
    expect(page.get_by_text("事由: 联系家长核实")).to_be_visible()
    expect(page.get_by_text("玄武第一小学 校长").first).to_be_visible()

    page.get_by_role("link", name=re.compile("消息")).click()
    page.get_by_role("button", name=re.compile("您的入校申请已批准")).click()
    expect(page.get_by_text("接孩子看牙医")).to_be_visible()


def test_signing_out_leaves_nothing_personal_behind(phone: Phone, tree: Tree) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    page = phone.page
    phone.sign_in(add_guardian(tree, child))
    log(page, "沈一诺", "365")
    expect(card(page, "沈一诺")).to_contain_text("您填报")
    page.get_by_role("link", name="我的").click()
    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("dialog").get_by_role("button", name="退出登录").click()
    page.get_by_role("heading", name="联防").wait_for()

    left = page.evaluate(_EVERYTHING_KEPT)
    assert "lianfang.session" not in left
    assert not re.search("沈一诺|36\\.5|eyJ", left)


_EVERYTHING_KEPT = """async () => {
  const base = await new Promise(done => {
    const asked = indexedDB.open('lianfang')
    asked.onsuccess = () => done(asked.result)
  })
  const shelf = name => new Promise(done => {
    const asked = base.transaction(name).objectStore(name).getAll()
    asked.onsuccess = () => done(asked.result)
  })
  const shelves = await Promise.all([...base.objectStoreNames].map(shelf))
  return JSON.stringify([shelves, { ...localStorage }, { ...sessionStorage }])
}"""


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_first_load_is_small(page: Page, language: str) -> None:
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
    page.add_init_script(f"localStorage.setItem('lianfang.language', '{language}')")
    page.goto("/family")
    page.wait_for_load_state("networkidle")

    assert len(sizes) > 3
    assert sum(sizes) <= 120 * 1024
