"""Every page of the school's room on a phone and a desktop: nothing that axe calls serious, nothing too wide."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from starlette.testclient import TestClient

from app.kernel.sheets import XLSX
from tests.factories.tree import Tree
from tests.people.steps import sheet
from tests.web.access import complaints
from tests.web.phone import hold
from tests.web.school import School

_PHOTOGRAPHS = os.environ.get("WEB_PHOTOGRAPHS")
_DESKTOP = {"width": 1440, "height": 900}
LOOKS: dict[str, dict[str, Any]] = {"desktop-en-dark": {"locale": "en", "dark": True, **_DESKTOP}}
if _PHOTOGRAPHS:
    LOOKS |= {
        "phone-zh": {"locale": "zh-CN"},
        "phone-en-dark": {"locale": "en", "dark": True},
        "desktop-zh": {"locale": "zh-CN", **_DESKTOP},
    }


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
    page.locator("input[name=line-8]").fill("52")
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


def _nothing(page: Page) -> None:
    page.locator("h1").first.wait_for()


SHOWN: tuple[tuple[str, Callable[[School], str], Callable[[Page], None]], ...] = (
    ("glance", lambda _: "/school", _nothing),
    ("missing-names", lambda _: "/school", _open_missing),
    ("reminded", lambda _: "/school", _remind),
    ("refusals", lambda _: "/school/approvals", _refuse_apart),
    ("approvals", lambda _: "/school/approvals", _pick_all),
    ("approval", lambda at: f"/school/approvals/{at.request}", _see_health),
    ("refusal", lambda at: f"/school/approvals/{at.request}", _refuse),
    ("report", lambda _: "/school/report", _nothing),
    ("reports", lambda _: "/school/reports", _nothing),
    ("sign", lambda _: "/school/report", _sign),
    ("persons", lambda _: "/school/persons", _nothing),
    ("person", lambda at: f"/school/persons/{at.person}", _nothing),
    ("disclosure", lambda at: f"/school/persons/{at.person}", _disclose),
    ("leaving", lambda at: f"/school/persons/{at.person}", _leave),
    ("import", lambda _: "/school/persons/import", _nothing),
    ("import-wrong", lambda _: "/school/persons/import", _mistake),
    ("policies", lambda _: "/school/policies", _nothing),
    ("policy", lambda _: "/school/policies", _set),
    ("more", lambda _: "/school/more", _nothing),
    ("campus", lambda _: "/school/campus", _nothing),
)
TEACHERS: tuple[tuple[str, Callable[[School], str], Callable[[Page], None]], ...] = (
    ("classes", lambda _: "/school/classes", _nothing),
    ("class", lambda at: f"/school/classes/{at.unit}", _mistype),
    ("symptoms", lambda at: f"/school/classes/{at.unit}", _feel),
)


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_of_the_school_shuts_anybody_out(
    browser: Browser, address: str, client: TestClient, tree: Tree, look: str
) -> None:
    at = School.grow(client, tree)
    found: list[str] = []
    for login, pages in ((at.principal, SHOWN), (at.teacher, TEACHERS)):
        with hold(browser, address, **LOOKS[look]) as device:
            device.enter(login)
            for name, path, then in pages:
                device.page.goto(path(at))
                device.page.locator("h1").first.wait_for()
                device.page.wait_for_load_state("networkidle")
                then(device.page)
                if _PHOTOGRAPHS:
                    device.page.screenshot(path=Path(_PHOTOGRAPHS) / f"school-{name}-{look}.png")
                wide = device.page.evaluate(
                    "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                )
                found += [f"{name}: {one}" for one in complaints(device.page) + (["too wide"] if wide else [])]
    assert "\n".join(found) == ""
