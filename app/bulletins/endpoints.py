"""Bulletins over HTTP: papers of who writes them, issues of who reads them."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.roles import Action
from app.access.service import Actor, Allow
from app.bulletins import service
from app.bulletins.models import BulletinState
from app.bulletins.schemas import (
    BulletinChange,
    BulletinEditOut,
    BulletinIn,
    BulletinOut,
    IssueOut,
    IssueRow,
    ReasonIn,
)
from app.kernel.db import UnitOfWork
from app.kernel.idempotency import RepeatableRoute
from app.kernel.paging import Paging
from app.kernel.schemas import Page, PathId
from app.kernel.versions import IfMatch

router = APIRouter(route_class=RepeatableRoute, tags=["bulletins"])
Writer = Annotated[Actor, Allow(Action.BULLETINS_WRITE)]
Reviewer = Annotated[Actor, Allow(Action.BULLETINS_REVIEW)]
Issuer = Annotated[Actor, Allow(Action.BULLETINS_ISSUE)]
Reader = Annotated[Actor, Allow(Action.BULLETINS_READ)]
_ISSUES = "/institutions/{institution_id}/bulletin-issues"


@router.post("/institutions/{institution_id}/bulletins", operation_id="draft_bulletin", status_code=201)
def draft_bulletin(institution_id: PathId, body: BulletinIn, session: UnitOfWork, actor: Writer) -> BulletinOut:
    """Draft a bulletin of a day from the figures, or one that is to replace an issue."""
    return service.draft_bulletin(session, actor, institution_id, body)


@router.get("/institutions/{institution_id}/bulletins", operation_id="list_bulletins")
def list_bulletins(
    institution_id: PathId, session: UnitOfWork, actor: Writer, page: Paging, *, state: BulletinState | None = None
) -> Page[BulletinOut]:
    """The papers of an institution, whatever has become of them; the newest first."""
    return service.list_bulletins(session, actor, institution_id, page, state)


@router.get("/bulletins/{bulletin_id}", operation_id="read_bulletin")
def read_bulletin(bulletin_id: PathId, session: UnitOfWork, actor: Writer) -> BulletinOut:
    """One paper."""
    return service.read_bulletin(session, actor, bulletin_id)


@router.put("/bulletins/{bulletin_id}", operation_id="change_bulletin")
def change_bulletin(
    bulletin_id: PathId, body: BulletinChange, session: UnitOfWork, actor: Writer, if_match: IfMatch = None
) -> BulletinOut:
    """Say something else in a draft; what it said before is kept."""
    return service.change_bulletin(session, actor, bulletin_id, body, if_match)


@router.get("/bulletins/{bulletin_id}/edits", operation_id="list_bulletin_edits")
def list_bulletin_edits(bulletin_id: PathId, session: UnitOfWork, actor: Writer) -> Page[BulletinEditOut]:
    """All that a paper has said, the first first."""
    return service.list_edits(session, actor, bulletin_id)


@router.post("/bulletins/{bulletin_id}/submissions", operation_id="submit_bulletin", status_code=201)
def submit_bulletin(bulletin_id: PathId, session: UnitOfWork, actor: Writer) -> BulletinOut:
    """Send a draft to review."""
    return service.submit_bulletin(session, actor, bulletin_id)


@router.post("/bulletins/{bulletin_id}/approvals", operation_id="approve_bulletin", status_code=201)
def approve_bulletin(bulletin_id: PathId, session: UnitOfWork, actor: Reviewer) -> BulletinOut:
    """Find a bulletin fit to be issued; for somebody who has not written on it."""
    return service.approve_bulletin(session, actor, bulletin_id)


@router.post("/bulletins/{bulletin_id}/returns", operation_id="return_bulletin", status_code=201)
def return_bulletin(bulletin_id: PathId, body: ReasonIn, session: UnitOfWork, actor: Reviewer) -> BulletinOut:
    """Give a bulletin back to be changed."""
    return service.return_bulletin(session, actor, bulletin_id, body)


@router.post("/bulletins/{bulletin_id}/discards", operation_id="discard_bulletin", status_code=201)
def discard_bulletin(bulletin_id: PathId, session: UnitOfWork, actor: Writer) -> BulletinOut:
    """Give a draft up."""
    return service.discard_bulletin(session, actor, bulletin_id)


@router.post("/bulletins/{bulletin_id}/issues", operation_id="issue_bulletin", status_code=201)
def issue_bulletin(bulletin_id: PathId, session: UnitOfWork, actor: Issuer) -> IssueOut:
    """Issue a bulletin as the next number of its institution; frozen from then on."""
    return service.issue_bulletin(session, actor, bulletin_id)


@router.get(_ISSUES, operation_id="list_bulletin_issues")
def list_bulletin_issues(
    institution_id: PathId,
    session: UnitOfWork,
    actor: Reader,
    page: Paging,
    *,
    below: Annotated[bool, Query(description="those of it and of what stands below it, instead of above")] = False,
) -> Page[IssueRow]:
    """What an institution and those above it have issued, as far as it is addressed to you; the newest first."""
    return service.list_issues(session, actor, institution_id, page, below=below)


@router.get(_ISSUES + "/{issue_id}", operation_id="read_bulletin_issue")
def read_bulletin_issue(institution_id: PathId, issue_id: PathId, session: UnitOfWork, actor: Reader) -> IssueOut:
    """One issue, read as somebody of an institution."""
    return service.read_issue(session, actor, institution_id, issue_id)


@router.post(_ISSUES + "/{issue_id}/withdrawals", operation_id="withdraw_bulletin_issue", status_code=201)
def withdraw_bulletin_issue(
    institution_id: PathId, issue_id: PathId, body: ReasonIn, session: UnitOfWork, actor: Issuer
) -> IssueOut:
    """Say by a further issue that one holds no longer."""
    return service.withdraw_issue(session, actor, institution_id, issue_id, body)
