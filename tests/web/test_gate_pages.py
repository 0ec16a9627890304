"""Every page of the gate on a phone and a desktop: nothing that axe calls serious, nothing too wide."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.closures.steps import add_venue, admin, in_days, ordered
from tests.factories.people import add_student, valid_identity_number
from tests.factories.tree import Tree
from tests.gates.steps import Gate, give_pass, pass_out, stand_at, token
from tests.web import site
from tests.web.camera import Camera
from tests.web.pages import LOOKS, PHOTOGRAPHS, Shown, Step, visit
from tests.web.phone import held_for, hold

# Each is made of parts of another one.
_FOR_PHOTOGRAPHS = ("gate-choose", "gate-camera", "gate-in", "gate-used")
_TRIED = (*LOOKS, "phone-en") if PHOTOGRAPHS else ("phone-en-dark",)


def _choose(page: Page) -> None:
    page.locator("main label").first.click()
    page.locator("form").wait_for()


def _show(code: str) -> Step:
    def show(page: Page) -> None:
        page.locator("form input").fill(code)
        page.keyboard.press("Enter")
        page.locator("dialog[open] h1").wait_for()

    return show


def _measure(code: str, digits: str) -> Step:
    def measure(page: Page) -> None:
        _show(code)(page)
        for digit in digits:
            page.locator("dialog .key", has_text=digit).click()
        page.locator("dialog .button.main").click()
        page.locator("dialog .sign + h1").wait_for()
        page.locator("dialog .act").first.wait_for()

    return measure


# Not `wait_for_function`: it evaluates text on the page, which the page's policy forbids.
_PLAYS = "one => one.videoWidth || new Promise(done => one.addEventListener('loadedmetadata', done, { once: true }))"


def _see(page: Page) -> None:
    page.locator("video").wait_for()
    page.locator("video").evaluate(_PLAYS)


def _decide(page: Page) -> None:
    page.context.set_offline(True)
    _measure(valid_identity_number(21), "365")(page)
    page.context.set_offline(False)


def _mistype(page: Page) -> None:
    page.locator("form input").nth(0).fill("李来访")
    page.locator("form input").nth(1).fill("320102199001011234")
    page.locator("form input").nth(3).fill("送教材")
    page.locator("form .button").click()
    page.locator("[aria-invalid=true]").first.wait_for()


def _keep_some(code: str) -> Step:
    def keep(page: Page) -> None:
        page.goto("/gate")
        page.context.set_offline(True)
        _measure(code, "382")(page)
        page.locator("dialog .act").click()
        _measure(valid_identity_number(22), "365")(page)
        page.locator("dialog .act").first.click()
        page.locator("nav a").nth(3).click()
        page.locator("main ul li").first.wait_for()

    return keep


def grow(tree: Tree) -> tuple[Gate, tuple[Shown, ...]]:
    """A gate with people inside, an order for tomorrow, passes of each kind; and what is looked at there."""
    gate = stand_at(tree)
    add_venue(tree, gate.head, "gate", name="北门 (车行)")
    add_venue(tree, gate.head, "library", name="图书馆")
    ordered(tree, admin(tree, "county"), tree.county, since=in_days(1), number="玄疫防〔2020〕12号")
    student = add_student(tree, tree.classes[0], name="王小明")
    gate.send(gate.event(person_id=student), gate.event(code=token(tree, name="李**")))
    good = token(tree, name="王**")
    used = pass_out(tree, give_pass(tree, name="陈*", single_use=True)).token
    gate.send(gate.event(code=used))
    return gate, (
        Shown("gate-choose", lambda _: "/gate"),
        Shown("gate-check", lambda _: "/gate", _choose),
        Shown("gate-camera", lambda _: "/gate", _see),
        Shown("gate-measure", lambda _: "/gate", _show(good)),
        Shown("gate-in", lambda _: "/gate", _measure(good, "365")),
        Shown("gate-used", lambda _: "/gate", _show(used)),
        Shown("gate-fever", lambda _: "/gate", _measure(good, "382")),
        Shown("gate-ask", lambda _: "/gate", _decide),
        Shown("gate-visitor", lambda _: "/gate/visitor", _mistype),
        Shown("gate-inside", lambda _: "/gate/inside"),
        Shown("gate-log", lambda _: "/gate/log", _keep_some(good)),
        Shown("gate-mine", lambda _: "/gate/mine"),
    )


@pytest.mark.parametrize("look", _TRIED)
def test_no_page_of_the_gate_shuts_anybody_out(address: str, tree: Tree, tmp_path: Path, look: str) -> None:
    gate, pages = grow(tree)
    camera = Camera(tmp_path / "camera.y4m")
    camera.hold(None)
    with site.browsing(*camera.options) as browser, hold(browser, address, **held_for(look)) as phone:
        phone.enter(gate.guard)
        found = []
        for one in pages:
            if one.name in _FOR_PHOTOGRAPHS and not PHOTOGRAPHS:
                continue
            if one.name == "gate-camera":
                phone.context.grant_permissions(["camera"])
            found += visit(phone, one, None, look)
            phone.find_network()
        ordered(tree, admin(tree, "county"), tree.county)
        found += visit(phone, Shown("gate-visitor-closed", lambda _: "/gate/visitor"), None, look)
    assert found == []
