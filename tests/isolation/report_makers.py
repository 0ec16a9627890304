"""Reports that were sent, failures that were found, forms and layouts."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from app.access.roles import Role
from app.kernel import clock
from tests.isolation.posting import post

if TYPE_CHECKING:
    from tests.isolation.worlds import Province


def _send(world: "Province", school: int, sender: Any) -> None:
    """A report that states a figure unlike the facts, without a reason: a false one."""
    path = f"/institutions/{school}/daily-reports/{clock.today()}"
    headers = sender.headers if hasattr(sender, "headers") else world.headers(sender, "")
    stated = {"stated": [{"figure": "not_measured", "count": 7}]}
    answer = world.tree.client.put(f"/api/v1{path}/draft", json=stated, headers=headers)
    assert answer.is_success, answer.text
    post(world, f"{path}/sendings", {"reason": f"更正{world.name}"}, sender)


def reported_school(world: "Province", _actor: str) -> int:
    """A school of the county that has sent its report."""
    school = world.tree.add_school(name=f"报送校{world.name}")
    _send(world, school, world.tree.account(Role.PRINCIPAL, school))
    return school


def _failure_of(world: "Province", school: int) -> int:
    with world.owner.connect() as connection:
        found = text("SELECT max(id) FROM report_failure WHERE institution_id = :school AND kind = 'false'")
        return int(connection.scalar(found, {"school": school}) or 0)


def failure(world: "Province", actor: str) -> int:
    """An undecided failure of a school of the county."""
    return _failure_of(world, reported_school(world, actor))


def document(world: "Province") -> int:
    """A document of the school."""
    school = world.tree.school
    filed = {"file": (f"台账{world.name}.pdf", b"%PDF-1.7")}
    headers = world.headers("principal", "")
    answer = world.tree.client.post(f"/api/v1/institutions/{school}/report-files", files=filed, headers=headers)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def grow(world: "Province") -> None:
    """One of each that stands in the world."""
    world.ids["report_file"] = document(world)
    school, county = world.tree.school, world.tree.county
    form = {"code": f"F{county}", "title": f"日报{world.name}", "level": "school"}
    post(world, f"/institutions/{county}/report-forms", form, "county_admin")
    heading = {"source": "figure", "code": "fever", "title": f"发热{world.name}"}
    layout = {"title": f"县表{world.name}", "headings": [heading]}
    made = post(world, f"/institutions/{county}/report-layouts", layout, "county_admin")
    world.ids["report_layout"] = made["id"]
    _send(world, school, "principal")
    world.ids["report_failure"] = _failure_of(world, school)
    post(world, f"/institutions/{county}/daily-reports/{clock.today()}/sendings", {}, "county_admin")
