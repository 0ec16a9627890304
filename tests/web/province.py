"""A province on a morning: cities that report, one with fevers, one that is silent; and a wall to look at it."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import InstitutionKind, UnitKind
from app.kernel import clock, db
from app.kernel.db import Scope
from app.reports import service as reports
from tests.closures.steps import in_days
from tests.entries.steps import Cast, ask, close, decide, entry, outsider
from tests.factories.people import add_student
from tests.factories.tree import Login, Tree
from tests.rollups.leaves import enrol, normal, report, students

CITIES = ("无锡市", "徐州市", "常州市", "苏州市", "南通市", "连云港市", "淮安市", "盐城市")
_EVERY_DAY = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "closed": [], "extra": []}
_HEARD = (1.0, 0.97, 0.62, 1.0, 0.93, 0.0, 0.84, 0.99)
# Fevers of the days before in the tree's school; on one of them nothing was heard.
_PAST = (0, 0, 1, 0, 2, None, 4, 3)
_FEVERS = (0, 3, 11, 0, 2, 0, 5, 0)


@dataclass
class Province:
    """The tree's own city has a county whose school has a class that reports, and one of which nothing is heard."""

    tree: Tree
    analyst: Login
    admin: Login
    child: int
    teacher: Login

    @classmethod
    def grow(cls, tree: Tree, cities: tuple[str, ...] = CITIES) -> "Province":
        """Every day is a school day, so that reports are owed whenever this runs."""
        admin = tree.account(Role.PROVINCIAL_ADMIN, tree.province)
        _set(tree, admin, tree.province, "school_days", _EVERY_DAY)
        heard, _ = tree.classes
        child = add_student(tree, heard, name="沈一诺")
        since = clock.today() - timedelta(days=len(_PAST))
        enrol(tree.school, {heard: students(40), tree.classes[1]: students(38)}, since)
        for after, fevers in enumerate(_PAST):
            if fevers is not None:
                whole = {"reported": 78 - after, "normal": 78 - after - fevers, "fever": fevers}
                report(tree.school, {heard: whole}, since + timedelta(days=after))
        report(tree.school, {heard: normal(39, late=2)})
        _schools(tree)
        for name, part, fevers in zip(cities, _HEARD, _FEVERS, strict=False):
            city = tree.add_institution(tree.province, InstitutionKind.CITY, f"{name}教育局")
            school = tree.add_school(city, f"{name}实验小学")
            _fill(tree, school, round(900 * part), fevers)
        with db.transaction(Scope(subtrees=frozenset({tree.province}))) as session:
            reports.book_day(session, clock.today())
        teacher = tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=heard)
        return cls(tree, tree.account(Role.ANALYST, tree.province), admin, child, teacher)

    def act(self, client: TestClient) -> None:
        """Orders of every level and in every state, and an entry that the city has to decide on."""
        tree = self.tree
        city = tree.account(Role.CITY_ADMIN, tree.city)
        close(self.admin, client, tree.province, degree="no_gathering", number="苏疫防〔2020〕1号", text=_GATHERING)
        close(city, client, tree.city, number="宁疫防〔2020〕3号", venue_kinds=["library", "gymnasium"], text=_VENUES)
        close(city, client, tree.county, degree="closed_to_society", number="宁疫防〔2020〕8号", text=_SOCIETY)
        coming = {"since": in_days(2), "until": in_days(9), "exceptions": False}
        close(city, client, tree.city, number="宁疫防〔2020〕9号", text=_CLOSED, **coming)
        cast = Cast(client, tree)
        parent, child = cast.family()
        made = ask(parent, entry(child, others=[outsider()]))
        decide(cast.teacher, made)
        decide(cast.principal, made, note="情况属实")

    def file(self) -> None:
        """The tree's school sends a report that is not what the facts say, and says how that came about."""
        tree, day = self.tree, clock.today().isoformat()
        path = f"/institutions/{tree.school}/daily-reports/{day}"
        _send(tree.account(Role.COUNTY_ADMIN, tree.county), tree, f"/institutions/{tree.county}/report-forms", _FORM)
        principal = tree.account(Role.PRINCIPAL, tree.school)
        answers = [{"question": "masks", "answer": 12}, {"question": "note", "answer": _NOTE}]
        stated = [{"figure": "fever", "count": 2}, {"figure": "symptoms", "count": 3, "reason": "午检又见一人咳嗽"}]
        _send(principal, tree, f"{path}/draft", {"answers": answers, "stated": stated}, method="PUT", status=200)
        _send(principal, tree, f"{path}/sendings", {})
        _send(principal, tree, f"{path}/sendings", {"reason": "补报一人"})
        asked = tree.client.get(f"/api/v1/institutions/{tree.school}/report-failures", headers=principal.headers)
        failure = asked.json()["items"][0]["id"]
        _send(principal, tree, f"/report-failures/{failure}/explanations", {"explanation": _EXPLANATION})

    def hide_small(self) -> None:
        """Have a policy hide what counts fewer than five."""
        _set(self.tree, self.tree.account(Role.PROVINCIAL_ADMIN, self.tree.province), self.tree.province, *_SMALL)


_GATHERING = "停止一切聚集性活动, 各类培训、竞赛一律暂停。"
_VENUES = "图书馆、体育馆暂停开放。"
_SOCIETY = "即日起校园不对社会开放, 校外人员一律不得进入。"
_CLOSED = "全市中小学、幼儿园实行封闭管理。\n在校师生不得离校, 物资由专人接收。"
_NOTE = "今日晨检发现两人发热, 已联系家长接回。"
_EXPLANATION = "午检数字未及时登记, 已补登。"
_FORM = {
    "code": "afternoon",
    "title": "下午",
    "level": "school",
    "in_force_on": clock.today().isoformat(),
    "questions": [
        {"code": "masks", "title": "口罩还能用几天", "kind": "number"},
        {"code": "note", "title": "情况说明", "kind": "text"},
    ],
}
_SMALL = ("small_cells_below", 5)


def _send(login: Login, tree: Tree, path: str, body: object, *, method: str = "POST", status: int = 201) -> None:
    answer = tree.client.request(method, f"/api/v1{path}", headers=login.headers, json=body)
    assert answer.status_code == status, answer.text


def _set(tree: Tree, admin: Login, place: int, key: str, value: object) -> None:
    body = {"value": value, "locked": False}
    answer = tree.client.put(f"/api/v1/institutions/{place}/policies/{key}", headers=admin.headers, json=body)
    assert answer.status_code == 200, answer.text


def _schools(tree: Tree) -> None:
    """Beside the tree's school: one with a fever, a silent one, one whose nine hide that fever, one with many."""
    rows = (("北京东路小学", 500, 1), ("锁金新村小学", 0, 0), ("长江路小学", 480, 9), ("五老村小学", 300, 25))
    for name, heard, fevers in rows:
        _fill(tree, tree.add_school(tree.county, name), heard, fevers, of=500)
    tree.add_school(tree.county, "钟山幼儿园", "kindergarten")


def _fill(tree: Tree, school: int, heard: int, fevers: int, *, of: int = 900) -> None:
    unit = tree.add_unit(school, UnitKind.CLASS, "一年级1班", grade_level=1)
    enrol(school, {unit: students(of)})
    if heard:
        report(school, {unit: {"reported": heard, "normal": heard - fevers, "fever": fevers, "symptoms": fevers}})
