"""The caller of a request: an account with the roles that it holds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from app.access.grants import GRANTS
from app.access.roles import Action, Reach, Role
from app.kernel.db import Scope

# Reaches that end inside an institution need its tenant rows in scope; the others its aggregates and tree.
_INSIDE = frozenset({Reach.OWN_PERSON, Reach.OWN_CHILDREN, Reach.OWN_UNIT, Reach.INSTITUTION})
_DOWNWARD = frozenset({Reach.SUBTREE, Reach.INSTITUTION})


@dataclass(frozen=True, slots=True)
class Held:
    """One standing membership."""

    role: Role
    institution_id: int
    unit_id: int | None = None
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``system`` is the service itself (commands, tasks): unrestricted by the table, bound by its scope."""

    account_id: int | None
    held: tuple[Held, ...] = ()
    device_id: UUID | None = None
    system: bool = False
    must_change_password: bool = field(default=False)

    def may(self, action: Action) -> bool:
        """Whether any role of the actor is granted ``action`` at all."""
        return self.system or Role.SIGNED_IN in GRANTS[action] or any(True for _ in self.reaches(action))

    def reaches(self, action: Action) -> Iterator[tuple[Reach, Held]]:
        """Each membership that is granted ``action``, with how far."""
        granted = GRANTS[action]
        for held in self.held:
            if held.role in granted:
                yield granted[held.role], held

    def scope(self) -> Scope:
        """What row-level security lets through: tenant rows only of institutions in which a role looks inside."""
        inside, downward, named = set(), set(), set()
        for held in self.held:
            reaches = _REACHES_OF[held.role]
            named.add(held.institution_id)
            if reaches & _INSIDE - {Reach.INSTITUTION} or held.role in _INSIDERS:
                inside.add(held.institution_id)
            if reaches & _DOWNWARD and held.role is not Role.GUARDIAN:
                downward.add(held.institution_id)
        return Scope(frozenset(inside), frozenset(downward), frozenset(named))


_REACHES_OF: dict[Role, frozenset[Reach]] = {
    role: frozenset(granted[role] for granted in GRANTS.values() if role in granted) for role in Role
}
# Roles without a subtree live inside one institution.
_INSIDERS = frozenset(role for role, reaches in _REACHES_OF.items() if Reach.SUBTREE not in reaches)

SYSTEM = Actor(account_id=None, system=True)
