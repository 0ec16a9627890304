"""Reading what was issued: by whom it is addressed to, and by who stands above or within."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.access.reach import holds
from app.access.roles import Action, Role
from app.access.service import Actor, Facts, Held, obtain
from app.bulletins import queries
from app.bulletins.models import Audience, BulletinIssue, IssueKind
from app.bulletins.schemas import BulletinFigures, IssueOut, IssueRow, Replacement
from app.institutions import service as institutions
from app.institutions.models import Institution
from app.kernel import paging
from app.kernel.errors import NotFound
from app.kernel.schemas import Page

_OFFICES: Final = frozenset({Role.PROVINCIAL_ADMIN, Role.CITY_ADMIN, Role.COUNTY_ADMIN, Role.ANALYST, Role.REVIEWER})
_CLASSES: Final[Mapping[Role, Audience]] = {
    **dict.fromkeys(_OFFICES, Audience.OFFICES),
    **dict.fromkeys(
        (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.SCHOOL_REPORTER, Role.SCHOOL_DOCTOR, Role.AUDITOR), Audience.SCHOOLS
    ),
    **dict.fromkeys((Role.HOMEROOM_TEACHER, Role.STAFF, Role.GATE_GUARD), Audience.STAFF),
    **dict.fromkeys((Role.GUARDIAN, Role.STUDENT), Audience.FAMILIES),
}
# Who is addressed as somebody is addressed with all that is said to the wider circles.
_WIDER: Final = {
    Audience.OFFICES: (Audience.OFFICES,),
    Audience.SCHOOLS: (Audience.SCHOOLS, Audience.STAFF, Audience.FAMILIES),
    Audience.STAFF: (Audience.STAFF,),
    Audience.FAMILIES: (Audience.FAMILIES,),
}


def list_issues(
    session: Session, actor: Actor, institution_id: int, page: paging.PageQuery, *, below: bool
) -> Page[IssueRow]:
    """Issues of an institution and those above it that the caller may read, or ``below``: of it and those below it.

    Newest first. Raises `NotFound`.
    """
    statement = _readable(session, actor, institution_id, below=below)
    rows, following = paging.fetch(session, statement, [BulletinIssue.place], page)
    replaced = queries.replacements(session, rows)
    return Page(items=[IssueRow(**_row(one, replaced.get(one.id))) for one in rows], next=following)


def read_issue(session: Session, actor: Actor, institution_id: int, issue_id: int) -> IssueOut:
    """One issue that the caller may read, as somebody of an institution; raises `NotFound`."""
    for below in (False, True):
        statement = _readable(session, actor, institution_id, below=below)
        issue = session.scalars(statement.where(BulletinIssue.id == issue_id)).one_or_none()
        if issue is not None:
            place = obtain(session, actor, Action.BULLETINS_READ, Institution, institution_id)
            return told(session, actor, issue, seen_whole=issue.institution_id in _own(actor, place.lineage) or below)
    raise NotFound


def told(session: Session, actor: Actor, issue: BulletinIssue, *, seen_whole: bool) -> IssueOut:
    """An issue as it is answered; what was withdrawn, only to who sees whatever the institution issues."""
    content: Any = issue.content
    replacement = queries.replacement_of(session, issue)
    hidden = replacement is not None and replacement.kind is IssueKind.WITHDRAWAL and not seen_whole
    figures = None if hidden or content["figures"] is None else BulletinFigures.model_validate(content["figures"])
    own = holds(actor, Action.BULLETINS_WRITE, Facts(institution_id=issue.institution_id))
    return IssueOut(
        **_row(issue, replacement),
        reason=issue.reason,
        audience=[Audience(one) for one in issue.audience],
        text=None if hidden else content["text"],
        figures=figures,
        issued_by=issue.issued_by if own else None,
        digest=issue.digest,
    )


def _readable(session: Session, actor: Actor, institution_id: int, *, below: bool) -> Select[BulletinIssue]:
    place = obtain(session, actor, Action.BULLETINS_READ, Institution, institution_id)
    if below and _covering_offices(actor, place.lineage):
        return queries.given_below(place.id)
    lineage = [one.id for one in institutions.widen_to_ancestors(session, place.id)]
    classes = {wider for held in actor.held for wider in _addressed_as(held.role) if _covers(held, lineage)}
    return queries.addressed(lineage[-1:] if below else lineage, _own(actor, lineage), classes)


def _addressed_as(role: Role) -> Collection[Audience]:
    return _WIDER[_CLASSES[role]] if role in _CLASSES else ()


def _covers(held: Held, lineage: Sequence[int]) -> bool:
    return held.institution_id in lineage if held.role in _OFFICES else held.institution_id == lineage[-1]


def _own(actor: Actor, lineage: Sequence[int]) -> set[int]:
    """Places of a lineage whose issues the actor sees whomever they address: an office, itself and below; a school."""
    starts = [lineage.index(one) for one in _covering_offices(actor, lineage)]
    own = set(lineage[min(starts) :]) if starts else set()
    if holds(actor, Action.BULLETINS_WRITE, Facts(institution_id=lineage[-1])):
        own.add(lineage[-1])
    return own


def _covering_offices(actor: Actor, lineage: Collection[int]) -> set[int]:
    return {held.institution_id for held in actor.held if held.role in _OFFICES and held.institution_id in lineage}


def _row(issue: BulletinIssue, replacement: BulletinIssue | None) -> dict[str, Any]:
    content: Any = issue.content
    by = None if replacement is None else Replacement.model_validate(replacement)
    kept = ("id", "institution_id", "kind", "year", "number", "day", "issued_at")
    return {name: getattr(issue, name) for name in kept} | {
        "office": content["office"],
        "title": content["title"],
        "replaces": issue.replaces_id,
        "replaced_by": by,
    }
