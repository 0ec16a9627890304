"""Who a reading comes from, by the role that lets its sender log the person; never by what the sender says."""

from app.access.actor import Actor
from app.access.reach import Facts, holds
from app.access.roles import Action, Reach
from app.checkins.models import Source
from app.people.models import Person

# The nearest tie counts: a teacher whose own child is in the class logs it as its guardian.
SOURCES = {
    Reach.OWN_PERSON: Source.SELF,
    Reach.OWN_CHILDREN: Source.GUARDIAN,
    Reach.OWN_UNIT: Source.TEACHER,
    Reach.INSTITUTION: Source.DOCTOR,
}


def source_of(actor: Actor, action: Action, person: Person) -> Source:
    """The source of a reading of ``person``, whom the actor reaches by ``action``."""
    if actor.system:
        return Source.IMPORT
    facts = Facts(
        institution_id=person.institution_id, unit_id=person.unit_id, person_id=person.id, ward_id=person.ward_id
    )
    tied = {
        reach
        for reach, held in actor.reaches(action)
        if holds(Actor(account_id=actor.account_id, held=(held,)), action, facts)
    }
    return next((source for reach, source in SOURCES.items() if reach in tied), Source.TEACHER)
