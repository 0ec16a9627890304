"""Bulletins of the county in every state; files of what its administrator and the first school's principal may read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.orm import Session

from app.access import service as access
from app.access.roles import Role
from app.access.service import Actor
from app.bulletins import service as bulletins
from app.bulletins.models import Audience
from app.bulletins.service import BulletinChange, BulletinIn, ReasonIn
from app.cli.demo.accounts import DemoAccount
from app.exports import service as exports
from app.exports.service import ExportIn
from app.identity import service as identity
from app.kernel import clock, db
from app.kernel.paging import PageQuery

_ANY = PageQuery(limit=1, cursor=None)


def publish(appointed: Sequence[DemoAccount]) -> None:
    """Issue, correct and withdraw, make files; unless that was done."""
    by_role = {account.role: account for account in appointed}
    county = by_role[Role.COUNTY_ADMIN]
    with _as(county) as (session, actor):
        if bulletins.list_bulletins(session, actor, county.institution_id, _ANY, None).items:
            return
        standing = _bulletins(session, actor, county.institution_id)
    with _as(county) as (session, actor):
        wanted: list[dict[str, object]] = [{"kind": kind} for kind in ("figures", "collected_reports", "daily_report")]
        for one in (*wanted, {"kind": "bulletin", "issue_id": standing}):
            _files(session, actor, county.institution_id, one)
    principal = by_role[Role.PRINCIPAL]
    with _as(principal) as (session, actor):
        for kind in ("figures", "missing", "daily_report"):
            _files(session, actor, principal.institution_id, {"kind": kind})


@contextmanager
def _as(account: DemoAccount) -> Iterator[tuple[Session, Actor]]:
    with db.transaction() as session:
        found = identity.find_account(session, account.phone)
        if found is None:
            raise RuntimeError(f"the demo's {account.role} has no account")
        actor = access.acting(session, found.id)
    with db.transaction(actor.scope()) as session:
        yield session, actor


def _bulletins(session: Session, actor: Actor, place: int) -> int:
    """One that holds, one that was corrected, one that was withdrawn, one that is worked on; the issue that holds."""
    wrong = _issued(session, actor, place, BulletinIn(day=clock.today() - timedelta(days=2)))
    _issued(session, actor, place, BulletinIn(corrects=wrong))
    mistaken = _issued(session, actor, place, BulletinIn(day=clock.today() - timedelta(days=1)))
    bulletins.withdraw_issue(session, actor, place, mistaken, ReasonIn(reason="未报学校名单有误"))
    standing = _issued(session, actor, place, BulletinIn())
    bulletins.draft_bulletin(session, actor, place, BulletinIn())
    return standing


def _issued(session: Session, actor: Actor, place: int, of: BulletinIn) -> int:
    paper = bulletins.draft_bulletin(session, actor, place, of)
    text = f"{paper.text}\n五、工作要求\n请各校严格落实晨午检和因病缺勤追踪, 未报学校于今日 17:00 前补报。"
    said = BulletinChange(title=paper.title, text=text, audience=list(Audience))
    bulletins.change_bulletin(session, actor, paper.id, said, None)
    return bulletins.issue_bulletin(session, actor, paper.id).id


def _files(session: Session, actor: Actor, place: int, wanted: dict[str, object]) -> None:
    for form in ("xlsx", "pdf"):
        exports.make(session, actor, place, ExportIn.model_validate({**wanted, "format": form}))
