"""Issuing: a paper becomes the next number of its institution, frozen; a wrong one is withdrawn by a further number."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.bulletins import queries
from app.bulletins.errors import ReviewWanted
from app.bulletins.events import BulletinIssued
from app.bulletins.models import Bulletin, BulletinIssue, IssueKind
from app.bulletins.schemas import IssueOut, ReasonIn
from app.bulletins.service import reading
from app.bulletins.service.writing import move, standing_issue
from app.bulletins.workflow import OPEN
from app.institutions.models import Institution
from app.kernel import clock, events
from app.kernel.language import pick
from app.policies import service as policies


def issue_bulletin(session: Session, actor: Actor, bulletin_id: int) -> IssueOut:
    """Issue a paper: to whom it is addressed, it can be read from now on.

    Raises `NotFound`, `Forbidden`, `ReviewWanted`, `BulletinReplaced`, `MoveNotPossible`.
    """
    paper = obtain(session, actor, Action.BULLETINS_ISSUE, Bulletin, bulletin_id, lock=True)
    place = obtain(session, actor, Action.BULLETINS_ISSUE, Institution, paper.institution_id)
    if paper.state in OPEN and policies.effective(session, place.id).bulletin_review:
        raise ReviewWanted
    if paper.corrects_id is not None:
        standing_issue(session, place, paper.corrects_id)
    move(session, actor, paper, "issue")
    what = {
        "kind": IssueKind.BULLETIN if paper.corrects_id is None else IssueKind.CORRECTION,
        "bulletin_id": paper.id,
        "replaces_id": paper.corrects_id,
        "audience": paper.audience,
        "day": paper.day,
    }
    said = {"title": paper.title, "text": paper.text, "figures": paper.figures}
    return _issue(session, actor, place, what, said)


def withdraw_issue(session: Session, actor: Actor, institution_id: int, issue_id: int, body: ReasonIn) -> IssueOut:
    """Say by a further issue that one holds no longer; raises `NotFound`, `Forbidden`, `BulletinReplaced`."""
    place = obtain(session, actor, Action.BULLETINS_ISSUE, Institution, institution_id)
    wrong = standing_issue(session, place, issue_id)
    what = {
        "kind": IssueKind.WITHDRAWAL,
        "replaces_id": wrong.id,
        "audience": wrong.audience,
        "day": wrong.day,
        "reason": body.reason,
    }
    title = pick(f"关于第 {wrong.number} 期动态作废的说明", f"Bulletin No. {wrong.number} is withdrawn")
    return _issue(session, actor, place, what, {"title": title, "text": body.reason, "figures": None})


def digest(content: Mapping[str, Any]) -> str:
    """The SHA-256 of what was issued in its one canonical form (JSON, sorted, no spaces, UTF-8)."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _issue(
    session: Session, actor: Actor, place: Institution, what: dict[str, Any], said: Mapping[str, Any]
) -> IssueOut:
    now = clock.now()
    year = now.astimezone(clock.SHANGHAI).year
    number = queries.take_number(session, place.id, year)
    content = {**said, "office": place.name, "number": number, "year": year, "issued_at": now.isoformat()}
    issue = BulletinIssue(
        institution_id=place.id,
        year=year,
        number=number,
        content=content,
        digest=digest(content),
        issued_by=actor.account_id,
        issued_at=now,
        lineage=list(place.lineage),
        **what,
    )
    session.add(issue)
    session.flush()
    audit.record(
        session,
        actor,
        "bulletins.issue",
        "bulletin_issue",
        issue.id,
        institution_id=place.id,
        reason=issue.reason,
        details={"kind": issue.kind, "year": year, "number": number, "replaces": issue.replaces_id},
    )
    events.record(session, BulletinIssued(place.id, issue.id))
    return reading.told(session, actor, issue, seen_whole=True)
