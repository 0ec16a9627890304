"""Institutions from a sheet: checked row by row, inserted level by level, each level in a few statements.

A row whose code already stands below the same parent changes that institution, so that a corrected sheet can be sent
again. Parents may be named by code before or after their own row, or stand in the tree already.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, visible
from app.audit import service as audit
from app.institutions.errors import NotOpen
from app.institutions.events import InstitutionOpened
from app.institutions.models import Institution, InstitutionKind, InstitutionState
from app.institutions.queries import tree
from app.institutions.schemas import ImportOut
from app.institutions.service.drafting import Draft, fits_below
from app.institutions.service.opening import row_of, taken
from app.institutions.service.sheet import COLUMNS, Line, checked, row_error
from app.kernel import events, sheet_errors
from app.kernel.db import Scope, trial, widen
from app.kernel.sheets import SheetError

Progress = Callable[[int, int], None]

_MAX_ERRORS: Final = 1000
_MAX_DEPTH: Final = 32  # far below what is real; a longer chain would take a statement for each of its rows


@dataclass(frozen=True, slots=True)
class _Node:
    """What a row's parent, or the institution that it names, is."""

    id: int
    kind: InstitutionKind
    lineage: tuple[int, ...]
    open: bool


@dataclass
class _Run:
    """An import under way."""

    session: Session
    total: int
    errors: list[SheetError]
    created: list[int] = field(default_factory=list)
    updated: int = 0

    def refuse(self, number: int, column: str, code: str) -> None:
        self.errors.append(row_error(number, column, code))

    def outcome(self, *, dry_run: bool, undone: bool) -> ImportOut:
        failed = {error.params["row"] for error in self.errors}
        return ImportOut(
            rows=self.total,
            created=0 if undone else len(self.created),
            updated=0 if undone else self.updated,
            failed=len(failed),
            dry_run=dry_run,
            errors=[sheet_errors.told(sheet_errors.stored(error)) for error in self._in_order()[:_MAX_ERRORS]],
        )

    def _in_order(self) -> list[SheetError]:
        return sorted(self.errors, key=lambda error: int(str(error.params["row"])))


def import_sheet(
    session: Session,
    actor: Actor,
    parent_id: int | None,
    stream: BinaryIO,
    filename: str,
    *,
    dry_run: bool = False,
    per_row: bool = False,
    progress: Progress | None = None,
) -> ImportOut:
    """Make the institutions of a sheet; rows without a parent's code stand below ``parent_id`` (None: are roots).

    All rows or none, unless ``per_row`` takes the good ones. ``progress(done, total)`` counts rows. Raises `NotFound`,
    `Forbidden`, `NotOpen`, and `SheetRefused` for a file that cannot be read at all.
    """
    top = _top(session, actor, parent_id)
    rows = sheet_errors.read_rows(stream, filename, COLUMNS)
    lines, errors = checked(session, rows)
    run = _Run(session, len(rows), errors)
    with trial(session) as tried:
        _build(run, actor, top, lines, progress or _silent)
        refused = bool(run.errors) and not per_row
        tried.undone = dry_run or refused
    if tried.undone:
        return run.outcome(dry_run=dry_run, undone=refused)
    if parent_id is not None:
        audit.record(
            session,
            actor,
            "institutions.import",
            "institution",
            parent_id,
            institution_id=parent_id,
            details={"rows": run.total, "created": len(run.created), "updated": run.updated},
        )
    return run.outcome(dry_run=False, undone=False)


def _top(session: Session, actor: Actor, parent_id: int | None) -> Institution | None:
    if parent_id is None:
        return None
    (top,) = taken(session, actor, [parent_id], shared=True)
    if top.state is not InstitutionState.OPEN:
        raise NotOpen
    return top


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""


