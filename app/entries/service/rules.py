"""Refused without asking anyone: a declared list of rules, each looked at once for all persons of a request.

What keeps a person out for reasons of its own (a fever, a missing check-in, whatever features register as a hold) is
asked of people; here stand the rules of place and time, and of what the person has declared.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.closures.models import Degree
from app.closures.service import VenueState
from app.entries.models import EntryPerson
from app.entries.schemas.requests import HealthIn, RefusalOut
from app.kernel import clock
from app.kernel.language import pick
from app.people import service as people
from app.people.service import Hold
from app.policies.settings import Rules

Texts = Mapping[str, str]
Hit = dict[str, object]  # a rule's name, and what fills its texts


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the rules see it; ``states``: what holds for each venue at some moment of the window."""

    institution_id: int
    policy: Rules
    states: Sequence[VenueState]
    valid_from: datetime
    valid_until: datetime
    persons: Sequence[EntryPerson]


@dataclass(frozen=True, slots=True)
class Rule:
    """Why somebody may not enter, and who can lift it; ``check``: whom it holds back, with what fills the texts."""

    name: str
    zh: str
    en: str
    lifted_by_zh: str
    lifted_by_en: str
    check: Callable[[Asked], Mapping[int, Texts]]


def binds(state: VenueState, *, outsider: bool) -> bool:
    """Whether what holds for a place stands in the way of somebody: of everybody where closed, else of outsiders."""
    return state.degree is Degree.CLOSED or (outsider and state.degree is Degree.CLOSED_TO_SOCIETY)


def _closed_to_all(asked: Asked) -> Mapping[int, Texts]:
    found: dict[int, Texts] = {}
    for state in asked.states:
        if state.exceptions:
            continue
        texts = {"venue": state.name, "number": state.number or "", "issuer": state.issuer_name or ""}
        held = [one.id for one in asked.persons if binds(state, outsider=not one.on_roll)]
        found |= {one: texts for one in held if one not in found}
    return found


def _outside_hours(asked: Asked) -> Mapping[int, Texts]:
    opens, closes = asked.policy.entry_opens, asked.policy.entry_closes
    begins, ends = (moment.astimezone(clock.SHANGHAI) for moment in (asked.valid_from, asked.valid_until))
    if opens <= begins.time() and ends.time() <= closes and begins.time() < ends.time():
        return {}
    texts = {"opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"}
    return {one.id: texts for one in asked.persons}


def _declared_fever(asked: Asked) -> Mapping[int, Texts]:
    return {one.id: {} for one in asked.persons if "fever" in _declared(one).symptoms}


def _declared_key_area(asked: Asked) -> Mapping[int, Texts]:
    today = clock.today()

    def was_there(health: HealthIn) -> bool:
        return health.contact in ("key_area", "case") or any(
            asked.policy.is_key_area(code, today) for code in health.places
        )

    return {one.id: {} for one in asked.persons if was_there(_declared(one))}


def _declared(person: EntryPerson) -> HealthIn:
    return HealthIn.model_validate(person.health)


RULES: tuple[Rule, ...] = (
    Rule(
        "venue_closed",
        "“{venue}”已按 {number} 封闭, 不接受入校申请",
        "“{venue}” is closed by {number}, without exception.",
        "{issuer}可调整或解除该封闭管理令",
        "{issuer} can amend or lift the order.",
        _closed_to_all,
    ),
    Rule(
        "outside_hours",
        "只允许在 {opens}–{closes} 之间入校",
        "Entry is allowed between {opens} and {closes} only.",
        "请改时间; 学校或上级可调整入校时间",
        "Ask for other hours; the school or the level above sets them.",
        _outside_hours,
    ),
    Rule(
        "declared_fever",
        "填报有发热症状",
        "A fever was declared.",
        "痊愈后可重新申请",
        "Ask again after recovery.",
        _declared_fever,
    ),
    Rule(
        "declared_key_area",
        "填报到过重点地区或有相关接触",
        "A key area, or contact with one or with a case, was declared.",
        "观察期满后可重新申请; 请联系学校防控办公室",
        "Ask again after the days of observation, or speak to the school's prevention office.",
        _declared_key_area,
    ),
)


def held_back(session: Session, asked: Asked) -> dict[int, list[Hit]]:
    """Which persons of a request (by the ids of their rows) may not enter, and by which rules."""
    hits: dict[int, list[Hit]] = {}
    for rule in RULES:
        for entry_person_id, texts in rule.check(asked).items():
            hits.setdefault(entry_person_id, []).append({"rule": rule.name, "texts": dict(texts)})
    known = {one.person_id: one.id for one in asked.persons if one.person_id is not None}
    at = max(asked.valid_from, clock.now())  # a window may have begun: what is known now counts all the same
    for person_id, holds in people.holds_of(session, asked.institution_id, known.keys(), at).items():
        hits.setdefault(known[person_id], []).extend({"rule": hold.name, "texts": {}} for hold in holds)
    return hits


def refusals(hits: Iterable[Hit]) -> list[RefusalOut]:
    """What people are told of the rules that hold somebody back."""
    return [_refusal(str(hit["rule"]), hit["texts"]) for hit in hits]


def _refusal(name: str, texts: object) -> RefusalOut:
    rule = _named(name, (*RULES, *people.HOLDS.values()))
    values = texts if isinstance(texts, dict) else {}
    if rule is None:  # the feature that held this person back is gone; what it decided stays
        return RefusalOut(rule=name, detail=name, lifted_by="")
    return RefusalOut(
        rule=name,
        detail=pick(rule.zh, rule.en).format_map(values),
        lifted_by=pick(rule.lifted_by_zh, rule.lifted_by_en).format_map(values),
    )


def _named(name: str, rules: Collection[Rule | Hold]) -> Rule | Hold | None:
    return next((rule for rule in rules if rule.name == name), None)
