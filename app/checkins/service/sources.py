"""Who a reading comes from, by the role that lets its sender log the person; never by what the sender says."""

from app.access.actor import Actor
from app.access.reach import Facts, holds
from app.access.roles import Action, Reach
from app.checkins.models import Source
from app.checkins.service.drafts import Subject

# The nearest tie counts: a teacher whose own child is in the class logs it as its guardian.
_SOURCES = {
    Reach.OWN_PERSON: Source.SELF,
    Reach.OWN_CHILDREN: Source.GUARDIAN,
    Reach.OWN_UNIT: Source.TEACHER,
    Reach.INSTITUTION: Source.DOCTOR,
}


def source_of(actor: Actor, action: Action, subject: Subject) -> Source:
    """The source of a reading of ``subject``, whom the actor reaches by ``action``."""
    if actor.system:
        return Source.IMPORT
    facts = Facts(
        institution_id=subject.institution_id,
        unit_id=subject.unit_now,
        person_id=subject.id,
        ward_id=subject.ward_id,
    )
    ties = {
        reach
        for reach, held in actor.reaches(action)
        if holds(Actor(account_id=actor.account_id, held=(held,)), action, facts)
    }
    return next((source for reach, source in _SOURCES.items() if reach in ties), Source.TEACHER)
