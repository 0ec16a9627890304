"""A small province to try things on: `python -m bench.province` grows it by the services and prints it as JSON.

A command of its own, because the program reads its settings once a process and the callers hold several databases.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from starlette.testclient import TestClient

from app.access.roles import Role
from app.api.main import create_app
from app.institutions.events import UnitsChanged
from app.institutions.models import UnitKind
from app.kernel import clock, db, events
from app.worker import relay
from bench.ground import Ground
from tests.factories.people import add_student, scope
from tests.factories.tree import Login, Tree

DAYS_ON_ROLL = 10  # so that readings of the days before can be sent as well


@dataclass(frozen=True)
class Child:
    """A student, and where it stands."""

    person_id: int
    institution_id: int
    unit_id: int


@dataclass(frozen=True)
class Family:
    """A guardian's access token and phone (the password is every test account's), and for whom the guardian answers."""

    token: str
    phone: str
    children: list[Child]


@dataclass(frozen=True)
class Province:
    """What was grown."""

    id: int
    schools: list[int]
    families: list[Family]
    office: str  # the access token of who reads the figures of all of it


def plant(ground: Ground, *, schools: int, classes: int, families: int) -> Province:
    """Grow a province on the ground. Raises RuntimeError with the command's last words where that fails."""
    sizes = {"--schools": schools, "--classes": classes, "--families": families}
    done = ground.run("-m", "bench.province", *(str(one) for pair in sizes.items() for one in pair))
    if done.returncode != 0:
        raise RuntimeError(f"the province cannot be grown: {done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    grown = [
        Family(one["token"], one["phone"], [Child(**child) for child in one["children"]]) for one in found["families"]
    ]
    return Province(found["id"], found["schools"], grown, found["office"])


def grow(*, schools: int, classes: int, families: int) -> Province:
    """Two children a family, in two schools where there are two; families are dealt evenly to the classes."""
    tree = Tree.grow(TestClient(create_app()))
    ids = [tree.add_school(name=f"试验第{number}小学") for number in range(1, schools + 1)]
    units = [
        (school, tree.add_unit(school, UnitKind.CLASS, f"三年级{number}班", grade_level=3))
        for number in range(1, classes + 1)
        for school in ids
    ]
    # The recount goes to the trees in which somebody holds an office.
    office = tree.account(Role.PROVINCIAL_ADMIN, tree.province)
    _settle([tree.school, *ids])
    grown = [_family(tree, [units[(2 * number + one) % len(units)] for one in (0, 1)]) for number in range(families)]
    return Province(tree.province, ids, grown, _token(office))


def _settle(schools: list[int]) -> None:
    """Have the figures of units follow the units, which were laid without the service."""
    for school in schools:
        with db.transaction(scope(school)) as session:
            events.record(session, UnitsChanged(school))
    relay.drain()


def _family(tree: Tree, places: list[tuple[int, int]]) -> Family:
    since = clock.today() - timedelta(days=DAYS_ON_ROLL)
    children = [
        Child(add_student(tree, unit, school=school, enrolled_on=since), school, unit) for school, unit in places
    ]
    first, *others = children
    login = tree.account(Role.GUARDIAN, first.institution_id, person_id=first.person_id)
    for child in others:
        tree.hold(login, Role.GUARDIAN, child.institution_id, person_id=child.person_id)
    return Family(_token(login), login.phone, children)


def _token(login: Login) -> str:
    return login.headers["Authorization"].removeprefix("Bearer ")


def main() -> None:
    """Grow and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    for name in ("--schools", "--classes", "--families"):
        parser.add_argument(name, type=int, required=True)
    wanted = parser.parse_args()
    made = grow(schools=wanted.schools, classes=wanted.classes, families=wanted.families)
    print(json.dumps(asdict(made)))


if __name__ == "__main__":
    main()
