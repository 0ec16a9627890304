"""How rows of the tree hang on it.

Offices reach a unit for its figures alone: only `rollups.read` is granted to them on it.
"""

from sqlalchemy import select
from sqlalchemy.orm import object_session

from app.access.models import Membership
from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.institutions.models import Institution, Unit


def _lineage(row: Unit | Membership) -> tuple[int, ...]:
    session = object_session(row)
    standing = session.get(Institution, row.institution_id) if session else None
    return tuple(standing.lineage) if standing else ()


def _membership_facts(membership: Membership) -> Facts:
    return Facts(
        institution_id=membership.institution_id,
        lineage=_lineage(membership),
        unit_id=membership.unit_id,
        person_id=membership.person_id,
    )


anchor(
    Anchors(
        model=Institution,
        read=Action.INSTITUTIONS_READ,
        facts=lambda one: Facts(institution_id=one.id, lineage=tuple(one.lineage)),
        institution=Institution.id,
        lineage=Institution.lineage,
    )
)
anchor(
    Anchors(
        model=Unit,
        read=Action.UNITS_READ,
        facts=lambda one: Facts(institution_id=one.institution_id, lineage=_lineage(one), unit_id=one.id),
        institution=Unit.institution_id,
        lineage=select(Institution.lineage).where(Institution.id == Unit.institution_id).scalar_subquery(),
        unit=Unit.id,
    )
)
anchor(
    Anchors(
        model=Membership,
        read=Action.ACCOUNTS_MANAGE,
        facts=_membership_facts,
        institution=Membership.institution_id,
        lineage=select(Institution.lineage).where(Institution.id == Membership.institution_id).scalar_subquery(),
        unit=Membership.unit_id,
        person=Membership.person_id,
    )
)
