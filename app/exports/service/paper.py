"""How a document is headed and signed off, whatever it is of."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.exports.schemas import Document
from app.institutions.models import Institution
from app.kernel import clock
from app.kernel.language import pick

_NARROW = 6  # columns that a page takes upright


def laid(session: Session, institution_id: int, day: date, *, lines: list[str], **said: Any) -> Document:
    """A document about an institution and a day."""
    name = session.get_one(Institution, institution_id).name
    about = [f"{pick('机构', 'Institution')}: {name}", f"{pick('日期', 'Day')}: {day.isoformat()}"]
    return made(lines=[*about, *lines], **said)


def made(*, columns: list[str], shares: list[int] | None = None, letterhead: bool = False, **said: Any) -> Document:
    """A document, upright where its columns allow; by default the first takes what it needs, the others are even."""
    moment = clock.now().astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return Document(
        footer=f"{pick('联防 · 请妥善保管 · 生成于', 'Lianfang · keep it safe · made')} {moment}",
        columns=columns,
        shares=shares or [0, *(1 for _ in columns[1:])],
        letterhead=letterhead,
        landscape=len(columns) > _NARROW and not letterhead,
        **said,
    )