def _build(run: _Run, actor: Actor, top: Institution | None, lines: Sequence[Line], progress: Progress) -> None:
    """Insert level by level: a row can only stand below one that is there."""
    wanted = {line.code for line in lines} | {line.parent_code for line in lines if line.parent_code}
    among = visible(actor, Action.INSTITUTIONS_MANAGE, Institution)
    known = {code: _node(row) for code, row in tree.by_codes(run.session, among, wanted).items()}
    within = {code: node for code, node in known.items() if top is None or top.id in node.lineage}
    in_file = {line.code for line in lines}
    below: defaultdict[str | None, list[Line]] = defaultdict(list)
    for line in lines:
        below[line.parent_code].append(line)
    root = _node(top) if top is not None else None
    ready = [(line, root) for line in below.pop(None, [])]
    for code in [code for code in below if code in within and code not in in_file]:
        ready += [(line, within[code]) for line in below.pop(code)]
    done = 0
    while ready:
        nodes = _level(run, ready, within)
        done += len(ready)
        progress(done, run.total)
        ready = [(line, node) for code, node in nodes.items() for line in below.pop(code, [])]
    for orphans in below.values():
        for line in orphans:
            run.refuse(line.number, "parent_code", "parent_unknown")
    _announce(run, actor)


def _level(run: _Run, ready: Sequence[tuple[Line, _Node | None]], known: Mapping[str, _Node]) -> dict[str, _Node]:
    """Make or change the institutions of one level; what their rows may now stand below them."""
    there: dict[str, _Node] = {}
    new: list[tuple[Line, _Node | None]] = []
    changes: list[dict[str, Any]] = []
    for line, parent in ready:
        fault = _place_fault(line.draft, parent)
        if fault is not None:
            run.refuse(line.number, "parent_code", fault)
            continue
        standing = known.get(line.code)
        if standing is None:
            new.append((line, parent))
        elif (difference := _difference(line.draft, standing, parent)) is not None:
            run.refuse(line.number, "code", difference)
        else:
            there[line.code] = standing
            changes.append(_change(line.draft, standing))
    if changes:
        run.updated += tree.update_named(run.session, changes)
    return there | _insert(run, new)


def _place_fault(draft: Draft, parent: _Node | None) -> str | None:
    if parent is None:
        return None if draft.kind is InstitutionKind.PROVINCE else "parent_unknown"
    if not parent.open:
        return "parent_not_open"
    if not fits_below(draft.kind, parent.kind):
        return "kind_not_below"
    return "too_deep" if len(parent.lineage) >= _MAX_DEPTH else None


def _difference(draft: Draft, standing: _Node, parent: _Node | None) -> str | None:
    if not standing.open:
        return "not_open"
    if standing.kind is not draft.kind:
        return "kind_differs"
    above = standing.lineage[:-1]
    return None if above == (parent.lineage if parent else ()) else "stands_elsewhere"


def _change(draft: Draft, standing: _Node) -> dict[str, Any]:
    return {
        "id": standing.id,
        "name": draft.name,
        "school_type": draft.school_type.value if draft.school_type else None,
        "division_code": draft.division_code,
    }


def _insert(run: _Run, new: Sequence[tuple[Line, _Node | None]]) -> dict[str, _Node]:
    if not new:
        return {}
    ids = tree.next_ids(run.session, len(new))
    rooted = [one for one, (_, parent) in zip(ids, new, strict=True) if parent is None]
    if rooted:
        widen(run.session, Scope(subtrees=frozenset(rooted)))
    rows = [
        row_of(line.draft, one, parent.id if parent else None) for one, (line, parent) in zip(ids, new, strict=True)
    ]
    inserted = tree.insert_new(run.session, rows)
    made: dict[str, _Node] = {}
    for one, (line, parent) in zip(ids, new, strict=True):
        if one in inserted:
            lineage = (*(parent.lineage if parent else ()), one)
            made[line.code] = _Node(one, line.draft.kind, lineage, open=True)
        else:
            run.refuse(line.number, "code", "code_taken")
    run.created += inserted
    return made


def _announce(run: _Run, actor: Actor) -> None:
    tree.place_new(run.session, run.created, actor.account_id)
    events.record_all(run.session, [InstitutionOpened(made) for made in run.created])


def _node(row: Institution) -> _Node:
    return _Node(row.id, row.kind, tuple(row.lineage), row.state is InstitutionState.OPEN)
