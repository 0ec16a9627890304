"""Passes and the gate."""

from collections.abc import Mapping
from typing import Any

from app.kernel import clock
from tests.factories.people import valid_identity_number
from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.identity import nothing
from tests.isolation.fill.institutions import in_county, in_school


def event(take: Take, kind: str, **more: Any) -> dict[str, Any]:
    """Somebody leaves by the school's gate."""
    body = {"id": str(take.mine(kind)), "venue_id": take("venue_id", "gate"), "direction": "out", "temperature": 36.5}
    return {**body, **more}


def scan(take: Take) -> Call:
    item = event(take, "new_uuid_of_scan", code=take("code", "code_of_pass"))
    return Call(path=in_school(take).path, body={"items": [item]})


def scan_person(take: Take) -> Call:
    item = event(take, "new_uuid_of_passage", person_id=take("person_id", "student"))
    return Call(path=in_school(take).path, body={"items": [item]})


def scan_document(take: Take) -> Call:
    item = event(take, "new_uuid_of_document", document_number=take("document_number", "identity_of_visitor"))
    return Call(path=in_school(take).path, body={"items": [item]})


def register(take: Take) -> Call:
    body = {"id": str(take.mine("new_uuid_of_visitor")), "name": "访客", "phone": "13800138000", "reason": "送货"}
    # As without a network: what has happened is kept, whatever other calls have closed meanwhile.
    body |= {"identity_number": valid_identity_number(7), "registered_at": clock.now().isoformat()}
    return Call(path=in_school(take).path, body=body)


def of_pass(take: Take) -> Call:
    return Call(path={"pass_id": take("pass_id", "entry_pass")})


def own_pass(take: Take) -> Call:
    return Call(path={"pass_id": take("pass_id", "new_own_pass")})


def revoke(take: Take) -> Call:
    return Call(path={"pass_id": take("pass_id", "new_entry_pass")}, body={"reason": "取消"})


def of_person(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"person_id": take("person_id", "student")})


def at_venue(take: Take) -> Call:
    query = {"venue_id": take("venue_id", "gate"), "pass_id": take("pass_id", "entry_pass")}
    return Call(path=in_school(take).path, query=query)


def at_area(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"area_id": take("area_id", "venue")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "list_my_passes": (nothing,),
    "print_own_pass": (own_pass,),
    "list_passes": (in_school,),
    "print_pass": (of_pass,),
    "revoke_pass": (revoke,),
    "read_gate_kit": (in_school,),
    "list_pass_revocations": (in_school,),
    "submit_gate_events": (scan, scan_person, scan_document),
    "list_gate_events": (in_school, of_person, at_venue),
    "register_walk_up": (register,),
    "list_insiders": (in_school, at_area),
    "list_children_inside": (in_school, in_county),
}
# The phone names its own events and visitors.
NAMED_BY_CLIENT = {"submit_gate_events": {"id"}, "register_walk_up": {"id"}}
