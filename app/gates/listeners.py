"""Who is inside is counted where the school stands, and looked for when it should have left.

Each listener may run twice, and late.
"""

from sqlalchemy.orm import Session

from app.gates import service
from app.gates.events import StayRunsOut
from app.institutions.events import InstitutionMerged, InstitutionMoved
from app.kernel.events import listen


def _moved(session: Session, event: InstitutionMoved) -> None:
    service.relocate(session, event.institution_id)


def _merged(session: Session, event: InstitutionMerged) -> None:
    service.relocate(session, event.into_id)


def _stay_runs_out(session: Session, event: StayRunsOut) -> None:
    service.look_for_overstay(session, event)


listen(StayRunsOut, _stay_runs_out)
listen(InstitutionMoved, _moved)
listen(InstitutionMerged, _merged)
