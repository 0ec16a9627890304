"""The school's room: a class is keyed in, requests are decided, the report goes out."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.entries.steps import Cast
from tests.factories.people import add_guardian, add_listed_guardian
from tests.factories.tree import Tree
from tests.journeys.steps import moment, reading
from tests.notifications.steps import inbox
from tests.reports.steps import Office, at
from tests.web import school
from tests.web.phone import Phone


def _key_in(page: Page, *temperatures: str) -> None:
    for one in temperatures:
        page.keyboard.type(one)
        page.keyboard.press("Enter")


# Each key is written down beside what the page goes on to do; the last of fifty would race with the reload.
_WRITTEN_DOWN = """async () => {
    const base = await new Promise((done) => {
        const opening = indexedDB.open('lianfang')
        opening.onsuccess = () => done(opening.result)
    })
    for (let turn = 0; turn < 100; turn++) {
        const kept = await new Promise((done) => {
            const asked = base.transaction('kept').objectStore('kept').getAll()
            asked.onsuccess = () => done(asked.result)
        })
        if (kept.some(({ value }) => value.lines?.every((line) => line.text || line.reason))) return true
        await new Promise((next) => setTimeout(next, 50))
    }
    return false
}"""


_PASTE = """text => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', text)
    const pasted = { clipboardData, bubbles: true, cancelable: true }
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', pasted))
}"""


def _correct(page: Page) -> None:
    page.locator("li", has_text="学生03").get_by_role("button", name="更正").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("正确的体温").fill("36.8")
    dialog.get_by_label("更正原因").fill("38.2 是 36.8 的笔误")
    dialog.get_by_role("button", name="更正", exact=True).click()
    expect(page.get_by_role("status").get_by_text("已更正 学生03 的体温")).to_be_visible()


def _key_in_the_rest(page: Page) -> None:
    """Symptoms of the fourth, the others from a spreadsheet with a mistake, nothing for the last."""
    page.keyboard.type("364 24")
    page.keyboard.press("Enter")
    expect(page.get_by_text("咳嗽、咽痛")).to_be_visible()
    expect(page.get_by_label("4 学生04")).to_be_focused()
    page.keyboard.press("Enter")
    page.evaluate(_PASTE, "\r\n".join(["36.4"] * 44 + ["六十"]))
    expect(page.get_by_text("已填入 45 人")).to_be_visible()
    page.get_by_role("button", name="1 处要改").click()
    expect(page.get_by_label("49 学生49")).to_be_focused()
    page.keyboard.press("Control+A")
    _key_in(page, "36.6")
    page.keyboard.press("-")
    expect(page.get_by_label("学生50 未测体温的原因")).to_be_focused()


def test_the_homeroom_teacher_keys_in_a_class(desk: Phone, client: TestClient, tree: Tree) -> None:
    pupils = school.fill_class(tree, 50)
    desk.enter(school.teacher_of(tree))
    page = desk.page
    page.goto("/school/classes")
    page.get_by_role("link", name="三年级1班").click()
    page.get_by_label("学生01", exact=False).first.focus()

    _key_in(page, "365", "36.6")
    page.keyboard.type("52")
    page.keyboard.press("Enter")
    expect(page.get_by_text("请填 34–43")).to_be_visible()
    expect(page.get_by_label("3 学生03")).to_be_focused()
    page.keyboard.press("Control+A")
    _key_in(page, "38.2")
    expect(page.get_by_text("37.3 ℃ 起为发热")).to_be_visible()
    expect(page.get_by_text("发热 (≥ 37.3)")).to_have_count(1)
    _key_in_the_rest(page)
    page.get_by_label("学生50 未测体温的原因").select_option("no_thermometer")
    assert page.evaluate(_WRITTEN_DOWN)
    page.get_by_role("link", name="今日").click()
    page.get_by_role("dialog", name="还有 50 人没有提交").get_by_role("button", name="留下提交").click()

    page.reload()
    expect(page.get_by_label("3 学生03")).to_have_value("38.2")
    expect(page.get_by_text("待提交 50 人")).to_be_visible()
    expect(page.get_by_text("其中发热 1 人")).to_be_visible()
    desk.lose_network()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("内容都在本机")).to_be_visible()
    desk.find_network()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("已收到 50 人")).to_be_visible()
    expect(page.get_by_text("已收到", exact=False)).to_have_count(51)
    _correct(page)

    office = Cast(client, tree).principal
    figures = office.get(f"/institutions/{tree.school}/figures")["counts"]
    assert (figures["reported"], figures["missing"], figures["fever"], figures["not_measured"]) == (50, 0, 0, 1)
    coughs = office.get(f"/persons/{pupils[3]}/checkins")["items"][0]
    assert sorted(coughs["answers"]["symptoms"]) == ["cough", "sore_throat"]
    counts = [len(office.get(f"/persons/{one}/checkins")["items"]) for one in pupils[:3]]
    assert counts == [1, 1, 2]  # sent twice, landed once; the third was corrected


def _approve_elsewhere(cast: Cast, request: int) -> None:
    """The vice principal does it, at another desk."""
    (step,) = cast.vice.get(f"/entry-requests/{request}")["steps"]
    item = {"request_id": request, "step_id": step["id"]}
    path = f"/institutions/{cast.tree.school}/entry-decisions"
    cast.vice.post(path, {"items": [item], "verdict": "approve"}, 200)


def test_a_principal_approves_twelve_requests_and_refuses_one(
    desk: Phone, client: TestClient, tree: Tree, deliver: Callable[[], int]
) -> None:
    cast = Cast(client, tree)
    made = school.requests(cast, 15)
    deliver()
    desk.enter(cast.principal.login)
    page = desk.page
    page.goto("/school/approvals")
    page.get_by_label("全选 (15)").check()
    for name in ("学生13", "学生14", "学生15"):
        page.get_by_label(f"选择 {name}").uncheck()
    _approve_elsewhere(cast, made[0]["id"])
    page.get_by_role("group", name="批量审批").get_by_role("button", name="批准").click()
    expect(page.get_by_role("status").get_by_text("已处理 11 项, 1 项未能处理")).to_be_visible()
    expect(page.get_by_text("已批准", exact=True)).to_have_count(11)
    expect(page.get_by_text("此环节已由副校长于", exact=False)).to_be_visible()
    page.goto(f"/school/approvals/{made[0]['id']}")
    expect(page.get_by_text("可能已由他人处理", exact=False)).to_be_visible()

    for name in ("学生13", "学生14"):
        page.get_by_label(f"选择 {name}").check()
    page.get_by_role("group", name="批量审批").get_by_role("button", name="退回修改").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="分别写明原因").click()
    dialog.get_by_label("学生13").fill("请写明到哪栋楼")
    dialog.get_by_role("button", name="退回修改").click()
    expect(dialog.get_by_text("请写明原因", exact=False)).to_be_visible()
    dialog.get_by_label("学生14").fill("请写明时间")
    dialog.get_by_role("button", name="退回修改").click()
    expect(page.get_by_role("status").get_by_text("已处理 2 项")).to_be_visible()

    # The newest message leads to the request that is left.
    page.goto("/school/inbox")
    page.get_by_role("listitem").first.get_by_role("button").click()
    panel = page.get_by_role("region", name="学生15")
    expect(panel.get_by_text("近日", exact=False).or_(panel.get_by_label("近日体温"))).to_be_visible()
    panel.get_by_role("button", name="拒绝").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="拒绝").click()
    expect(dialog.get_by_text("请写明原因", exact=False)).to_be_visible()
    dialog.get_by_label("原因").fill("本周高三考试, 请下周再来")
    dialog.get_by_role("button", name="拒绝").click()
    expect(page.get_by_text("没有等您审批的申请")).to_be_visible()

    stands = [cast.principal.get(f"/entry-requests/{one['id']}") for one in made]
    assert [one["state"] for one in stands] == ["approved"] * 12 + ["returned"] * 2 + ["refused"]
    assert [one["said"] for one in stands[12:]] == ["请写明到哪栋楼", "请写明时间", "本周高三考试, 请下周再来"]


def test_who_is_missing_is_reminded_by_one_tap_and_called(desk: Phone, client: TestClient, tree: Tree) -> None:
    pupils = school.fill_class(tree, 4)
    parents = [add_guardian(tree, one) for one in pupils[:2]]
    add_listed_guardian(tree, pupils[2], "13812345678")
    cast = Cast(client, tree)
    teacher = cast.speaker(Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
    teacher.post(f"/units/{tree.classes[0]}/checkins", {"items": [reading(pupils[0], 36.5, clock.now())]})
    desk.enter(teacher.login)
    page = desk.page
    page.goto("/school")
    page.get_by_role("button", name="未报 3").first.click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="提醒 3 人的家长打卡").dblclick()
    expect(sheet.get_by_text("已提醒 2 人的家长", exact=False)).to_be_visible()
    expect(sheet.get_by_text("1 人没有绑定账号的家长", exact=False)).to_be_visible()
    expect(sheet.get_by_role("button", name="都已提醒", exact=False)).to_be_disabled()
    told = [len(inbox(client, one)["items"]) for one in parents]
    assert told == [0, 1]

    sheet.get_by_role("listitem").filter(has_text="学生03").get_by_role("button", name="打电话").click()
    sheet.get_by_role("button", name="显示号码", exact=False).click()
    expect(sheet.get_by_role("link", name="13812345678")).to_have_attribute("href", "tel:13812345678")


def test_a_console_says_when_it_is_cut_off_and_goes_on_by_itself(desk: Phone, client: TestClient, tree: Tree) -> None:
    pupils = school.fill_class(tree, 3)
    cast = Cast(client, tree)
    teacher = cast.speaker(Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
    desk.enter(cast.principal.login)
    page = desk.page
    page.clock.install()
    page.goto("/school")
    missing = page.get_by_role("button", name="未报 3").first
    expect(missing).to_be_visible()

    # A service that restarts says nothing when it is back.
    page.route("**/figures/units", lambda route: route.fulfill(status=503, json={"code": "unavailable"}))
    page.clock.fast_forward(15_000)
    expect(page.get_by_text("连接中断, 显示的是", exact=False)).to_be_visible()
    expect(missing).to_be_visible()
    teacher.post(f"/units/{tree.classes[0]}/checkins", {"items": [reading(pupils[0], 36.5, clock.now())]})
    page.unroute("**/figures/units")
    page.clock.fast_forward(5_000)
    expect(page.get_by_role("button", name="未报 2").first).to_be_visible()
    expect(page.get_by_text("连接中断", exact=False)).to_be_hidden()
    assert [one for one in desk.complaints if "503" not in one] == []
    desk.complaints.clear()

    desk.lose_network()
    expect(page.get_by_text("连接中断, 显示的是", exact=False)).to_be_visible()
    page.get_by_role("link", name="审批").click()
    expect(page.get_by_text("连接中断", exact=False).first).to_be_visible()
    desk.find_network()
    expect(page.get_by_text("没有等您审批的申请")).to_be_visible()
    expect(page.get_by_text("连接中断", exact=False)).to_be_hidden()


def test_the_report_goes_out_at_twenty_past_four(desk: Phone, client: TestClient, tree: Tree) -> None:
    office = Office.open(client, tree)
    question = {"code": "supplies", "title": "口罩还能用几天", "kind": "number", "required": True}
    form = {"code": "afternoon", "title": "下午", "level": "school", "in_force_on": office.day.isoformat()}
    path = f"/institutions/{tree.county}/report-forms"
    office.ask("POST", Role.COUNTY_ADMIN, tree.county, path, {**form, "questions": [question]}, status=201)
    page, now = desk.page, moment(16, 20)
    with at(16, 20):
        page.clock.install(time=now)
        desk.enter(office.holder(Role.SCHOOL_REPORTER, tree.school))
        page.goto("/school/report")
        expect(page.get_by_text("距截止还有 0 小时 10 分")).to_be_visible()
        expect(page.get_by_role("button", name="签名并报送零报告")).to_be_disabled()
        page.get_by_label("口罩还能用几天").fill("9")
        page.get_by_role("button", name="签名并报送零报告").click()
        page.get_by_role("dialog").get_by_role("button", name="签名并报送").click()
        expect(page.get_by_text("16:20 按时报送")).to_be_visible()

        sent = office.read(Role.COUNTY_ADMIN, tree.county, tree.school)
        assert (sent["state"], sent["on_time"], sent["revision"]["answers"]) == ("sent", True, {"supplies": 9})
        office.send_back(tree.school, Role.COUNTY_ADMIN, tree.county)
        page.reload()
        expect(page.get_by_text("请核对发热人数").first).to_be_visible()
        expect(page.get_by_text("被退回", exact=True).first).to_be_visible()
    _answer_for_earlier_days(desk, office, tree)


def _answer_for_earlier_days(desk: Phone, office: Office, tree: Tree) -> None:
    """The day after: what was returned is sent again, what was late is explained, and both can be looked at."""
    page, now = desk.page, moment(16, 45, days=2)
    with at(16, 45, days=2):
        second = f"/institutions/{tree.school}/daily-reports/{clock.today().isoformat()}"
        draft = office.ask("GET", Role.SCHOOL_REPORTER, tree.school, f"{second}/draft")
        answer = {"answers": [{"question": "supplies", "answer": 8}]}
        match = {"If-Match": f'"{draft["version"]}"'}
        office.ask("PUT", Role.SCHOOL_REPORTER, tree.school, f"{second}/draft", answer, headers=match)
        office.ask("POST", Role.SCHOOL_REPORTER, tree.school, f"{second}/sendings", {}, status=201)
        page.clock.set_fixed_time(now)
        desk.enter(office.holder(Role.SCHOOL_REPORTER, tree.school))
        page.goto("/school/reports")
        page.get_by_role("link").filter(has_text="被退回").click()
        page.get_by_label("口罩还能用几天").fill("10")
        page.get_by_role("button", name="更正并重新报送").click()
        page.get_by_role("dialog").get_by_role("button", name="签名并报送").click()
        expect(page.get_by_text("第 2 次", exact=False)).to_be_visible()
        expect(page.get_by_text("数字与上一次相同")).to_be_visible()

        page.get_by_role("button", name="返回").click()
        page.get_by_role("link").filter(has_text="迟报待说明").filter(has_text="报送").first.click()
        page.get_by_label("情况说明").fill("网络中断, 16:45 恢复后立即报送")
        page.get_by_role("button", name="提交说明").click()
        expect(page.get_by_text("已说明, 待认定")).to_be_visible()
        found = office.failures(Role.COUNTY_ADMIN, tree.county, **{"from": clock.today(), "to": clock.today()})
    assert [(one["kind"], one["state"]) for one in found][:1] == [("late", "explained")]
