"""Of whom readings come: the persons, their standings, and what ties the senders to them, for many at once."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Integer, Select, and_, case, null, or_, select
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.reach import REGISTRY, ties
from app.access.roles import Action, Reach
from app.kernel import bulk
from app.people.models import Person, Standing

_NEAREST = (Reach.OWN_PERSON, Reach.OWN_CHILDREN, Reach.OWN_UNIT, Reach.INSTITUTION)
_ASKED = bulk.Given({"place": Integer(), "account_id": BigInteger(), "person_id": BigInteger(), "day": Date()})

Asked = tuple[int, int | None, int, date]  # place in the batch, account, person, day

# Looked up by the list alone, and put aside before they are joined with anything: where an institution is compared with
# as well, the planner multiplies that with the policy, expects a person or two, and walks through whole schools.
_PERSON = (
    select(
        Person.institution_id,
        Person.id,
        Person.kind,
        Person.enrolled_on,
        Person.left_on,
        Person.unit_id,
        Person.ward_id,
    )
    .where(Person.id == _ASKED.among("person_id"))
    .cte("asked_person")
    .prefix_with("MATERIALIZED")
)
_STANDING = (
    select(
        Standing.institution_id,
        Standing.person_id,
        Standing.valid_from,
        Standing.valid_to,
        Standing.unit_id,
        Standing.due,
    )
    .where(Standing.person_id == _ASKED.among("person_id"))
    .cte("asked_standing")
    .prefix_with("MATERIALIZED")
)
# With each other before the memberships come in: after them the planner expects one row, and compares each with each.
_STOOD = (
    select(
        _ASKED.c.place,
        _ASKED.c.account_id,
        *_PERSON.c,
        _STANDING.c.valid_from,
        _STANDING.c.unit_id.label("stood_in"),
        _STANDING.c.due,
    )
    .select_from(_ASKED.table)
    .join(_PERSON, _PERSON.c.id == _ASKED.c.person_id)
    .outerjoin(
        _STANDING,
        and_(
            _STANDING.c.institution_id == _PERSON.c.institution_id,
            _STANDING.c.person_id == _PERSON.c.id,
            _STANDING.c.valid_from <= _ASKED.c.day,
            or_(_STANDING.c.valid_to.is_(None), _STANDING.c.valid_to > _ASKED.c.day),
        ),
    )
    .cte("asked_stood")
    .prefix_with("MATERIALIZED")
)


def subjects(
    session: Session,
    action: Action,
    asked: Sequence[Asked],
    *,
    of_anybody: bool = False,
    institution_id: int | None = None,
    unit_id: int | None = None,
) -> Sequence[Any]:
    """For each of what is asked the person and its standing on the day, if that account may do ``action`` there.

    Once for each membership that ties them, with its ``reach``; of somebody in no standing the nulls of one. Who may is
    decided here, by the memberships as they stand, for many accounts at once. ``of_anybody``: the service itself asks,
    and the scope alone decides. ``institution_id`` and ``unit_id`` narrow it to a school, to a class.
    """
    statement = _subjects(None if of_anybody else action)
    if institution_id is not None:
        statement = statement.where(_STOOD.c.institution_id == institution_id)
    if unit_id is not None:
        statement = statement.where(_STOOD.c.unit_id == unit_id)
    return session.execute(statement, _ASKED.values(asked)).all()


@lru_cache
def _subjects(action: Action | None) -> Select[*tuple[Any, ...]]:
    return subjects_by(None if action is None else ties(action, REGISTRY[Person].among(_STOOD)))


def subjects_by(tied: Mapping[Reach, ColumnElement[bool]] | None) -> Select[*tuple[Any, ...]]:
    """The statement of `subjects`: by what ties a membership to one of ``_STOOD``, or None for anybody."""
    stood = _STOOD.c
    columns = (
        *(stood[name] for name in ("place", "institution_id", "id", "kind", "enrolled_on", "left_on", "valid_from")),
        stood.stood_in.label("unit_id"),
        stood.due,
    )
    if tied is None:
        return select(*columns, null().label("reach"))
    reach = case(*((tied[reach], reach.value) for reach in _NEAREST if reach in tied))
    mine = and_(Membership.account_id == stood.account_id, Membership.ended_at.is_(None), or_(*tied.values()))
    return select(*columns, reach.label("reach")).select_from(_STOOD).join(Membership, mine)
