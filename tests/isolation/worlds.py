"""Two provinces of the same shape. Whatever stands in the twin's can be told from everything else.

Every number that the database gives out while the twin is made begins with 77, and every text in its rows is or
contains a word of its own, so that a single character of it in somebody else's answer is seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from app.access.grants import GRANTS
from app.access.roles import Action, Role
from app.api.operations import Operation
from app.institutions.models import UnitKind
from tests.factories import people
from tests.factories.tree import Login, Tree, phone
from tests.gates.steps import pass_out
from tests.isolation import bulletin_makers, entry_makers, notification_makers, report_makers, rows
from tests.isolation.makers import (
    MAKERS,
    add_rows,
    checkin,
    checkin_import,
    closure_order,
    entry_pass,
    export,
    invitation,
    membership_of,
    moving_school,
    roll_import,
    venue,
)
from tests.isolation.sessions import CHANGES_ACCOUNT, ENDS_SESSION, Sessions, open_session

# Nobody has these; they look like the twin's own so that an answer cannot tell by length or shape.
MISSING_ID = 77_999_999_999
MISSING_UUID = UUID("77777777-7777-4777-8777-777777777777")
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


def _plain(kind: str) -> str | None:
    """The standing thing in whose place a new one is made."""
    return MAKERS[kind].stands_for if kind in MAKERS else kind


@dataclass
class Province:
    """A world: the ids of its things by kind, its actors, its words."""

    name: str
    tree: Tree
    owner: Engine
    ids: dict[str, Any] = field(default_factory=dict)
    actors: dict[str, Login] = field(default_factory=dict)
    unfilled: list[str] = field(default_factory=list)
    sessions: Sessions = field(default_factory=Sessions)
    _fresh: dict[tuple[str, str], Any] = field(default_factory=dict)
    _words: set[str] = field(default_factory=set)

    def own(self, kind: str, actor: str) -> Any:
        """The actor's own thing of that kind; a ``new_`` one is made for this actor when first asked for."""
        if kind.startswith("new_"):
            key = (kind, actor)
            if key not in self._fresh:
                self._fresh[key] = MAKERS[kind].make(self, actor)
            return self._fresh[key]
        return self.ids[self._side(kind, actor)]

    def foreign(self, kind: str) -> Any:
        """The thing of that kind that stands in this world, for somebody of another."""
        plain = _plain(kind)
        return None if plain is None else self.ids[plain]

    def neighbour(self, kind: str, actor: str) -> Any:
        """The same kind of thing, of somebody else in the same school; None where there is none."""
        plain = _plain(kind)
        if plain is None or f"other_{plain}" not in self.ids:
            return None
        return self.ids[plain if actor in SECONDS else f"other_{plain}"]

    def missing(self, kind: str, actor: str) -> Any:
        """What nobody has, of the same form."""
        own = self.own(kind, actor)
        if "phone" in kind:
            return phone()
        if "identity" in kind:
            return people.valid_identity_number()
        if kind == "code_of_pass":
            return f"{own[:-3]}AAA"
        if isinstance(own, UUID):
            return MISSING_UUID
        return MISSING_ID if isinstance(own, int) else f"{own[:-3]}没有的"

    def renew(self) -> None:
        """Have everything that may be used up made anew."""
        self._fresh.clear()

    def _side(self, kind: str, actor: str) -> str:
        other = f"other_{kind}"
        return other if actor in SECONDS and other in self.ids else kind

    def role(self, actor: str) -> Role | None:
        return ACTORS[actor][0]

    def headers(self, actor: str, operation_id: str) -> Mapping[str, str]:
        if operation_id in CHANGES_ACCOUNT:
            return self.new_login(actor).headers
        return self.sessions.headers(self.actors[actor], spare=operation_id in ENDS_SESSION)

    def new_login(self, actor: str) -> Login:
        """An account of its own with the actor's role."""
        role, place, bound = ACTORS[actor]
        inside = {} if bound is None else {"unit_id" if "class" in bound else "person_id": self.ids[bound]}
        return self.tree.account(role, self.ids[place], **inside)

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

    def digest(self, *, trail: bool) -> str:
        """A hash over all rows of this world."""
        return rows.digest(self.owner, self.tree.province, trail=trail)

    def remember_words(self) -> None:
        """Learn every text that stands in this world's rows."""
        marked = {str(value) for value in self.ids.values() if len(str(value)) > 3}
        marked |= {login.phone for login in self.actors.values()}
        self._words = {self.name} | marked


def grow(client: TestClient, owner: Engine, name: str, start: int) -> Province:
    """A province with its people, accounts, readings, rules and trail."""
    rows.restart_numbers(owner, start)
    world = Province(name=name, tree=Tree.grow(client), owner=owner)
    _grow_tree(world)
    _grow_people(world)
    for actor in ACTORS:
        world.actors[actor] = world.new_login(actor)
    _grow_accounts(world)
    return world


