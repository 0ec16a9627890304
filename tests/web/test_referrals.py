"""What schools refer to an office: decided there by numbers and purposes, without a name."""

from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from tests.entries.steps import Cast, ask, close, decide, entry, state
from tests.factories.tree import Tree
from tests.web.phone import hold

_AS_LAST_STEP = "即日起校园不对社会开放。"


def test_the_county_decides_on_what_a_closed_school_refers_to_it(
    browser: Browser, address: str, client: TestClient, tree: Tree
) -> None:
    cast = Cast(client, tree)
    order = close(cast.county.login, client, tree.county, text=_AS_LAST_STEP)
    asked = []
    for name in ("钱小满", "周小暑", "吴小寒"):
        parent, child = cast.family(name=name)
        asked.append(ask(parent, entry(child)))
        decide(cast.teacher, asked[-1])
        decide(cast.principal, asked[-1], note="情况属实")
    with hold(browser, address, width=390, height=844) as phone:
        phone.enter(cast.county.login)
        page = phone.page
        page.goto("/office")
        page.get_by_role("link", name="审批").click()
        cards = page.get_by_role("article", name="玄武第一小学")
        expect(cards).to_have_count(3)
        expect(cards.first).to_contain_text("返校 · 1 人 · 整个校园")
        expect(cards.first).to_contain_text(order["number"])
        expect(cards.first).to_contain_text("情况属实")
        assert "钱小满" not in page.content()

        cards.first.get_by_role("button", name="批准").dblclick()
        expect(cards).to_have_count(2)
        cards.first.get_by_role("button", name="拒绝").click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_role("button", name="拒绝").click()
        expect(sheet.get_by_text("请写明原因")).to_be_visible()
        sheet.get_by_label("原因").fill("近期一律暂缓")
        sheet.get_by_role("button", name="拒绝").click()
        expect(page.get_by_role("status").get_by_text("已拒绝 玄武第一小学 的申请")).to_be_visible()
        expect(cards).to_have_count(1)

        # Another of the office was quicker: it is said, and the list is as it stands.
        (left,) = cast.county.get(f"/institutions/{tree.county}/entry-referrals")["items"]
        cast.county.post(f"/entry-referrals/{left['id']}/decisions", {"verdict": "approve"})
        cards.first.get_by_role("button", name="批准").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_text("没有等待本级审批的申请")).to_be_visible()
        phone.complaints.clear()
    assert sorted(state(cast.principal, one) for one in asked) == ["approved", "approved", "refused"]
