"""Files of what the caller may read."""

from collections.abc import Mapping

from tests.isolation.calls import Build, Call, Take
from tests.isolation.fill.identity import nothing
from tests.isolation.fill.institutions import in_county, in_school


def figures(take: Take) -> Call:
    return Call(path=in_county(take).path, body={"kind": "figures", "format": "xlsx"})


def missing(take: Take) -> Call:
    body = {"kind": "missing", "format": "xlsx", "unit_id": take("unit_id", "class")}
    return Call(path=in_school(take).path, body=body)


def record(take: Take) -> Call:
    body = {"kind": "temperature_records", "format": "pdf", "person_id": take("person_id", "student")}
    return Call(path=in_school(take).path, body=body)


def sent_report(take: Take) -> Call:
    return Call(path=in_school(take).path, body={"kind": "daily_report", "format": "xlsx"})


def collected(take: Take) -> Call:
    return Call(path=in_county(take).path, body={"kind": "collected_reports", "format": "xlsx"})


def issue(take: Take) -> Call:
    body = {"kind": "bulletin", "format": "xlsx", "issue_id": take("issue_id", "bulletin_issue")}
    return Call(path=in_school(take).path, body=body)


def of_export(take: Take) -> Call:
    return Call(path={"export_id": take("export_id", "new_export")})


FILLER: Mapping[str, tuple[Build, ...]] = {
    "make_export": (figures, missing, record, sent_report, collected, issue),
    "list_my_exports": (nothing,),
    "read_export": (of_export,),
    "fetch_export": (of_export,),
}
