"""What the files say, read through the services of those who own it: each asks whether the caller may."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.checkins import service as checkins
from app.checkins.service import Wanted as MissingWanted
from app.exports.errors import ExportTooLarge
from app.exports.models import ExportKind
from app.exports.schemas import Cell, Document, Wanted
from app.exports.service import paper
from app.institutions.models import Institution, Unit
from app.kernel.errors import NotFound
from app.kernel.language import pick
from app.kernel.paging import PageQuery
from app.people import service as people
from app.people.models import Person, PersonKind, PersonState
from app.rollups import service as rollups
from app.rollups.metrics import SHOWN

MOST_ROWS = 20_000
_PAGE = 200
_RECORD_DAYS = 14


def demand_own(session: Session, actor: Actor, institution_id: int, wanted: Wanted) -> None:
    """Raise `NotFound` where a class or person is not the institution's, or is not for this caller."""
    if wanted.unit_id is not None:
        found = obtain(session, actor, Action.UNITS_READ, Unit, wanted.unit_id).institution_id
    elif wanted.person_id is not None:
        found = obtain(session, actor, Action.CHECKINS_READ, Person, wanted.person_id).institution_id
    else:
        found = obtain(session, actor, Action.INSTITUTIONS_READ, Institution, institution_id).id
    if found != institution_id:
        raise NotFound


def document(session: Session, kind: ExportKind, institution_id: int, day: date, rows: list[list[Cell]]) -> Document:
    """The rows with their headings, in the language of the context."""
    return paper.laid(
        session,
        institution_id,
        day,
        title=_TITLES[kind](),
        lines=[],
        columns=_COLUMNS[kind](day),
        rows=rows,
        strong=kind is ExportKind.FIGURES,
    )


def figures(session: Session, actor: Actor, institution_id: int, day: date) -> list[list[Cell]]:
    """A row for each part of an institution's figures, or for each class of a school; the last is the whole."""
    whole = rollups.read_figures(session, actor, institution_id, day)
    children = rollups.children_figures(session, actor, institution_id, day, None).items
    parts = [(one.name, one.counts, one.completeness.percent) for one in children]
    if all(one.itself for one in children):  # a school with none below it
        units = rollups.unit_figures(session, actor, institution_id, day).items
        nobody = pick("未纳入网格", "in no unit")
        parts = [(one.name or nobody, one.counts, one.completeness.percent) for one in units]
    parts.append((pick("合计", "Total"), whole.counts, whole.completeness.percent))
    hidden = pick("已隐藏", "hidden")
    return [
        [name, *(hidden if (count := counts[metric.name]) is None else count for metric in SHOWN), percent]
        for name, counts, percent in parts
    ]


def missing(session: Session, actor: Actor, institution_id: int, unit_id: int | None, day: date) -> list[list[Cell]]:
    """Class and name of each who owes a reading; raises `ExportTooLarge`."""
    rows: list[list[Cell]] = []
    page: PageQuery | None = PageQuery(limit=_PAGE, cursor=None)
    while page is not None:
        some, following = _missing_page(session, actor, (institution_id, unit_id), MissingWanted(day), page)
        rows += some
        _demand_few(rows)
        page = PageQuery(limit=_PAGE, cursor=following) if following else None
    return rows


def _missing_page(
    session: Session, actor: Actor, place: tuple[int, int | None], wanted: MissingWanted, page: PageQuery
) -> tuple[list[list[Cell]], str | None]:
    institution_id, unit_id = place
    if unit_id is not None:
        name = session.get_one(Unit, (institution_id, unit_id)).name
        of_unit = checkins.missing_in_unit(session, actor, unit_id, wanted, page)
        return [[name, one.name] for one in of_unit.items], of_unit.next
    found = checkins.missing_in_school(session, actor, institution_id, wanted, page, with_persons=True)
    nobody = pick("未纳入网格", "in no unit")
    return [[one.name or nobody, person.name] for one in found.items for person in one.persons or ()], found.next


def persons_of(session: Session, actor: Actor, institution_id: int, wanted: Wanted) -> list[int]:
    """Whose records are wanted: a person's, or those of a class on the roll."""
    if wanted.person_id is not None:
        return [wanted.person_id]
    filters = {"unit_id": wanted.unit_id, "state": PersonState.ENROLLED, "kind": PersonKind.STUDENT}
    filters |= {"without_unit": False, "student_id": None}
    found: list[int] = []
    cursor: str | None = None
    while True:
        page = people.list_persons(session, actor, institution_id, filters, PageQuery(limit=_PAGE, cursor=cursor))
        found += [one.id for one in page.items]
        if page.next is None:
            return found
        cursor = page.next


def records(session: Session, actor: Actor, persons: Sequence[int], day: date) -> list[list[Cell]]:
    """Name, the highest temperature of each of the fourteen days, and how many are missing."""
    return [_record(session, actor, one, day) for one in persons]


def _record(session: Session, actor: Actor, person_id: int, day: date) -> list[Cell]:
    found = checkins.temperature_record(session, actor, person_id, day)
    none, unmeasured = pick("缺", "–"), pick("未测", "n/m")
    cells: list[Cell] = []
    for one in found.days:
        measured = [slot.temperature for slot in one.slots if slot.temperature is not None]
        cells.append(max(measured) if measured else unmeasured if one.slots else none)
    return [found.name, *cells, found.days_missing]


def _demand_few(rows: Sequence[object]) -> None:
    if len(rows) > MOST_ROWS:
        raise ExportTooLarge(rows=MOST_ROWS)


def _record_days(day: date) -> list[str]:
    return [(day - timedelta(days=ago)).strftime("%m-%d") for ago in range(_RECORD_DAYS - 1, -1, -1)]


_TITLES: Mapping[ExportKind, Callable[[], str]] = {
    ExportKind.FIGURES: lambda: pick("健康打卡汇总表", "Figures of the daily check-in"),
    ExportKind.MISSING: lambda: pick("未打卡人员名单", "Who has not checked in"),
    ExportKind.TEMPERATURE_RECORDS: lambda: pick("14 天体温记录表", "Temperatures of fourteen days (°C)"),
}
_COLUMNS: Mapping[ExportKind, Callable[[date], list[str]]] = {
    ExportKind.FIGURES: lambda _day: [
        pick("名称", "Name"),
        *(pick(one.zh, one.en) for one in SHOWN),
        pick("完成率 %", "complete %"),
    ],
    ExportKind.MISSING: lambda _day: [pick("班级 / 部门", "Class"), pick("姓名", "Name")],
    ExportKind.TEMPERATURE_RECORDS: lambda day: [pick("姓名", "Name"), *_record_days(day), pick("缺天数", "missing")],
}
