"""Check-ins, who is missing, the persons behind a figure."""

from collections.abc import Mapping
from typing import Any

from app.kernel import clock
from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.identity import nothing
from tests.isolation.fill.institutions import in_school, in_unit
from tests.isolation.fill.people import of_household, of_student


def reading(take: Take, kind: str) -> dict[str, Any]:
    """A reading of the actor's student under an id that was not used yet."""
    return {"id": str(take.mine(kind)), "person_id": take("person_id", "student"), "temperature": 36.5}


def submit(take: Take) -> Call:
    return Call(body=reading(take, "new_uuid_of_one"))


def submit_for_household(take: Take) -> Call:
    body = {"id": str(take.mine("new_uuid_of_member")), "person_id": take("person_id", "household")}
    return Call(body={**body, "temperature": 36.6})


def submit_batch(take: Take) -> Call:
    return Call(body={"items": [reading(take, "new_uuid_of_batch")]})


def submit_class(take: Take) -> Call:
    return Call(path=in_unit(take).path, body={"items": [reading(take, "new_uuid_of_class")]})


def submit_at_gate(take: Take) -> Call:
    return Call(path=in_school(take).path, body={"items": [reading(take, "new_uuid_of_gate")]})


def correct(take: Take) -> Call:
    body = {**reading(take, "new_uuid_of_correction"), "temperature": 36.7, "reason": "看错了"}
    return Call(path={"checkin_id": take("checkin_id", "new_checkin")}, body=body)


def behind_a_figure(take: Take) -> Call:
    return Call(path={**in_school(take).path, "metric": "due"})


def behind_a_figure_of_a_class(take: Take) -> Call:
    call = behind_a_figure(take)
    return Call(path=call.path, query={"unit_id": take("unit_id", "class")})


def missing_by_name(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"persons": "true"})


def readings(take: Take) -> dict[str, Any]:
    """A file with one reading of the actor's student."""
    lines = f"person id,day,slot,temperature\n{take.mine('student')},{clock.today()},morning,36.5\n"
    return {"file": ("readings.csv", lines.encode())}


def import_for_class(take: Take) -> Call:
    form = {"unit_id": take("unit_id", "class"), "dry_run": "true"}
    return Call(path=in_school(take).path, form=form, files=readings(take))


def import_in_background(take: Take) -> Call:
    return Call(path=in_school(take).path, form={"background": "true"}, files=readings(take))


def read_import(take: Take) -> Call:
    return Call(path={"import_id": take("import_id", "checkin_import")})


def cancel_import(take: Take) -> Call:
    return Call(path={"import_id": take("import_id", "new_checkin_import")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "read_checkin_form": (nothing,),
    "submit_checkin": (submit, submit_for_household),
    "submit_checkins": (submit_batch,),
    "submit_unit_checkins": (submit_class,),
    "submit_gate_readings": (submit_at_gate,),
    "correct_checkin": (correct,),
    "list_person_checkins": (of_student, of_household),
    "read_temperature_record": (of_student,),
    "read_family": (nothing,),
    "list_unit_missing": (in_unit,),
    "list_school_missing": (in_school, missing_by_name),
    "list_figure_persons": (behind_a_figure, behind_a_figure_of_a_class),
    "download_checkin_template": (nothing,),
    "import_checkins": (import_for_class, import_in_background),
    "list_checkin_imports": (in_school,),
    "read_checkin_import": (read_import,),
    "cancel_checkin_import": (cancel_import,),
}
# The client names its own readings; sending one again is answered by its receipt.
NAMED_BY_CLIENT = {
    "submit_checkin": {"id"},
    "submit_checkins": {"id"},
    "submit_unit_checkins": {"id"},
    "submit_gate_readings": {"id"},
    "correct_checkin": {"id"},
    "list_figure_persons": {"metric"},
}
