"""Every page of the school's room on a phone and a desktop: nothing that axe calls serious, nothing too wide."""

import pytest
from playwright.sync_api import Browser, Page
from starlette.testclient import TestClient

from app.kernel.sheets import XLSX
from tests.factories.tree import Tree
from tests.people.steps import sheet
from tests.web.pages import PHOTOGRAPHS, Shown, visit
from tests.web.phone import held_for, hold
from tests.web.school import School

_TRIED = ("phone-zh", "phone-en-dark", "desktop-zh", "desktop-en-dark") if PHOTOGRAPHS else ("desktop-en-dark",)


def _open_missing(page: Page) -> None:
    page.locator("button.tile.warn").click()
    page.get_by_role("dialog").locator("li").first.wait_for()


def _pick_all(page: Page) -> None:
    page.locator("label.all").click()
    page.locator(".bar").wait_for()


def _see_health(page: Page) -> None:
    page.locator(".panel dl").first.wait_for()


def _refuse(page: Page) -> None:
    _see_health(page)
    page.locator(".panel .bad").last.click()
    page.get_by_role("dialog").wait_for()


def _mistype(page: Page) -> None:
    field = page.locator("input[name=line-8]")
    field.focus()
    field.fill("52")
    page.locator("li.wrong").wait_for()


def _remind(page: Page) -> None:
    _open_missing(page)
    page.get_by_role("dialog").locator("button.main").click()
    page.get_by_role("dialog").locator(".notice").wait_for()
    page.get_by_role("dialog").locator("li button").first.click()
    page.get_by_role("dialog").locator(".calls p").first.wait_for()


def _refuse_apart(page: Page) -> None:
    _pick_all(page)
    page.locator(".bar .bad").click()
    page.get_by_role("dialog").locator("button.link").click()


def _feel(page: Page) -> None:
    page.locator("input[name=line-0]").press("Space")
    page.get_by_role("dialog").wait_for()


def _sign(page: Page) -> None:
    page.locator("main button.main.wide").click()
    page.get_by_role("dialog").wait_for()


def _disclose(page: Page) -> None:
    page.locator("main li button.link").first.click()
    page.get_by_role("dialog").wait_for()


def _mistake(page: Page) -> None:
    rows = [["三年级", "9班", "学生甲", "1", "1380000"], ["三年级", "1班", "", "2", "13800000000"]]
    content = sheet(("年级", "班级", "姓名", "学号", "监护人1电话"), rows)
    page.locator("input[type=file]").set_input_files({"name": "r.xlsx", "mimeType": XLSX, "buffer": content})
    page.locator("td.wrong").first.wait_for()


def _set(page: Page) -> None:
    page.locator("main li button").nth(1).click()
    page.get_by_role("dialog").wait_for()


def _leave(page: Page) -> None:
    page.locator(".acts .bad").click()
    page.get_by_role("dialog").wait_for()


SHOWN = (
    Shown("school-glance", lambda _: "/school"),
    Shown("school-missing-names", lambda _: "/school", _open_missing),
    Shown("school-reminded", lambda _: "/school", _remind),
    Shown("school-refusals", lambda _: "/school/approvals", _refuse_apart),
    Shown("school-approvals", lambda _: "/school/approvals", _pick_all),
    Shown("school-approval", lambda at: f"/school/approvals/{at.request}", _see_health),
    Shown("school-refusal", lambda at: f"/school/approvals/{at.request}", _refuse),
    Shown("school-report", lambda _: "/school/report"),
    Shown("school-reports", lambda _: "/school/reports"),
    Shown("school-sign", lambda _: "/school/report", _sign),
    Shown("school-persons", lambda _: "/school/persons"),
    Shown("school-person", lambda at: f"/school/persons/{at.person}"),
    Shown("school-disclosure", lambda at: f"/school/persons/{at.person}", _disclose),
    Shown("school-leaving", lambda at: f"/school/persons/{at.person}", _leave),
    Shown("school-import", lambda _: "/school/persons/import"),
    Shown("school-import-wrong", lambda _: "/school/persons/import", _mistake),
    Shown("school-policies", lambda _: "/school/policies"),
    Shown("school-policy", lambda _: "/school/policies", _set),
    Shown("school-more", lambda _: "/school/more"),
    Shown("school-campus", lambda _: "/school/campus"),
)
TEACHERS = (
    Shown("school-classes", lambda _: "/school/classes"),
    Shown("school-class", lambda at: f"/school/classes/{at.unit}", _mistype),
    Shown("school-symptoms", lambda at: f"/school/classes/{at.unit}", _feel),
)


@pytest.mark.parametrize("look", _TRIED)
def test_no_page_of_the_school_shuts_anybody_out(
    browser: Browser, address: str, client: TestClient, tree: Tree, look: str
) -> None:
    at = School.grow(client, tree)
    found: list[str] = []
    for login, pages in ((at.principal, SHOWN), (at.teacher, TEACHERS)):
        with hold(browser, address, **held_for(look)) as device:
            device.enter(login)
            for one in pages:
                found += visit(device, one, at, look)
    assert "\n".join(found) == ""
