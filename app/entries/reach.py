"""What ties requests, steps, delegations, invitations and shifts to a school, a class, an office, an account."""

from sqlalchemy import select
from sqlalchemy.orm import object_session

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.entries.models import DutyShift, EntryDelegation, EntryRequest, EntryStep, VisitInvitation
from app.institutions.models import Institution


def _lineage(row: EntryDelegation) -> tuple[int, ...]:
    session = object_session(row)
    standing = session.get(Institution, row.institution_id) if session else None
    return tuple(standing.lineage) if standing else ()


anchor(
    Anchors(
        model=EntryRequest,
        read=Action.ENTRIES_READ,
        facts=lambda row: Facts(institution_id=row.institution_id, unit_id=row.unit_id, account_id=row.account_id),
        institution=EntryRequest.institution_id,
        unit=EntryRequest.unit_id,
        account=EntryRequest.account_id,
    )
)
anchor(
    Anchors(
        model=EntryStep,
        read=Action.ENTRIES_RELEASE,
        facts=lambda row: Facts(institution_id=row.institution_id, lineage=tuple(row.lineage)),
        institution=EntryStep.institution_id,
        lineage=EntryStep.lineage,
    )
)
anchor(
    Anchors(
        model=EntryDelegation,
        read=Action.ENTRIES_DELEGATE,
        facts=lambda row: Facts(
            institution_id=row.institution_id,
            lineage=_lineage(row),
            unit_id=row.unit_id,
            account_id=row.deputy_account_id,
        ),
        institution=EntryDelegation.institution_id,
        lineage=select(Institution.lineage).where(Institution.id == EntryDelegation.institution_id).scalar_subquery(),
        unit=EntryDelegation.unit_id,
        account=EntryDelegation.deputy_account_id,
    )
)
anchor(
    Anchors(
        model=VisitInvitation,
        read=Action.VISITS_INVITE,
        facts=lambda row: Facts(institution_id=row.institution_id),
        institution=VisitInvitation.institution_id,
    )
)
anchor(
    Anchors(
        model=DutyShift,
        read=Action.DUTIES_READ,
        facts=lambda row: Facts(institution_id=row.institution_id),
        institution=DutyShift.institution_id,
    )
)
