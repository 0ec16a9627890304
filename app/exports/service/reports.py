"""Daily reports as files: one as it was sent, with what proves it; and what a level has received, school by school."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from app.access.service import Actor
from app.exports.errors import NothingSent
from app.exports.schemas import Cell, Document
from app.exports.service import paper
from app.institutions.models import Institution
from app.kernel import clock
from app.kernel.language import pick
from app.reports import service as reports
from app.reports.models import ReportState
from app.reports.service import RevisionOut, SchoolReportRow
from app.rollups.metrics import BY_NAME, SHOWN

# Of the figures those that an office looks at; the rest stands in each school's own report.
COLLECTED: Final = (
    "due",
    "reported",
    "missing",
    "normal",
    "attention",
    "fever",
    "symptoms",
    "not_measured",
    "turned_away",
)
_HEAD: Final = (("上级", "Answers to"), ("学校", "School"), ("状态", "State"), ("报送时间", "Sent"), ("版次", "No."))
WIDTH: Final = len(_HEAD) + len(COLLECTED)
_STATE: Final = 2  # the column


def sent(session: Session, actor: Actor, institution_id: int, day: date) -> Document:
    """The newest of what an institution has sent for a day; raises `NotFound`, `NothingSent`."""
    report = reports.read_report(session, actor, institution_id, day, None)
    revision = report.revision
    if revision is None:
        raise NothingSent
    words = {one.code: one.title for one in reports.read_collection(session, actor, institution_id, day).questions}
    answers: list[list[Cell]] = [[words.get(code, code), said, None, None] for code, said in revision.answers.items()]
    return paper.laid(
        session,
        institution_id,
        day,
        title=pick("疫情防控日报", "Daily report"),
        lines=_facts(revision),
        columns=[pick("项目", "Item"), pick("上报", "Sent"), pick("系统事实", "Facts"), pick("说明", "Reason")],
        rows=[*_figures(revision), *answers],
        shares=[0, 1, 1, 3],
        notes=[*_named(session, revision), *_proof(session, actor, institution_id, revision)],
    )


def school_cells(
    session: Session, actor: Actor, institution_id: int, day: date, ids: Sequence[int]
) -> list[list[Cell]]:
    """A row for each of some schools."""
    return [_school(one) for one in reports.school_rows(session, actor, institution_id, day, ids)]


def collected(session: Session, institution_id: int, day: date, rows: list[list[Cell]]) -> Document:
    """What the schools below an institution have sent: reported with cases, reported zero and missing kept apart."""
    first = len(_HEAD)
    missing = [str(row[1]) for row in rows if row[_STATE] == _missing()]
    states = [str(row[_STATE]) for row in rows]
    said = [pick(f"{state} {states.count(state)} 所", f"{state}: {states.count(state)}") for state in _states()]
    numbers = [sum(int(row[place] or 0) for row in rows) for place in range(first, first + len(COLLECTED))]
    total: list[Cell] = [pick("合计", "Total"), None, None, None, None, *numbers]
    return paper.laid(
        session,
        institution_id,
        day,
        title=pick("学校日报汇总表", "Daily reports of the schools"),
        lines=[pick("、", ", ").join(said)],
        columns=[*(pick(*one) for one in _HEAD), *(pick(BY_NAME[one].zh, BY_NAME[one].en) for one in COLLECTED)],
        rows=[*rows, total],
        shares=[0, 0, 1, 0, *(1 for _ in (*_HEAD[4:], *COLLECTED))],
        strong=True,
        notes=[pick(f"未报学校 ({len(missing)} 所): ", f"Missing ({len(missing)}): ") + pick("、", ", ").join(missing)]
        if missing
        else [],
    )


def _missing() -> str:
    return pick("未报", "missing")


def _states() -> list[str]:
    return [pick("有情况", "with cases"), pick("零报告", "zero"), pick("已退回", "returned"), _missing()]


def _school(one: SchoolReportRow) -> list[Cell]:
    with_cases, zero, returned, missing = _states()
    if one.figures is None:
        state = missing if one.owed else pick("无需上报", "not owed")
    elif one.state is ReportState.RETURNED:
        state = returned
    else:
        state = zero if one.zero else with_cases
    late = pick(" (迟)", " (late)") if one.on_time is False and one.owed else ""
    figures = one.figures or {}
    when = "" if one.sent_at is None else _moment(one.sent_at)[5:] + late
    return [one.above or "", one.name, state, when, one.number or None, *(figures.get(name) for name in COLLECTED)]


def _facts(revision: RevisionOut) -> list[str]:
    timely = pick("按时", "in time") if revision.on_time else pick("迟报", "late")
    zero = pick("零报告", "zero report") if revision.zero else pick("有情况", "with cases")
    lines = [
        pick(f"报送: {_moment(revision.sent_at)} ({timely})", f"Sent: {_moment(revision.sent_at)} ({timely})"),
        pick(f"统计时点: {_moment(revision.as_of)}", f"As of: {_moment(revision.as_of)}"),
        pick(f"第 {revision.number} 版 · {zero}", f"Revision {revision.number} · {zero}"),
    ]
    return lines if revision.reason is None else [*lines, pick("更正原因: ", "Amended because: ") + revision.reason]


def _figures(revision: RevisionOut) -> list[list[Cell]]:
    figures, facts, reasons = revision.figures, revision.facts, revision.reasons
    return [
        [pick(one.zh, one.en), figures[one.name], facts.get(one.name), reasons.get(one.name)]
        for one in SHOWN
        if one.name in figures
    ]


def _named(session: Session, revision: RevisionOut) -> list[str]:
    said = []
    for ids, zh, en in ((revision.received, "已收", "Received"), (revision.missing, "未收", "Not received")):
        names = [found.name for one in ids if (found := session.get(Institution, one)) is not None]
        if names:
            said.append(pick(f"{zh} ({len(names)}): ", f"{en} ({len(names)}): ") + pick("、", ", ").join(names))
    return said


def _proof(session: Session, actor: Actor, institution_id: int, revision: RevisionOut) -> list[str]:
    proofs = reports.verify_report(session, actor, institution_id, revision.day).items
    held = next(one for one in proofs if one.number == revision.number)
    whole = held.content_holds and held.chain_holds and held.signature_holds
    return [
        pick("摘要 (SHA-256): ", "Digest (SHA-256): ") + revision.digest,
        pick("前一份摘要: ", "Digest before: ") + revision.previous,
        pick("签名 (ES256): ", "Signature (ES256): ") + revision.signature,
        pick("核验: 内容、链、签名均一致", "Verified: content, chain and signature hold")
        if whole
        else pick("核验: 不一致", "Verified: it does not hold"),
    ]


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
