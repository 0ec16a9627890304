"""Messages, robots and deliveries of a world."""

import itertools
from typing import TYPE_CHECKING

from sqlalchemy import text

from app.kernel import db
from app.kernel.db import Scope
from app.notifications import service
from tests.isolation.posting import post
from tests.notifications.steps import robot_body, tell

if TYPE_CHECKING:
    from tests.isolation.worlds import Province

_numbers = itertools.count(1)


def message(world: "Province", actor: str) -> int:
    """A message in the actor's inbox, of the world's school."""
    account_id = world.actors[actor].account_id
    tell(world.tree.school, account_id, key=f"{world.name}{next(_numbers)}", values={"place": world.name})
    with world.owner.connect() as connection:
        newest = text("SELECT max(id) FROM message WHERE account_id = :id")
        return int(connection.scalar(newest, {"id": account_id}) or 0)


def robot(world: "Province", _actor: str) -> int:
    """A robot of the school; those that other tests have added must go, since a school has room for so many."""
    with world.owner.begin() as connection:
        left = text("DELETE FROM robot WHERE institution_id = :id AND id <> :kept")
        connection.execute(left, {"id": world.tree.school, "kept": world.ids.get("robot", 0)})
    return add_robot(world)


def add_robot(world: "Province") -> int:
    """A robot whose name has a word of the world."""
    body = robot_body(f"0123456789abcdef{next(_numbers)}") | {"name": f"工作群{world.name}"}
    return int(post(world, f"/institutions/{world.tree.school}/robots", body)["id"])


def grow(world: "Province") -> None:
    """Messages of two families, a robot, and what was planned to leave."""
    post(world, f"/institutions/{world.ids['school']}/reminders")
    for side, actor in (("", "guardian"), ("other_", "other_guardian")):
        world.ids[f"{side}message"] = message(world, actor)
    world.ids["robot"] = add_robot(world)
    own = frozenset({world.tree.school})
    with db.transaction(Scope(own, own)) as session:
        service.plan(session, world.tree.school, [world.ids["message"]])
