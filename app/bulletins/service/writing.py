"""Papers: drafted, changed, sent to review and back, given up. Whatever they said is kept."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.bulletins import queries
from app.bulletins.errors import BulletinReplaced, DayNotPossible, OwnBulletin
from app.bulletins.events import BulletinSubmitted
from app.bulletins.models import Audience, Bulletin, BulletinEdit, BulletinIssue, BulletinState, IssueKind
from app.bulletins.schemas import (
    USUAL,
    BulletinChange,
    BulletinEditOut,
    BulletinFigures,
    BulletinIn,
    BulletinOut,
    ReasonIn,
)
from app.bulletins.service import figures, wording
from app.bulletins.workflow import BULLETIN, OPEN
from app.institutions.models import Institution
from app.kernel import clock, events, paging, versions
from app.kernel.db import Scope, widen
from app.kernel.errors import NotFound
from app.kernel.schemas import Page
from app.kernel.workflow import MoveNotPossible, fire
from app.policies import service as policies

LONGEST_AGO = 31  # days


def draft_bulletin(session: Session, actor: Actor, institution_id: int, body: BulletinIn) -> BulletinOut:
    """Draft a bulletin of a day from its figures; one that corrects an issue begins with what that said.

    Raises `NotFound`, `Forbidden`, `DayNotPossible`, `BulletinReplaced`.
    """
    place = obtain(session, actor, Action.BULLETINS_WRITE, Institution, institution_id)
    wrong = None if body.corrects is None else standing_issue(session, place, body.corrects)
    day = wrong.day if wrong is not None else body.day or clock.today()
    _demand_day(day)
    found = figures.told(session, actor, place, day)
    paper = Bulletin(
        institution_id=place.id,
        day=day,
        state=BulletinState.DRAFT,
        corrects_id=body.corrects,
        figures=found.model_dump(mode="json"),
        drafted_at=found.as_of,
        edits=0,
        version=1,
        lineage=list(place.lineage),
        **_first_words(day, found, wrong),
    )
    session.add(paper)
    _keep(session, actor, paper)
    details = {"day": day.isoformat(), "corrects": body.corrects}
    _audit(session, actor, "bulletins.draft", paper, details=details)
    return told(session, paper)


def change_bulletin(
    session: Session, actor: Actor, bulletin_id: int, body: BulletinChange, if_match: str | None
) -> BulletinOut:
    """Say something else in a draft; raises `NotFound`, `Forbidden`, `PreconditionFailed`, `MoveNotPossible`."""
    paper = obtain(session, actor, Action.BULLETINS_WRITE, Bulletin, bulletin_id, lock=True)
    versions.require(paper.version, if_match)
    if paper.state not in OPEN:
        raise MoveNotPossible
    paper.title, paper.text, paper.audience = body.title, body.text, [one.value for one in body.audience]
    paper.version += 1
    _keep(session, actor, paper)
    _audit(session, actor, "bulletins.change", paper, details={"edit": paper.edits})
    return told(session, paper)


def submit_bulletin(session: Session, actor: Actor, bulletin_id: int) -> BulletinOut:
    """Send a draft to review; raises `NotFound`, `Forbidden`, `MoveNotPossible`."""
    paper = obtain(session, actor, Action.BULLETINS_WRITE, Bulletin, bulletin_id)
    move(session, actor, paper, "submit")
    events.record(session, BulletinSubmitted(paper.institution_id, paper.id))
    return told(session, paper)


def approve_bulletin(session: Session, actor: Actor, bulletin_id: int) -> BulletinOut:
    """Find a bulletin fit to be issued; raises the same, and `OwnBulletin` for who has written on it."""
    paper = obtain(session, actor, Action.BULLETINS_REVIEW, Bulletin, bulletin_id, lock=True)
    if not actor.system and actor.account_id in queries.writers(session, paper):
        raise OwnBulletin
    move(session, actor, paper, "approve")
    return told(session, paper)


def return_bulletin(session: Session, actor: Actor, bulletin_id: int, body: ReasonIn) -> BulletinOut:
    """Give a bulletin back to be changed; raises `NotFound`, `Forbidden`, `MoveNotPossible`."""
    paper = obtain(session, actor, Action.BULLETINS_REVIEW, Bulletin, bulletin_id)
    move(session, actor, paper, "return", reason=body.reason)
    return told(session, paper)


def discard_bulletin(session: Session, actor: Actor, bulletin_id: int) -> BulletinOut:
    """Give a draft up; raises `NotFound`, `Forbidden`, `MoveNotPossible`."""
    paper = obtain(session, actor, Action.BULLETINS_WRITE, Bulletin, bulletin_id)
    move(session, actor, paper, "discard")
    return told(session, paper)


def list_bulletins(
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery, state: BulletinState | None
) -> Page[BulletinOut]:
    """The papers of an institution, the newest first; raises `NotFound`, `Forbidden`."""
    place = obtain(session, actor, Action.BULLETINS_WRITE, Institution, institution_id)
    rows, following = paging.fetch(session, queries.papers(place.id, state), [Bulletin.place], page)
    return Page(items=[told(session, one) for one in rows], next=following)


def read_bulletin(session: Session, actor: Actor, bulletin_id: int) -> BulletinOut:
    """One paper; raises `NotFound`."""
    return told(session, obtain(session, actor, Action.BULLETINS_WRITE, Bulletin, bulletin_id))


def list_edits(session: Session, actor: Actor, bulletin_id: int) -> Page[BulletinEditOut]:
    """All that a paper has said, the first first; raises `NotFound`."""
    paper = obtain(session, actor, Action.BULLETINS_WRITE, Bulletin, bulletin_id)
    return Page(items=[BulletinEditOut.model_validate(one) for one in queries.edits(session, paper)])


def standing_issue(session: Session, place: Institution, issue_id: int) -> BulletinIssue:
    """An issue of a place that can be replaced; raises `NotFound`, `BulletinReplaced`."""
    issue = queries.issue_of(session, place.id, issue_id)
    if issue is None:
        raise NotFound
    if issue.kind is IssueKind.WITHDRAWAL or queries.replacement_of(session, issue) is not None:
        raise BulletinReplaced
    return issue


def move(session: Session, actor: Actor, paper: Bulletin, name: str, *, reason: str | None = None) -> None:
    """Let a paper take a step. An office's own decisions stand among its tenant rows, which hold no persons."""
    widen(session, Scope(institutions=frozenset({paper.institution_id})))
    version = paper.version + 1
    fire(
        session,
        BULLETIN,
        Bulletin.state,
        paper,
        name,
        account_id=actor.account_id,
        reason=reason,
        version=version,
    )


