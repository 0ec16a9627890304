"""Statements on bulletins."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, Text, cast, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.bulletins.models import Audience, Bulletin, BulletinEdit, BulletinIssue, BulletinState

_NUMBERS = 0x6C66_6275  # keeps these locks apart from other users of advisory locks


def papers(institution_id: int, state: BulletinState | None) -> Select[Bulletin]:
    """The papers of an institution."""
    statement = select(Bulletin).where(Bulletin.institution_id == institution_id)
    return statement if state is None else statement.where(Bulletin.state == state)


def edits(session: Session, paper: Bulletin) -> Sequence[BulletinEdit]:
    """What a paper has said, the first first."""
    return session.scalars(
        select(BulletinEdit)
        .where(BulletinEdit.institution_id == paper.institution_id, BulletinEdit.bulletin_id == paper.id)
        .order_by(BulletinEdit.number)
    ).all()


def writers(session: Session, paper: Bulletin) -> set[int | None]:
    """The accounts that have a part in what a paper says."""
    return {one.written_by for one in edits(session, paper)}


def take_number(session: Session, institution_id: int, year: int) -> int:
    """The next number of an institution's year; nobody else takes one meanwhile."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(:space, hashint8(:id))"), {"space": _NUMBERS, "id": institution_id}
    )
    highest = select(func.coalesce(func.max(BulletinIssue.number), 0)).where(
        BulletinIssue.institution_id == institution_id, BulletinIssue.year == year
    )
    return int(session.scalars(highest).one()) + 1


def issue_of(session: Session, institution_id: int, issue_id: int) -> BulletinIssue | None:
    """An issue of an institution's own."""
    return session.get(BulletinIssue, (institution_id, issue_id))


def replacement_of(session: Session, issue: BulletinIssue) -> BulletinIssue | None:
    """By what an issue was replaced, if it was."""
    return replacements(session, [issue]).get(issue.id)


def given_below(institution_id: int) -> Select[BulletinIssue]:
    """Issues given by a place and by all that stood below it."""
    return select(BulletinIssue).where(BulletinIssue.lineage.any_() == institution_id)


def addressed(lineage: Sequence[int], own: Collection[int], classes: Collection[Audience]) -> Select[BulletinIssue]:
    """Issues given in ``lineage`` that somebody may read: addressed to one of ``classes``, or given by ``own``."""
    model = BulletinIssue
    to_me = model.audience.bool_op("&&")(cast([one.value for one in classes], ARRAY(Text)))
    return select(model).where(model.institution_id.in_(lineage), or_(model.institution_id.in_(own), to_me))


def replacements(session: Session, issues: Collection[BulletinIssue]) -> Mapping[int, BulletinIssue]:
    """By what each of some issues was replaced, where it was."""
    found = session.scalars(
        select(BulletinIssue).where(
            BulletinIssue.institution_id.in_({one.institution_id for one in issues}),
            BulletinIssue.replaces_id.in_([one.id for one in issues]),
        )
    )
    return {one.replaces_id: one for one in found if one.replaces_id is not None}
