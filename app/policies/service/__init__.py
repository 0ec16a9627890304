"""What rules hold where, and the setting of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor, obtain
from app.audit import service as audit
from app.institutions import service as institutions
from app.institutions.errors import NotOpen
from app.institutions.models import Institution, InstitutionState
from app.kernel import clock, events, versions
from app.kernel.db import Scope, widen
from app.kernel.errors import Invalid, NotFound
from app.kernel.language import pick
from app.kernel.schemas import Page
from app.kernel.validation import field_errors
from app.policies import queries
from app.policies.errors import PolicyLocked
from app.policies.events import PolicyChanged
from app.policies.models import PolicySetting
from app.policies.schemas import PolicyIn, PolicyOut
from app.policies.service.inheriting import Effective, Said, resolve, resolve_along
from app.policies.service.telling import told
from app.policies.settings import DEFAULTS, SETTINGS, Rules
from app.policies.settings.rules import typed

__all__ = ["along", "clear_policy", "effective", "effective_for", "list_policies", "longest_retention", "set_policy"]

_MEMO: Final = "policies_effective"


def effective(session: Session, institution_id: int) -> Rules:
    """The rules that hold for an institution in scope; raises `NotFound`."""
    return effective_for(session, {institution_id})[institution_id]


def effective_for(session: Session, institution_ids: Collection[int]) -> Mapping[int, Rules]:
    """The same for many, in two statements; raises `NotFound`.

    Read once a transaction: what one request decides, it decides by one set of rules.
    """
    memo: dict[int, Rules] = session.info.setdefault(_MEMO, {})
    missing = set(institution_ids) - memo.keys()
    if missing:
        lineages = institutions.lineages(session, missing)
        by_place: dict[int, list[_Text]] = {}
        for row in queries.contents(session, frozenset().union(*lineages.values())):
            by_place.setdefault(row.institution_id, []).append(_Text(row.key, row.text, row.locked))
        for institution_id, lineage in lineages.items():
            memo[institution_id] = _rules(tuple(tuple(sorted(by_place.get(one, ()))) for one in lineage))
    return memo


def along(session: Session, lineage: Sequence[int], key: str) -> list[Any]:
    """The value of one setting as it holds at each institution of a lineage, the root's first.

    For services that have decided that the caller may see the last of them; the scope then shows the rules of all.
    """
    widen(session, Scope(lineage=frozenset(lineage)))
    rows = [Said(one.institution_id, key, one.value, one.locked) for one in queries.said(session, lineage, key)]
    return resolve_along(key, lineage, rows)


def longest_retention(session: Session) -> int:
    """Days for which readings are kept where they are kept longest; changes the scope of the transaction."""
    institutions.scope_to_all(session)
    of_roots = [one.retention_days for one in effective_for(session, institutions.root_ids(session)).values()]
    return max(*(of_roots or [DEFAULTS.retention_days]), queries.longest(session, "retention_days") or 0)


class _Text(NamedTuple):
    key: str
    value: str
    locked: bool


@lru_cache(maxsize=1024)
def _rules(said: tuple[tuple[_Text, ...], ...]) -> Rules:
    """By what is said on each level, the root's first: most schools of a province share all of it."""
    rows = [Said(level, one.key, json.loads(one.value), one.locked) for level, some in enumerate(said) for one in some]
    return typed({key: one.value for key, one in resolve(range(len(said)), rows).items()})


def list_policies(session: Session, actor: Actor, institution_id: int) -> Page[PolicyOut]:
    """Every setting as it holds for an institution, with where it comes from; raises `NotFound`."""
    obtain(session, actor, Action.POLICIES_READ, Institution, institution_id)
    lineage = institutions.widen_to_ancestors(session, institution_id)
    return Page(items=[told(one, lineage) for one in _resolved(session, lineage).values()])


def set_policy(
    session: Session, actor: Actor, institution_id: int, key: str, body: PolicyIn, *, if_match: str | None
) -> PolicyOut:
    """Set a value for an institution and all below it.

    Raises `NotFound`, `Forbidden`, `NotOpen`, `PreconditionFailed`, `Invalid`, `PolicyLocked`.
    """
    lineage, before = _held(session, actor, institution_id, key, if_match)
    value = _canonical(before, body.value)
    if not before.honours_lock(value):
        raise _locked(before, lineage)
    row = before.own
    if row is None:
        row = PolicySetting(institution_id=institution_id, key=key, version=1)
        session.add(row)
    else:
        row.version += 1
    row.value, row.locked = value, body.locked
    row.set_by, row.set_at = actor.account_id, clock.now()
    session.flush()
    details = {"value": value, "locked": body.locked}
    _record(session, actor, "policies.set", institution_id=institution_id, key=key, details=details)
    return told(_resolved(session, lineage)[key], lineage)


def clear_policy(session: Session, actor: Actor, institution_id: int, key: str, if_match: str | None) -> PolicyOut:
    """Go back to what is inherited; raises what `set_policy` raises, and `NotFound` where nothing was set."""
    lineage, before = _held(session, actor, institution_id, key, if_match)
    if before.own is None:
        raise NotFound
    queries.remove(session, institution_id, key)
    _record(session, actor, "policies.clear", institution_id=institution_id, key=key, details={})
    return told(_resolved(session, lineage)[key], lineage)


def _held(
    session: Session, actor: Actor, institution_id: int, key: str, if_match: str | None
) -> tuple[Sequence[Institution], Effective]:
    """The lineage and the setting as it stands, with the institution locked: its rules change one at a time."""
    institution = obtain(session, actor, Action.POLICIES_SET, Institution, institution_id, lock=True)
    if key not in SETTINGS:
        raise NotFound
    if institution.state is not InstitutionState.OPEN:
        raise NotOpen
    # Rules are written through the subtree: an office sets one at a school without seeing inside it.
    widen(session, Scope(subtrees=frozenset({institution_id})))
    lineage = institutions.widen_to_ancestors(session, institution_id)
    before = _resolved(session, lineage)[key]
    versions.require(before.own.version if before.own else 0, if_match)
    return lineage, before


def _resolved(session: Session, lineage: Sequence[Institution]) -> Mapping[str, Effective]:
    ids = [one.id for one in lineage]
    return resolve(ids, [Said.of(row) for row in queries.of_lineage(session, ids)])


def _canonical(before: Effective, value: Any) -> Any:
    try:
        return before.setting.canonical(value)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error.errors(include_input=False), ("value",))) from error


def _locked(before: Effective, lineage: Sequence[Institution]) -> PolicyLocked:
    order = before.setting.order
    return PolicyLocked(
        setting=pick(before.setting.zh, before.setting.en),
        set_by=next(one.name for one in lineage if one.id == before.locked_by),
        locked=json.dumps(before.bound, ensure_ascii=False),
        tighter=pick(order.zh, order.en),
    )


def _record(
    session: Session, actor: Actor, act: str, *, institution_id: int, key: str, details: Mapping[str, Any]
) -> None:
    session.info.pop(_MEMO, None)
    events.record(session, PolicyChanged(institution_id, key))
    audit.record(session, actor, act, "policy", key, institution_id=institution_id, details=details)
