"""Spreadsheets and PDFs: what stands in them, who gets them, for how long."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import python_calamine
import time_machine
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.access.service import SYSTEM
from app.identity import service as identity
from app.institutions.models import UnitKind
from app.kernel import clock, db
from app.kernel.sheets import XLSX
from app.worker import relay, tasks
from tests.checkins.steps import School, at, morning, reading, stamp
from tests.factories.people import add_student
from tests.factories.tree import Login, Tree

FORMULA = '=HYPERLINK("http://x","y")'


@pytest.fixture
def school(client: TestClient, owner: Engine, tree: Tree) -> School:
    return School.open(client, owner, tree)


def make(school: School, login: Login, kind: str, status: int = 201, *, of: int | None = None, **body: Any) -> Any:
    wanted = {"kind": kind, "format": "xlsx", **body}
    return school.post(login, f"/institutions/{of or school.id}/exports", wanted, status)


def fetch(school: School, login: Login, made: Any) -> bytes:
    answer = school.client.get(f"/api/v1/exports/{made['id']}/contents", headers=login.headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.content


def table(content: bytes) -> list[list[Any]]:
    """The rows from the headings on."""
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    (top,) = [place for place, row in enumerate(rows) if row[0] in ("名称", "姓名", "班级 / 部门", "Name", "Class")]
    return rows[top:]


def test_the_figures_of_an_office_add_up_and_are_those_of_the_api(school: School) -> None:
    with at(morning()):
        school.log(school.parent(), reading(school.children[0], 38.2, taken_at=stamp(clock.now())))
        county = school.tree.account(Role.COUNTY_ADMIN, school.tree.county)
        made = make(school, county, "figures", of=school.tree.county)
        head, *rows = table(fetch(school, county, made))
        shown = school.get(county, f"/institutions/{school.tree.county}/figures")["counts"]
    total = dict(zip(head, rows[-1], strict=True))
    assert (total["应报人数"], total["已报人数"], total["发热"], total["未报人数"]) == (3, 1, 1, 2)
    assert total["应报人数"] == shown["due"]
    for column in range(1, len(head) - 1):
        assert sum(row[column] for row in rows[:-1]) == rows[-1][column], head[column]


def test_what_is_hidden_from_an_office_is_hidden_in_its_files(school: School) -> None:
    tree = school.tree
    path = f"/api/v1/institutions/{tree.county}/policies/small_cells_below"
    body = {"value": 5, "locked": False}
    with at(morning()):
        county = tree.account(Role.COUNTY_ADMIN, tree.county)
        assert tree.client.put(path, headers=county.headers, json=body).status_code == 200
        school.log(school.parent(), reading(school.children[0], 38.2, taken_at=stamp(clock.now())))
        for login, of, expected in ((county, tree.county, "已隐藏"), (school.staff(Role.PRINCIPAL), school.id, 1)):
            head, *rows = table(fetch(school, login, make(school, login, "figures", of=of)))
            assert dict(zip(head, rows[-1], strict=True))["发热"] == expected


def test_a_school_sees_its_classes_and_the_language_is_the_callers(school: School) -> None:
    principal = school.staff(Role.PRINCIPAL)
    headers = {**principal.headers, "Accept-Language": "en"}
    body = {"kind": "figures", "format": "xlsx"}
    made = school.client.post(f"/api/v1/institutions/{school.id}/exports", headers=headers, json=body).json()
    head, *rows = table(fetch(school, principal, made))
    assert head[:3] == ["Name", "on roll", "due to check in"]
    assert rows[-1][0] == "Total"


def test_who_is_missing_is_named_to_those_who_may_know(school: School) -> None:
    with at(morning(9)):
        school.log(school.parent(), reading(school.children[0], taken_at=stamp(clock.now())))
        teacher = school.teacher()
        made = make(school, teacher, "missing", unit_id=school.unit)
        _, *rows = table(fetch(school, teacher, made))
        assert [row[1] for row in rows] == ["学生乙", "学生丙"]
        principal = school.staff(Role.PRINCIPAL)
        _, *rows = table(fetch(school, principal, make(school, principal, "missing")))
        assert sorted(row[1] for row in rows) == ["学生丙", "学生乙"]
        assert make(school, teacher, "missing", 403)["code"] == "forbidden"
        assert make(school, school.parent(), "missing", 403)["code"] == "forbidden"
        county = school.tree.account(Role.COUNTY_ADMIN, school.tree.county)
        assert make(school, county, "missing", 403)["code"] == "forbidden"


def test_a_parent_takes_the_childs_fourteen_days_to_school(school: School) -> None:
    with at(morning()):
        parent = school.parent()
        school.log(parent, reading(school.children[0], 36.6, taken_at=stamp(clock.now())))
        made = make(school, parent, "temperature_records", person_id=school.children[0])
        head, row = table(fetch(school, parent, made))
        assert (row[0], row[-2], row[-1], len(head)) == ("学生甲", 36.6, 13, 16)
        assert row[1:-2] == ["缺"] * 13
        assert make(school, parent, "temperature_records", 404, person_id=school.children[1])["code"] == "not_found"


def test_a_name_that_looks_like_a_formula_is_a_text(school: School) -> None:
    add_student(school.tree, school.unit, FORMULA)
    teacher = school.teacher()
    content = fetch(school, teacher, make(school, teacher, "missing", unit_id=school.unit))
    assert FORMULA in [row[1] for row in table(content)]
    assert b"<f>" not in unpacked(content)


def unpacked(content: bytes) -> bytes:
    import zipfile  # noqa: PLC0415 - one test's

    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return b"".join(book.read(name) for name in book.namelist())


def test_a_pdf_embeds_the_font_and_takes_no_markup(school: School) -> None:
    add_student(school.tree, school.unit, '#read("x") *张* $x$')
    teacher = school.teacher()
    made = make(school, teacher, "missing", unit_id=school.unit, format="pdf")
    content = fetch(school, teacher, made)
    assert content.startswith(b"%PDF-")
    assert re.search(rb"/FontFile[23]?\b", content)
    assert b"NotoSansSC" in content


def grown(school: School, count: int = 45) -> None:
    for number in range(count):
        add_student(school.tree, school.unit, f"学生{number:02}")


def test_a_class_is_read_step_by_step_and_shows_how_far_it_is(school: School) -> None:
    grown(school)
    teacher = school.teacher()
    made = make(school, teacher, "temperature_records", 202, unit_id=school.unit, format="pdf")
    assert (made["state"], made["done"], made["total"]) == ("running", 0, 48)
    early = school.client.get(f"/api/v1/exports/{made['id']}/contents", headers=teacher.headers)
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
    seen = []
    while waiting(school):
        assert relay.deliver(waiting(school)[0]) is None
        now = school.get(teacher, f"/exports/{made['id']}")
        seen.append((now["state"], now["done"]))
    assert seen == [("running", 20), ("running", 40), ("done", 48)]
    assert fetch(school, teacher, made).startswith(b"%PDF-")


def waiting(school: School) -> list[int]:
    statement = text("SELECT id FROM outbox WHERE institution_id = :id AND name = 'ExportQueued' AND done_at IS NULL")
    with school.owner.connect() as connection:
        return list(connection.scalars(statement, {"id": school.id}))


@pytest.mark.parametrize("change", ["disabled", "role_ended"])
def test_who_may_no_longer_gets_nothing(school: School, deliver: Callable[[], int], change: str) -> None:
    grown(school)
    teacher = school.teacher()
    made = make(school, teacher, "temperature_records", 202, unit_id=school.unit)
    if change == "disabled":
        with db.transaction(identity.PLATFORM_SCOPE) as session:
            identity.disable_account(session, SYSTEM, teacher.account_id, "left")
    else:
        with school.owner.begin() as connection:
            statement = text("UPDATE membership SET ended_at = now() WHERE account_id = :id")
            connection.execute(statement, {"id": teacher.account_id})
    deliver()
    with school.owner.connect() as connection:
        statement = text("SELECT finished_at IS NOT NULL, content_cipher FROM export WHERE id = :id")
        assert connection.execute(statement, {"id": made["id"]}).one() == (True, None)


def test_a_file_is_its_accounts_alone_kept_encrypted_for_a_day(school: School) -> None:
    teacher, other = school.teacher(), school.staff(Role.PRINCIPAL)
    made = make(school, teacher, "missing", unit_id=school.unit)
    assert school.get(other, f"/exports/{made['id']}", 404)["code"] == "not_found"
    assert school.get(other, f"/exports/{made['id']}/contents", 404)["code"] == "not_found"
    assert school.get(other, "/me/exports")["items"] == []
    assert [one["id"] for one in school.get(teacher, "/me/exports")["items"]] == [made["id"]]
    content = fetch(school, teacher, made)
    with school.owner.connect() as connection:
        statement = text("SELECT content_cipher FROM export WHERE id = :id")
        assert content[:64] not in connection.scalar(statement, {"id": made["id"]})
        acts = text("SELECT act FROM audit_entry WHERE institution_id = :id AND act LIKE 'exports.%' ORDER BY seq")
        assert list(connection.scalars(acts, {"id": school.id})) == ["exports.make", "exports.fetch"]
    with time_machine.travel(clock.now() + timedelta(hours=24, seconds=1), tick=True):
        tasks.purge()
    with school.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM export WHERE id = :id"), {"id": made["id"]}) == 0


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "temperature_records"},
        {"kind": "temperature_records", "unit_id": 1, "person_id": 1},
        {"kind": "figures", "person_id": 1},
    ],
)
def test_whom_it_is_of_is_said_once(school: School, body: dict[str, Any]) -> None:
    answer = school.post(
        school.staff(Role.PRINCIPAL), f"/institutions/{school.id}/exports", {"format": "pdf", **body}, 422
    )
    assert [one["code"] for one in answer["errors"]] == ["whom_to_record"]


def test_a_class_of_another_school_is_not_there(school: School) -> None:
    principal = school.staff(Role.PRINCIPAL)
    elsewhere = school.tree.add_school()
    other = school.tree.add_unit(elsewhere, UnitKind.CLASS, "一班")
    assert make(school, principal, "missing", 404, unit_id=other)["code"] == "not_found"
    assert make(school, principal, "missing", 404, of=elsewhere, unit_id=school.unit)["code"] == "not_found"


def test_the_type_is_that_of_the_file(school: School) -> None:
    principal = school.staff(Role.PRINCIPAL)
    made = make(school, principal, "missing")
    answer = school.client.get(f"/api/v1/exports/{made['id']}/contents", headers=principal.headers)
    assert answer.headers["content-type"] == XLSX
    assert answer.headers["content-disposition"] == f'attachment; filename="export-{made["id"]}.xlsx"'
