"""In or away: what speaks against letting somebody in, by the pass, the closures and the thermometer."""

from collections.abc import Collection, Sequence
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
class Placed:
    """An event with its place in time.

    ``queued``: it was sent later, and is judged by what held when it happened; ``judged_at``: that moment, else now.
    """

    index: int
    event: GateEventIn
    occurred_at: datetime
    judged_at: datetime
    queued: bool
    skewed: bool


@dataclass(slots=True)
class Arrival(Placed):
    """An event with what held there and then, and whoever it is about."""

    venue: VenueState
    campus: VenueState
    claims: PassClaims | None = None
    pass_id: int | None = None  # shown, or found by a document
    entry_pass: EntryPass | None = None
    person: Person | None = None
    name: str = ""
    findings: list[str] = field(default_factory=list)
    feverish: bool = False
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
    def enters(self) -> bool:
        """On the way in."""
        return self.event.direction is Direction.IN

    @property
    def wants_pass(self) -> bool:
        """Whether a pass is asked for.

        Staff and students are no society; where the whole is closed, or for anybody else, it is.
        """
        if self.pass_id is not None:
            return True
        society = self.person is not None and self.person.kind is PersonKind.HOUSEHOLD
        strict = Degree.CLOSED_TO_SOCIETY if society else Degree.CLOSED
        return max(self.campus.degree.rank, self.venue.degree.rank) >= strict.rank

    @property
    def uses_pass(self) -> bool:
        """Whether a pass that lets in once is used up by it."""
        given = self.entry_pass
        goes_in = self.enters and self.at_gate and self.outcome is GateOutcome.ADMITTED
        return goes_in and given is not None and given.single_use and "pass_used" not in self.findings

    @property
    def tenths(self) -> int | None:
        """The temperature in tenths of a degree."""
        return None if self.event.temperature is None else round(self.event.temperature * TENTHS)


def decide(
    arrival: Arrival,
    rules: Rules,
    own: Sequence[EntryPass],
    held_back: Sequence[str],
    used_before: Collection[int],
) -> None:
    """Set the findings and the outcome. What a guard decided without a network stays as it was: it has happened.

    ``own``: passes of the person on the roll, by one of which somebody known by name goes in; ``held_back``: by which
    rules that person may not enter, which count wherever a pass does; ``used_before``: passes (by id) that were used by
    then. Nobody is kept from leaving.
    """
    if arrival.enters:
        against = _against(arrival, own, used_before) if arrival.wants_pass else []
        fever = _fever(arrival, rules)
        arrival.feverish = bool(fever)
        arrival.findings = list(dict.fromkeys([*against, *held_back, *_closed(arrival), *fever]))
    away = GateOutcome.TURNED_AWAY if arrival.findings else GateOutcome.ADMITTED
    arrival.outcome = arrival.event.decided or away


def _against(arrival: Arrival, own: Sequence[EntryPass], used_before: Collection[int]) -> list[str]:
    if arrival.entry_pass is not None:
        return _pass_findings(arrival, arrival.entry_pass, used=arrival.entry_pass.id in used_before)
    given = [one for one in own if one.issued_at <= arrival.occurred_at]
    fitting = (one for one in given if not _pass_findings(arrival, one, used=one.id in used_before))
    arrival.entry_pass = next(fitting, None)
    return [] if arrival.entry_pass is not None else ["no_pass"]


def _pass_findings(arrival: Arrival, entry_pass: EntryPass, *, used: bool) -> list[str]:
    found = []
    at, venue = arrival.occurred_at, arrival.venue
    if entry_pass.revoked_at is not None and entry_pass.revoked_at <= at:
        found.append("pass_revoked")
    if not entry_pass.valid_from <= at < entry_pass.valid_until:
        found.append("pass_not_valid_now")
    if not (arrival.at_gate or not entry_pass.venue_ids or {venue.venue_id, venue.campus_id} & {*entry_pass.venue_ids}):
        found.append("venue_not_allowed")
    if entry_pass.single_use and arrival.at_gate and used:
        found.append("pass_used")
    if entry_pass.source is Source.WALK_UP and arrival.campus.degree.rank >= Degree.CLOSED_TO_SOCIETY.rank:
        found.append("closed_to_society")
    if arrival.claims is not None and arrival.claims.rotating and not _code_is_fresh(arrival, entry_pass):
        found.append("code_stale")
    return found


def _code_is_fresh(arrival: Arrival, entry_pass: EntryPass) -> bool:
    _, _, shown = (arrival.event.code or "").partition("~")
    return rotating.is_fresh(shown, entry_pass.institution_id, entry_pass.id, arrival.occurred_at)


def _closed(arrival: Arrival) -> list[str]:
    return [] if arrival.venue.exceptions else ["closed_without_exception"]


def _fever(arrival: Arrival, rules: Rules) -> list[str]:
    site = arrival.event.site.value if arrival.event.site else None
    feverish = arrival.tenths is not None and arrival.tenths >= rules.fever_threshold(site)
    return ["fever"] if feverish else []


def masked(name: str) -> str:
    """A name as a guard reads it: the surname, and a star for the rest."""
    return f"{name[:1]}{'*' * min(len(name) - 1, 2)}"
