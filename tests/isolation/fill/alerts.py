"""Reminders by hand."""

from collections.abc import Mapping

from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.institutions import in_school, in_unit


def of_a_class(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"unit_id": take("unit_id", "class")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "remind_unit": (in_unit,),
    "remind_school": (in_school,),
    "list_reminders": (in_school, of_a_class),
}
