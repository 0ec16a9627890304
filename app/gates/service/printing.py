"""A pass on paper, for those without a phone: one page of HTML with the code as SVG, nothing loaded from elsewhere."""

import html
from typing import Final

import segno
from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.gates.errors import PassOver, PassRotates
from app.gates.models import EntryPass
from app.gates.service.passes import claims
from app.identity import service as identity
from app.institutions.models import Institution
from app.kernel import clock
from app.kernel.language import pick

_PAGE: Final = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px sans-serif;text-align:center;margin:2em}}svg{{width:70mm;height:70mm}}</style>
<h1>{title}</h1><p>{school}</p>{code}<p><b>{name}</b> · {number}</p><p>{window}</p><p>{note}</p></html>
"""


def print_own_pass(session: Session, actor: Actor, pass_id: int) -> str:
    """The page of a pass that the caller's account shows; raises `NotFound`, `PassOver`, `PassRotates`."""
    found = obtain(session, actor, Action.PASSES_SHOW, EntryPass, pass_id)
    if found.rotating:
        raise PassRotates
    return _page(session, actor, found)


def print_pass(session: Session, actor: Actor, pass_id: int) -> str:
    """The page of any pass, handed out by the school's office; raises `NotFound`, `Forbidden`, `PassOver`."""
    return _page(session, actor, obtain(session, actor, Action.PASSES_READ, EntryPass, pass_id))


def qr_code(text: str) -> segno.QRCode:
    """The code of a token: the smallest that survives a crease (level M), made to be read from paper and screens."""
    return segno.make_qr(text, error="m", boost_error=False)


def _page(session: Session, actor: Actor, found: EntryPass) -> str:
    if found.revoked_at is not None or found.valid_until <= clock.now():
        raise PassOver
    (token,) = identity.sign_passes(session, claims([found], printed=True))
    school = session.get_one(Institution, found.institution_id)
    audit.record(session, actor, "passes.print", "entry_pass", found.id, institution_id=found.institution_id)
    times = [one.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M") for one in (found.valid_from, found.valid_until)]
    return _PAGE.format(
        language=pick("zh-CN", "en"),
        title=pick("入校通行证", "Entry pass"),
        school=html.escape(school.name),
        code=qr_code(token).svg_inline(border=2),
        name=html.escape(found.name),
        number=found.id,
        window=" – ".join(times),
        note=pick("入校时请出示身份证件并测量体温。", "Show an identity document and have your temperature taken."),
    )
