"""Statements on institutions and where they stood."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from app.institutions.models import DivisionRow, Institution, InstitutionKind, InstitutionState, Placement, Root

_TREE_LOCK = 7301  # keeps these locks apart from other users of advisory locks


def lock_trees(session: Session, roots: Collection[int], *, shared: bool) -> None:
    """Wait for other changes of the same trees; several of the ``shared`` kind (new leaves) run beside each other."""
    lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    for root in sorted(roots):
        session.execute(select(lock(func.hashint8extended(root, _TREE_LOCK))))


def roots(session: Session) -> list[int]:
    """The ids of all roots; needs no scope."""
    return list(session.scalars(select(Root.id).order_by(Root.id)))


def all_ids(session: Session) -> list[int]:
    """The ids of all institutions in scope."""
    return list(session.scalars(select(Institution.id)))


def next_ids(session: Session, count: int) -> list[int]:
    """``count`` ids for new institutions: a lineage ends with the id, so it must be known before the row is."""
    return list(session.scalars(select(func.nextval("institution_id_seq")).select_from(func.generate_series(1, count))))


def find(session: Session, institution_id: int) -> Institution | None:
    """The institution, if the scope shows it."""
    return session.scalars(select(Institution).where(Institution.id == institution_id)).one_or_none()


def by_code(session: Session, code: str) -> Institution | None:
    """The institution with this code, if the scope shows it."""
    return session.scalars(select(Institution).where(Institution.code == code)).one_or_none()


def by_codes(session: Session, among: Select[Institution], codes: Collection[str]) -> Mapping[str, Institution]:
    """Those ``among`` the visible that have one of ``codes``."""
    rows = session.scalars(among.where(Institution.code == func.any(bindparam("codes", list(codes)))))
    return {str(row.code): row for row in rows}


def lineages(session: Session, institution_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
    """From the root down to each of the institutions, of those that are in scope."""
    found = session.execute(_lineages(), {"ids": list(institution_ids)})
    return {row.id: tuple(row.lineage) for row in found}


@lru_cache
def _lineages() -> Select[*tuple[Any, ...]]:
    table = Institution.__table__.c
    return select(table.id, table.lineage).where(table.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))


def ancestors(session: Session, institution: Institution) -> Sequence[Institution]:
    """From the root down to the institution itself, as far as the scope shows them."""
    return session.scalars(
        select(Institution)
        .where(Institution.id.in_(institution.lineage))
        .order_by(func.cardinality(Institution.lineage))
    ).all()


def narrowed(
    statement: Select[Institution],
    *,
    parent_id: int | None,
    within_id: int | None,
    kind: InstitutionKind | None,
    state: InstitutionState | None,
    q: str | None,
) -> Select[Institution]:
    """``statement`` with the filters that have a value; ``q`` is found anywhere in the name."""
    if parent_id is not None:
        statement = statement.where(Institution.parent_id == parent_id)
    if within_id is not None:
        statement = statement.where(Institution.lineage.contains([within_id]))
    if kind is not None:
        statement = statement.where(Institution.kind == kind)
    if state is not None:
        statement = statement.where(Institution.state == state)
    if q is not None:
        statement = statement.where(Institution.name.icontains(q, autoescape=True))
    return statement


def open_children(session: Session, institution_id: int) -> Sequence[Institution]:
    """What stands directly below and is open."""
    return session.scalars(
        select(Institution)
        .where(Institution.parent_id == institution_id, Institution.state == InstitutionState.OPEN)
        .order_by(Institution.id)
    ).all()


def names(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    """The names of those that the scope shows."""
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(ids)))
    return {row.id: row.name for row in rows}


_INSERT = text(
    "INSERT INTO institution "
    "(id, parent_id, kind, school_type, code, name, division_code, opened_on, lineage, state) "
    "SELECT one.*, coalesce(parent.lineage, '{}') || one.id, 'open' FROM unnest("
    "CAST(:id AS bigint[]), CAST(:parent_id AS bigint[]), CAST(:kind AS text[]), CAST(:school_type AS text[]), "
    "CAST(:code AS text[]), CAST(:name AS text[]), CAST(:division_code AS text[]), CAST(:opened_on AS date[])"
    ") AS one (id, parent_id, kind, school_type, code, name, division_code, opened_on) "
    "LEFT JOIN institution parent ON parent.id = one.parent_id ON CONFLICT (code) DO NOTHING RETURNING id"
)
_COLUMNS = ("id", "parent_id", "kind", "school_type", "code", "name", "division_code", "opened_on")


def insert_new(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Insert institutions below parents that are there; the ids of those whose code was free everywhere.

    Arrays, since a statement of thousands of rows costs the driver more than the database.
    """
    arrays = {name: [row[name] for row in rows] for name in _COLUMNS}
    return set(session.scalars(_INSERT, arrays))


_UPDATE = text(
    "UPDATE institution SET name = one.name, school_type = one.school_type, division_code = one.division_code, "
    "version = institution.version + 1 FROM unnest("
    "CAST(:id AS bigint[]), CAST(:name AS text[]), CAST(:school_type AS text[]), CAST(:division_code AS text[])"
    ") AS one (id, name, school_type, division_code) WHERE institution.id = one.id AND "
    "(institution.name, institution.school_type, institution.division_code) "
    "IS DISTINCT FROM (one.name, one.school_type, one.division_code) RETURNING institution.id"
)


