"""The gate: a guard with a phone in the rain, no network; codes held up to a camera, red and green, each event once."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from app.gates.service import rotating
from app.kernel import clock
from tests.closures.steps import admin, in_days, ordered
from tests.factories.people import add_student, valid_identity_number
from tests.factories.tree import Tree
from tests.gates.steps import Gate, give_pass, pass_out, set_policy, stand_at, token
from tests.institutions.steps import post
from tests.web import site
from tests.web.camera import Camera
from tests.web.phone import Phone, hold


@pytest.fixture
def camera(tmp_path: Path) -> Camera:
    """An empty wall, to begin with."""
    found = Camera(tmp_path / "camera.y4m")
    found.hold(None)
    return found


@pytest.fixture
def guarded(camera: Camera, address: str) -> Iterator[Phone]:
    """A phone with that camera, allowed to use it."""
    with site.browsing(*camera.options) as browser, hold(browser, address) as phone:
        phone.context.grant_permissions(["camera"])
        yield phone


def stand(phone: Phone, gate: Gate) -> Page:
    """A guard comes to work: signs in, says where, and the phone keeps what it needs."""
    page = phone.page
    phone.enter(gate.guard)
    page.goto("/")
    page.get_by_role("heading", name="您在哪里值守?").wait_for()
    page.get_by_text("南门").click()
    page.get_by_role("heading", name="南门").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def measure(page: Page, digits: str) -> None:
    """A temperature, and what the guard makes of it."""
    for digit in digits:
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name=re.compile("^放行")).click()


def type_in(page: Page, code: str) -> None:
    """What a hand scanner does, or a guard with a document."""
    page.get_by_label("扫码枪, 或输入证件号码").fill(code)
    page.keyboard.press("Enter")


def is_said(page: Page, *words: str) -> None:
    """The whole screen says it."""
    screen = page.get_by_role("dialog")
    for one in words:
        expect(screen).to_contain_text(one)


def go_on(page: Page, act: str) -> None:
    """One tap, and the next may come."""
    page.get_by_role("button", name=act).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def forged(code: str) -> str:
    """The same pass for another name, under the signature of the first."""
    head, body, signature = code.split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    body = base64.urlsafe_b64encode(json.dumps(said | {"jti": "1"}).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


def landed(owner: Engine, tree: Tree) -> list[Any]:
    """What the service knows of the gate, in order of time."""
    query = """SELECT id, direction, outcome, temperature, findings, pass_id, occurred_at, received_at, queued
               FROM gate_event WHERE institution_id = :school ORDER BY occurred_at"""
    with owner.connect() as connection:
        return list(connection.execute(text(query), {"school": tree.school}))


def passes_of_all_kinds(tree: Tree, gate: Gate) -> dict[str, tuple[int, str]]:
    """Ids and codes: for one entry, for many, revoked, and one for later."""
    hours = {"valid_from": clock.now() + timedelta(hours=2), "valid_until": clock.now() + timedelta(hours=4)}
    kinds: dict[str, dict[str, Any]] = {"once": {"single_use": True}, "often": {}, "revoked": {}, "early": hours}
    ids = {kind: give_pass(tree, **values) for kind, values in kinds.items()}
    found = {kind: (one, str(pass_out(tree, one).token)) for kind, one in ids.items()}
    assert post(tree, gate.head, f"/passes/{ids['revoked']}/revocations", {"reason": "行程有变"}).status_code == 201
    return found


def stand_in_front(page: Page, camera: Camera, passes: dict[str, tuple[int, str]]) -> None:
    """Three before the camera: one goes in, one has a fever, one has drawn a pass; then some who are typed in."""
    camera.hold(passes["once"][1])
    is_said(page, "通行证有效", f"编号 {passes['once'][0]}")
    measure(page, "365")
    is_said(page, "放行", "36.5℃")
    camera.hold(passes["often"][1])
    page.get_by_role("button", name="下一位").click()
    is_said(page, "通行证有效", f"编号 {passes['often'][0]}")
    measure(page, "382")
    is_said(page, "不能进入", "体温达到发热标准", "临时观察区")
    camera.hold(forged(passes["often"][1]))
    page.get_by_role("button", name="下一位").click()
    is_said(page, "不能进入", "签名不正确")
    camera.hold(None)
    go_on(page, "下一位")
    for kind, why in (("once", "通行证已使用过"), ("revoked", "通行证已撤销"), ("early", "不在通行证的有效时间内")):
        type_in(page, passes[kind][1])
        is_said(page, "不能进入", why)
        go_on(page, "不放行")
    page.get_by_role("button", name="离校").click()
    type_in(page, passes["once"][1])
    is_said(page, "已离校")


def test_the_gate_scans_offline(guarded: Phone, camera: Camera, tree: Tree, owner: Engine) -> None:
    gate, began = stand_at(tree), clock.now()
    passes = passes_of_all_kinds(tree, gate)
    page = stand(guarded, gate)
    page.reload()
    guarded.lose_network()
    page.reload()
    stand_in_front(page, camera, passes)
    # From the frame, or the key, to what is on the screen.
    times = page.evaluate("performance.getEntriesByName('gate.verdict').map(one => one.duration)")
    assert len(times) == 7
    assert max(times) < 1000, times

    page.get_by_role("link", name="记录").click()
    expect(page.get_by_text("6 条已存在本机")).to_be_visible()
    page.reload()
    expect(page.get_by_text("等待发送")).to_have_count(7)
    assert landed(owner, tree) == []
    between = clock.now()
    guarded.find_network()
    expect(page.get_by_text("已发送", exact=True)).to_have_count(6)
    found = landed(owner, tree)
    once, often, revoked, early = (passes[kind][0] for kind in ("once", "often", "revoked", "early"))
    assert [(one.pass_id, one.direction, one.outcome, one.temperature, one.findings) for one in found] == [
        (once, "in", "admitted", 365, []),
        (often, "in", "turned_away", 382, ["fever"]),
        (once, "in", "turned_away", None, ["pass_used"]),
        (revoked, "in", "turned_away", None, ["pass_revoked"]),
        (early, "in", "turned_away", None, ["pass_not_valid_now"]),
        (once, "out", "admitted", None, []),
    ]
    assert all(began < one.occurred_at < between < one.received_at for one in found)
    page.reload()
    expect(page.get_by_text("已发送", exact=True)).to_have_count(6)
    assert landed(owner, tree) == found


def test_a_code_of_the_minute_is_asked_for_and_screenshots_are_not_taken(phone: Phone, tree: Tree) -> None:
    gate = stand_at(tree)
    set_policy(tree, gate.head, "pass_rotating", value=True)
    shown = pass_out(tree, give_pass(tree))
    today = next(one for one in shown.secrets if one.day == clock.today())
    secret = base64.urlsafe_b64decode(today.secret + "==")
    page = stand(phone, gate)
    phone.lose_network()

    type_in(page, f"{shown.token}~{rotating.code(secret, clock.now())}")
    is_said(page, "通行证有效")
    page.get_by_role("button", name="返回扫码").click()
    type_in(page, f"{shown.token}~{rotating.code(secret, clock.now(), -10)}")
    is_said(page, "不能进入", "可能是截图", "实时的通行码")
    go_on(page, "重新扫码")
    type_in(page, shown.token)
    is_said(page, "可能是截图")
    phone.find_network()


def test_what_is_ordered_for_tomorrow_holds_tomorrow_without_a_network(phone: Phone, tree: Tree) -> None:
    gate = stand_at(tree)
    county = admin(tree, "county")
    strict = {"degree": "closed", "exceptions": False, "number": "玄疫防〔2020〕9号"}
    ordered(tree, county, tree.county, since=in_days(1), **strict)
    code = token(tree, valid_until=clock.now() + timedelta(days=9))
    page = stand(phone, gate)
    expect(page.get_by_text("封闭管理", exact=False)).to_be_visible()
    phone.lose_network()
    type_in(page, code)
    is_said(page, "通行证有效")
    page.get_by_role("button", name="返回扫码").click()

    page.clock.set_fixed_time(clock.now() + timedelta(days=1, minutes=5))
    type_in(page, code)
    is_said(page, "不能进入", "按 玄疫防〔2020〕9号 封闭, 任何人不得进入", "玄武区教育局可调整或解除")
    go_on(page, "重新扫码")

    page.clock.set_fixed_time(clock.now() + timedelta(days=4))
    type_in(page, code)
    is_said(page, "未能核对, 请看证件")
    measure(page, "365")
    is_said(page, "请您决定", "没有网络, 本机不能核对")
    go_on(page, "不放行")
    expect(page.get_by_text("查验资料已过期")).to_be_visible()
    phone.find_network()


def test_the_service_decides_where_it_answers_in_time(phone: Phone, tree: Tree, owner: Engine) -> None:
    """Held back by what no phone knows; then the network is slow, the guard lets in, and hears of it later."""
    gate = stand_at(tree)
    student = add_student(tree, tree.classes[0], name="王小明")
    gate.send(gate.event(person_id=student, temperature=38.5))
    code = token(tree, person_id=student)
    page = stand(phone, gate)
    type_in(page, code)
    measure(page, "364")
    is_said(page, "不能进入", "近日有发热记录", "校医")
    go_on(page, "下一位")

    # The service hears it, and its answer comes too late.
    page.route("**/gate-events", lambda route: route.fetch() and None, times=1)
    type_in(page, code)
    measure(page, "365")
    is_said(page, "放行")
    go_on(page, "下一位")
    page.get_by_role("link", name="记录").click()
    expect(page.get_by_text("系统补查: ")).to_have_count(1)
    assert [(one.outcome, one.temperature, one.findings) for one in landed(owner, tree)] == [
        ("turned_away", 385, ["fever"]),
        ("turned_away", 364, ["fever"]),
        ("turned_away", 365, ["fever"]),
        ("admitted", 365, ["fever"]),
    ]


def test_a_visitor_without_a_network_comes_in_and_is_told_of_later(phone: Phone, tree: Tree, owner: Engine) -> None:
    gate = stand_at(tree)
    page = stand(phone, gate)
    phone.lose_network()
    page.get_by_role("link", name="来访").click()
    page.get_by_label("姓名").fill("李来访")
    page.get_by_label("身份证号").fill("320102199001011234")
    page.get_by_label("手机号码").fill("13912345678")
    page.get_by_label("来访事由").fill("送教材")
    page.get_by_role("button", name="登记并查验").click()
    expect(page.get_by_text("身份证号不正确")).to_be_visible()
    page.get_by_label("身份证号").fill(valid_identity_number(7))
    page.get_by_role("button", name="登记并查验").click()
    is_said(page, "李**")
    measure(page, "366")
    is_said(page, "放行")
    go_on(page, "下一位")
    page.get_by_role("link", name="我的").click()
    page.get_by_role("button", name="退出登录").click()
    is_said(page, "还有 2 条记录没有发送")
    page.get_by_role("button", name="取消").click()

    phone.find_network()
    page.get_by_role("link", name="记录").click()
    expect(page.get_by_text("已发送", exact=True)).to_have_count(2)
    (event,) = landed(owner, tree)
    assert (event.outcome, event.temperature, event.findings, event.queued) == ("admitted", 366, [], True)
    page.get_by_role("link", name="在校").click()
    page.get_by_role("heading", name="在校人员").wait_for()
    expect(page.get_by_text("李**")).to_be_visible()


def test_no_camera_is_no_reason_to_let_people_wait(phone: Phone, tree: Tree, owner: Engine) -> None:
    """Typing and a hand scanner stay; closed to society, a stranger is told by whom; somebody inside leaves by name."""
    gate = stand_at(tree)
    number = valid_identity_number(11)
    student = add_student(tree, tree.classes[0], name="王小明", identity_number=number)
    ordered(tree, admin(tree, "county"), tree.county, number="玄疫防〔2020〕12号")
    page = stand(phone, gate)
    page.get_by_role("button", name="打开摄像头").click()
    expect(page.get_by_role("alert")).to_contain_text("扫码枪")
    type_in(page, "3201")
    expect(page.get_by_text("不是完整的证件号码")).to_be_visible()
    page.get_by_role("heading", name="南门").click()
    page.keyboard.type(number + "\n")
    is_said(page, f"证件尾号 {number[-4:]}")
    measure(page, "364")
    is_said(page, "放行", "王**")
    go_on(page, "下一位")
    type_in(page, valid_identity_number(12))
    measure(page, "364")
    is_said(page, "不能进入", "无法识别")
    page.get_by_role("link", name="登记来访").click()
    expect(page.get_by_text("按 玄疫防〔2020〕12号 不对社会开放")).to_be_visible()

    page.get_by_role("link", name="在校").click()
    page.get_by_role("button", name="登记离校").click()
    expect(page.get_by_text("现在没有人在校内")).to_be_visible()
    page.get_by_role("link", name="记录").click()
    expect(page.get_by_text("已发送", exact=True)).to_have_count(2)
    assert [(one.direction, one.outcome) for one in landed(owner, tree)] == [("in", "admitted"), ("out", "admitted")]
    assert [one["person_id"] for one in gate.inside()] == [] != [student]


def test_two_tabs_send_nothing_twice(phone: Phone, tree: Tree, owner: Engine) -> None:
    gate = stand_at(tree)
    page = stand(phone, gate)
    code = token(tree)
    phone.lose_network()
    type_in(page, code)
    measure(page, "365")
    go_on(page, "下一位")
    other = phone.context.new_page()
    other.goto("/gate/log")
    expect(other.get_by_text("等待发送").first).to_be_visible()

    sent: list[str] = []
    # Those that were answered: the first of a tab may still meet a network that is not there.
    phone.context.on("response", lambda one: sent.append(one.url) if one.request.method == "POST" else None)
    phone.find_network()
    expect(other.get_by_text("已发送", exact=True)).to_be_visible()
    page.get_by_role("link", name="记录").click()
    expect(page.get_by_text("已发送", exact=True)).to_be_visible()
    assert [one.rpartition("/")[2] for one in sent].count("gate-events") == 1
    assert [one.outcome for one in landed(owner, tree)] == ["admitted"]
