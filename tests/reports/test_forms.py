"""What is asked: by any level for all below, once each; and each office's own layout of it."""

import hashlib
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.access.roles import Role
from tests.factories.tree import Tree
from tests.journeys.steps import moment
from tests.reports.steps import Office, at

MASKS = {"code": "masks", "kind": "number", "title": "口罩存量", "required": True}
MOOD = {"code": "mood", "kind": "choice", "title": "总体情况", "choices": ["平稳", "紧张"]}


@pytest.fixture
def office(client: TestClient, tree: Tree) -> Office:
    return Office.open(client, tree)


def ask_for(office: Office, role: Role, place: int, code: str, status: int = 201, **form: Any) -> Any:
    body = {"code": code, "title": f"日报{code}", "level": "school", "in_force_on": office.day.isoformat(), **form}
    return office.ask("POST", role, place, f"/institutions/{place}/report-forms", body, status=status)


def test_every_level_asks_and_a_school_answers_once(office: Office, tree: Tree) -> None:
    ask_for(office, Role.PROVINCIAL_ADMIN, tree.province, "daily", figures=["fever", "due"], questions=[MASKS])
    ask_for(office, Role.COUNTY_ADMIN, tree.county, "own", figures=["due", "entries"], questions=[MASKS, MOOD])
    ask_for(office, Role.CITY_ADMIN, tree.city, "nurseries", school_types=["nursery"], figures=["exits"])
    with at(16):
        draft = office.draft(tree.school)
        assert list(draft["figures"]) == ["due", "fever", "entries"]
        assert [one["code"] for one in draft["questions"]] == ["masks", "mood"]
        assert draft["unanswered"] == ["masks"]
        assert office.send(tree.school, status=422)["errors"][0]["pointer"] == "/answers/masks"
        wrong = [
            {"question": "masks", "answer": "很多"},
            {"question": "mood", "answer": "好"},
            {"question": "x", "answer": 1},
        ]
        problem = office.complete(tree.school, answers=wrong, status=422)
        assert [one["pointer"] for one in problem["errors"]] == [
            "/answers/0/answer",
            "/answers/1/answer",
            "/answers/2/question",
        ]
        office.complete(
            tree.school, answers=[{"question": "masks", "answer": 400}, {"question": "mood", "answer": "平稳"}]
        )
        sent = office.send(tree.school)
        assert sent["revision"]["answers"] == {"masks": 400, "mood": "平稳"}
        headings = [
            {"source": "question", "code": "masks", "title": "口罩(只)"},
            {"source": "figure", "code": "due", "title": "应报"},
        ]
        for role, place in ((Role.COUNTY_ADMIN, tree.county), (Role.CITY_ADMIN, tree.city)):
            path = f"/institutions/{place}/report-layouts"
            made = office.ask("POST", role, place, path, {"title": "物资表", "headings": headings}, status=201)
            rows = office.ask("GET", role, place, f"{path}/{made['id']}/rows", day=office.day.isoformat())
            expected = [400, 3] if place == tree.county else [None, None]
            assert [one["cells"] for one in rows["items"]] == [expected]
            early = moment(15, 0, days=0).isoformat()
            then = office.ask("GET", role, place, f"{path}/{made['id']}/rows", day=office.day, known_at=early)
            assert [one["cells"] for one in then["items"]] == [[None, None]]
            assert office.ask("GET", role, place, path)["items"] == [made]


def test_a_level_above_sets_what_an_office_below_it_asks(office: Office, tree: Tree) -> None:
    form = {
        "code": "own",
        "title": "下午",
        "level": "school",
        "questions": [MASKS],
        "in_force_on": office.day.isoformat(),
    }
    path = f"/institutions/{tree.county}"
    made = office.ask("POST", Role.CITY_ADMIN, tree.city, f"{path}/report-forms", form, status=201)
    layout = {"title": "人数表", "headings": [{"source": "figure", "code": "due", "title": "应报"}]}
    shown = office.ask("POST", Role.CITY_ADMIN, tree.city, f"{path}/report-layouts", layout, status=201)
    listed = office.ask("GET", Role.COUNTY_ADMIN, tree.county, f"{path}/report-forms", day=office.day)["items"]
    assert listed == [made]
    assert office.ask("GET", Role.COUNTY_ADMIN, tree.county, f"{path}/report-layouts")["items"] == [shown]


def test_answers_add_up_on_their_way_up(office: Office, tree: Tree) -> None:
    ask_for(office, Role.PROVINCIAL_ADMIN, tree.province, "daily", figures=["due"], questions=[MASKS, MOOD])
    stocks = {
        tree.school: (400, "平稳"),
        tree.add_school(name="二小"): (250, "紧张"),
        tree.add_school(name="三小"): (0, "平稳"),
    }
    with at(16):
        for school, (masks, mood) in stocks.items():
            answers = [{"question": "masks", "answer": masks}, {"question": "mood", "answer": mood}]
            office.complete(school, answers=answers)
            sent = office.send(school)["revision"]
            assert (sent["answer_sums"], sent["answer_counts"]) == ({"masks": masks}, {"mood": {mood: 1}})
            assert [(one["code"], one["number"]) for one in sent["forms"]] == [("daily", 1)]
    with at(17):
        draft = office.draft(tree.county, Role.COUNTY_ADMIN)
        assert (draft["answer_sums"], draft["answer_counts"]) == ({"masks": 650}, {"mood": {"平稳": 2, "紧张": 1}})
        office.send(tree.county, Role.COUNTY_ADMIN)
        office.send(tree.city, Role.CITY_ADMIN)
        headings = [{"source": "question", "code": code, "title": code} for code in ("masks", "mood")]
        for role, place in (
            (Role.COUNTY_ADMIN, tree.county),
            (Role.CITY_ADMIN, tree.city),
            (Role.PROVINCIAL_ADMIN, tree.province),
        ):
            path = f"/institutions/{place}/report-layouts"
            made = office.ask("POST", role, place, path, {"title": "表", "headings": headings}, status=201)
            rows = office.ask("GET", role, place, f"{path}/{made['id']}/rows", day=office.day)
            assert rows["totals"] == [650, None]
            cells = [[400, "平稳"], [250, "紧张"], [0, "平稳"]]
            assert [one["cells"] for one in rows["items"]] == (
                cells if place == tree.county else [[650, "平稳 2; 紧张 1"]]
            )