def update_named(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Give institutions the name, type and division of their row; how many were not so already."""
    names = ("id", "name", "school_type", "division_code")
    return len(session.scalars(_UPDATE, {name: [row[name] for row in rows] for name in names}).all())


def place_new(session: Session, ids: Sequence[int], decided_by: int | None) -> None:
    """The first placement of institutions: where they stand, from the day on which they opened.

    RETURNING, here and below: without it Citus would COPY into the other servers, which row-level security refuses.
    """
    source = select(
        Institution.id,
        Institution.opened_on,
        Institution.parent_id,
        Institution.lineage,
        literal(decided_by, Placement.decided_by.type),
        literal(value=True),
    ).where(Institution.id == func.any(bindparam("ids", list(ids))))
    columns = ["institution_id", "valid_from", "parent_id", "lineage", "decided_by", "applied"]
    session.execute(insert(Placement).from_select(columns, source).returning(Placement.institution_id))


_MOVE = text(
    "UPDATE institution SET lineage = :above || lineage[array_position(lineage, :id):], "
    "parent_id = CASE WHEN id = :id THEN :parent ELSE parent_id END, "
    "version = version + (id = :id)::int WHERE lineage @> ARRAY[:id]"
).bindparams(
    bindparam("above", type_=Institution.lineage.type),
    bindparam("id", type_=Institution.id.type),
    bindparam("parent", type_=Institution.id.type),
)


def move_subtree(session: Session, institution_id: int, parent: Institution) -> None:
    """Hang the institution and all below it under ``parent``, in one statement."""
    session.execute(_MOVE, {"above": parent.lineage, "id": institution_id, "parent": parent.id})


_STANDS = (Institution.id, Institution.parent_id, Institution.lineage)


def replace_placements(session: Session, institution_id: int, on: date, decided_by: int | None) -> None:
    """Record where the institution and all below it stand from ``on``; what began later is set right in place.

    The latter happens where a planned move is applied after its day, or a second one follows on the same day. The tree
    is read first: an update of what stands on every server cannot look at what stands on the coordinator alone.
    """
    below = Institution.lineage.contains([institution_id])
    standing = (Placement.valid_to.is_(None), Placement.applied)
    stands = {row.id: row for row in session.execute(select(*_STANDS).where(below))}
    mine = (Placement.institution_id.in_(stands), *standing)
    for begun in session.scalars(select(Placement).where(*mine, Placement.valid_from >= on)):
        begun.parent_id, begun.lineage = stands[begun.institution_id].parent_id, stands[begun.institution_id].lineage
    session.execute(
        update(Placement)
        .where(*mine, Placement.valid_from < on)
        .values(valid_to=on)
        .execution_options(synchronize_session=False)
    )
    source = select(
        Institution.id,
        literal(on),
        Institution.parent_id,
        Institution.lineage,
        literal(decided_by, Placement.decided_by.type),
        literal(value=True),
    ).where(below, ~exists().where(Placement.institution_id == Institution.id, *standing))
    columns = ["institution_id", "valid_from", "parent_id", "lineage", "decided_by", "applied"]
    session.execute(insert(Placement).from_select(columns, source).returning(Placement.institution_id))


def planned(session: Session, institution_id: int) -> Placement | None:
    """The move that waits for its day."""
    return session.scalars(
        select(Placement).where(Placement.institution_id == institution_id, ~Placement.applied)
    ).one_or_none()


def due(session: Session, day: date) -> Sequence[Row[int, date]]:
    """Planned moves whose day has come, the oldest first."""
    return session.execute(
        select(Placement.institution_id, Placement.valid_from)
        .where(~Placement.applied, Placement.valid_from <= day)
        .order_by(Placement.valid_from, Placement.institution_id)
    ).all()


def drop_planned(session: Session, institution_id: int) -> None:
    """Forget the planned move of an institution."""
    session.execute(delete(Placement).where(Placement.institution_id == institution_id, ~Placement.applied))


def placements(institution_id: int, on: date | None) -> Select[Placement]:
    """Where an institution stood: always, or on one day (a planned move included if it comes before that)."""
    statement = select(Placement).where(Placement.institution_id == institution_id)
    if on is None:
        return statement
    last = (
        select(func.max(Placement.valid_from))
        .where(Placement.institution_id == institution_id, Placement.valid_from <= on)
        .scalar_subquery()
    )
    return statement.where(Placement.valid_from == last, func.coalesce(Placement.valid_to, date.max) > on)


def divisions(day: date, parent_code: str | None) -> Select[DivisionRow]:
    """The divisions in force on a day, those directly below one of them where asked."""
    statement = select(DivisionRow).where(
        DivisionRow.valid_from <= day, func.coalesce(DivisionRow.valid_to, date.max) > day
    )
    return statement if parent_code is None else statement.where(DivisionRow.parent_code == parent_code)


def known_divisions(session: Session, codes: Collection[str], day: date) -> set[str]:
    """Those of ``codes`` that are in force on a day."""
    found = divisions(day, None).where(DivisionRow.code == func.any(bindparam("codes", list(codes))))
    return {row.code for row in session.scalars(found)}
