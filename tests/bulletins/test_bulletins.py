"""Bulletins: drafted from the figures, edited, reviewed, issued; corrected and withdrawn by further issues."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from app.kernel import clock, db
from app.kernel.db import Scope
from tests.factories.tree import Tree
from tests.reports.steps import Office, at

COUNTY, SCHOOL = Role.COUNTY_ADMIN, Role.PRINCIPAL
EVERYBODY = ["offices", "schools", "staff", "families"]


@pytest.fixture
def office(client: TestClient, tree: Tree) -> Office:
    return Office.open(client, tree)


def draft(office: Office, role: Role = COUNTY, place: int | None = None, status: int = 201, **body: Any) -> Any:
    place = place or office.tree.county
    return office.ask("POST", role, place, f"/institutions/{place}/bulletins", body, status=status)


def change(office: Office, paper: Any, role: Role = COUNTY, status: int = 200, **said: Any) -> Any:
    body = {"title": paper["title"], "text": paper["text"], "audience": paper["audience"], **said}
    return office.ask("PUT", role, paper["institution_id"], f"/bulletins/{paper['id']}", body, status=status)


def step(office: Office, paper: Any, name: str, role: Role = COUNTY, status: int = 201, **body: Any) -> Any:
    path = f"/bulletins/{paper['id']}/{name}"
    return office.ask("POST", role, paper["institution_id"], path, body or None, status=status)


def issued(office: Office, audience: list[str] | None = None) -> Any:
    paper = draft(office)
    if audience is not None:
        change(office, paper, audience=audience)
    return step(office, paper, "issues")


def issues(office: Office, role: Role, place: int, status: int = 200, **more: Any) -> Any:
    path = f"/institutions/{more.pop('of', place)}/bulletin-issues"
    answer = office.ask("GET", role, place, path, status=status, **more)
    return [one["id"] for one in answer["items"]] if status == 200 else answer


def read(office: Office, issue: Any, role: Role, place: int, status: int = 200) -> Any:
    path = f"/institutions/{place}/bulletin-issues/{issue['id']}"
    return office.ask("GET", role, place, path, status=status)


def withdraw(office: Office, issue: Any, status: int = 201) -> Any:
    path = f"/institutions/{office.tree.county}/bulletin-issues/{issue['id']}/withdrawals"
    return office.ask("POST", COUNTY, office.tree.county, path, {"reason": "数据有误"}, status=status)


def log(office: Office, count: int, temperature: float) -> None:
    school = office.tree.school
    for student in office.students[school][:count]:
        office.log(school, office.tree.classes[0], student, temperature)


def demand_review(office: Office) -> None:
    place = office.tree.county
    office.ask("PUT", COUNTY, place, f"/institutions/{place}/policies/bulletin_review", {"value": True})


def test_a_draft_says_what_the_figures_say(client: TestClient, tree: Tree) -> None:
    office = Office.open(client, tree, students=12)
    with at(7, 30):
        log(office, 7, 38.2)
    with at(15):
        office.draft(tree.school)
        office.send(tree.school)
        paper = draft(office)
    figures = paper["figures"]
    assert figures["whole"]["due"] == {"count": 12, "change": 0}
    assert figures["whole"]["fever"] == {"count": 7, "change": 7}
    assert (figures["percent"], figures["reports"]["owed"], figures["reports"]["sent"]) == (58.3, 1, 1)
    assert [(one["counts"]["fever"], one["reported"]) for one in figures["parts"]] == [(7, True)]
    assert "应报 12 人, 已报 7 人 (较前一日增加 7), 完成率 58.3%; 未报 5 人" in paper["text"]
    assert "发热 7 人 (较前一日增加 7)" in paper["text"]
    assert "应报日报学校 1 所, 已报 1 所" in paper["text"]
    assert (paper["state"], paper["edits"], paper["audience"]) == ("draft", 1, ["offices", "schools"])


def test_nobody_can_be_told_from_a_small_count(office: Office) -> None:
    with at(7, 30):
        log(office, 1, 38.2)
        paper = draft(office, SCHOOL, office.tree.school)
        above = draft(office)
    assert paper["figures"]["whole"]["fever"] == {"count": None, "change": None}
    assert "发热极少 (不列人数)" in paper["text"]
    # The county's one school would have the county's one fever.
    assert above["figures"]["whole"]["fever"] == {"count": None, "change": None}
    assert [one["counts"]["fever"] for one in above["figures"]["parts"]] == [None]


def test_a_policy_hides_more(client: TestClient, tree: Tree) -> None:
    office = Office.open(client, tree, students=12)
    path = f"/institutions/{tree.county}/policies/small_cells_below"
    office.ask("PUT", COUNTY, tree.county, path, {"value": 10})
    with at(7, 30):
        log(office, 7, 38.2)
        figures = draft(office)["figures"]
    assert figures["hidden_below"] == 10
    assert figures["parts"][0]["counts"]["fever"] is None


def test_what_was_written_is_kept(office: Office) -> None:
    paper = draft(office)
    changed = change(office, paper, text="今日无异常。", audience=["families", "offices", "families"])
    assert (changed["text"], changed["audience"], changed["edits"]) == ("今日无异常。", ["offices", "families"], 2)
    kept = office.ask("GET", COUNTY, office.tree.county, f"/bulletins/{paper['id']}/edits")["items"]
    assert [(one["number"], one["text"]) for one in kept] == [(1, paper["text"]), (2, "今日无异常。")]
    assert len({one["written_by"] for one in kept}) == 1


def test_a_change_is_made_to_the_version_that_was_seen(office: Office) -> None:
    paper = draft(office)
    change(office, paper, text="甲")
    body = {"title": "动态", "text": "乙", "audience": ["offices"]}
    answer = office.ask(
        "PUT",
        COUNTY,
        office.tree.county,
        f"/bulletins/{paper['id']}",
        body,
        status=412,
        headers={"If-Match": f'"{paper["version"]}"'},
    )
    assert answer["code"] == "precondition_failed"


@pytest.mark.parametrize(
    "wrong",
    [{"audience": []}, {"audience": ["everybody"]}, {"text": " "}, {"title": "x" * 81}, {"figures": {}}, {"text": 5}],
)
def test_wrong_words_are_refused(office: Office, wrong: dict[str, Any]) -> None:
    assert change(office, draft(office), status=422, **wrong)["code"] == "invalid"


def test_days_that_cannot_be(office: Office) -> None:
    for day in (clock.today() + timedelta(days=1), clock.today() - timedelta(days=32)):
        answer = draft(office, status=409, day=day.isoformat())
        assert answer["code"] == "bulletin_day_not_possible"


def test_issues_are_numbered_frozen_and_say_who(office: Office, owner: Engine) -> None:
    first, second = issued(office), issued(office)
    assert (first["number"], second["number"], first["kind"]) == (1, 2, "bulletin")
    account = office.logins[COUNTY, office.tree.county].account_id
    assert first["issued_by"] == account
    paper = office.ask(
        "GET", COUNTY, office.tree.county, f"/institutions/{office.tree.county}/bulletins", state="issued"
    )["items"][0]
    assert change(office, paper, status=409, text="改")["code"] == "move_not_possible"
    assert step(office, paper, "issues", status=409)["code"] == "move_not_possible"
    scope = Scope(institutions=frozenset({office.tree.county}), subtrees=frozenset({office.tree.county}))
    for statement in ("UPDATE bulletin_issue SET number = 9", "DELETE FROM bulletin_edit"):
        with pytest.raises(Exception, match="permission denied"), db.transaction(scope) as session:
            session.execute(text(statement))
    with owner.connect() as connection:
        acts = text("SELECT act FROM audit_entry WHERE institution_id = :id AND act = 'bulletins.issue'")
        assert len(connection.execute(acts, {"id": office.tree.county}).all()) == 2


def test_a_review_is_somebody_elses_where_the_policy_asks_for_one(office: Office) -> None:
    demand_review(office)
    paper = draft(office)
    assert paper["review_wanted"]
    assert step(office, paper, "issues", status=409)["code"] == "review_wanted"
    assert step(office, paper, "approvals", Role.REVIEWER, status=409)["code"] == "move_not_possible"
    step(office, paper, "submissions")
    assert change(office, paper, status=409, text="改")["code"] == "move_not_possible"
    assert step(office, paper, "approvals", status=403)["code"] == "own_bulletin"
    assert step(office, paper, "approvals", Role.ANALYST, status=403)["code"] == "forbidden"
    back = step(office, paper, "returns", Role.REVIEWER, reason="请核对")
    assert back["state"] == "returned"
    change(office, paper, text="已核对。")
    step(office, paper, "submissions")
    assert step(office, paper, "approvals", Role.REVIEWER)["state"] == "approved"
    assert step(office, paper, "issues", Role.REVIEWER, status=403)["code"] == "forbidden"
    assert step(office, paper, "issues")["text"] == "已核对。"


def test_a_discarded_draft_is_worked_on_no_more(office: Office) -> None:
    paper = draft(office)
    assert step(office, paper, "discards")["state"] == "discarded"
    assert step(office, paper, "issues", status=409)["code"] == "move_not_possible"


def test_only_those_addressed_read_it(office: Office) -> None:
    school, county = office.tree.school, office.tree.county
    narrow, wide = issued(office, ["schools"]), issued(office, EVERYBODY)
    assert issues(office, SCHOOL, school) == [wide["id"], narrow["id"]]
    for role in (Role.STAFF, Role.GATE_GUARD):
        assert issues(office, role, school) == [wide["id"]]
        assert read(office, narrow, role, school, 404)["code"] == "not_found"
    seen = read(office, wide, Role.STAFF, school)
    assert (seen["text"], seen["digest"], seen["issued_by"]) == (wide["text"], wide["digest"], None)
    assert issues(office, Role.CITY_ADMIN, office.tree.city, of=county) == [wide["id"], narrow["id"]]
    assert issues(office, Role.CITY_ADMIN, office.tree.city) == []
    assert issues(office, Role.CITY_ADMIN, office.tree.city, below=True) == [wide["id"], narrow["id"]]


def test_families_and_other_places_see_what_is_theirs(office: Office) -> None:
    tree = office.tree
    issue = issued(office, ["families"])
    student = office.students[tree.school][0]
    parent = tree.account(Role.GUARDIAN, tree.school, person_id=student)
    path = f"/api/v1/institutions/{tree.school}/bulletin-issues"
    answer = office.client.get(path, headers=parent.headers)
    assert [one["id"] for one in answer.json()["items"]] == [issue["id"]]
    elsewhere = tree.add_institution(tree.city, InstitutionKind.COUNTY, "鼓楼区教育局")
    other = tree.add_school(elsewhere, name="鼓楼小学")
    assert issues(office, SCHOOL, other) == []
    assert read(office, issue, SCHOOL, other, 404)["code"] == "not_found"
    assert issues(office, SCHOOL, other, 404, of=tree.school)["code"] == "not_found"


def test_a_paper_is_its_own_institutions_alone(office: Office) -> None:
    paper = draft(office)
    for role, place in ((Role.CITY_ADMIN, office.tree.city), (SCHOOL, office.tree.school)):
        answer = office.ask("GET", role, place, f"/bulletins/{paper['id']}", status=404)
        assert answer["code"] == "not_found"
    listed = office.ask(
        "GET", Role.CITY_ADMIN, office.tree.city, f"/institutions/{office.tree.county}/bulletins", status=403
    )
    assert listed["code"] == "forbidden"


def test_a_mistake_is_corrected_by_a_further_issue(office: Office) -> None:
    wrong = issued(office)
    paper = draft(office, corrects=wrong["id"])
    assert (paper["corrects"], paper["text"]) == (wrong["id"], wrong["text"])
    change(office, paper, text="更正: 未报 2 人。")
    right = step(office, paper, "issues")
    assert (right["kind"], right["number"], right["replaces"]) == ("correction", 2, wrong["id"])
    seen = read(office, wrong, SCHOOL, office.tree.school)
    assert seen["text"] == wrong["text"]
    assert seen["replaced_by"] == {"id": right["id"], "kind": "correction", "number": 2}
    assert draft(office, status=409, corrects=wrong["id"])["code"] == "bulletin_replaced"
    assert withdraw(office, wrong, 409)["code"] == "bulletin_replaced"
    assert draft(office, corrects=right["id"])["corrects"] == right["id"]


def test_two_corrections_of_one_issue_give_one(office: Office) -> None:
    wrong = issued(office)
    first, second = draft(office, corrects=wrong["id"]), draft(office, corrects=wrong["id"])
    step(office, first, "issues")
    assert step(office, second, "issues", status=409)["code"] == "bulletin_replaced"


def test_what_was_withdrawn_is_shown_only_to_its_own_and_above(office: Office) -> None:
    wrong = issued(office, EVERYBODY)
    notice = withdraw(office, wrong)
    assert (notice["kind"], notice["number"], notice["reason"]) == ("withdrawal", 2, "数据有误")
    assert notice["title"] == "关于第 1 期动态作废的说明"
    seen = read(office, wrong, SCHOOL, office.tree.school)
    assert (seen["text"], seen["figures"], seen["replaced_by"]["kind"]) == (None, None, "withdrawal")
    assert read(office, notice, SCHOOL, office.tree.school)["text"] == "数据有误"
    for role, place in ((COUNTY, office.tree.county), (Role.CITY_ADMIN, office.tree.city)):
        path = f"/institutions/{office.tree.county}/bulletin-issues/{wrong['id']}"
        assert office.ask("GET", role, place, path)["text"] == wrong["text"]
    assert withdraw(office, notice, 409)["code"] == "bulletin_replaced"


def test_reviewers_and_addressees_are_told(office: Office, deliver: Callable[[], int]) -> None:
    demand_review(office)
    told = [(Role.REVIEWER, office.tree.county), (SCHOOL, office.tree.school), (Role.STAFF, office.tree.school)]
    for role, place in told:
        assert inbox(office, role, place) == []
    paper = draft(office)
    step(office, paper, "submissions")
    deliver()
    assert inbox(office, *told[0]) == ["bulletin_awaits"]
    step(office, paper, "approvals", Role.REVIEWER)
    step(office, paper, "issues")
    deliver()
    assert inbox(office, *told[1]) == ["bulletin_issued"]
    assert inbox(office, *told[2]) == []


def inbox(office: Office, role: Role, place: int) -> list[str]:
    return [one["template"] for one in office.ask("GET", role, place, "/me/messages")["items"]]
