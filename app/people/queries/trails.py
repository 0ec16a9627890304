"""Statements on roles that hang on persons and units, and on the trail that acts leave."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session

from app.access.models import Membership
from app.access.roles import Role
from app.audit.models import AuditEntry, AuditEntryPerson
from app.institutions.models import Institution
from app.people.queries.persons import among


def trail(institution_id: int, person_ids: Collection[int]) -> Select[AuditEntry]:
    """The entries of an institution's trail on persons, alone or in a list."""
    alone = select(AuditEntry.seq).where(
        AuditEntry.institution_id == institution_id,
        AuditEntry.subject == "person",
        AuditEntry.subject_id.in_([str(one) for one in person_ids]),
    )
    listed = select(AuditEntryPerson.seq).where(
        AuditEntryPerson.institution_id == institution_id, AuditEntryPerson.person_id.in_(person_ids)
    )
    # Two ways by index, put together: OR would read a school's whole trail.
    return select(AuditEntry).where(
        AuditEntry.institution_id == institution_id, AuditEntry.seq.in_(union_all(alone, listed))
    )


def roles_held(session: Session, account_ids: Collection[int]) -> Sequence[Membership]:
    """All memberships of some accounts, standing or ended."""
    return session.scalars(select(Membership).where(among(Membership.account_id, account_ids))).all()


def institution_names(session: Session, institution_ids: Collection[int]) -> dict[int, str]:
    """The names of those institutions that the scope shows."""
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(institution_ids)))
    return {row.id: row.name for row in rows}


def own_memberships(session: Session, institution_id: int, person_ids: Collection[int]) -> Sequence[Membership]:
    """The standing memberships that hang on persons themselves: their guardians' and their own."""
    return session.scalars(
        select(Membership).where(
            Membership.institution_id == institution_id,
            among(Membership.person_id, person_ids),
            Membership.ended_at.is_(None),
        )
    ).all()


def unit_memberships(session: Session, institution_id: int) -> Sequence[Membership]:
    """The standing memberships that hang on units of a school."""
    return session.scalars(
        select(Membership).where(
            Membership.institution_id == institution_id,
            Membership.unit_id.is_not(None),
            Membership.role != Role.GUARDIAN,
            Membership.ended_at.is_(None),
        )
    ).all()
