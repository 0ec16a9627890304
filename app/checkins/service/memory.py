"""What was answered last, for those who repeat it. The temperature is never among it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.checkins import forms
from app.checkins.errors import NothingRemembered
from app.checkins.queries import ingest

Person = tuple[int, int]


class Memory:
    """Answers by person and time: those that are kept, and those of the batch at hand as it goes."""

    def __init__(self) -> None:
        self._by_person: dict[Person, list[tuple[datetime, forms.Answers]]] = {}

    def load(self, session: Session, people: Sequence[Person], since: datetime, until: datetime) -> None:
        """Look up what can be repeated by readings that were taken in that time."""
        schools, ids = {school for school, _ in people}, {person for _, person in people}
        for row in ingest.remembered(session, schools, ids, since, until):
            answers = forms.Answers.of(row.symptoms, row.answers)
            self.keep((row.institution_id, row.person_id), row.taken_at, answers)

    def keep(self, person: Person, taken_at: datetime, answers: forms.Answers) -> None:
        """Remember what was answered then."""
        self._by_person.setdefault(person, []).append((taken_at, answers))

    def last(self, person: Person, taken_at: datetime) -> forms.Answers:
        """The latest answers up to ``taken_at``; raises `NothingRemembered`."""
        earlier = [one for one in self._by_person.get(person, ()) if one[0] <= taken_at]
        if not earlier:
            raise NothingRemembered
        return max(earlier, key=lambda one: one[0])[1]
