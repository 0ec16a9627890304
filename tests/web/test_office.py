"""The province's wall: a figure opened down to the silent class, figures that move, files, every page for everybody."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.entries.steps import close
from tests.factories.tree import Login, Tree
from tests.journeys.steps import moment, reading
from tests.reports.steps import Office, at
from tests.web.pages import LOOKS, PHOTOGRAPHS, Shown, visit
from tests.web.phone import Phone, held_for, hold
from tests.web.province import Province

DESK: dict[str, Any] = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def province(client: TestClient) -> Province:
    """A province on a morning; what a test adds to it, no other one counts."""
    return Province.grow(Tree.grow(client))


@pytest.fixture(scope="module")
def hiding(client: TestClient) -> Province:
    """Another one, whose policy hides what counts fewer than five."""
    made = Province.grow(Tree.grow(client))
    made.hide_small()
    return made


@contextmanager
def desk(browser: Browser, address: str, login: Login, **look: Any) -> Iterator[Phone]:
    """A large screen in the office of whoever ``login`` is."""
    with hold(browser, address, **{**DESK, **look}) as found:
        found.enter(login)
        yield found


def figure(page: Page, name: str) -> Any:
    """One of the main figures, by its name."""
    return page.get_by_label("主要数字").get_by_role("button", name=name)


def test_the_province_opens_a_figure_down_to_the_silent_class(
    browser: Browser, address: str, province: Province
) -> None:
    with desk(browser, address, province.analyst) as office:
        page = office.page
        page.goto("/")
        expect(page.get_by_role("heading", name="江苏省教育厅")).to_be_visible()
        figure(page, "未报人数").click()

        # The largest first: Lianyungang has not been heard of at all.
        expect(page.get_by_role("listitem").filter(has_text="连云港市教育局").first).to_contain_text("900")
        for name in ("南京市教育局", "玄武区教育局", "玄武第一小学", "三年级2班"):
            page.get_by_role("link", name=re.compile(f"^{name} ")).first.click()
            expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()

        trail = page.get_by_role("navigation", name="所在位置").get_by_role("listitem")
        expect(trail).to_have_text(["江苏省教育厅", "南京市教育局", "玄武区教育局", "玄武第一小学", "三年级2班"])
        expect(page.get_by_text("当天没有收到这个班级的任何读数")).to_be_visible()
        expect(page.get_by_text("未报人数").locator("..")).to_contain_text("38")
        assert "figure=missing" in page.url
        trail.nth(2).get_by_role("link").click()
        expect(page.get_by_role("heading", name="玄武区教育局", exact=True)).to_be_visible()


def test_a_figure_moves_without_a_reload(browser: Browser, address: str, province: Province) -> None:
    with desk(browser, address, province.analyst) as office:
        page = office.page
        page.clock.install()
        page.goto(f"/office/{province.tree.province}")
        before = figure(page, "已报人数").locator("b").inner_text()

        body = reading(province.child, 36.5, clock.now())
        sent = office.context.request.post("/api/v1/checkins", data=body, headers=province.teacher.headers)
        assert sent.status == 201
        page.clock.fast_forward(15_000)
        after = int(before.replace(",", "")) + 1
        expect(figure(page, "已报人数").locator("b")).to_have_text(f"{after:,}")

        office.lose_network()
        page.clock.fast_forward(15_000)
        expect(page.get_by_role("status").filter(has_text="连接中断, 显示的是")).to_be_visible()
        expect(figure(page, "已报人数").locator("b")).to_have_text(f"{after:,}")
        office.find_network()
        expect(page.get_by_text("实时")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="连接中断")).to_be_hidden()


def test_three_states_and_what_is_hidden_are_told_in_words(browser: Browser, address: str, hiding: Province) -> None:
    with desk(browser, address, hiding.analyst) as office:
        page = office.page
        page.goto(f"/office/{hiding.tree.county}")
        tiles = page.get_by_role("main").get_by_role("listitem")
        for name, state in (("五老村小学", "有异常"), ("锁金新村小学", "未报"), ("钟山幼儿园", "无应报")):
            expect(tiles.filter(has_text=name).first).to_contain_text(state)
        expect(tiles.filter(has_text="北京东路小学").first).to_contain_text("已隐藏")
        page.goto(f"/office/{hiding.tree.province}")
        expect(tiles.filter(has_text="苏州市教育局").first).to_contain_text("零异常")


def test_the_list_is_sorted_by_its_heads_and_adds_up(browser: Browser, address: str, province: Province) -> None:
    with desk(browser, address, province.analyst) as office:
        page = office.page
        page.goto(f"/office/{province.tree.province}")
        page.get_by_label("列表").check(force=True)
        page.get_by_role("button", name="发热", exact=True).last.press("Enter")

        rows = page.get_by_role("table").get_by_role("row")
        expect(rows.nth(1)).to_contain_text("南京市教育局")
        expect(rows.nth(2)).to_contain_text("常州市教育局")
        expect(page.get_by_role("columnheader", name="发热").first).to_have_attribute("aria-sort", "descending")
        expect(rows.last).to_contain_text(figure(page, "应报人数").locator("b").inner_text())

        # On paper it is the list, whatever the screen shows, without what is only for clicking.
        page.get_by_label("图块").check(force=True)
        expect(page.get_by_role("table")).to_be_hidden()
        page.emulate_media(media="print")
        expect(page.get_by_role("table")).to_be_visible()
        expect(page.get_by_role("button", name="导出")).to_be_hidden()


def test_a_wall_goes_on_to_the_next_day_at_midnight(browser: Browser, address: str, province: Province) -> None:
    with desk(browser, address, province.analyst) as office:
        page = office.page
        today = clock.today()
        page.clock.install(time=clock.at(today, time(23, 59)))
        page.goto(f"/office/{province.tree.province}")
        expect(page.get_by_label("日期")).to_have_value(today.isoformat())
        page.clock.fast_forward(90_000)
        expect(page.get_by_label("日期")).to_have_value((today + timedelta(days=1)).isoformat())


def test_figures_are_taken_along_as_a_file(browser: Browser, address: str, province: Province) -> None:
    with desk(browser, address, province.analyst) as office:
        page = office.page
        page.goto(f"/office/{province.tree.city}")
        page.get_by_role("button", name="导出").click()
        with page.expect_download() as taken:
            page.get_by_role("button", name="生成并下载").click()
        assert taken.value.suggested_filename == f"南京市教育局-{clock.today().isoformat()}.xlsx"
        assert Path(taken.value.path()).read_bytes()[:2] == b"PK"


def test_who_owes_a_report_is_named_down_to_the_school(browser: Browser, address: str, province: Province) -> None:
    with desk(browser, address, province.analyst) as office:
        page = office.page
        page.goto(f"/office/{province.tree.province}/reports")
        page.get_by_role("table").get_by_role("link", name="南京市教育局").click()
        expect(page.get_by_role("heading", name="南京市教育局 · 日报")).to_be_visible()
        page.get_by_label("零报告").check(force=True)
        expect(page.get_by_text("没有这样的日报。")).to_be_visible()
        page.get_by_role("table").get_by_role("link", name="玄武区教育局").click()
        expect(page.get_by_role("heading", name="玄武区教育局 · 日报")).to_be_visible()
        page.get_by_role("listitem").filter(has_text="锁金新村小学").get_by_role("link").click()
        expect(page.get_by_role("heading", name="锁金新村小学", exact=True)).to_be_visible()


def test_an_office_sees_no_place_above_its_own(browser: Browser, address: str, province: Province) -> None:
    login = province.tree.account(Role.COUNTY_ADMIN, province.tree.county)
    with desk(browser, address, login) as office:
        page = office.page
        page.goto("/")
        expect(page.get_by_role("heading", name="玄武区教育局")).to_be_visible()
        trail = page.get_by_role("navigation", name="所在位置")
        expect(trail).to_contain_text("江苏省教育厅")
        expect(trail.get_by_role("link")).to_have_count(0)
        # What the browser itself says of an answer of 404.
        page.goto(f"/office/{province.tree.province}")
        expect(page.get_by_role("link", name="回到我的单位")).to_be_visible()
        office.complaints.clear()


def test_who_holds_two_offices_chooses_one(browser: Browser, address: str, province: Province) -> None:
    login = province.tree.account(Role.COUNTY_ADMIN, province.tree.county)
    province.tree.hold(login, Role.CITY_ADMIN, province.tree.city)
    with desk(browser, address, login) as office:
        page = office.page
        page.goto("/office")
        expect(page.get_by_role("link", name="南京市教育局")).to_be_visible()
        page.get_by_role("link", name="玄武区教育局").click()
        expect(page.get_by_role("heading", name="玄武区教育局")).to_be_visible()


def _write(sheet: Locator, number: str, text: str) -> None:
    """Write an order, and have the sheet say what it touches."""
    sheet.get_by_label("文号").fill(number)
    sheet.get_by_label("正文").fill(text)
    sheet.get_by_role("button", name="核对影响范围").click()


def test_the_county_closes_its_schools_and_lifts_it(
    browser: Browser, address: str, client: TestClient, tree: Tree
) -> None:
    tree.add_school(tree.county, "锁金新村小学")
    city = tree.account(Role.CITY_ADMIN, tree.city)
    close(city, client, tree.city, degree="no_gathering", number="宁防〔2020〕3号")
    close(city, client, tree.county, degree="closed_to_society", number="玄疫防〔2020〕8号")
    with desk(browser, address, tree.account(Role.COUNTY_ADMIN, tree.county)) as office:
        page = office.page
        page.goto(f"/office/{tree.county}")
        page.get_by_role("link", name="封闭").click()
        of_city = page.get_by_role("article", name="宁防〔2020〕3号")
        expect(of_city).to_contain_text("由 南京市教育局 发布, 只能由其或其上级变更、解除")
        expect(of_city.get_by_role("button")).to_have_count(0)

        sheet, issue = page.get_by_role("dialog"), page.get_by_role("button", name="发布封闭管理令")
        issue.click()
        _write(sheet, "", "即日起校园封闭管理, 校外人员一律不得进入。")
        expect(sheet.get_by_text("请填写文号。")).to_be_visible()
        _write(sheet, "玄疫防〔2020〕8号", "即日起校园封闭管理, 校外人员一律不得进入。")
        expect(sheet.get_by_text("涉及 2 所学校; 其中 2 所由此变得更严")).to_be_visible()
        sheet.get_by_role("button", name="确认发布").dblclick()
        card = page.get_by_role("article", name="玄疫防〔2020〕8号").filter(has_text="玄武区教育局 发布")
        expect(card).to_contain_text("生效中")
        school = page.get_by_role("region", name="各学校现状").get_by_role("listitem").filter(has_text="锁金新村小学")
        expect(school).to_contain_text("玄武区教育局 玄疫防〔2020〕8号")

        # The same number twice by one issuer is refused, in words, and what was typed stands.
        issue.click()
        sheet.get_by_label("某类场所").check(force=True)
        sheet.get_by_label("图书馆").check(force=True)
        _write(sheet, "玄疫防〔2020〕8号", "图书馆关闭。")
        sheet.get_by_role("button", name="确认发布").click()
        expect(sheet.get_by_text("已有同一文号的封闭管理令")).to_be_visible()
        expect(sheet.get_by_label("正文")).to_have_value("图书馆关闭。")
        sheet.get_by_role("button", name="关闭", exact=True).click()
        office.complaints.clear()

        card.get_by_role("button", name="解除").click()
        sheet.get_by_label("原因").fill("风险等级降为低风险")
        sheet.get_by_role("button", name="核对影响范围").click()
        expect(sheet.get_by_text("涉及 2 所学校; 其中 2 所现由此令决定")).to_be_visible()
        sheet.get_by_role("button", name="确认解除").click()
        expect(page.get_by_role("status").get_by_text("已解除 玄疫防〔2020〕8号")).to_be_visible()
        expect(school).to_contain_text("不对社会开放")  # what the city has ordered shows again


def test_the_county_returns_a_report_and_sends_its_own(
    browser: Browser, address: str, client: TestClient, tree: Tree
) -> None:
    office, now = Office.open(client, tree), moment(16, 20)
    with at(16, 20), desk(browser, address, office.holder(Role.COUNTY_ADMIN, tree.county)) as county:
        page, sheet = county.page, county.page.get_by_role("dialog")
        page.clock.install(time=now)
        office.send(tree.school)
        page.goto(f"/office/{tree.county}/reports")
        page.get_by_label("零报告").check(force=True)
        page.get_by_role("listitem").filter(has_text="玄武第一小学").get_by_role("link").click()
        expect(page.get_by_text("16:20 按时报送")).to_be_visible()
        expect(page.get_by_text("与签名原件一致")).to_be_visible()

        page.get_by_role("button", name="退回重报").click()
        sheet.get_by_role("button", name="退回重报").click()
        expect(sheet.get_by_text("请写明原因。")).to_be_visible()
        sheet.get_by_label("原因").fill("请核对发热人数")
        office.send(tree.school, reason="补报一人")
        sheet.get_by_role("button", name="退回重报").click()
        # Amended meanwhile: it is looked at first, and what was typed stays.
        expect(page.get_by_text("这份日报刚刚有变化", exact=False)).to_be_visible()
        expect(page.get_by_text("更正原因: 补报一人")).to_be_visible()
        page.get_by_role("button", name="退回重报").click()
        sheet.get_by_role("button", name="退回重报").dblclick()
        expect(page.get_by_text("等待重报", exact=False)).to_be_visible()

        assert office.send(tree.school)["number"] == 3
        page.clock.fast_forward(30_000)
        expect(page.get_by_text("第 3 次", exact=False)).to_be_visible()
        page.get_by_role("button", name="返回").click()
        page.get_by_role("link", name="打开本级日报").click()
        expect(page.get_by_text("已收 1 份", exact=False)).to_be_visible()
        page.get_by_role("button", name="签名并报送零报告").click()
        sheet.get_by_role("button", name="签名并报送").dblclick()
        expect(page.get_by_text("16:20 按时报送")).to_be_visible()
        sent = office.read(Role.CITY_ADMIN, tree.city, tree.county)
        assert (sent["state"], sent["number"], sent["revision"]["received"]) == ("sent", 1, [tree.school])
        county.complaints.clear()


def test_the_county_decides_on_a_false_report(browser: Browser, address: str, client: TestClient, tree: Tree) -> None:
    office, now = Office.open(client, tree), moment(16, 50)
    with at(16, 50), desk(browser, address, office.holder(Role.COUNTY_ADMIN, tree.county)) as county:
        page, sheet = county.page, county.page.get_by_role("dialog")
        page.clock.install(time=now)
        office.complete(tree.school, stated=[{"figure": "symptoms", "count": 2}])
        office.send(tree.school)
        page.goto(f"/office/{tree.county}/reports")
        page.get_by_role("link", name="报送核查").click()
        late, false = (page.get_by_role("article").filter(has_text=kind) for kind in ("迟报", "错报"))
        expect(late).to_contain_text("晚 20 分钟")
        expect(false).to_contain_text("填报 2, 打卡事实 0")
        false.get_by_role("button", name="认定成立").click()
        sheet.get_by_label("原因").fill("与打卡事实不符")
        sheet.get_by_role("button", name="认定成立").dblclick()
        expect(page.get_by_text("已认定成立: 玄武第一小学")).to_be_visible()
        expect(false).to_have_count(0)

        late.get_by_role("button", name="不予认定").click()
        sheet.get_by_label("原因").fill("停电")
        (found,) = office.failures(Role.CITY_ADMIN, tree.city, kind="late")
        verdict = {"verdict": "uphold", "reason": "多次迟报"}
        path = f"/report-failures/{found['id']}/decisions"
        office.ask("POST", Role.CITY_ADMIN, tree.city, path, verdict, status=201)
        sheet.get_by_role("button", name="不予认定").click()
        expect(page.get_by_text("这一项刚刚已由他人处理", exact=False)).to_be_visible()
        expect(page.get_by_text("没有待认定的", exact=False)).to_be_visible()
        page.get_by_label("已认定").check(force=True)
        expect(late).to_contain_text("多次迟报")
        county.complaints.clear()


def _open(name: str) -> Callable[[Page], None]:
    """Press the first button of this name in either language, and wait for what it opens."""

    def then(page: Page) -> None:
        page.get_by_role("button", name=re.compile(name)).first.click()
        page.get_by_role("dialog").wait_for()

    return then


def pages(tree: Tree) -> tuple[Shown, ...]:
    """Every page of the room, and what is opened on it."""
    return (
        Shown("office-province", lambda _: f"/office/{tree.province}?figure=fever"),
        Shown("office-county", lambda _: f"/office/{tree.county}"),
        Shown("office-school", lambda _: f"/office/{tree.school}"),
        Shown("office-class", lambda _: f"/office/{tree.school}/units/{tree.classes[1]}"),
        Shown("office-closures", lambda _: f"/office/{tree.city}/closures"),
        Shown("office-closures-school", lambda _: f"/office/{tree.school}/closures"),
        Shown("office-closure-issue", lambda _: f"/office/{tree.county}/closures", _open("发布封闭|Issue an")),
        Shown("office-closure-lift", lambda _: f"/office/{tree.city}/closures", _open("^(解除|Lift)$")),
        Shown("office-requests", lambda _: f"/office/{tree.city}/requests"),
        Shown("office-reports", lambda _: f"/office/{tree.city}/reports"),
        Shown("office-report", lambda _: f"/office/{tree.school}/report"),
        Shown("office-report-return", lambda _: f"/office/{tree.school}/report", _open("退回重报|Send back")),
        Shown("office-report-own", lambda _: f"/office/{tree.province}/report"),
        Shown("office-failures", lambda _: f"/office/{tree.city}/failures"),
        Shown("office-policies", lambda _: f"/office/{tree.county}/policies"),
        Shown("office-settings", lambda _: "/office/settings"),
    )


# Those who photograph see all of them; what axe holds to be serious differs by shade and width alone.
_SEEN = (*LOOKS, "wall-zh") if PHOTOGRAPHS else ("desktop-zh-dark",)


def test_no_page_of_an_office_shuts_anybody_out(
    browser: Browser, address: str, client: TestClient, hiding: Province
) -> None:
    hiding.act(client)
    hiding.file()
    found = []
    for look in _SEEN:
        with hold(browser, address, **held_for(look)) as phone:
            phone.enter(hiding.admin)
            for one in pages(hiding.tree):
                found += visit(phone, one, None, look)
    assert "\n".join(found) == ""