def _grow_tree(world: Province) -> None:
    tree, name = world.tree, world.name
    world.ids |= {"province": tree.province, "city": tree.city, "county": tree.county, "school": tree.school}
    world.ids |= {"class": tree.classes[0], "other_class": tree.classes[1]}
    world.ids["department"] = tree.add_unit(tree.school, UnitKind.DEPARTMENT, f"教务处{name}")
    world.ids["dormitory"] = tree.add_unit(tree.school, UnitKind.DORMITORY, f"宿舍{name}")
    world.ids["grade"] = tree.add_unit(tree.school, UnitKind.GRADE, f"三年级{name}", grade_level=3)
    world.ids["title_of_school"] = f"学校{name}"
    world.ids["sister"] = tree.add_school(name=world.ids["title_of_school"])
    world.ids["code_of_county"] = f"C{tree.county}"
    with world.owner.begin() as connection:
        values = {"id": tree.county, "code": world.ids["code_of_county"]}
        connection.execute(text("UPDATE institution SET code = :code WHERE id = :id"), values)


def _grow_people(world: Province) -> None:
    tree, name, ids = world.tree, world.name, world.ids
    for side, family in (("", "甲"), ("other_", "乙")):
        number = people.valid_identity_number()
        student = people.add_student(tree, ids[f"{side}class"], name=f"{family}生{name}", identity_number=number)
        ids |= {f"{side}student": student, f"{side}identity": number, f"{side}name_of_student": f"{family}生{name}"}
        ids[f"{side}household"] = people.add_household_member(tree, student, name=f"{family}亲{name}")
        ids[f"{side}name_of_household"] = f"{family}亲{name}"
        ids[f"{side}guardian_entry"] = people.add_listed_guardian(tree, student, phone())
    ids |= {"phone_of_staff": phone(), "name_of_staff_person": f"职工{name}"}
    ids["staff_person"] = people.add_staff(
        tree, ids["department"], name=ids["name_of_staff_person"], phone=ids["phone_of_staff"]
    )


def _grow_accounts(world: Province) -> None:
    account = world.actors["gate_guard"].account_id
    world.ids |= {"account": account, "membership": membership_of(world, account)}
    world.ids["phone_of_actor"] = world.actors["guardian"].phone
    world.ids["device"] = open_session(account).device_id
    world.ids["other_device"] = open_session(world.actors["other_guardian"].account_id).device_id
    world.ids["moving_school"] = moving_school(world, "")
    for side, actor in (("", "homeroom"), ("other_", "other_homeroom")):
        world.ids[f"{side}invitation"] = invitation(world, actor)["id"]
    world.ids["import"] = roll_import(world)
    for side, actor in (("", "guardian"), ("other_", "other_guardian")):
        world.ids[f"{side}checkin"] = checkin(world, actor)
        world.ids[f"{side}checkin_import"] = checkin_import(world, actor)
    world.ids |= {"venue": venue(world, ""), "campus": venue(world, "", "campus")}
    world.ids |= {"gate": venue(world, "", "gate"), "closure_order": closure_order(world, "")}
    world.ids["entry_pass"] = entry_pass(world, "")
    world.ids["code_of_pass"] = pass_out(world.tree, world.ids["entry_pass"]).token
    entry_makers.grow(world)
    notification_makers.grow(world)
    report_makers.grow(world)
    bulletin_makers.grow(world)
    world.ids["export"] = export(world, "guardian")
    add_rows(world)


def granted(world: Province, operation: Operation) -> list[str]:
    """The actors whose role the operation is granted to, the nearest to the school first."""
    if operation.open:
        return ["nobody"]
    roles = GRANTS[operation.actions[0]]
    if Role.SIGNED_IN in roles:
        # Only who works at a school can stand in for somebody there, or is written to by e-mail.
        of_staff = operation.actions[0] is Action.ENTRIES_DEPUTISE or operation.id in {
            "send_email_code",
            "confirm_email",
        }
        return ["staff" if of_staff else "guardian"]
    return [actor for actor in reversed(ACTORS) if world.role(actor) in roles]


@cache
def pair(client: TestClient, owner: Engine) -> tuple[Province, Province]:
    """The world of the actors and its twin; made once for each process."""
    own = grow(client, owner, "本省桂", OWN_START)
    twin = grow(client, owner, "邻省梅", TWIN_START)
    rows.restart_numbers(owner, OWN_START)
    for world in (own, twin):
        world.remember_words()
    twin.unfilled = rows.fill_texts(owner, twin.tree.province, twin.name)
    return own, twin
