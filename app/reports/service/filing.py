"""Documents that answer questions: filed by the institution, read by whoever receives the report that names them."""

import base64
import hashlib
from pathlib import PurePath
from typing import BinaryIO, Final

from sqlalchemy.orm import Session

from app.access.reach import holds
from app.access.roles import Action
from app.access.service import Actor, Facts, obtain
from app.audit import service as audit
from app.institutions.models import Institution
from app.kernel import clock
from app.kernel.errors import NotFound
from app.kernel.secrets import vault
from app.reports.errors import FileNotAccepted
from app.reports.models import ReportFile
from app.reports.queries import files
from app.reports.schemas.forms import ReportFileOut

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
# Name's ending -> media type, and how the content begins.
KINDS: Final = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".xlsx": (f"{_OFFICE}spreadsheetml.sheet", b"PK\x03\x04"),
    ".docx": (f"{_OFFICE}wordprocessingml.document", b"PK\x03\x04"),
}
MEDIA_TYPES: Final = sorted({media_type for media_type, _ in KINDS.values()})
_LONGEST_NAME: Final = 100


def file_document(session: Session, actor: Actor, institution_id: int, source: BinaryIO, name: str) -> ReportFileOut:
    """Keep a document; raises `NotFound`, `Forbidden`, `FileNotAccepted`."""
    place = obtain(session, actor, Action.REPORTS_SIGN, Institution, institution_id)
    content, ending = source.read(), PurePath(name).suffix.lower()
    media_type, begins = KINDS.get(ending, ("", b""))
    if not media_type or not content.startswith(begins):
        raise FileNotAccepted(kinds=", ".join(sorted(KINDS)))
    sha256 = hashlib.sha256(content).hexdigest()
    kept = ReportFile(
        institution_id=place.id,
        name=_clean(name, ending),
        media_type=media_type,
        size=len(content),
        sha256=sha256,
        content_cipher=vault().encrypt(base64.b64encode(content).decode(), _context(place.id, sha256)),
        filed_by=actor.account_id,
        filed_at=clock.now(),
        lineage=list(place.lineage),
    )
    session.add(kept)
    session.flush()
    audit.record(session, actor, "report_files.file", "report_file", kept.id, institution_id=place.id)
    return ReportFileOut.model_validate(kept)


def read_document(session: Session, actor: Actor, institution_id: int, file_id: int) -> tuple[ReportFileOut, bytes]:
    """A document with its content: for the institution, and for levels above once it was sent. Leaves a trace.

    Raises `NotFound`.
    """
    place = obtain(session, actor, Action.REPORTS_READ, Institution, institution_id)
    kept = files.whole(session, place.id, file_id)
    own = holds(actor, Action.REPORTS_SIGN, Facts(institution_id=place.id, lineage=tuple(place.lineage)))
    if kept is None or not (own or files.was_sent(session, place.id, file_id)):
        raise NotFound
    audit.record(session, actor, "report_files.read", "report_file", kept.id, institution_id=place.id)
    content = base64.b64decode(vault().decrypt(kept.content_cipher, _context(place.id, kept.sha256)))
    return ReportFileOut.model_validate(kept), content


def _context(institution_id: int, sha256: str) -> str:
    return f"report_file.content:{institution_id}:{sha256}"


def _clean(name: str, ending: str) -> str:
    """The last part of a name, of printable characters, and not too long."""
    stem = "".join(one for one in PurePath(name.replace("\\", "/")).stem if one.isprintable())
    return f"{stem[:_LONGEST_NAME]}{ending}"
