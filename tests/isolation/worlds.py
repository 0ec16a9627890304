"""Two provinces of the same shape. Whatever stands in the twin's can be told from everything else.

Every number that the database gives out while the twin is made begins with 77, and every text in its rows is or
contains a word of its own, so that a single character of it in somebody else's answer is seen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import UnitKind
from tests.factories import people
from tests.factories.tree import Login, Tree
from tests.isolation import rows

OWN_START, TWIN_START = 55_000_000_000, 77_000_000_000

# actor -> role, where it is held, and the thing inside that it is bound to
ACTORS: dict[str, tuple[Role | None, str, str | None]] = {
    "provincial_admin": (Role.PROVINCIAL_ADMIN, "province", None),
    "city_admin": (Role.CITY_ADMIN, "city", None),
    "county_admin": (Role.COUNTY_ADMIN, "county", None),
    "analyst": (Role.ANALYST, "province", None),
    "reviewer": (Role.REVIEWER, "county", None),
    "principal": (Role.PRINCIPAL, "school", None),
    "vice_principal": (Role.VICE_PRINCIPAL, "school", None),
    "school_reporter": (Role.SCHOOL_REPORTER, "school", None),
    "school_doctor": (Role.SCHOOL_DOCTOR, "school", None),
    "gate_guard": (Role.GATE_GUARD, "school", None),
    "auditor": (Role.AUDITOR, "school", None),
    "homeroom": (Role.HOMEROOM_TEACHER, "school", "class"),
    "other_homeroom": (Role.HOMEROOM_TEACHER, "school", "other_class"),
    "guardian": (Role.GUARDIAN, "school", "student"),
    "other_guardian": (Role.GUARDIAN, "school", "other_student"),
    "student": (Role.STUDENT, "school", "student"),
    "staff": (Role.STAFF, "school", "staff_person"),
    "nobody": (None, "school", None),
}
# The second of each pair sees what the first does not.
SECONDS = {"other_homeroom", "other_guardian"}


@dataclass
class Province:
    """A world: the ids of its things by kind, its actors, its words."""

    name: str
    tree: Tree
    owner: Engine
    ids: dict[str, Any] = field(default_factory=dict)
    actors: dict[str, Login] = field(default_factory=dict)
    makers: Mapping[str, "Maker"] = field(default_factory=dict)
    _fresh: dict[tuple[str, str], Any] = field(default_factory=dict)
    _words: set[str] = field(default_factory=set)

    def own(self, kind: str, actor: str) -> Any:
        """The actor's own thing of that kind; a ``new_`` one is made for this actor when first asked for."""
        if kind.startswith("new_"):
            key = (kind, actor)
            if key not in self._fresh:
                self._fresh[key] = self.makers[kind].make(self, actor)
            return self._fresh[key]
        return self.ids[self._side(kind, actor)]

    def foreign(self, kind: str) -> Any:
        """The thing of that kind that stands in this world, for somebody of another."""
        return self.ids[self.makers[kind].stands_for if kind in self.makers else kind.removesuffix("_of_actor")]

    def neighbour(self, kind: str, actor: str) -> Any:
        """The same kind of thing, of somebody else in the same school; None where there is none."""
        plain = self.makers[kind].stands_for if kind in self.makers else kind
        other = f"other_{plain}"
        if other not in self.ids:
            return None
        return self.ids[plain if actor in SECONDS else other]

    def forget(self, kinds: set[str]) -> None:
        """Have things that were used up made anew."""
        self._fresh = {key: value for key, value in self._fresh.items() if key[0] not in kinds}

    def _side(self, kind: str, actor: str) -> str:
        other = f"other_{kind}"
        return other if actor in SECONDS and other in self.ids else kind

    def role(self, actor: str) -> Role | None:
        return ACTORS[actor][0]

    def headers(self, actor: str, operation_id: str) -> Mapping[str, str]:
        del operation_id
        return self.actors[actor].headers

    def words(self) -> set[str]:
        """What stands in this world and nowhere else."""
        return self._words

    def personal_words(self) -> set[str]:
        """Names of persons of this world, which no office may see."""
        return {value for key, value in self.ids.items() if key.startswith(("name_of_", "other_name_of_"))}

    def neighbour_words(self, actor: str) -> set[str]:
        """What ``actor`` must not see of the other class or family: its names and numbers."""
        seconds = actor in SECONDS
        kinds = {key for key in self.ids if key.startswith("other_") and key.removeprefix("other_") in self.ids}
        sides = kinds if not seconds else {key.removeprefix("other_") for key in kinds}
        return {str(self.ids[key]) for key in sides if len(str(self.ids[key])) > 3}

    def digest(self) -> str:
        """A hash over all rows of this world in all tables under row-level security, and over its memberships."""
        return rows.digest(self.owner, self.tree.province)

    def remember_words(self) -> None:
        """Learn every text that stands in this world's rows."""
        marked = {str(value) for value in self.ids.values() if len(str(value)) > 3}
        marked |= {login.phone for login in self.actors.values()}
        self._words = {self.name} | marked


@dataclass(frozen=True)
class Maker:
    """Makes a thing that an operation uses up, in place of the world's own ``stands_for``."""

    stands_for: str
    make: Callable[[Province, str], Any]


def grow(client: TestClient, owner: Engine, name: str, start: int) -> Province:
    """A province with its people, accounts, readings, rules and trail."""
    rows.restart_numbers(owner, start)
    tree = Tree.grow(client)
    world = Province(name=name, tree=tree, owner=owner)
    world.ids |= {"province": tree.province, "city": tree.city, "county": tree.county, "school": tree.school}
    world.ids |= {"class": tree.classes[0], "other_class": tree.classes[1]}
    world.ids["department"] = tree.add_unit(tree.school, UnitKind.DEPARTMENT, f"教务处{name}")
    for side, unit in (("", "class"), ("other_", "other_class")):
        person = f"{'乙' if side else '甲'}生{name}"
        student = people.add_student(tree, world.ids[unit], name=person)
        world.ids |= {f"{side}student": student, f"{side}name_of_student": person}
        member = f"{'乙' if side else '甲'}亲{name}"
        world.ids[f"{side}household"] = people.add_household_member(tree, student, name=member)
        world.ids[f"{side}name_of_household"] = member
    world.ids["staff_person"] = people.add_staff(tree, world.ids["department"], name=f"职工{name}")
    world.ids["name_of_staff_person"] = f"职工{name}"
    for actor, (role, place, bound) in ACTORS.items():
        inside = {} if bound is None else {"unit_id" if "class" in bound else "person_id": world.ids[bound]}
        world.actors[actor] = tree.account(role, world.ids[place], **inside)
    return world


@cache
def pair(client: TestClient, owner: Engine) -> tuple[Province, Province]:
    """The world of the actors and its twin; made once for each process."""
    own = grow(client, owner, "本省桂", OWN_START)
    twin = grow(client, owner, "邻省梅", TWIN_START)
    rows.restart_numbers(owner, OWN_START)
    for world in (own, twin):
        world.remember_words()
    return own, twin
