"""A school's office imports its roll from a sheet with mistakes in it; a parent who stands in it signs in."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.factories.people import valid_identity_number
from tests.factories.tree import Login, Tree, phone
from tests.journeys.steps import Caller, figures, found_school, moment
from tests.kernel.spreadsheets import workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GOOD = ("张甲", "张乙")
WRONG = {3: "identity_number", 4: "guardian_1_phone", 5: "number"}  # row -> column


@dataclass
class Office:
    """The reporter of a new school, and the parent of two of its children."""

    client: TestClient
    school: int
    reporter: Caller
    parent_phone: str
    titles: list[str]

    def send(self, sheet: bytes, *, language: str = "zh-CN", **form: str) -> Any:
        """Upload a sheet; the import as it is answered."""
        answer = self.client.post(
            f"/api/v1/institutions/{self.school}/roll-imports",
            headers=self.reporter.login.headers | {"Accept-Language": language},
            files={"file": ("名单.xlsx", sheet, XLSX)},
            data={"kind": "students", "create_units": "true"} | form,
        )
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def row(self, **cells: str) -> list[str]:
        """Cells in the order of the template."""
        by_title = {TITLES[name]: value for name, value in cells.items()}
        assert set(by_title) <= set(self.titles), self.titles
        return [by_title.get(title, "") for title in self.titles]

    def names(self) -> list[str]:
        """Who is on the roll."""
        found = self.reporter.get(f"/institutions/{self.school}/persons")["items"]
        return sorted(person["name"] for person in found)

    def on_roll(self) -> tuple[int, int]:
        counts = figures(self.reporter, self.school, clock.today())
        return counts["on_roll"], counts["due"]


TITLES = {
    "grade": "年级",
    "class": "班级",
    "name": "姓名",
    "number": "学号",
    "identity_number": "身份证号",
    "guardian_1_name": "监护人1姓名",
    "guardian_1_relation": "监护人1关系",
    "guardian_1_phone": "监护人1电话",
}


@pytest.fixture
def office(client: TestClient, tree: Tree, deliver: Callable[[], int]) -> Iterator[Office]:
    admin = Caller(client, tree.account(Role.COUNTY_ADMIN, tree.county))
    with time_machine.travel(moment(9, 0)):
        admin.sign_in()
        school = found_school(admin, tree.county, "城北小学")
        deliver()
        reporter = Caller(client, tree.account(Role.SCHOOL_REPORTER, school))
        template = client.get(
            "/api/v1/roll-import-templates/students.xlsx?language=zh-CN", headers=reporter.login.headers
        )
        assert template.status_code == 200, template.text
        first = CalamineWorkbook.from_filelike(io.BytesIO(template.content)).get_sheet_by_index(0).to_python()[0]
        titles = [str(title).rstrip("*").strip() for title in first if title]
        yield Office(client, school, reporter, phone(), titles)


def sheet(office: Office, *, mended: bool = False) -> bytes:
    """Five children; the second to fourth have a mistake each unless it was mended."""
    good = valid_identity_number()
    wrong_check = good[:-1] + ("0" if good[-1] != "0" else "1")
    parent = {"guardian_1_name": "李某", "guardian_1_relation": "母亲", "guardian_1_phone": office.parent_phone}
    bad_phone = parent | {"guardian_1_phone": phone() if mended else "12345"}
    identity = valid_identity_number() if mended else wrong_check
    lines = [
        office.row(grade="三年级", **{"class": "1班"}, name=GOOD[0], number="S001", **parent),
        office.row(grade="三年级", **{"class": "1班"}, name="王丙", identity_number=identity),
        office.row(grade="三年级", **{"class": "2班"}, name="王丁", number="S003", **bad_phone),
        office.row(grade="三年级", **{"class": "2班"}, name="王戊", number="S004" if mended else "S001"),
        office.row(grade="四年级", **{"class": "1班"}, name=GOOD[1], number="S005", **parent),
    ]
    return workbook([office.titles, *lines])


def places(outcome: Any) -> dict[int, str]:
    return {error["row"]: error["column"] for error in outcome["errors"]}


def test_a_roll_with_errors(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    faulty = sheet(office)
    dry = office.send(faulty, mode="per_row", dry_run="true")
    assert (dry["rows"], dry["failed"], places(dry)) == (5, 3, WRONG)
    assert (office.names(), office.on_roll()) == ([], (0, 0))

    nothing = office.send(faulty, mode="all_or_nothing")
    assert (nothing["created"], nothing["failed"], places(nothing)) == (0, 3, WRONG)
    assert (office.names(), office.on_roll()) == ([], (0, 0))
    _assert_errors_are_told_in_both_languages(office, nothing)

    some = office.send(faulty, mode="per_row")
    assert (some["created"], some["failed"], places(some)) == (2, 3, WRONG)
    assert (office.names(), office.on_roll()) == (sorted(GOOD), (2, 2))
    _assert_the_parent_sees_the_children(office, capsys)

    mended = office.send(sheet(office, mended=True), mode="all_or_nothing")
    assert (mended["created"], mended["updated"], mended["failed"]) == (3, 2, 0)
    assert (len(office.names()), office.on_roll()) == (5, (5, 5))
    units = office.reporter.get(f"/institutions/{office.school}/units")["items"]
    assert sorted(unit["name"] for unit in units if unit["kind"] == "class") == [
        "三年级1班",
        "三年级2班",
        "四年级1班",
    ]


def test_a_file_that_is_no_sheet_changes_nothing(office: Office) -> None:
    answer = office.client.post(
        f"/api/v1/institutions/{office.school}/roll-imports",
        headers=office.reporter.login.headers,
        files={"file": ("名单.xlsx", b"PK\x03\x04 no sheet at all", XLSX)},
        data={"kind": "students"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "sheet_refused")
    assert office.on_roll() == (0, 0)


def _assert_errors_are_told_in_both_languages(office: Office, outcome: Any) -> None:
    path = f"/api/v1/roll-imports/{outcome['id']}"
    told = {}
    for language in ("zh-CN", "en"):
        headers = office.reporter.login.headers | {"Accept-Language": language}
        answer = office.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        told[language] = {error["row"]: error["detail"] for error in answer.json()["errors"]}
        assert "12345" not in answer.text
        assert "S001" not in answer.text
    assert told["zh-CN"].keys() == told["en"].keys() == WRONG.keys()
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in told["zh-CN"].values())
    assert all(text.isascii() for text in told["en"].values())


def _assert_the_parent_sees_the_children(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    parent, stranger = (_sign_in_by_code(office, number, capsys) for number in (office.parent_phone, phone()))
    assert sorted(member["name"] for member in parent.get("/me/family")["members"]) == sorted(GOOD)
    roles = {(one["role"], one["institution_id"]) for one in parent.get("/me")["memberships"]}
    assert roles == {("guardian", office.school)}
    assert stranger.get("/me")["memberships"] == []


def _sign_in_by_code(office: Office, number: str, capsys: pytest.CaptureFixture[str]) -> Caller:
    capsys.readouterr()
    assert office.client.post("/api/v1/one-time-codes", json={"phone": number}).status_code == 202
    said = capsys.readouterr().out
    assert number not in said
    code = re.search(r"\b\d{6}\b", said)
    assert code is not None, said
    answer = office.client.post("/api/v1/sessions/by-code", json={"phone": number, "code": code[0]})
    assert answer.status_code == 201, answer.text
    signed_in = answer.json()
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    return Caller(office.client, Login(signed_in["account_id"], number, "", headers))
