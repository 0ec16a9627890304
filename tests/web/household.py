"""A family with something on every page: two children and their mother, a fortnight, requests, a pass, messages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from uuid import uuid4

from app.access.roles import Role
from app.access.service import SYSTEM
from app.checkins import service as checkins
from app.checkins.models import Source
from app.checkins.service import Door, ReadingIn
from app.institutions import service as institutions
from app.kernel import clock, db
from tests.entries.steps import Cast, ask, decide, entry
from tests.factories.people import add_household_member, add_listed_guardian, add_student, scope
from tests.factories.tree import Login, Tree
from tests.people.steps import Office

_FORTNIGHT = {13: 36.4, 12: 36.6, 11: 36.5, 9: 36.7, 8: 36.4, 7: 36.6, 6: 36.5, 5: 36.6, 4: 36.5, 3: 37.8, 1: 36.9}
_ANSWERS = {"symptoms": [], "whereabouts": "local", "contact": "none"}


@dataclass(frozen=True)
class Household:
    """Who is followed by whom, and what has become of their requests."""

    guardian: Login
    elder: int
    younger: int
    mother: int
    turned_away: int
    returned: int
    approved: int
    pass_id: int


def move_in(tree: Tree) -> tuple[Login, int, int, int]:
    """A guardian, two children in two classes, and the mother, on the roll for some weeks."""
    since = clock.today() - timedelta(days=30)
    elder = add_student(tree, tree.classes[1], name="沈一诺", enrolled_on=since)
    younger = add_student(tree, tree.classes[0], name="沈二宝", enrolled_on=since)
    mother = add_household_member(tree, elder, name="王丽", relation="母亲")
    guardian = tree.account(Role.GUARDIAN, tree.school, person_id=elder)
    tree.hold(guardian, Role.GUARDIAN, tree.school, person_id=younger)
    return guardian, elder, younger, mother


def look_back(tree: Tree, person_id: int) -> None:
    """A fortnight of mornings, two days missing and one with a fever."""
    with db.transaction(scope(tree.school)) as session:
        institutions.widen_to_ancestors(session, tree.school)
        for days, temperature in _FORTNIGHT.items():
            taken_at = clock.at(clock.today() - timedelta(days=days), time(7, 10))
            reading = ReadingIn(
                id=uuid4(), person_id=person_id, taken_at=taken_at, temperature=temperature, answers=dict(_ANSWERS)
            )
            checkins.submit(session, SYSTEM, Door(source=Source.GUARDIAN), [reading], received_at=taken_at)


def settle(tree: Tree, deliver: Callable[[], int]) -> Household:
    """Have everything happen."""
    guardian, elder, younger, mother = move_in(tree)
    add_listed_guardian(tree, elder, guardian.phone)
    look_back(tree, elder)
    cast = Cast(tree.client, tree)
    cast.settle("entry_readings_days", 0)
    parent = Office(tree.client, tree, guardian)
    feverish = ask(parent, entry(elder, reason="取回作业"))
    returned = ask(parent, entry(younger, reason="参加社团活动", purpose="other"))
    decide(cast.teacher, returned, "return", reason="请写明社团名称")
    approved = ask(parent, entry(younger, reason="接孩子看牙医", purpose="pick_up"))
    decide(cast.teacher, approved)
    decide(cast.vice, approved)
    cast.principal.post(f"/persons/{elder}/disclosures", {"fields": ["phone"], "reason": "联系家长核实"})
    cast.principal.get(f"/persons/{elder}/checkins")
    deliver()
    (shown,) = parent.get("/me/passes")["items"]
    return Household(
        guardian, elder, younger, mother, feverish["id"], returned["id"], approved["id"], pass_id=shown["id"]
    )
