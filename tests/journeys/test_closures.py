"""The county closes, the province closes, the county lifts, the province lifts: what each school sees after each."""

from typing import Any

from starlette.testclient import TestClient

from app.access.roles import Role
from app.institutions.models import InstitutionKind
from tests.factories.tree import Tree
from tests.journeys.steps import Caller

SOCIETY, CLOSED, OPEN = "closed_to_society", "closed", "open"


def order(caller: Caller, place: int, number: str, **more: Any) -> dict[str, Any]:
    body = {"number": number, "text": "即日起封闭管理。", "degree": SOCIETY, **more}
    given: dict[str, Any] = caller.post(f"/institutions/{place}/closure-orders", body, 201)
    return given


def lift(caller: Caller, given: dict[str, Any], status: int = 201) -> None:
    path = f"/institutions/{given['institution_id']}/closure-orders/{given['id']}/liftings"
    caller.post(path, {"reason": "风险等级降低"}, status)


def test_the_county_closes_the_province_closes_the_county_lifts(client: TestClient, tree: Tree) -> None:
    across = tree.add_institution(tree.city, InstitutionKind.COUNTY, "秦淮区教育局")
    schools = {"城东": tree.school, "城西": tree.add_school(name="城西小学"), "秦淮": tree.add_school(across)}
    heads = {name: Caller(client, tree.account(Role.PRINCIPAL, school)) for name, school in schools.items()}
    county = Caller(client, tree.account(Role.COUNTY_ADMIN, tree.county))
    province = Caller(client, tree.account(Role.PROVINCIAL_ADMIN, tree.province))

    def seen() -> dict[str, tuple[str, str | None]]:
        """For each school, how strictly it is closed and the number of the order that says so."""
        told = {}
        for name, school in schools.items():
            found = heads[name].get(f"/institutions/{school}/closures")
            numbers = {one["order_id"]: one["number"] for one in found["orders"]}
            told[name] = (found["whole"]["degree"], numbers.get(found["whole"]["order_id"]))
        return told

    def closed() -> dict[str, int]:
        """The province's own figures."""
        counts = province.get(f"/institutions/{tree.province}/closures/children")["schools"]
        return {degree: count for degree, count in counts.items() if count}

    assert seen() == dict.fromkeys(schools, (OPEN, None))
    order(heads["城西"], schools["城西"], "校1", degree="no_gathering")
    of_county = order(county, tree.county, "区7")
    assert seen() == {"城东": (SOCIETY, "区7"), "城西": (SOCIETY, "区7"), "秦淮": (OPEN, None)}
    assert closed() == {OPEN: 1, SOCIETY: 2}
    of_province = order(province, tree.province, "省3", degree=CLOSED)
    assert seen() == dict.fromkeys(schools, (CLOSED, "省3"))
    assert closed() == {CLOSED: 3}
    lift(county, of_province, 404)
    lift(county, of_county)
    assert seen() == dict.fromkeys(schools, (CLOSED, "省3"))
    lift(heads["城东"], of_province | {"institution_id": schools["城东"]}, 403)
    lift(province, of_province)
    assert seen() == {"城东": (OPEN, None), "城西": ("no_gathering", "校1"), "秦淮": (OPEN, None)}
    assert closed() == {OPEN: 2, "no_gathering": 1}