def test_a_document_answers_a_question(office: Office, tree: Tree) -> None:
    plan = {"code": "plan", "kind": "file", "title": "消毒记录", "required": True}
    ask_for(office, Role.CITY_ADMIN, tree.city, "daily", questions=[plan])
    with at(16):
        for name, content in (("记录.exe", b"MZ"), ("记录.pdf", b"MZ"), ("记录", b"%PDF-")):
            assert filed(office, tree, name, content, status=422)["code"] == "file_not_accepted"
        document = filed(office, tree, "../消毒/记录.PDF", b"%PDF-1.7 disinfected")
        assert (document["name"], document["size"]) == ("记录.pdf", 20)
        for answer in (document["id"] + 1000, "记录.pdf"):
            problem = office.complete(tree.school, answers=[{"question": "plan", "answer": answer}], status=422)
            assert problem["errors"][0]["pointer"] == "/answers/0/answer"
        draft = office.complete(tree.school, answers=[{"question": "plan", "answer": document["id"]}])
        assert (draft["files"], draft["unanswered"]) == ([document], [])
        path = f"/institutions/{tree.school}/report-files/{document['id']}"
        office.ask("GET", Role.COUNTY_ADMIN, tree.county, path, status=404)
        sent = office.send(tree.school)["revision"]
        assert sent["files"] == [{name: document[name] for name in ("id", "name", "sha256")}]
        answer = office.fetch(Role.COUNTY_ADMIN, tree.county, path)
        assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.7 disinfected", "application/pdf")
        assert hashlib.sha256(answer.content).hexdigest() == sent["files"][0]["sha256"]


def filed(office: Office, tree: Tree, name: str, content: bytes, status: int = 201) -> Any:
    """A document that the school's reporter files."""
    path = f"/institutions/{tree.school}/report-files"
    answer = office.fetch(Role.SCHOOL_REPORTER, tree.school, path, method="POST", files={"file": (name, content)})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_layout_shows_what_is_asked(office: Office, tree: Tree) -> None:
    ask_for(office, Role.CITY_ADMIN, tree.city, "daily", questions=[MASKS])
    headings = [{"source": "question", "code": code, "title": code} for code in ("masks", "gloves")]
    path = f"/institutions/{tree.county}/report-layouts"
    body = {"title": "物资表", "headings": headings}
    problem = office.ask("POST", Role.COUNTY_ADMIN, tree.county, path, body, status=422)
    assert [one["pointer"] for one in problem["errors"]] == ["/headings/1/code"]


def test_what_is_asked_otherwise_meanwhile_is_answered_anew(office: Office, tree: Tree) -> None:
    ask_for(office, Role.CITY_ADMIN, tree.city, "daily", questions=[MOOD])
    with at(15):
        office.complete(tree.school, answers=[{"question": "mood", "answer": "紧张"}])
    ask_for(office, Role.CITY_ADMIN, tree.city, "daily", questions=[MOOD | {"choices": ["好", "坏"]}])
    with at(16):
        assert office.send(tree.school, status=422)["errors"][0]["pointer"] == "/answers/mood"


def test_one_code_is_one_question(office: Office, tree: Tree) -> None:
    ask_for(office, Role.CITY_ADMIN, tree.city, "daily", questions=[MASKS])
    other = MASKS | {"title": "一次性口罩"}
    problem = ask_for(office, Role.COUNTY_ADMIN, tree.county, "own", questions=[other], status=409)
    assert problem["code"] == "question_taken"


def test_a_version_takes_the_place_of_the_one_before_from_its_day_on(office: Office, tree: Tree) -> None:
    first = ask_for(office, Role.CITY_ADMIN, tree.city, "daily", figures=["fever"])
    second = ask_for(office, Role.CITY_ADMIN, tree.city, "daily", figures=["fever"], ended=True)
    assert (first["number"], second["number"]) == (1, 2)
    with at(16):
        path = f"/institutions/{tree.school}/report-collection"
        found = office.ask("GET", Role.SCHOOL_REPORTER, tree.school, path)
        assert found["forms"] == []
        path = f"/institutions/{tree.school}/report-forms"
        assert office.ask("GET", Role.PRINCIPAL, tree.school, path)["items"] == [second]
        assert len(office.draft(tree.school)["figures"]) == len(found["figures"])


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"figures": ["gold"]}, "figure_not_known"),
        ({"figures": ["fever", "fever"]}, "invalid"),
        ({"questions": [MASKS, MASKS]}, "invalid"),
        ({"questions": [MOOD | {"choices": []}]}, "invalid"),
        ({"level": "county", "school_types": ["nursery"]}, "invalid"),
        ({"level": "city"}, "invalid"),
        ({"level": "province"}, "invalid"),
    ],
)
def test_what_makes_no_form(office: Office, tree: Tree, form: dict[str, Any], code: str) -> None:
    assert ask_for(office, Role.CITY_ADMIN, tree.city, "daily", status=422, **form)["code"] == code


def test_a_school_sets_no_forms(office: Office, tree: Tree) -> None:
    ask_for(office, Role.PRINCIPAL, tree.school, "own", status=403)
