"""A school for the browser: a class with its teacher, an office, requests that wait, orders that hold."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.testclient import TestClient

from app.access.roles import Role
from app.kernel import clock
from tests.entries.steps import Cast, ask, close, entry
from tests.factories.people import add_student
from tests.factories.tree import Login, Tree, phone
from tests.gates.steps import stand_at, token
from tests.journeys.steps import reading

ONE_STEP = [{"level": "school", "roles": ["principal", "vice_principal"], "needs": "any"}]


def fill_class(tree: Tree, count: int, *, unit: int | None = None) -> list[int]:
    """Pupils who are on the roll since long ago, by number."""
    since = clock.today() - timedelta(days=30)
    at = unit or tree.classes[0]
    return [add_student(tree, at, f"学生{number:02d}", enrolled_on=since) for number in range(1, count + 1)]


def teacher_of(tree: Tree, unit: int | None = None) -> Login:
    """The homeroom teacher of a class."""
    return tree.account(Role.HOMEROOM_TEACHER, tree.school, unit_id=unit or tree.classes[0])


def requests(cast: Cast, count: int) -> list[dict[str, Any]]:
    """So many families ask for entry; a head of the school decides, in one step, whatever was reported before."""
    cast.settle("approval_chain", ONE_STEP)
    cast.settle("entry_readings_days", 0)
    made = []
    for number in range(1, count + 1):
        family, child = cast.family(name=f"学生{number:02d}")
        made.append(ask(family, entry(child)))
    return made


@dataclass(frozen=True)
class School:
    """Who looks at a school on a day with something on every page."""

    teacher: Login
    principal: Login
    unit: int
    request: int
    person: int

    @classmethod
    def grow(cls, client: TestClient, tree: Tree) -> "School":
        """Two classes with readings, requests, a report that was returned, an order, somebody inside."""
        cast = Cast(client, tree)
        waiting = requests(cast, 4)
        pupils = fill_class(tree, 12)
        fill_class(tree, 5, unit=tree.classes[1])
        teacher = cast.speaker(Role.HOMEROOM_TEACHER, unit_id=tree.classes[0])
        readings = [reading(one, 36.4 + number / 10, clock.now()) for number, one in enumerate(pupils[:7])]
        readings.append(reading(pupils[7], 38.4, clock.now()))
        teacher.post(f"/units/{tree.classes[0]}/checkins", {"items": readings})
        _return_report(cast)
        close(cast.county.login, client, tree.school, degree="closed_to_society", number="玄疫防〔2020〕12号")
        gate = stand_at(tree)
        gate.send(gate.event(code=token(tree, name="王师傅")), gate.event(code=token(tree, name="李老师")))
        family = {"name": "李芳", "relation": "母亲", "phone": phone()}
        cast.principal.post(f"/persons/{pupils[7]}/guardians", family, 201)
        cast.principal.post(f"/persons/{pupils[7]}/household-members", {"name": "李国强", "relation": "外祖父"}, 201)
        return cls(teacher.login, cast.principal.login, tree.classes[0], waiting[0]["id"], pupils[7])


def _return_report(cast: Cast) -> None:
    school = cast.tree.school
    path = f"/institutions/{school}/daily-reports/{clock.today().isoformat()}"
    cast.reporter.get(f"{path}/draft")
    cast.reporter.post(f"{path}/sendings", {}, 201)
    cast.county.post(f"{path}/returns", {"reason": "发热人数与晨检记录不符, 请核对"}, 201)
