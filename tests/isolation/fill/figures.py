"""Figures and the trail."""

from collections.abc import Mapping

from app.kernel import clock
from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.identity import nothing
from tests.isolation.fill.institutions import in_county, in_school


def read_trend(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"from": clock.today().isoformat()})


def recount(take: Take) -> Call:
    return Call(path=in_school(take).path, body={"day": clock.today().isoformat()})


def by_account(take: Take) -> Call:
    return Call(path=in_school(take).path, query={"account_id": take("account_id", "account")})


def by_subject(take: Take) -> Call:
    return Call(
        path=in_school(take).path, query={"subject": "person", "subject_id": str(take("subject_id", "student"))}
    )


FILLER: Mapping[str, tuple[Build, ...]] = {
    "list_metrics": (nothing,),
    "read_figures": (in_school, in_county),
    "list_children_figures": (in_school, in_county),
    "list_unit_figures": (in_school,),
    "read_trend": (read_trend,),
    "recount_figures": (recount,),
    "list_audit_entries": (in_school, by_account, by_subject),
}
NAMED_BY_CLIENT: dict[str, set[str]] = {}
