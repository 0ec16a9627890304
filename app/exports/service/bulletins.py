"""An issue of a bulletin on its office's paper."""

from sqlalchemy.orm import Session

from app.access.service import Actor
from app.bulletins import service as bulletins
from app.bulletins.models import IssueKind
from app.bulletins.service import SHOWN, BulletinFigures, IssueOut
from app.exports.schemas import Cell, Document
from app.exports.service import paper
from app.kernel import clock
from app.kernel.language import pick
from app.rollups.metrics import BY_NAME

_HIDDEN = "*"


def issue(session: Session, actor: Actor, institution_id: int, issue_id: int) -> Document:
    """What the caller may read of an issue; raises `NotFound`."""
    found = bulletins.read_issue(session, actor, institution_id, issue_id)
    figures = found.figures
    when = found.issued_at.astimezone(clock.SHANGHAI)
    return paper.made(
        title=found.title,
        lines=[
            pick(
                f"{found.office} · {found.year} 年第 {found.number} 期 · {when:%Y-%m-%d %H:%M} 印发",
                f"{found.office} · No. {found.number} of {found.year} · issued {when:%Y-%m-%d %H:%M}",
            )
        ],
        paragraphs=[*_standing(found), *(found.text or "").splitlines()],
        columns=_columns(figures),
        rows=_rows(figures),
        notes=[*_veiled(figures), pick("摘要 (SHA-256): ", "Digest (SHA-256): ") + found.digest],
        letterhead=True,
    )


def _standing(found: IssueOut) -> list[str]:
    if found.replaced_by is None:
        return []
    number = found.replaced_by.number
    if found.replaced_by.kind is IssueKind.WITHDRAWAL:
        return [pick(f"【本期已作废, 见第 {number} 期】", f"[Withdrawn by No. {number}]")]
    return [pick(f"【本期已更正, 见第 {number} 期】", f"[Corrected by No. {number}]")]


def _columns(figures: BulletinFigures | None) -> list[str]:
    if figures is None or not figures.parts:
        return []
    named = [pick(BY_NAME[one].zh, BY_NAME[one].en) for one in SHOWN]
    return [pick("名称", "Name"), *named, pick("完成率 %", "complete %"), pick("日报", "Report")]


def _rows(figures: BulletinFigures | None) -> list[list[Cell]]:
    if figures is None:
        return []
    received = {True: pick("已报", "sent"), False: pick("未报", "missing"), None: "—"}
    return [
        [
            one.name,
            *(_HIDDEN if one.counts[name] is None else one.counts[name] for name in SHOWN),
            one.percent,
            received[one.reported],
        ]
        for one in figures.parts
    ]


def _veiled(figures: BulletinFigures | None) -> list[str]:
    if figures is None:
        return []
    return [pick(f"{_HIDDEN}: 人数过少, 为保护个人隐私不予列出。", f"{_HIDDEN}: so few that it is not shown.")]
