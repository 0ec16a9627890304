"""Daily reports and bulletins as files: what stands in them, for whom, step by step where there are many."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import python_calamine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.exports.models import ExportKind
from app.exports.service import STEPS, pdf
from tests.factories.tree import Tree
from tests.reports.steps import Office, at

COUNTY = Role.COUNTY_ADMIN


@pytest.fixture
def office(client: TestClient, tree: Tree) -> Office:
    return Office.open(client, tree)


def make(office: Office, role: Role, place: int, kind: str, status: int = 201, **more: Any) -> Any:
    body = {"kind": kind, "format": "xlsx", **more}
    if kind != "bulletin":
        body["day"] = office.day.isoformat()
    return office.ask("POST", role, place, f"/institutions/{place}/exports", body, status=status)


def sheet(office: Office, role: Role, place: int, made: Any) -> list[list[Any]]:
    content = fetched(office, role, place, made)
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def fetched(office: Office, role: Role, place: int, made: Any) -> bytes:
    login = office.logins[role, place]
    body = {"phone": login.phone, "password": login.password, "device_name": "办公室"}
    token = office.client.post("/api/v1/sessions", json=body).json()["access_token"]
    path = f"/api/v1/exports/{made['id']}/contents"
    answer = office.client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.content


def words(rows: list[list[Any]]) -> str:
    return "\n".join(str(cell) for row in rows for cell in row if cell not in ("", None))


def test_a_report_as_it_was_sent_carries_what_proves_it(office: Office) -> None:
    school = office.tree.school
    with at(7, 30):
        office.log(school, office.tree.classes[0], office.students[school][0], 38.2)
    with at(15):
        assert make(office, Role.PRINCIPAL, school, "daily_report", 404)["code"] == "not_found"
        office.draft(school)
        assert make(office, Role.PRINCIPAL, school, "daily_report", 409)["code"] == "nothing_sent"
        stated = [{"figure": "not_measured", "count": 1, "reason": "体温计损坏"}]
        office.complete(school, stated=stated)
        sent = office.send(school)["revision"]
        for role, place, of in ((Role.PRINCIPAL, school, school), (COUNTY, office.tree.county, school)):
            body = {"kind": "daily_report", "format": "xlsx", "day": office.day.isoformat()}
            made = office.ask("POST", role, place, f"/institutions/{of}/exports", body, status=201)
            rows = sheet(office, role, place, made)
            said = words(rows)
            for fact in (
                sent["digest"],
                sent["previous"],
                sent["signature"],
                "内容、链、签名均一致",
                "第 1 版 · 有情况",
            ):
                assert fact in said
            assert ["发热", 1.0, 1.0, ""] in rows
            assert ["未测温", 1.0, 0.0, "体温计损坏"] in rows


def test_what_a_level_has_received_keeps_three_states_apart(office: Office) -> None:
    tree = office.tree
    zero, silent = tree.add_school(name="零报小学"), tree.add_school(name="未报小学")
    with at(7, 30):
        office.log(tree.school, tree.classes[0], office.students[tree.school][0], 38.2)
    with at(15):
        for school in (tree.school, zero):
            office.draft(school)
            office.send(school)
        office.draft(silent)
        for role, place in ((COUNTY, tree.county), (Role.CITY_ADMIN, tree.city)):
            rows = sheet(office, role, place, make(office, role, place, "collected_reports"))
            by_name = {row[1]: row for row in rows}
            states = [by_name[name][2] for name in (by_name_of(office), "零报小学", "未报小学")]
            assert states == ["有情况", "零报告", "未报"]
            assert [by_name[by_name_of(office)][place] for place in (5, 6, 10)] == [3, 1, 1]
            assert by_name["未报小学"][5] == ""
            assert "未报学校 (1 所): 未报小学" in words(rows)
            (total,) = [row for row in rows if row[0] == "合计"]
            assert total[5:7] == [3, 1]
        assert make(office, Role.HOMEROOM_TEACHER, tree.school, "collected_reports", 403)["code"] == "forbidden"


def by_name_of(office: Office) -> str:
    return str(office.ask("GET", COUNTY, office.tree.county, f"/institutions/{office.tree.school}")["name"])


def test_many_schools_are_read_step_by_step_and_the_asker_is_told(
    office: Office, deliver: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STEPS, ExportKind.COLLECTED_REPORTS, 2)
    tree = office.tree
    names = [f"第{number}小学" for number in range(5)]
    schools = [tree.add_school(name=name) for name in names]
    with at(15):
        for school in schools:
            office.draft(school)
            office.send(school)
        made = make(office, COUNTY, tree.county, "collected_reports", 202)
        assert (made["state"], made["done"], made["total"]) == ("running", 0, 5)
        deliver()
        now = office.ask("GET", COUNTY, tree.county, f"/exports/{made['id']}")
        assert (now["state"], now["done"]) == ("done", 5)
        rows = sheet(office, COUNTY, tree.county, made)
        assert [row[1] for row in rows if row[1] in names] == names
        told = office.ask("GET", COUNTY, tree.county, "/me/messages")["items"]
        assert [one["template"] for one in told] == ["export_ready"]


@pytest.mark.parametrize("form", ["xlsx", "pdf"])
def test_an_issue_is_printed_as_its_reader_sees_it(office: Office, form: str) -> None:
    county, school = office.tree.county, office.tree.school
    paper = office.ask("POST", COUNTY, county, f"/institutions/{county}/bulletins", {}, status=201)
    issue = office.ask("POST", COUNTY, county, f"/bulletins/{paper['id']}/issues", status=201)
    made = make(office, Role.PRINCIPAL, school, "bulletin", issue_id=issue["id"], format=form)
    if form == "pdf":
        assert b"NotoSansSC" in fetched(office, Role.PRINCIPAL, school, made)
        return
    said = words(sheet(office, Role.PRINCIPAL, school, made))
    assert "年第 1 期" in said
    assert issue["digest"] in said
    withdrawal = f"/institutions/{county}/bulletin-issues/{issue['id']}/withdrawals"
    office.ask("POST", COUNTY, county, withdrawal, {"reason": "数据有误"}, status=201)
    made = make(office, Role.PRINCIPAL, school, "bulletin", issue_id=issue["id"])
    said = words(sheet(office, Role.PRINCIPAL, school, made))
    assert "【本期已作废, 见第 2 期】" in said
    assert "一、健康打卡" not in said
    assert make(office, Role.STAFF, school, "bulletin", 404, issue_id=issue["id"])["code"] == "not_found"


@pytest.mark.parametrize("body", [{"kind": "bulletin"}, {"kind": "figures", "issue_id": 1}])
def test_a_bulletin_is_named_by_its_issue(office: Office, body: dict[str, Any]) -> None:
    path = f"/institutions/{office.tree.county}/exports"
    answer = office.ask("POST", COUNTY, office.tree.county, path, {"format": "pdf", **body}, status=422)
    assert [one["code"] for one in answer["errors"]] == ["which_issue"]


def test_a_pdf_of_too_many_schools_is_refused_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_MOST_CELLS", 20)
    names = [office.tree.add_school(name=f"第{number}小学") for number in range(2)]
    with at(15):
        for school in names:
            office.draft(school)
        place = office.tree.county
        answer = make(office, COUNTY, place, "collected_reports", 422, format="pdf")
        assert answer["code"] == "export_too_large"
        make(office, COUNTY, place, "collected_reports", 201, format="xlsx")
