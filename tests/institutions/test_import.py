"""Institutions from sheets: errors by row, all or nothing or per row, dry runs, a whole province at once."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
import xlsxwriter
from sqlalchemy import Engine, text

from app.access.roles import Role
from app.access.service import SYSTEM
from app.institutions import service
from app.kernel import db
from tests.factories.tree import Login, Tree, school_code
from tests.institutions.steps import code_of, get, is_sound, lineage, principal, provincial

TITLES = ("机构代码*", "名称", "类型", "学校类别", "上级代码", "行政区划代码", "成立日期")
Rows = Sequence[Sequence[str]]


def as_csv(rows: Rows, titles: Sequence[str] = TITLES) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([titles, *rows])
    return buffer.getvalue().encode()


def as_xlsx(rows: Rows) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([TITLES, *rows]):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def send(tree: Tree, login: Login, data: bytes, *, at: int | None = None, name: str = "a.csv", **form: str) -> Any:
    return tree.client.post(
        f"/api/v1/institutions/{at or tree.city}/imports",
        headers=login.headers,
        files={"file": (name, data)},
        data=form,
    )


def told(answer: httpx2.Response) -> set[tuple[int, str, str]]:
    return {(one["row"], one["column"], one["code"].removeprefix("institution.")) for one in answer.json()["errors"]}


def county_code() -> str:
    return f"C{school_code()}"


def good(county: str, *schools: str) -> list[list[str]]:
    """A county and schools below it, the schools first: order is free."""
    rows = [[code, f"学校{code[-4:]}", "学校", "小学", county, "320102", "2020/9/1"] for code in schools]
    return [*rows, [county, "新区教育局", "县", "", "", "320102", ""]]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_county_with_its_schools(tree: Tree, owner: Engine, form: str) -> None:
    admin, county = provincial(tree), county_code()
    rows = good(county, school_code(), school_code())
    data = as_csv(rows) if form == "csv" else as_xlsx(rows)
    answer = send(tree, admin, data, name=f"a.{form}")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"rows": 3, "created": 3, "updated": 0, "failed": 0, "dry_run": False, "errors": []}
    made = get(tree, admin, "/institutions", q="新区").json()["items"][0]
    schools = get(tree, admin, "/institutions", parent_id=made["id"]).json()["items"]
    assert [one["opened_on"] for one in schools] == ["2020-09-01"] * 2
    assert schools[0]["lineage"] == [tree.province, tree.city, made["id"], schools[0]["id"]]
    assert is_sound(owner, tree.province)
    with owner.connect() as connection:
        opened = connection.execute(
            text("SELECT count(*) FROM outbox WHERE name = 'InstitutionOpened' AND institution_id = ANY (:ids)"),
            {"ids": [made["id"], *(one["id"] for one in schools)]},
        ).scalar_one()
        placed = connection.execute(
            text("SELECT count(*) FROM placement WHERE parent_id = :id AND applied"), {"id": made["id"]}
        ).scalar_one()
    assert (opened, placed) == (3, 2)


def test_the_same_sheet_again_changes_only_what_differs(tree: Tree) -> None:
    admin, county = provincial(tree), county_code()
    rows = good(county, school_code())
    send(tree, admin, as_csv(rows))
    assert send(tree, admin, as_csv(rows)).json()["updated"] == 0
    rows[0][1] = "新名学校"
    assert send(tree, admin, as_csv(rows)).json()["updated"] == 1
    assert get(tree, admin, "/institutions", q="新名").json()["items"][0]["version"] == 2


def wrong_rows(county: str) -> list[list[str]]:
    twice = school_code()
    return [
        [school_code(), "好学校", "学校", "小学", county, "", ""],
        [school_code("31"), "类别不符", "学校", "小学", county, "", ""],
        ["坏 代码", "代码不对", "学校", "小学", county, "", ""],
        [school_code(), "", "学校", "小学", county, "", ""],
        [school_code(), "类型不对", "公司", "", county, "", ""],
        [school_code(), "上级不在", "学校", "小学", "nowhere", "", ""],
        [school_code(), "日期不对", "学校", "小学", county, "", "2020-13-01"],
        [school_code(), "区划不对", "学校", "小学", county, "320199", ""],
        [twice, "重复", "学校", "小学", county, "", ""],
        [twice, "重复", "学校", "小学", county, "", ""],
        [county, "新区教育局", "县", "", "", "", ""],
        [county_code(), "县中之县", "县", "", county, "", ""],
    ]


WRONG = {
    (3, "code", "school_code_type"),
    (4, "code", "code_format"),
    (5, "name", "sheet.required"),
    (6, "kind", "sheet.unknown_choice"),
    (7, "parent_code", "parent_unknown"),
    (8, "opened_on", "day_format"),
    (9, "division_code", "division_unknown"),
    (11, "code", "code_twice"),
    (13, "parent_code", "kind_not_below"),
}


def test_all_or_nothing_does_nothing_and_names_every_row(tree: Tree) -> None:
    admin = provincial(tree)
    answer = send(tree, admin, as_csv(wrong_rows(county_code())))
    assert told(answer) == WRONG
    assert (answer.json()["created"], answer.json()["failed"]) == (0, 9)
    assert get(tree, admin, "/institutions", q="新区").json()["items"] == []
    english = tree.client.post(
        f"/api/v1/institutions/{tree.city}/imports",
        headers=admin.headers | {"Accept-Language": "en"},
        files={"file": ("a.csv", as_csv(wrong_rows(county_code())))},
    )
    assert told(english) == WRONG
    assert english.json()["errors"][0]["detail"] == "The first two digits do not say this school type."
    assert "坏" not in english.text


def test_per_row_takes_the_good_ones(tree: Tree, owner: Engine) -> None:
    admin = provincial(tree)
    answer = send(tree, admin, as_csv(wrong_rows(county_code())), mode="per_row")
    assert told(answer) == WRONG
    assert (answer.json()["created"], answer.json()["failed"]) == (3, 9)
    names = {one["name"] for one in get(tree, admin, "/institutions", within_id=tree.city).json()["items"]}
    assert {"新区教育局", "好学校", "重复"} <= names
    assert is_sound(owner, tree.province)


def test_a_dry_run_says_the_same_and_changes_nothing(tree: Tree) -> None:
    admin, county = provincial(tree), county_code()
    rows = good(county, school_code())
    assert send(tree, admin, as_csv(rows), dry_run="true").json() | {"dry_run": False} == {
        "rows": 2,
        "created": 2,
        "updated": 0,
        "failed": 0,
        "dry_run": False,
        "errors": [],
    }
    assert get(tree, admin, "/institutions", q="新区").json()["items"] == []
    assert send(tree, admin, as_csv(rows)).json()["created"] == 2


def test_what_stands_elsewhere_is_not_touched(tree: Tree) -> None:
    admin, twin = provincial(tree), Tree.grow(tree.client)
    mine = get(tree, admin, f"/institutions/{tree.school}").json()["code"]
    theirs = get(twin, provincial(twin), f"/institutions/{twin.school}").json()["code"]
    rows = [[code, "夺来的学校", "学校", "小学", "", "", ""] for code in (mine, theirs)]
    answer = send(tree, admin, as_csv(rows), mode="per_row")
    assert told(answer) == {(2, "code", "stands_elsewhere"), (3, "code", "code_taken")}
    parent = get(twin, provincial(twin), f"/institutions/{twin.school}").json()
    assert parent["name"] == "玄武第一小学"
    below_theirs = [[school_code(), "村小", "学校", "小学", theirs, "", ""]]
    assert told(send(tree, admin, as_csv(below_theirs))) == {(2, "parent_code", "parent_unknown")}


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.csv", "sheet.empty"),
        (b"PK\x03\x04 not a workbook", "a.xlsx", "sheet.unreadable"),
        ("姓名,年龄\n甲,3\n".encode(), "a.csv", "sheet.no_titles"),
        (as_csv([], TITLES[:2]), "a.csv", "sheet.missing_columns"),
        (as_csv([], (*TITLES, "备注")), "a.csv", "sheet.unknown_columns"),
    ],
)
def test_a_file_that_is_no_such_sheet(tree: Tree, data: bytes, name: str, code: str) -> None:
    answer = send(tree, provincial(tree), data, name=name)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code


def test_who_may_import_and_where(tree: Tree) -> None:
    county = tree.account(Role.COUNTY_ADMIN, tree.county)
    data = as_csv([[school_code(), "新学校", "学校", "小学", "", "", ""]])
    assert code_of(send(tree, county, data, at=tree.city)) == (404, "not_found")
    assert code_of(send(tree, principal(tree), data, at=tree.school)) == (403, "forbidden")
    assert send(tree, county, data, at=tree.county).json()["created"] == 1
    for form in ({"mode": "some"}, {"dry_run": "perhaps"}):
        assert send(tree, county, data, at=tree.county, **form).status_code == 422
    without = tree.client.post(f"/api/v1/institutions/{tree.county}/imports", headers=county.headers)
    assert without.status_code == 422


def test_a_whole_tree_from_the_command(tree: Tree) -> None:
    """As the operator does it: roots in the file, progress shown."""
    root, seen = county_code(), []
    rows = [[root, "浙江省教育厅", "省", "", "", "", ""]]
    rows += [[school_code(), f"学校{number}", "学校", "小学", root, "", ""] for number in range(2000)]
    with db.transaction() as session:
        assert service.scope_to_code(session, None) is None
        outcome = service.import_sheet(
            session,
            SYSTEM,
            None,
            io.BytesIO(as_csv(rows)),
            "a.csv",
            progress=lambda done, total: seen.append((done, total)),
        )
    assert (outcome.created, outcome.errors) == (2001, [])
    assert seen == [(1, 2001), (2001, 2001)]
    with db.transaction() as session:
        made = service.scope_to_code(session, root)
    assert made is not None
    assert lineage(tree, tree.account(Role.PROVINCIAL_ADMIN, made), made) == [made]
