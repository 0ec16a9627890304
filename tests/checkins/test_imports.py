"""Readings from sheets: read, checked, landed once; what is wrong by row and column; nothing half done."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import python_calamine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.access.service import SYSTEM
from app.checkins import service as checkins
from app.kernel import clock, db
from app.kernel.sheet_errors import ImportMode
from tests.checkins.steps import School, morning
from tests.checkins.uploads import TITLES, Uploads, row, told, wrong
from tests.factories.people import add_household_member, add_student, scope, valid_identity_number
from tests.factories.tree import Tree
from tests.people.steps import acts, sheet


@pytest.fixture
def office(school: School) -> Uploads:
    return Uploads(school, school.staff(Role.SCHOOL_REPORTER))


def today() -> str:
    return clock.today().isoformat()


def test_a_sheet_lands_whoever_is_named_and_however(school: School, office: Uploads) -> None:
    number = valid_identity_number()
    by_identity = add_student(school.tree, school.unit, identity_number=number, enrolled_on=clock.today())
    by_number = add_student(school.tree, school.tree.classes[1], number="s7", enrolled_on=clock.today())
    held = valid_identity_number()
    by_national = add_student(school.tree, None, number=f"G{held}", enrolled_on=clock.today())
    mother = add_household_member(school.tree, school.children[0])
    names = ["学号或工号", "身份证号", "人员编号", "日期", "时间", "时段", "体温", "未测温原因", "测量部位", "症状"]
    titles = [*names, "whereabouts"]
    slash = f"{clock.today():%Y/%m/%d}"
    rows: list[list[object]] = [
        ["", "", school.children[0], today(), "6:40", "", "36.6", "", "腋下", "", ""],
        ["", number.lower(), "", slash, "", "晨检", "37.9°C", "", "额温", "咳嗽、乏力", "本市"],
        ["S7", "", "", today(), "06:30:15", "", "36", "", "", "无", ""],
        ["", "", mother, today(), "", "morning", "", "家中没有体温计", "", "sore throat; cough", ""],
        [f"g{held}", held, "", f"{clock.today():%Y年%m月%d日}", "06:31", "", 36.4, "", "", "", "at home"],
    ]
    outcome = office.send(sheet(titles, rows))
    assert (outcome["state"], outcome["rows"], outcome["done"], told(outcome)) == ("done", 5, 5, (5, 0, 0))
    landed = {one["person_id"]: one for one in school.rows()}
    assert set(landed) == {school.children[0], by_identity, by_number, by_national, mother}
    assert {one["source"] for one in landed.values()} == {"import"}
    assert {one["recorded_by"] for one in landed.values()} == {office.login.account_id}
    assert [landed[one]["temperature"] for one in (by_identity, by_number, mother)] == [379, 360, None]
    assert [landed[one]["symptoms"] for one in (by_identity, by_number, mother)] == [0b10000000010, 0, 0b1010]
    assert landed[by_identity]["answers"]["whereabouts"] == "local"
    assert landed[by_number]["taken_at"] == morning(6, 30, days=0) + timedelta(seconds=15)
    assert (landed[by_identity]["status"], landed[by_identity]["slot"]) == ("fever", "morning")
    assert school.counts() == {"reported": 2, "normal": 1, "fever": 1, "symptoms": 1}
    assert acts(school.owner, school.id)[-2:] == ["checkins.import", "checkin_import.finish"]
    assert office.read(outcome["id"]) == outcome
    assert office.listed() == [outcome["id"]]
    school.check()


def test_the_same_sheet_lands_once_and_a_changed_row_is_another_reading(school: School, office: Uploads) -> None:
    rows = [row(child, morning(6, 30, days=0)) for child in school.children]
    assert told(office.send(rows)) == (3, 0, 0)
    assert told(office.send(rows)) == (0, 3, 0)
    written_otherwise = [
        [person, day.replace("-", "/"), "6:30:00", "36.50", "无"] for person, day, *_ in reversed(rows)
    ]
    assert told(office.send(written_otherwise)) == (0, 3, 0)
    rows[1][3] = "38"
    assert told(office.send(rows)) == (1, 2, 0)
    assert len(school.rows()) == 4
    assert school.counts() == {"reported": 3, "normal": 2, "fever": 1}
    school.check()


def test_an_id_of_the_sheet_is_kept(school: School, office: Uploads) -> None:
    named = str(uuid4())
    titles = [*TITLES, "打卡编号"]
    first = [*row(school.children[0], morning(6, 30, days=0)), named]
    assert told(office.send(sheet(titles, [first]))) == (1, 0, 0)
    assert str(school.rows()[0]["id"]) == named
    assert told(office.send(sheet(titles, [first]))) == (0, 1, 0)


BAD: list[tuple[dict[str, str], str, str]] = [
    ({"人员编号": ""}, "number", "checkins.person_missing"),
    ({"人员编号": "12345678901234567890123"}, "person_id", "people.person_unknown"),
    ({"人员编号": "x"}, "person_id", "people.person_unknown"),
    ({"学号或工号": "S404"}, "number", "people.person_unknown"),
    ({"学号或工号": "学 号"}, "number", "people.number_wrong"),
    ({"学号或工号": "OTHER"}, "number", "checkins.two_persons"),
    ({"学号或工号": "TWICE"}, "number", "people.number_of_two"),
    ({"身份证号": "990000201313000001"}, "identity_number", "people.identity_number_wrong"),
    ({"日期": ""}, "day", "sheet.required"),
    ({"日期": "昨天"}, "day", "checkins.day_wrong"),
    ({"日期": "2026-02-30"}, "day", "checkins.day_wrong"),
    ({"日期": "0001-01-01"}, "day", "checkins.day_wrong"),
    ({"日期": "1900-01-01"}, "day", "clock_not_believed"),
    ({"日期": "2199-12-31"}, "day", "taken_in_future"),
    ({"日期": "2020-01-01"}, "day", "too_long_ago"),
    ({"时间": "25:00"}, "time", "checkins.time_wrong"),
    ({"时间": ""}, "time", "checkins.time_or_slot"),
    ({"时段": "晨检"}, "time", "checkins.time_or_slot"),
    ({"时间": "", "时段": "夜间"}, "slot", "sheet.unknown_choice"),
    ({"体温": "高"}, "temperature", "checkins.temperature_wrong"),
    ({"体温": "365"}, "temperature", "impossible_temperature"),
    ({"体温": "36.55"}, "temperature", "one_decimal"),
    ({"体温": ""}, "temperature", "measured_or_why_not"),
    ({"未测温原因": "其他"}, "temperature", "measured_or_why_not"),
    ({"症状": "心情不好"}, "symptoms", "checkins.symptom_unknown"),
    ({"打卡编号": "7"}, "id", "checkins.id_wrong"),
]


@pytest.mark.parametrize(("cells", "column", "code"), BAD)
def test_a_wrong_cell_is_named_by_row_and_column(
    school: School, office: Uploads, cells: dict[str, str], column: str, code: str
) -> None:
    for number in ("OTHER", "TWICE"):
        add_student(school.tree, school.unit, number=number)
    staff = {"kind": "staff", "name": "职工", "number": "TWICE"}
    school.post(school.staff(Role.PRINCIPAL), f"/institutions/{school.id}/persons", staff, 201)
    good, other = (row(child, morning(6, 30, days=0)) for child in school.children[:2])
    titles = (*TITLES, "学号或工号", "身份证号", "时段", "未测温原因", "打卡编号")
    values = dict.fromkeys(titles, "") | dict(zip(TITLES, other, strict=True)) | cells
    if code == "people.number_of_two" or (code == "people.person_unknown" and "学号或工号" in cells):
        values["人员编号"] = ""
    outcome = office.send(sheet(titles, [[*good, *[""] * 5], list(values.values())]))
    assert wrong(outcome) == [(3, column, code)]
    assert (outcome["rows"], outcome["done"], told(outcome)) == (2, 2, (0, 0, 1))
    assert school.rows() == []
    assert told(office.send(sheet(titles, [[*good, *[""] * 5], list(values.values())]), mode="per_row")) == (1, 0, 1)
    english = office.read(outcome["id"], language="en")
    assert _is_chinese(outcome["errors"][0]["detail"])
    assert not _is_chinese(english["errors"][0]["detail"])
    for cell in cells.values():
        assert len(cell) < 3 or cell not in str(outcome["errors"])


def _is_chinese(words: str) -> bool:
    return re.search(r"[\u4e00-\u9fff]", words) is not None


def test_a_row_twice_is_told_by_its_first(school: School, office: Uploads) -> None:
    first, second = (row(child, morning(6, 30, days=0)) for child in school.children[:2])
    named = str(uuid4())
    outcome = office.send(sheet([*TITLES, "打卡编号"], [[*first, named], [*second, named], [*first, ""]]))
    assert wrong(outcome) == [(3, "id", "checkins.twice_in_file"), (4, "time", "checkins.twice_in_file")]
    assert {one["detail"] for one in outcome["errors"]} == {"与第 2 行重复。"}
    assert school.rows() == []


def test_a_dry_run_tells_what_would_land(school: School, office: Uploads) -> None:
    rows = [row(child, morning(6, 30, days=0), 38.2) for child in school.children]
    office.send(rows[:1])
    outcome = office.send([*rows, row(school.children[0], morning(6, days=-30))], dry_run="true", mode="per_row")
    assert (outcome["dry_run"], told(outcome), wrong(outcome)) == (True, (2, 1, 1), [(5, "day", "too_long_ago")])
    assert len(school.rows()) == 1
    assert school.counts() == {"reported": 1, "fever": 1}
    school.check()


def test_one_refused_row_keeps_the_others_out_unless_asked(school: School, office: Uploads) -> None:
    since = clock.today()
    newcomer = add_student(school.tree, school.unit, enrolled_on=since)
    rows = [row(child, morning(7, days=-1)) for child in [*school.children, newcomer]]
    outcome = office.send(rows)
    assert (told(outcome), wrong(outcome)) == ((0, 0, 1), [(5, None, "not_on_roll")])
    assert (school.rows(), school.counts(since - timedelta(days=1))) == ([], {})
    assert told(office.send(rows, mode="per_row")) == (3, 0, 1)
    assert school.counts(since - timedelta(days=1)) == {"reported": 3, "normal": 3, "late": 3}
    school.check(since - timedelta(days=1))


def test_many_days_land_in_order_whatever_their_order_in_the_sheet(school: School, office: Uploads) -> None:
    days = range(-7, 1)
    rows = [row(child, morning(6, 50, days=day)) for child in school.children for day in days]
    assert told(office.send(rows)) == (len(rows), 0, 0)
    for day in days:
        assert school.counts(clock.today() + timedelta(days=day))["reported"] == 3
        school.check(clock.today() + timedelta(days=day))


def test_a_homeroom_teacher_imports_the_class_and_nobody_else(school: School, office: Uploads) -> None:
    stranger = add_student(school.tree, school.tree.classes[1], enrolled_on=clock.today())
    teacher = Uploads(school, school.teacher())
    rows = [row(one, morning(6, 30, days=0)) for one in (school.children[0], stranger)]
    teacher.send(rows, 403)
    teacher.send(rows, 404, unit_id=school.tree.classes[1])
    outcome = teacher.send(rows, unit_id=school.unit, mode="per_row")
    assert (told(outcome), wrong(outcome)) == ((1, 0, 1), [(3, "person_id", "people.person_unknown")])
    assert told(office.send(rows[1:], unit_id=school.unit, mode="per_row")) == (0, 0, 1)
    assert (teacher.listed(), len(office.listed())) == ([outcome["id"], outcome["id"] + 1], 2)
    whole = office.send(rows)
    teacher.read(whole["id"], 404)
    for role in (Role.GUARDIAN, Role.GATE_GUARD, Role.STAFF):
        outsider = school.parent() if role is Role.GUARDIAN else school.staff(role)
        Uploads(school, outsider).send(rows, 403)


def test_a_person_of_another_school_is_as_unknown_as_nobody(
    client: TestClient, school: School, office: Uploads
) -> None:
    twin = Tree.grow(client)
    foreign = add_student(twin, twin.classes[0])
    answers = [office.send([row(one, morning(6, 30, days=0))], mode="per_row") for one in (foreign, 2**62)]
    passing = ("id", "imported_at", "finished_at")
    assert len({str({key: value for key, value in one.items() if key not in passing}) for one in answers}) == 1
    office.school = School(client, school.owner, twin)
    office.send([row(foreign, morning(6, 30, days=0))], 403)
    office.send([row(foreign, morning(6, 30, days=0))], 404, unit_id=twin.classes[0])
    assert Uploads(school, twin.account(Role.PRINCIPAL, twin.school)).read(answers[0]["id"], 404)["code"] == "not_found"


def _bomb() -> bytes:
    buffer = io.BytesIO(sheet(TITLES, [row(1, morning(7))]))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(64 << 20))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sheet.empty"),
        (b"PK\x03\x04 and nothing more", "sheet.unreadable"),
        ("日期,爱好\n2026-01-01,无\n".encode(), "sheet.unknown_columns"),
        ("学号或工号,体温\n1,36.5\n".encode(), "sheet.missing_columns"),
        (("日期,体温\n" + "2026-01-01,36.5\n" * 100_000).encode(), "sheet.too_many_rows"),
        (_bomb(), "sheet.too_large_unpacked"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(office: Uploads, content: bytes, code: str) -> None:
    problem = office.send(content, 422, name="打卡.csv")
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("sheet_refused", "/file")
    assert problem["errors"][0]["code"] == code
    assert office.listed() == []


@pytest.mark.parametrize(("language", "title"), [("zh-CN", "日期*"), ("en", "day*")])
def test_the_template_is_what_an_import_reads(office: Uploads, language: str, title: str) -> None:
    path = "/api/v1/checkin-import-templates/current"
    answer = office.school.client.get(path, params={"language": language}, headers=office.login.headers)
    assert answer.status_code == 200
    book = python_calamine.load_workbook(io.BytesIO(answer.content))
    assert title in book.get_sheet_by_index(0).to_python()[0]
    assert office.send(answer.content)["rows"] == 0


def test_progress_is_told_to_who_asks(school: School) -> None:
    heard: list[tuple[int, int]] = []
    minutes = [morning(0, days=0) - timedelta(minutes=number) for number in range(1, 401)]
    content = sheet(TITLES, [row(child, at) for child in school.children for at in minutes])
    with db.transaction(scope(school.id)) as session:
        outcome: Any = checkins.import_checkins(
            session,
            SYSTEM,
            school.id,
            io.BytesIO(content),
            "打卡.xlsx",
            mode=ImportMode.PER_ROW,
            progress=lambda done, total: heard.append((done, total)),
        )
    assert (outcome.accepted, heard[-1]) == (1200, (1200, 1200))
    assert len(heard) > 3
    assert heard == sorted(heard)
