"""Rules."""

from collections.abc import Mapping

from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.institutions import in_school


def set_policy(take: Take) -> Call:
    return Call(path={**in_school(take).path, "key": "observation_days"}, body={"value": 15})


def clear_policy(take: Take) -> Call:
    return Call(path={**in_school(take).path, "key": "observation_days"})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "list_policies": (in_school,),
    "set_policy": (set_policy,),
    "clear_policy": (clear_policy,),
}
NAMED_BY_CLIENT = {"set_policy": {"key"}, "clear_policy": {"key"}}
