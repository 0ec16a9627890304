"""In or away: what speaks against letting somebody in, by the pass, the closures and the thermometer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.closures.models import Degree, VenueKind
from app.closures.service import VenueState
from app.gates.models import Direction, EntryPass, GateOutcome, Source
from app.gates.schemas.events import GateEventIn
from app.gates.service import rotating
from app.identity.service import PassClaims
from app.people.models import Person, PersonKind
from app.policies.settings import Rules

TENTHS = 10


@dataclass(slots=True)
class Arrival:
    """An event with its place in time and whoever it is about."""

    index: int
    event: GateEventIn
    occurred_at: datetime
    skewed: bool
    venue: VenueState
    claims: PassClaims | None = None
    entry_pass: EntryPass | None = None
    person: Person | None = None
    name: str = ""
    findings: list[str] = field(default_factory=list)
    outcome: GateOutcome = GateOutcome.ADMITTED

    @property
    def id(self) -> UUID:
        """The phone's."""
        return self.event.id

    @property
    def person_id(self) -> int | None:
        """Whom on the roll it is about."""
        return self.person.id if self.person else self.entry_pass.person_id if self.entry_pass else None

    @property
    def at_gate(self) -> bool:
        """At a gate, not at the door of a venue inside."""
        return self.venue.kind is VenueKind.GATE

    @property
    def area_id(self) -> int:
        """What is entered or left: the gate's campus, the venue itself, or (0) the school as a whole."""
        return (self.venue.campus_id or 0) if self.at_gate else self.venue.venue_id or 0

    @property
    def tenths(self) -> int | None:
        """The temperature in tenths of a degree."""
        return None if self.event.temperature is None else round(self.event.temperature * TENTHS)


def decide(
    arrival: Arrival, rules: Rules, campus: VenueState, own: Sequence[EntryPass], held_back: Sequence[str]
) -> None:
    """Set the findings and the outcome. What a guard decided without a network stays as it was: it has happened.

    ``own``: passes of the person on the roll; ``held_back``: by which rules that person may not enter, which count
    wherever a pass does. Nobody is kept from leaving.
    """
    event = arrival.event
    if event.direction is Direction.IN:
        given = arrival.entry_pass
        wants_pass = given is not None or _wants_pass(arrival, campus)
        against = (
            _pass_findings(arrival, given, campus) if given else _person_findings(arrival, own) if wants_pass else []
        )
        held = held_back if wants_pass else []
        arrival.findings = list(dict.fromkeys([*against, *held, *_closed(arrival), *_fever(arrival, rules)]))
    away = GateOutcome.TURNED_AWAY if arrival.findings else GateOutcome.ADMITTED
    arrival.outcome = event.decided or away
    pass_ = arrival.entry_pass
    enters = event.direction is Direction.IN and arrival.outcome is GateOutcome.ADMITTED
    if enters and pass_ is not None and pass_.single_use and pass_.used_by is None and arrival.at_gate:
        pass_.used_by = event.id


def _pass_findings(arrival: Arrival, entry_pass: EntryPass, campus: VenueState) -> list[str]:
    found = []
    at, venue = arrival.occurred_at, arrival.venue
    if entry_pass.revoked_at is not None and entry_pass.revoked_at <= at:
        found.append("pass_revoked")
    if not entry_pass.valid_from <= at < entry_pass.valid_until:
        found.append("pass_not_valid_now")
    if not (arrival.at_gate or not entry_pass.venue_ids or {venue.venue_id, venue.campus_id} & {*entry_pass.venue_ids}):
        found.append("venue_not_allowed")
    if entry_pass.single_use and arrival.at_gate and entry_pass.used_by not in (None, arrival.id):
        found.append("pass_used")
    if entry_pass.source is Source.WALK_UP and campus.degree.rank >= Degree.CLOSED_TO_SOCIETY.rank:
        found.append("closed_to_society")
    if arrival.claims is not None and arrival.claims.rotating and not _code_is_fresh(arrival, entry_pass):
        found.append("code_stale")
    return found


def _code_is_fresh(arrival: Arrival, entry_pass: EntryPass) -> bool:
    _, _, shown = (arrival.event.code or "").partition("~")
    return rotating.is_fresh(shown, entry_pass.institution_id, entry_pass.id, arrival.occurred_at)


def _wants_pass(arrival: Arrival, campus: VenueState) -> bool:
    """Staff and students are no society; where the whole is closed, or for anybody else, a pass is wanted."""
    society = arrival.person is not None and arrival.person.kind is PersonKind.HOUSEHOLD
    strict = Degree.CLOSED_TO_SOCIETY if society else Degree.CLOSED
    return max(campus.degree.rank, arrival.venue.degree.rank) >= strict.rank


def _person_findings(arrival: Arrival, own: Sequence[EntryPass]) -> list[str]:
    at = arrival.occurred_at
    return [] if any(one.valid_from <= at < one.valid_until for one in own) else ["no_pass"]


def _closed(arrival: Arrival) -> list[str]:
    return [] if arrival.venue.exceptions else ["closed_without_exception"]


def _fever(arrival: Arrival, rules: Rules) -> list[str]:
    site = arrival.event.site.value if arrival.event.site else None
    feverish = arrival.tenths is not None and arrival.tenths >= rules.fever_threshold(site)
    return ["fever"] if feverish else []


def masked(name: str) -> str:
    """A name as a guard reads it: the surname, and a star for the rest."""
    return f"{name[:1]}{'*' * min(len(name) - 1, 2)}"