def told(session: Session, paper: Bulletin) -> BulletinOut:
    """A paper as it is answered."""
    session.flush()
    return BulletinOut(
        id=paper.id,
        institution_id=paper.institution_id,
        day=paper.day,
        state=paper.state,
        corrects=paper.corrects_id,
        audience=[Audience(one) for one in paper.audience],
        title=paper.title,
        text=paper.text,
        figures=BulletinFigures.model_validate(paper.figures),
        review_wanted=policies.effective(session, paper.institution_id).bulletin_review,
        written_by=paper.written_by,
        edits=paper.edits,
        version=paper.version,
    )


def _first_words(day: date, found: BulletinFigures, wrong: BulletinIssue | None) -> dict[str, Any]:
    if wrong is not None:
        said: Any = wrong.content
        return {"title": said["title"], "text": said["text"], "audience": wrong.audience}
    audience = [one.value for one in USUAL]
    return {"title": wording.title(), "text": wording.text(day, found), "audience": audience}


def _keep(session: Session, actor: Actor, paper: Bulletin) -> None:
    paper.edits += 1
    paper.written_by = actor.account_id
    session.flush()
    session.add(
        BulletinEdit(
            institution_id=paper.institution_id,
            bulletin_id=paper.id,
            number=paper.edits,
            audience=paper.audience,
            title=paper.title,
            text=paper.text,
            written_by=actor.account_id,
            written_at=clock.now(),
            lineage=paper.lineage,
        )
    )


def _demand_day(day: date) -> None:
    today = clock.today()
    if not today - timedelta(days=LONGEST_AGO) <= day <= today:
        raise DayNotPossible(days=LONGEST_AGO)


def _audit(session: Session, actor: Actor, act: str, paper: Bulletin, *, details: dict[str, Any]) -> None:
    audit.record(session, actor, act, "bulletin", paper.id, institution_id=paper.institution_id, details=details)
