"""Rules of a school: where each comes from, set here, held by a lock above, and back to the county's."""

from playwright.sync_api import expect

from app.access.roles import Role
from tests.factories.tree import Login, Tree
from tests.institutions.steps import API
from tests.web.phone import Phone


def _order(tree: Tree, county: Login, key: str, value: object, *, locked: bool = False) -> None:
    path = f"{API}/institutions/{tree.county}/policies/{key}"
    answer = tree.client.put(path, headers=county.headers, json={"value": value, "locked": locked})
    assert answer.status_code == 200, answer.text


def test_a_rule_is_changed_here_and_falls_back_to_the_county(desk: Phone, tree: Tree) -> None:
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    _order(tree, county, "observation_days", 10)
    _order(tree, county, "report_cutoff_school", "16:00", locked=True)
    desk.enter(tree.account(Role.PRINCIPAL, tree.school))
    page = desk.page
    page.goto("/school/policies")
    days = page.get_by_role("button", name="医学观察天数")
    expect(days).to_contain_text("玄武区教育局设定")

    days.click()
    page.get_by_label("改为").fill("0")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.get_by_label("改为").fill("21")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(days).to_contain_text("21")
    expect(days).to_contain_text("本级设定")

    days.click()
    page.get_by_role("button", name="恢复为上级的").click()
    expect(page.get_by_text("已恢复为玄武区教育局: 10")).to_be_visible()
    expect(days).to_contain_text("玄武区教育局设定")

    cutoff = page.get_by_role("button", name="学校日报截止")
    expect(cutoff).to_contain_text("玄武区教育局已锁定")
    cutoff.click()
    page.get_by_label("改为").fill("16:20")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("不能比玄武区教育局锁定的更宽松: 16:00")).to_be_visible()
    desk.complaints.clear()
    page.get_by_label("改为").fill("15:40")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(cutoff).to_contain_text("15:40")
