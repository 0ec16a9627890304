"""Readings are reached as the person is to whom they belong; imports by their school or class."""

from sqlalchemy import select

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.checkins.models import CheckIn, CheckInImport
from app.people.models import Person

# A household member's reading belongs to the guardians of the student on whom that person hangs.
_WARD = (
    select(Person.ward_id)
    .where(Person.institution_id == CheckIn.institution_id, Person.id == CheckIn.person_id)
    .correlate(CheckIn)
    .scalar_subquery()
)


def _facts(row: CheckIn) -> Facts:
    return Facts(
        institution_id=row.institution_id,
        unit_id=row.unit_id,
        person_id=row.person_id,
        ward_id=row.person.ward_id,
    )


anchor(
    Anchors(
        model=CheckIn,
        read=Action.CHECKINS_READ,
        facts=_facts,
        institution=CheckIn.institution_id,
        unit=CheckIn.unit_id,
        person=CheckIn.person_id,
        ward=_WARD,
    )
)
anchor(
    Anchors(
        model=CheckInImport,
        read=Action.CHECKINS_IMPORT,
        facts=lambda row: Facts(institution_id=row.institution_id, unit_id=row.unit_id),
        institution=CheckInImport.institution_id,
        unit=CheckInImport.unit_id,
    )
)
