"""What ties persons, guardians, codes and imports to a school, a class, a child."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.access.reach import Anchors, Facts, anchor
from app.access.roles import Action
from app.people.models import Guardian, Invitation, Person, RollImport

anchor(
    Anchors(
        model=Person,
        read=Action.PEOPLE_READ,
        facts=lambda person: Facts(
            institution_id=person.institution_id,
            unit_id=person.unit_id,
            person_id=person.id,
            ward_id=person.ward_id,
        ),
        institution=Person.institution_id,
        unit=Person.unit_id,
        person=Person.id,
        ward=Person.ward_id,
    )
)

_student = aliased(Person)
_unit_of_guardian = (
    select(_student.unit_id)
    .where(_student.institution_id == Guardian.institution_id, _student.id == Guardian.student_id)
    .correlate(Guardian)
    .scalar_subquery()
)
_unit_of_invitation = (
    select(_student.unit_id)
    .where(_student.institution_id == Invitation.institution_id, _student.id == Invitation.student_id)
    .correlate(Invitation)
    .scalar_subquery()
)

anchor(
    Anchors(
        model=Guardian,
        read=Action.PEOPLE_READ,
        facts=lambda row: Facts(
            institution_id=row.institution_id,
            unit_id=row.student.unit_id,
            person_id=row.student_id,
            ward_id=row.student_id,
        ),
        institution=Guardian.institution_id,
        unit=_unit_of_guardian,
        person=Guardian.student_id,
        ward=Guardian.student_id,
    )
)

anchor(
    Anchors(
        model=Invitation,
        read=Action.INVITATIONS_ISSUE,
        facts=lambda row: Facts(institution_id=row.institution_id, unit_id=row.student.unit_id),
        institution=Invitation.institution_id,
        unit=_unit_of_invitation,
    )
)

anchor(
    Anchors(
        model=RollImport,
        read=Action.ROLLS_IMPORT,
        facts=lambda row: Facts(institution_id=row.institution_id),
        institution=RollImport.institution_id,
    )
)
