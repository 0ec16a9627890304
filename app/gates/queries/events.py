"""Statements on events at the gate and on who is inside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, insert, literal, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.gates.models import Direction, GateEvent, GateOutcome, Presence, SchoolPresence
from app.institutions.models import Institution
from app.kernel import columns
from app.people.models import Person, PersonState


def persons(session: Session, reachable: Select[Any], institution_id: int, ids: Collection[int]) -> dict[int, Person]:
    """Those of a school who may be let in, by id; ``reachable`` selects persons."""
    rows = session.scalars(
        reachable.where(
            Person.institution_id == institution_id, Person.id.in_(ids), Person.state == PersonState.ENROLLED
        )
    )
    return {row.id: row for row in rows}


def numbered(session: Session, institution_id: int, numbers: Collection[str]) -> dict[str, int]:
    """Those on a school's roll who have these student numbers: number -> person id."""
    rows = session.execute(
        select(Person.number, Person.id).where(
            Person.institution_id == institution_id,
            Person.number.in_(numbers),
            Person.state == PersonState.ENROLLED,
        )
    )
    return {row.number: row.id for row in rows}


def known(session: Session, institution_id: int, ids: Collection[UUID]) -> dict[UUID, GateEvent]:
    """Events that have landed already."""
    rows = session.scalars(select(GateEvent).where(GateEvent.institution_id == institution_id, GateEvent.id.in_(ids)))
    return {row.id: row for row in rows}


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert events; whoever does holds the day's figures of the school, so that none is there already."""
    session.execute(insert(GateEvent), rows)


def add_finding(session: Session, institution_id: int, event_id: UUID, finding: str) -> None:
    """Put something beside an event that has landed: what happened before it was sent later."""
    session.execute(
        update(GateEvent)
        .where(GateEvent.institution_id == institution_id, GateEvent.id == event_id)
        .values(findings=func.array_append(GateEvent.findings, finding))
        .execution_options(synchronize_session=False)
    )


def keep_presence(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember the last that is known of each holder at each area (once in ``rows``); what is older changes nothing."""
    statement = upsert(Presence).values(list(rows))
    fresh = statement.excluded
    names = ("inside", "at_gate", "name", "at", "event_id", "day", "due_out_at", "overstayed_at")
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["institution_id", "area_id", "person_id", "pass_id"],
            set_={name: fresh[name] for name in names},
            where=tuple_(Presence.at, Presence.event_id) < tuple_(fresh.at, fresh.event_id),
        )
    )


def count_inside(session: Session, institution_id: int, lineage: Sequence[int]) -> None:
    """Bring a school's leaf in line with who is inside its gates; whoever changes that holds the day's figures."""
    source = select(
        literal(institution_id),
        literal(list(lineage), SchoolPresence.lineage.type),
        func.count(),
    ).where(Presence.institution_id == institution_id, Presence.inside, Presence.at_gate)
    statement = upsert(SchoolPresence).from_select(["institution_id", "lineage", "inside"], source)
    fresh = {name: statement.excluded[name] for name in ("lineage", "inside")}
    session.execute(statement.on_conflict_do_update(index_elements=["institution_id"], set_=fresh))


def stay(session: Session, key: tuple[int, int, int, int], event_id: UUID) -> Presence | None:
    """Somebody who is still inside since that event, locked; ``key``: institution, area, person, pass."""
    institution_id, area_id, person_id, pass_id = key
    return session.scalars(
        select(Presence)
        .where(
            Presence.institution_id == institution_id,
            Presence.area_id == area_id,
            Presence.person_id == person_id,
            Presence.pass_id == pass_id,
            Presence.inside,
            Presence.event_id == event_id,
        )
        .with_for_update()
    ).one_or_none()


def inside(institution_id: int, area_id: int | None, overdue_before: datetime | None) -> Select[Presence]:
    """Who is inside a school: at one area, or overdue since a moment, where asked."""
    statement = select(Presence).where(Presence.institution_id == institution_id, Presence.inside)
    if area_id is not None:
        statement = statement.where(Presence.area_id == area_id)
    if overdue_before is not None:
        statement = statement.where(Presence.due_out_at < overdue_before)
    return statement


def inside_by_child(session: Session, institution_id: int) -> Sequence[Row[int | None, int]]:
    """How many are inside below an institution, by child (NULL: itself)."""
    here = func.array_position(SchoolPresence.lineage, literal(institution_id, SchoolPresence.institution_id.type))
    child = SchoolPresence.lineage[here + 1].label("child")
    return session.execute(
        select(child, func.sum(SchoolPresence.inside))
        .where(SchoolPresence.lineage.contains([institution_id]))
        .group_by(child)
    ).all()


def events(
    statement: Select[GateEvent],
    institution_id: int,
    *,
    day: date | None,
    venue_id: int | None,
    pass_id: int | None,
    person_id: int | None,
) -> Select[GateEvent]:
    """Events of one school with the filters that have a value."""
    filters = {"day": day, "venue_id": venue_id, "pass_id": pass_id, "person_id": person_id}
    statement = statement.where(GateEvent.institution_id == institution_id)
    return statement.where(*(getattr(GateEvent, name) == value for name, value in filters.items() if value is not None))


def count_day(
    session: Session, institution_id: int, day: date, known_at: datetime | None = None
) -> tuple[int, int, int]:
    """Entries, exits and people turned away at a school on a day; ``known_at``: of what had been received by then."""
    known = true() if known_at is None else GateEvent.received_at <= known_at
    admitted = GateEvent.outcome == GateOutcome.ADMITTED
    row = session.execute(
        select(
            func.count().filter(and_(admitted, GateEvent.direction == Direction.IN)),
            func.count().filter(and_(admitted, GateEvent.direction == Direction.OUT)),
            func.count().filter(GateEvent.outcome == GateOutcome.TURNED_AWAY),
        ).where(GateEvent.institution_id == institution_id, GateEvent.day == day, GateEvent.at_gate, known)
    ).one()
    return row[0], row[1], row[2]


def names(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    """The names of the institutions that the scope shows."""
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(ids)))
    return {row.id: row.name for row in rows}


def follow_tree(session: Session, institution_id: int) -> None:
    """Give the leaves of a subtree the lineage that their schools have now."""
    place = session.scalars(select(Institution.lineage).where(Institution.id == institution_id)).one()
    now = columns.rehung(SchoolPresence.lineage, institution_id, place)
    session.execute(
        update(SchoolPresence)
        .where(SchoolPresence.lineage.contains([institution_id]), SchoolPresence.lineage != now)
        .values(lineage=now)
        .execution_options(synchronize_session=False)
    )
