"""Freezing what is sent: a digest over the content and the digest before it, signed; and proving that it held."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.identity import service as identity
from app.institutions.models import InstitutionKind
from app.reports.models import DailyReport, ReportRevision
from app.reports.queries import reports
from app.reports.schemas.reports import ProofOut, ProofsOut
from app.reports.service.drafting import FIGURES, is_zero

FIRST = "0" * 64  # what the first report of an institution follows


def digest(content: Mapping[str, Any], previous: str) -> str:
    """The SHA-256 of ``content`` in its one canonical form (JSON, sorted, no spaces, UTF-8) after ``previous``."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def freeze(session: Session, institution_id: int, content: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a seal that prove a revision: its place in the institution's chain, its digest, its signature."""
    last = reports.lock_chain(session, institution_id)
    number, previous = (last[0], last[1]) if last else (0, FIRST)
    own = digest(content, previous)
    return {
        "chain": number + 1,
        "previous": previous,
        "digest": own,
        "signature": identity.sign_report(session, institution_id, own),
    }


def verify(session: Session, report: DailyReport) -> ProofsOut:
    """Hold every revision of a report against its signature, and against what was sent before it."""
    found = reports.revisions(session, report.institution_id, report.id)
    return _proofs(session, report.institution_id, found, expected=report.number)


def verify_all(session: Session, institution_id: int) -> ProofsOut:
    """The same for all that an institution has ever sent; one that was taken out leaves a gap that shows."""
    expected = reports.count_sent(session, institution_id)
    return _proofs(session, institution_id, reports.whole_chain(session, institution_id), expected=expected)


def _proofs(session: Session, institution_id: int, found: Sequence[ReportRevision], *, expected: int) -> ProofsOut:
    claims = identity.verify_reports(session, [one.seal.signature for one in found])
    before = reports.digests(session, institution_id, [one.seal.chain - 1 for one in found])
    items = [
        ProofOut(
            number=one.number,
            day=one.day,
            digest=one.seal.digest,
            content_holds=_content_holds(one),
            chain_holds=one.seal.previous == (before.get(one.seal.chain - 1) if one.seal.chain > 1 else FIRST),
            signature_holds=claim is not None
            and (claim.institution_id, claim.digest) == (one.institution_id, one.seal.digest),
        )
        for one, claim in zip(found, claims, strict=True)
    ]
    complete = len(found) == expected
    whole = complete and all(one.content_holds and one.chain_holds and one.signature_holds for one in items)
    return ProofsOut(institution_id=institution_id, complete=complete, whole=whole, items=items)


def _content_holds(revision: ReportRevision) -> bool:
    """What was signed has this digest, and the columns that sums and lists are made of say what was signed."""
    content: Any = revision.seal.content
    if digest(content, revision.seal.previous) != revision.seal.digest:
        return False
    kept = {name: getattr(revision, name) for name in FIGURES}
    kept |= {"number": revision.number, "day": revision.day.isoformat(), "institution": revision.institution_id}
    kept |= {"reason": revision.seal.reason, "signed_by": revision.seal.sent_by, "sent_at": revision.known_from}
    signed = {**content, **content.get("own", {}), "sent_at": _moment(content, "sent_at")}
    if "due_at" in content:  # what was sent before these were sealed says nothing of them
        kept |= {"on_time": revision.on_time, "zero": revision.zero, "owed": revision.owed}
        first, due = _moment(content, "first_sent_at"), _moment(content, "due_at")
        counts = content["own" if revision.kind is InstitutionKind.SCHOOL else "figures"]
        signed |= {"on_time": first is not None and due is not None and first <= due, "zero": is_zero(counts)}
    return all(name in signed and signed[name] == value for name, value in kept.items())


def _moment(content: Mapping[str, Any], name: str) -> datetime | None:
    told = content.get(name)
    return datetime.fromisoformat(told) if told else None
