"""Rolls from sheets: read, checked, written; what is wrong by row and column; nothing half done."""

import io
import zipfile
from typing import Any

import pytest
import python_calamine
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.access.service import SYSTEM
from app.institutions.models import UnitKind
from app.kernel import db
from app.people import service as people
from tests.factories.people import scope, valid_identity_number
from tests.factories.tree import Tree, phone
from tests.people.steps import Office, acts, drift, office, roll, sheet

TITLES = ("年级", "班级", "姓名", "学号", "身份证号", "监护人1姓名", "监护人1关系", "监护人1电话")


def row(place: int = 1, **cells: str) -> list[str]:
    """A good row of `TITLES`, but for the cells that are given."""
    values = {
        "grade": "三年级",
        "class": "1班",
        "name": f"学生{place}",
        "number": f"2026{place:04d}",
        "identity": valid_identity_number(),
        "guardian": f"家长{place}",
        "relation": "母亲",
        "phone": phone(),
        **cells,
    }
    return list(values.values())


def persons(head: Office, **params: Any) -> list[dict[str, Any]]:
    """Everybody on the roll."""
    found: list[dict[str, Any]] = head.get(f"/institutions/{head.tree.school}/persons", limit=200, **params)["items"]
    return found


def test_a_sheet_enrols_binds_and_counts(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    titles = [*TITLES, "共同居住人1姓名", "共同居住人1关系"]
    rows = [[*row(1), "家人1", "祖母"], [*row(2, **{"class": "三年级2班"}), "", ""]]
    told = head.imports(sheet(titles, rows))
    assert {name: told[name] for name in ("rows", "created", "updated", "failed", "errors", "dry_run")} == {
        "rows": 2,
        "created": 2,
        "updated": 0,
        "failed": 0,
        "errors": [],
        "dry_run": False,
    }
    students = persons(head, kind="student")
    assert [(one["name"], one["unit_id"], one["number"]) for one in students] == [
        ("学生1", tree.classes[0], "20260001"),
        ("学生2", tree.classes[1], "20260002"),
    ]
    assert [one["name"] for one in persons(head, student_id=students[0]["id"])] == ["家人1"]
    guardians = head.get(f"/persons/{students[0]['id']}/guardians")["items"]
    assert [(one["name"], one["bound"], one["phone"][-4:]) for one in guardians] == [("家长1", True, rows[0][7][-4:])]
    assert head.post(f"/institutions/{tree.school}/person-searches", {"phone": rows[0][7]})["items"] == [students[0]]
    plain = head.post(f"/persons/{students[0]['id']}/disclosures", {"fields": ["identity_number"], "reason": "核对"})
    assert plain["identity_number"] == rows[0][4]
    assert roll(owner, tree.school)[-1]["on_roll"] == 2
    assert drift(tree.school) == []
    assert head.get(f"/roll-imports/{told['id']}") == told
    listed = head.get(f"/institutions/{tree.school}/roll-imports")["items"]
    assert [one["id"] for one in listed] == [told["id"]]
    assert "people.import_roll" in acts(owner, tree.school)


def test_the_same_sheet_again_updates_and_doubles_nothing(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    first, second = row(1), row(2)
    head.imports(sheet(TITLES, [first, second]))
    before = persons(head)
    moved = [*first]
    moved[1], moved[2], moved[3] = "2班", "改名", ""
    by_number = [*second]
    by_number[4], by_number[7] = "", phone()
    told = head.imports(sheet(TITLES, [moved, by_number]))
    assert (told["created"], told["updated"], told["failed"]) == (0, 2, 0)
    after = persons(head)
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert (after[0]["name"], after[0]["unit_id"], after[0]["number"]) == ("改名", tree.classes[1], "20260001")
    assert after[1]["identity_number"] == before[1]["identity_number"]
    assert len(head.get(f"/persons/{after[0]['id']}/guardians")["items"]) == 1
    assert len(head.get(f"/persons/{after[1]['id']}/guardians")["items"]) == 2
    assert {unit: counts["on_roll"] for unit, counts in roll(owner, tree.school).items()} == {
        tree.classes[0]: 1,
        tree.classes[1]: 1,
        -1: 2,
    }
    assert drift(tree.school) == []


def test_a_guardian_without_a_phone_is_reached_by_a_later_sheet(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    number = phone()
    first = row(1, phone="")
    head.imports(sheet(TITLES, [first]))
    first[7] = number
    head.imports(sheet(TITLES, [first]))
    listed = head.get(f"/persons/{persons(head)[0]['id']}/guardians")["items"]
    assert [(one["bound"], one["phone"][-4:]) for one in listed] == [(True, number[-4:])]


BAD: list[tuple[dict[str, str], str, str]] = [
    ({"name": ""}, "name", "sheet.required"),
    ({"name": "长" * 81}, "name", "people.text_too_long"),
    ({"name": "=1/0"}, "name", "sheet.formula_error"),
    ({"identity": "990000201313000001"}, "identity_number", "people.identity_number_wrong"),
    ({"identity": "abc"}, "identity_number", "people.identity_number_wrong"),
    ({"number": "学号 一"}, "number", "people.number_wrong"),
    ({"number": "", "identity": ""}, "number", "people.key_missing"),
    ({"phone": "12345"}, "guardian_1_phone", "people.phone_wrong"),
    ({"guardian": ""}, "guardian_1_name", "people.name_missing"),
    ({"relation": "关" * 21}, "guardian_1_relation", "people.text_too_long"),
    ({"class": "9班"}, "class", "people.unit_unknown"),
    ({"class": ""}, "class", "sheet.required"),
]


@pytest.mark.parametrize(("cells", "column", "code"), BAD)
def test_a_wrong_cell_is_named_by_row_and_column(
    client: TestClient, tree: Tree, cells: dict[str, str], column: str, code: str
) -> None:
    head = office(client, tree)
    content = sheet(TITLES, [row(1), row(2, **cells)])
    if code == "sheet.formula_error":
        content = _with_formula(content)
    told = head.imports(content)
    assert [(one["row"], one["column"], one["code"]) for one in told["errors"]] == [(3, column, code)]
    assert (told["rows"], told["created"], told["failed"]) == (2, 0, 1)
    assert not told["errors"][0]["title"].isascii()
    assert persons(head) == []
    english = head.ask("GET", f"/roll-imports/{told['id']}", 200, headers={"Accept-Language": "en"})
    assert english["errors"][0]["detail"].isascii()
    assert english["errors"][0]["title"].isascii()
    assert not told["errors"][0]["detail"].isascii()
    for cell in cells.values():
        assert len(cell) < 3 or cell not in str(told["errors"])


def test_a_column_that_the_sheet_lacks_is_named_by_its_title(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    lacking = TITLES.index("监护人1姓名")
    without = [[cell for place, cell in enumerate(cells) if place != lacking] for cells in (list(TITLES), row(1))]
    told = head.imports(sheet(without[0], without[1:]))
    assert [(one["column"], one["title"]) for one in told["errors"]] == [("guardian_1_name", "监护人1姓名")]


def test_wrong_rows_come_back_as_typed_to_whoever_sent_them_and_are_kept_nowhere(
    client: TestClient, tree: Tree, owner: Engine
) -> None:
    head = office(client, tree)
    bad = row(2, phone="12345", name="司马错")
    told = head.imports(sheet([*TITLES, ""], [[*row(1), ""], [*bad, "旁注"], [*row(3, identity="3.2E+17"), ""]]))
    assert [(one["row"], one["column"]) for one in told["errors"]] == [
        (3, "I"),
        (3, "guardian_1_phone"),
        (4, "identity_number"),
    ]
    assert [one["title"] for one in told["sheet"]["columns"]] == [*TITLES, "I"]
    names = [one["name"] for one in told["sheet"]["columns"]]
    assert [(one["row"], [one["cells"].get(name) for name in names]) for one in told["sheet"]["rows"]] == [
        (3, [*bad, "旁注"]),
        (4, [*row(3, identity="3.2E+17", phone=told["sheet"]["rows"][1]["cells"]["guardian_1_phone"]), None]),
    ]
    assert head.get(f"/roll-imports/{told['id']}") == told | {"sheet": None}
    with owner.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM roll_import")).mappings().all())
        trail = str(connection.execute(text("SELECT * FROM audit_entry")).mappings().all())
    assert "司马错" not in kept + trail
    assert "12345" not in kept + trail


def _with_formula(content: bytes) -> bytes:
    """The workbook with a formula that fails in place of the second row's name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part.filename)
            if part.filename == "xl/worksheets/sheet1.xml":
                start = data.index(b'<c r="C3"')
                end = data.index(b"</c>", start) + 4
                data = data[:start] + b'<c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c>' + data[end:]
            new.writestr(part.filename, data)
    return buffer.getvalue()


def test_good_rows_are_taken_one_by_one_where_asked(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    content = sheet(TITLES, [row(1), row(2, phone="1"), row(3)])
    told = head.imports(content, mode="per_row")
    assert (told["created"], told["failed"]) == (2, 1)
    assert [one["name"] for one in persons(head)] == ["学生1", "学生3"]
    assert roll(owner, tree.school)[-1]["on_roll"] == 2


def test_repeats_in_the_file_and_against_the_roll(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    first, second = row(1), row(2)
    head.imports(sheet(TITLES, [first, second]))
    told = head.imports(sheet(TITLES, [row(3, number="7"), row(4, number="7")]))
    assert [(one["row"], one["code"]) for one in told["errors"]] == [(3, "people.twice_in_file")]
    same = valid_identity_number()
    told = head.imports(sheet(TITLES, [row(3, identity=same), row(4, identity=same)]))
    assert [(one["row"], one["column"]) for one in told["errors"]] == [(3, "identity_number")]
    crossed = head.imports(sheet(TITLES, [row(5, number=first[3], identity=second[4])]))
    assert [one["code"] for one in crossed["errors"]] == ["people.two_persons"]
    twins = [*row(6), "家长乙", "父亲", "x"]
    twins[-1] = twins[7]
    told = head.imports(sheet([*TITLES, "监护人2姓名", "监护人2关系", "监护人2电话"], [twins]))
    assert [one["code"] for one in told["errors"]] == ["people.guardian_twice"]
    assert len(persons(head)) == 2


def test_a_dry_run_tells_and_changes_nothing(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    told = head.imports(sheet(TITLES, [row(1, **{"class": "新班"})]), dry_run="true", create_units="true")
    assert (told["dry_run"], told["created"], told["failed"]) == (True, 1, 0)
    assert persons(head) == []
    assert roll(owner, tree.school) == {}
    with owner.connect() as connection:
        names = connection.execute(text("SELECT name FROM unit WHERE institution_id = :id"), {"id": tree.school})
        assert "三年级新班" not in list(names.scalars())


def test_units_that_the_school_lacks_are_made_where_asked(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    rows = [row(1, grade="四年级", **{"class": "1"}), row(2, grade="四年级", **{"class": "四年级2班"}), row(3)]
    told = head.imports(sheet([*TITLES, "宿舍"], [[*one, "东楼"] for one in rows]), create_units="true")
    assert told["failed"] == 0
    with owner.connect() as connection:
        made = connection.execute(
            text(
                "SELECT u.kind, u.name, u.grade_level, p.name AS parent FROM unit u"
                " LEFT JOIN unit p ON p.institution_id = u.institution_id AND p.id = u.parent_id"
                " WHERE u.institution_id = :id ORDER BY u.id OFFSET 2"
            ),
            {"id": tree.school},
        ).all()
    assert sorted(tuple(one) for one in made if one.kind != UnitKind.GRADE) == [
        ("class", "四年级1班", 4, "四年级"),
        ("class", "四年级2班", 4, "四年级"),
        ("dormitory", "东楼", None, None),
    ]
    assert drift(tree.school) == []
    assert len({one["dormitory_id"] for one in persons(head)}) == 1


def test_staff_come_by_department_and_sign_in_by_their_phone(client: TestClient, tree: Tree, owner: Engine) -> None:
    head = office(client, tree)
    titles = ("department", "name", "staff number", "identity number", "own phone")
    rows = [["教务处", "职工1", "T1", valid_identity_number(), phone()], ["", "职工2", "T2", "", ""]]
    told = head.imports(sheet(titles, rows), kind="staff", create_units="true")
    assert (told["created"], told["failed"]) == (2, 0)
    assert roll(owner, tree.school)[0] == {"on_roll": 1, "due": 1, "persons_uncovered": 1}
    with owner.connect() as connection:
        roles = connection.execute(
            text("SELECT role FROM membership WHERE institution_id = :id AND person_id IS NOT NULL"),
            {"id": tree.school},
        )
        assert list(roles.scalars()) == [Role.STAFF]
    assert drift(tree.school) == []


def _bomb() -> bytes:
    buffer = io.BytesIO(sheet(TITLES, [row(1)]))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(64 << 20))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sheet.empty"),
        (b"PK\x03\x04 and nothing more", "sheet.unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "sheet.old_or_locked"),
        ("甲,乙\n1,2\n".encode(), "sheet.no_titles"),
        ("姓名,姓名\n甲,乙\n".encode(), "sheet.duplicate_columns"),
        ("姓名,爱好\n甲,乙\n".encode(), "sheet.unknown_columns"),
        ("学号\n1\n".encode(), "sheet.missing_columns"),
        ('姓名,学号\n"甲,1\n'.encode(), "sheet.malformed_line"),
        (("姓名,学号\n" + "甲,1\n" * 50_001).encode(), "sheet.too_many_rows"),
        (_bomb(), "sheet.too_large_unpacked"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(client: TestClient, tree: Tree, content: bytes, code: str) -> None:
    head = office(client, tree)
    problem = head.imports(content, 422, filename="roll.csv")
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("sheet_refused", "/file")
    assert problem["errors"][0]["code"] == code
    assert head.get(f"/institutions/{tree.school}/roll-imports")["items"] == []


def test_a_csv_of_a_chinese_spreadsheet_is_read(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    content = "姓名,学号,年级,班级\n赵甲,１００１,三年级,1班\n".encode("gb18030")
    assert head.imports(content, filename="roll.csv")["created"] == 1
    assert persons(head)[0]["number"] == "1001"


@pytest.mark.parametrize("kind", ["students", "staff"])
@pytest.mark.parametrize(("language", "title"), [("zh-CN", "姓名*"), ("en", "name*")])
def test_the_template_is_what_an_import_reads(
    client: TestClient, tree: Tree, kind: str, language: str, title: str
) -> None:
    head = office(client, tree)
    path = f"/api/v1/roll-import-templates/{kind}.xlsx"
    answer = client.get(path, params={"language": language}, headers=head.login.headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    book = python_calamine.load_workbook(io.BytesIO(answer.content))
    assert title in book.get_sheet_by_index(0).to_python()[0]
    assert head.imports(answer.content, kind=kind)["rows"] == 0
    assert client.get("/api/v1/roll-import-templates/x.xlsx", headers=head.login.headers).status_code == 422


def test_only_the_school_imports_and_reads_imports(client: TestClient, tree: Tree) -> None:
    head = office(client, tree)
    told = head.imports(sheet(TITLES, [row(1)]))
    teacher = office(client, tree, Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
    teacher.imports(sheet(TITLES, [row(2)]), 403)
    twin = Tree.grow(client)
    stranger = office(client, twin)
    assert stranger.get(f"/roll-imports/{told['id']}", 404) == stranger.get(f"/roll-imports/{2**60}", 404)
    assert stranger.get(f"/institutions/{tree.school}/roll-imports")["items"] == []
    stranger.tree = tree
    stranger.imports(sheet(TITLES, [row(2)]), 403)
    assert len(persons(head)) == 1


def test_progress_is_told_to_who_asks(client: TestClient, tree: Tree) -> None:
    assert client is not None
    heard: list[tuple[int, int]] = []
    content = sheet(TITLES, [row(place) for place in range(1200)])
    with db.transaction(scope(tree.school)) as session:
        people.import_roll(
            session,
            SYSTEM,
            tree.school,
            io.BytesIO(content),
            "roll.xlsx",
            kind="students",
            mode="per_row",
            progress=lambda done, total: heard.append((done, total)),
        )
    assert heard[-1] == (1200, 1200)
    assert len(heard) > 3
    assert heard == sorted(heard)
