"""Writing the trail, reading it, and proving that it is whole.

Entries are kept until the commit and appended last: appending takes the chain's lock until the transaction ends, and
a writer that held it while waiting for other rows would stop everybody else, or meet them in a deadlock.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asgi_correlation_id import correlation_id
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction

from app.access.roles import Action
from app.access.service import Actor, Facts, require, visible
from app.audit import queries
from app.audit.errors import AnchorsError
from app.audit.models import PLATFORM, AuditEntry
from app.audit.schemas import AuditEntryOut, Break, BreakKind, Head, Heads, Report
from app.kernel import clock, paging
from app.kernel.db import Scope, bind, scope_of
from app.kernel.schemas import Page
from app.kernel.workflow import Decision

__all__ = [
    "PLATFORM",
    "Head",
    "heads",
    "list_entries",
    "read_anchors",
    "record",
    "record_decision",
    "verify",
    "write_anchors",
]

_PENDING = "audit_pending"


@dataclass(slots=True)
class _Pending:
    """An entry that waits for the commit; it goes with ``savepoint`` if that is rolled back."""

    entry: dict[str, Any]
    savepoint: SessionTransaction | None


def record(
    session: Session,
    actor: Actor,
    act: str,
    subject: str,
    subject_id: object,
    *,
    institution_id: int,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry to the chain of ``institution_id`` (`PLATFORM` for none), in the caller's transaction.

    ``details`` hold ids, codes and names of fields. The institution need not be in the caller's scope: an office that
    acts on a school leaves its trace there without seeing inside.
    """
    _keep(
        session,
        {
            "institution_id": institution_id,
            "account_id": actor.account_id,
            "act": act,
            "subject": subject,
            "subject_id": str(subject_id),
            "reason": reason,
            "details": dict(details or {}),
        },
    )


def record_decision(session: Session, decision: Decision) -> None:
    """The entry for a move of a workflow."""
    _keep(
        session,
        {
            "institution_id": decision.institution_id,
            "account_id": decision.account_id,
            "act": f"{decision.subject}.{decision.move}",
            "subject": decision.subject,
            "subject_id": decision.subject_id,
            "reason": decision.reason,
            "details": {"from": decision.source, "to": decision.target},
        },
    )


def _keep(session: Session, entry: dict[str, Any]) -> None:
    entry |= {"at": clock.now(), "correlation_id": correlation_id.get()}
    session.info.setdefault(_PENDING, []).append(_Pending(entry, session.get_nested_transaction()))


def _append_pending(session: Session) -> None:
    pending: list[_Pending] = session.info.get(_PENDING, [])
    released = session.get_nested_transaction()
    if released is not None:
        for kept in pending:
            kept.savepoint = _outer(released) if kept.savepoint is released else kept.savepoint
        return
    if not pending:
        return
    session.flush()
    entries = sorted((kept.entry for kept in pending), key=lambda entry: int(entry["institution_id"]))
    before = scope_of(session)
    chains = frozenset(int(entry["institution_id"]) for entry in entries)
    if not chains <= before.institutions:
        bind(session, Scope(institutions=before.institutions | chains))
    queries.append(session, entries)
    if scope_of(session) != before:
        bind(session, before)
    pending.clear()


def _outer(savepoint: SessionTransaction) -> SessionTransaction | None:
    parent = savepoint.parent
    return parent if parent is not None and parent.nested else None


def _drop_pending(session: Session, ended: SessionTransaction) -> None:
    pending: list[_Pending] = session.info.get(_PENDING, [])
    pending[:] = [kept for kept in pending if ended.nested and kept.savepoint is not ended]


event.listen(Session, "before_commit", _append_pending)
event.listen(Session, "after_soft_rollback", _drop_pending)


def list_entries(
    session: Session, actor: Actor, institution_id: int, filters: Mapping[str, Any], page: paging.PageQuery
) -> Page[AuditEntryOut]:
    """Entries of one chain in its order; raises `Forbidden` outside of the actor's reach."""
    require(actor, Action.AUDIT_READ, Facts(institution_id=institution_id))
    statement = visible(actor, Action.AUDIT_READ, AuditEntry)
    wanted = queries.narrowed(statement, {**filters, "institution_id": institution_id})
    rows, following = paging.fetch(session, wanted, [AuditEntry.seq], page)
    return Page(items=[AuditEntryOut.model_validate(row) for row in rows], next=following)


def heads(connection: Connection) -> dict[int, Head]:
    """The head of every chain, over the owner's connection."""
    return {row.institution_id: Head(row.seq, row.hash.hex()) for row in queries.heads(connection)}


def verify(connection: Connection, anchors: Heads | None = None) -> Report:
    """Recompute every chain over the owner's connection and compare with ``anchors`` kept elsewhere.

    Without anchors a tail that was cut off, or a chain written anew from some entry on, cannot be seen.
    """
    found: list[Break] = []
    for row in queries.faults(connection):
        kinds = {BreakKind.CHANGED: row.changed, BreakKind.UNLINKED: row.unlinked, BreakKind.GAP: row.gap}
        found += [Break(row.institution_id, row.seq, kind) for kind, wrong in kinds.items() if wrong]
    for institution_id, head in sorted((anchors or {}).items()):
        now = queries.hash_at(connection, institution_id, head.seq)
        if now is None:
            found.append(Break(institution_id, head.seq, BreakKind.CUT))
        elif now.hex() != head.hash:
            found.append(Break(institution_id, head.seq, BreakKind.REWRITTEN))
    entries, chains = queries.size(connection)
    return Report(entries, chains, tuple(found))


def write_anchors(connection: Connection, file: Path) -> int:
    """Write the head of every chain (mode 0600), whole or not at all, and say how many.

    Keep the file where the database's owner cannot write: it is what a rewritten trail is held against.
    """
    found = heads(connection)
    document = {str(institution_id): [head.seq, head.hash] for institution_id, head in sorted(found.items())}
    draft = file.with_name(file.name + ".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        json.dump(document, stream)
    draft.replace(file)
    return len(found)


def read_anchors(file: Path) -> dict[int, Head]:
    """Read an anchor file; raises `AnchorsError`, or FileNotFoundError."""
    try:
        document = json.loads(file.read_text())
        return {int(name): Head(int(seq), str(digest)) for name, (seq, digest) in document.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise AnchorsError(str(file)) from error
