"""The school's roll: a messy sheet is mended and landed; persons are found and looked at."""

from collections.abc import Sequence

from playwright.sync_api import FilePayload, Page, expect
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel.sheets import XLSX
from tests.factories.tree import Tree
from tests.people.steps import office, sheet
from tests.web.phone import Phone

TITLES = ("年级", "班级", "姓名", "学号", "监护人1姓名", "监护人1关系", "监护人1电话")
GOOD = ["三年级", "1班", "王小明", "20260001", "王芳", "母亲", "13800138000"]
WRONG = ["三年级", "9班", "李一诺", "20260002", "李强", "父亲", "1380013"]
MENDED = ["三年级", "2班", "李一诺", "20260002", "李强", "父亲", "13800138001"]


def _choose(page: Page, rows: Sequence[Sequence[str]]) -> None:
    file: FilePayload = {"name": "新生.xlsx", "mimeType": XLSX, "buffer": sheet(TITLES, rows)}
    page.get_by_label("选择文件").set_input_files(file)


def test_a_wrong_row_is_shown_as_typed_then_mended_and_lands_once(desk: Phone, client: TestClient, tree: Tree) -> None:
    reporter = office(client, tree, Role.SCHOOL_REPORTER)
    desk.enter(reporter.login)
    page = desk.page
    page.goto("/school/persons")
    page.get_by_role("link", name="导入名册").first.click()

    _choose(page, [GOOD, WRONG])
    row = page.get_by_role("row").filter(has_text="李一诺")
    expect(row.get_by_role("rowheader")).to_have_text("3")
    expect(row.locator("td.wrong")).to_have_text(["9班 (有错误)", "1380013 (有错误)"])
    expect(row).to_contain_text("没有这个班级或部门")
    expect(page.get_by_role("row").filter(has_text="王小明")).to_have_count(0)
    assert reporter.get(f"/institutions/{tree.school}/persons")["items"] == []

    _choose(page, [GOOD, MENDED])
    page.get_by_role("button", name="导入这 2 人").click()
    expect(page.get_by_role("heading", name="导入完成")).to_be_visible()
    _choose(page, [GOOD, MENDED])
    page.get_by_role("button", name="导入这 2 人").click()
    expect(page.get_by_text("新增 0 人, 更新 2 人")).to_be_visible()

    page.get_by_role("link", name="查看名册").click()
    expect(page.get_by_text("共 2 人")).to_be_visible()
    page.get_by_label("查找", exact=True).fill("一诺")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="李一诺").click()
    expect(page.get_by_text("138****8001")).to_be_visible()
    expect(page.get_by_role("heading", name="健康档案")).to_be_visible()
