"""Venues and closure orders."""

from collections.abc import Mapping
from typing import Any

from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.institutions import in_county, in_school

STATEMENT: Mapping[str, Any] = {"text": "封闭管理", "degree": "no_gathering"}


def create_venue(take: Take) -> Call:
    body = {"kind": "gate", "name": take.mine("new_name"), "campus_id": take("campus_id", "campus")}
    return Call(path=in_school(take).path, body=body)


def of_venue(take: Take) -> Call:
    return Call(path={"venue_id": take("venue_id", "new_venue")})


def change_venue(take: Take) -> Call:
    return Call(path={"venue_id": take("venue_id", "venue")}, body={"campus_id": take("campus_id", "campus")})


def order_closure(take: Take) -> Call:
    body = {"number": take.mine("new_name"), "venue_ids": [take("venue_ids", "venue")], **STATEMENT}
    return Call(path=in_school(take).path, body=body)


def order_closure_of_county(take: Take) -> Call:
    return Call(path=in_county(take).path, body={"number": take.mine("new_name"), **STATEMENT})


def of_order(take: Take) -> Call:
    return Call(path={**in_school(take).path, "order_id": take("order_id", "closure_order")})


def amend_closure(take: Take) -> Call:
    body = {"reason": "调整", "venue_ids": [take("venue_ids", "venue")], **STATEMENT}
    return Call(path=of_order(take).path, body=body)


def lift_closure(take: Take) -> Call:
    path = {**in_school(take).path, "order_id": take("order_id", "new_closure_order")}
    return Call(path=path, body={"reason": "解除"})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "create_venue": (create_venue,),
    "list_venues": (in_school,),
    "change_venue": (change_venue,),
    "retire_venue": (of_venue,),
    "order_closure": (order_closure, order_closure_of_county),
    "list_closure_orders": (in_school, in_county),
    "read_closure_order": (of_order,),
    "list_closure_terms": (of_order,),
    "amend_closure": (amend_closure,),
    "lift_closure": (lift_closure,),
    "read_closures": (in_school, in_county),
    "list_children_closures": (in_school, in_county),
    "list_school_closures": (in_school, in_county),
    "list_deciding_orders": (in_school, in_county),
}
NAMED_BY_CLIENT: dict[str, set[str]] = {}
