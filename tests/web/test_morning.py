"""Ten to seven on a bad morning: the service is gone, or slow by twenty seconds. Nothing is lost, nothing doubled."""

import contextlib
from typing import Any

from playwright.sync_api import Browser, Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from sqlalchemy import Engine

from bench.api import free_port
from tests.factories.people import add_guardian, add_student
from tests.factories.tree import Tree
from tests.web import site
from tests.web.household import move_in
from tests.web.phone import Phone, hold
from tests.web.test_family import card, kept, log

_READY = "navigator.serviceWorker.ready.then(() => true)"


def test_the_service_is_gone_and_comes_back(browser: Browser, owner_url: str, tree: Tree, owner: Engine) -> None:
    assert owner_url
    guardian, elder, younger, _ = move_in(tree)
    port = free_port()
    with hold(browser, f"http://localhost:{port}") as phone:
        page = phone.page
        with site.serving(port):
            phone.sign_in(guardian)
            expect(card(page, "沈一诺")).to_be_visible()
            page.evaluate(_READY)
        # The network is there, and nobody answers.
        log(page, "沈一诺", "365")
        expect(card(page, "沈一诺")).to_contain_text("等待发送")
        page.goto("/")
        expect(card(page, "沈一诺")).to_contain_text("等待发送")
        log(page, "沈二宝", "367")
        expect(card(page, "沈二宝")).to_contain_text("等待发送")
        expect(page.get_by_text("2 条")).to_be_visible()
        expect(page.get_by_text("今天都完成了")).to_be_visible()
        assert kept(owner, tree) == []
        with site.serving(port):
            page.get_by_role("button", name="立即发送").click()
            expect(page.get_by_role("status").get_by_text("等待的打卡都已发送")).to_be_visible()
            expect(card(page, "沈一诺")).to_contain_text("您填报")
            expect(card(page, "沈二宝")).to_contain_text("您填报")
            assert kept(owner, tree) == [(elder, 365), (younger, 367)]
        phone.complaints.clear()  # the browser tells of each call that nobody answered


class Slow:
    """Answers that are on their way: heard by the service, not yet by the phone."""

    def __init__(self) -> None:
        self.held: list[tuple[Route, Any]] = []

    def take(self, route: Route) -> None:
        """Have the service do it, and keep its answer."""
        self.held.append((route, route.fetch()))

    def arrive(self) -> None:
        """Hand on what the phone still waits for."""
        for route, answer in self.held:
            route.fulfill(response=answer)
        self.held.clear()


def _lose_patience(page: Page) -> None:
    """Have time go by until the phone waits no more for an answer; it may begin to wait after us."""
    given_up = card(page, "沈一诺").get_by_text("等待发送")
    for _ in range(60):
        page.clock.fast_forward(1_000)
        with contextlib.suppress(PlaywrightTimeout):
            given_up.wait_for(timeout=50)
            return
    raise AssertionError("it waits for ever")


def test_an_answer_comes_after_twenty_seconds(phone: Phone, tree: Tree, owner: Engine) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    page, slow = phone.page, Slow()
    page.clock.install()
    phone.sign_in(add_guardian(tree, child))
    expect(card(page, "沈一诺")).to_be_visible()
    page.evaluate(_READY)
    page.route("**/api/v1/**", slow.take)
    # What was kept opens at once; nobody waits for who they are.
    page.goto("/")
    expect(card(page, "沈一诺")).to_be_visible()
    with page.expect_request("**/api/v1/checkins"):
        log(page, "沈一诺", "366")
    expect(card(page, "沈一诺")).to_contain_text("正在发送")
    while kept(owner, tree) != [(child, 366)]:
        page.wait_for_timeout(20)  # the service has it before the phone gives up
    _lose_patience(page)

    page.unroute("**/api/v1/**")
    page.clock.fast_forward(30_000)
    expect(card(page, "沈一诺")).to_contain_text("您填报")
    expect(page.get_by_text("等待发送")).to_have_count(0)
    assert kept(owner, tree) == [(child, 366)]
    phone.complaints.clear()  # the browser tells of each answer that was given up


def test_a_session_outlives_a_slow_renewal(phone: Phone, tree: Tree, owner: Engine) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    page, slow = phone.page, Slow()
    page.clock.install()
    phone.sign_in(add_guardian(tree, child))
    expect(card(page, "沈一诺")).to_be_visible()
    page.route("**/api/v1/sessions/refresh", slow.take)
    with page.expect_request("**/api/v1/sessions/refresh"):
        page.clock.fast_forward(9 * 60_000 + 45_000)
        log(page, "沈一诺", "366")
    _lose_patience(page)
    # Giving up on the renewal would ask again with a token that is used up, and end the session.
    page.clock.fast_forward(5_000)
    assert len(slow.held) == 1
    slow.arrive()
    page.clock.fast_forward(30_000)
    expect(card(page, "沈一诺")).to_contain_text("您填报")
    expect(page.get_by_text("登录已失效")).to_have_count(0)
    assert kept(owner, tree) == [(child, 366)]


_KEEPS_NOTHING = "Object.defineProperty(window, 'indexedDB', { value: undefined })"


def test_a_browser_that_keeps_nothing_opens_sends_and_signs_out(phone: Phone, tree: Tree, owner: Engine) -> None:
    child = add_student(tree, tree.classes[0], name="沈一诺")
    page = phone.page
    page.add_init_script(_KEEPS_NOTHING)
    phone.sign_in(add_guardian(tree, child))
    page.goto("/")
    log(page, "沈一诺", "366")
    expect(card(page, "沈一诺")).to_contain_text("您填报")
    assert kept(owner, tree) == [(child, 366)]
    page.get_by_role("link", name="我的").click()
    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("dialog").get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("button", name="密码登录")).to_be_visible()
