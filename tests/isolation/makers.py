"""Things that an operation uses up: each is made when an actor first needs it, in the place of one that stands."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from app.access.roles import Role
from app.institutions.models import UnitKind
from app.kernel import clock
from tests.factories.tree import phone, school_code
from tests.identity.steps import caller_from
from tests.isolation.sessions import code_for, open_session

if TYPE_CHECKING:
    from tests.isolation.worlds import Province

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Maker:
    """Makes a thing in place of the world's own ``stands_for``; without one there is nothing to swap it for."""

    make: Callable[["Province", str], Any]
    stands_for: str | None = None


def _name(world: "Province", actor: str) -> str:
    return f"{world.name}{actor}{next(_numbers)}"


def _school(world: "Province", actor: str) -> int:
    return world.tree.add_school(name=_name(world, actor))


def _class(world: "Province", actor: str) -> int:
    return world.tree.add_unit(world.tree.school, UnitKind.CLASS, _name(world, actor), grade_level=3)


def moving_school(world: "Province", actor: str) -> int:
    school = _school(world, actor)
    day = clock.today() + timedelta(days=30)
    answer = world.tree.client.post(
        f"/api/v1/institutions/{school}/moves",
        json={"parent_id": world.ids["city"], "effective_on": day.isoformat()},
        headers=world.headers("provincial_admin", ""),
    )
    assert answer.status_code == 201, answer.text
    return school


def _membership(world: "Province", _actor: str) -> int:
    return membership_of(world, world.tree.account(Role.GATE_GUARD, world.tree.school).account_id)


def membership_of(world: "Province", account_id: int) -> int:
    """The id of an account's one membership."""
    with world.owner.connect() as connection:
        return int(connection.scalar(text("SELECT id FROM membership WHERE account_id = :id"), {"id": account_id}) or 0)


def _teacher(world: "Province", _actor: str) -> int:
    return world.tree.account(Role.STAFF, world.tree.school).account_id


def _code(world: "Province", actor: str) -> str:
    return code_for(caller_from(world.tree.client), world.own("new_phone", actor))


def _refresh_token(world: "Province", actor: str) -> str:
    return str(open_session(world.actors[actor].account_id).refresh_token)


def _device(world: "Province", actor: str) -> Any:
    return open_session(world.actors[actor].account_id).device_id


MAKERS: Mapping[str, Maker] = {
    "new_name": Maker(_name),
    "new_phone": Maker(lambda _world, _actor: phone()),
    "new_code": Maker(_code),
    "new_refresh_token": Maker(_refresh_token),
    "new_device": Maker(_device, "device"),
    "new_school": Maker(_school, "school"),
    "new_moving_school": Maker(moving_school, "moving_school"),
    "new_code_of_school": Maker(lambda _world, _actor: school_code()),
    "new_class": Maker(_class, "class"),
    "new_membership": Maker(_membership, "membership"),
    "new_teacher": Maker(_teacher, "account"),
}
