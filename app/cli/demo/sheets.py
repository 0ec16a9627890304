"""The sheets that the demo imports, as a school's office would have filled them in."""

import csv
import io
import random
from collections.abc import Iterable, Sequence

from app.cli.demo import invented
from app.cli.demo.invented import SchoolPlan
from app.institutions import divisions
from app.kernel import clock

OPENED = "2020-09-01"
PROVINCE = "320000"
CITY = "320100"
COUNTY = "320102"
CLASS_SIZE = 12
STAFF = 8
# The people whom the printed accounts belong to; their numbers lie outside of every school's run.
CAST_PHONES = {"guardian": "19900000001", "student": "19900000002", "staff": "19900000003"}
_GRADES = {
    "primary": ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级"),
    "kindergarten": ("小班", "中班", "大班"),
    "junior": ("七年级", "八年级", "九年级"),
}


def school_plans(count: int) -> list[SchoolPlan]:
    """So many schools over the counties, the first of them in Xuanwu, where the printed accounts are."""
    counties = [one for one in divisions.valid_on(clock.today()) if one.level == "county"]
    counties.sort(key=lambda one: (one.code != COUNTY, one.code))
    return [invented.school_plan(counties[serial % len(counties)].name, serial) for serial in range(count)]


def county_of(serial: int) -> str:
    """The division in which the ``serial``-th school lies."""
    counties = [one.code for one in divisions.valid_on(clock.today()) if one.level == "county"]
    counties.sort(key=lambda code: (code != COUNTY, code))
    return counties[serial % len(counties)]


def tree(plans: Sequence[SchoolPlan]) -> bytes:
    """Province, cities, counties as they are, and the schools."""
    bureau = {"province": "教育厅", "city": "教育局", "county": "教育局"}
    rows: list[tuple[str, ...]] = [
        (one.code, one.name + bureau[one.level], one.level, "", one.parent_code or "", one.code, OPENED)
        for one in divisions.valid_on(clock.today())
    ]
    for serial, plan in enumerate(plans):
        county = county_of(serial)
        rows.append((plan.code, plan.name, "school", plan.school_type, county, county, OPENED))
    heading = ("code", "name", "kind", "school type", "parent code", "division code", "opened on")
    return _csv(heading, rows)


def students(serial: int, plan: SchoolPlan) -> bytes:
    """One class a grade; a guardian each, a household member for every fourth."""
    chance = random.Random(f"students {serial}")  # noqa: S311 - the same demo every time
    rows: list[tuple[str, ...]] = []
    for grade in _GRADES[plan.school_type]:
        for seat in range(CLASS_SIZE):
            number = len(rows)
            name = invented.person_name(chance)
            guardian_phone = invented.phone(serial * 1000 + number + 1000)
            own_phone = ""
            if seat == 0 and grade == _GRADES[plan.school_type][0] and serial in (0, 1):
                guardian_phone = CAST_PHONES["guardian"]
            if serial == 0 and number == 1:
                own_phone = CAST_PHONES["student"]
            member = (invented.person_name(chance), "奶奶") if number % 4 == 0 else ("", "")
            identity = invented.identity_number(serial * 1000 + number)
            guardian = (name[0] + "某", chance.choice(("母亲", "父亲")), guardian_phone)
            rows.append((grade, "1班", name, "G" + identity, own_phone, *guardian, *member))
    heading = ("grade", "class", "name", "student number", "own phone")
    guardian_heading = ("guardian 1 name", "guardian 1 relation", "guardian 1 phone")
    return _csv(heading + guardian_heading + ("household member 1 name", "household member 1 relation"), rows)


def staff(serial: int, _plan: SchoolPlan) -> bytes:
    """Two departments."""
    chance = random.Random(f"staff {serial}")  # noqa: S311 - the same demo every time
    rows = [
        (
            "教务处" if number < STAFF // 2 else "总务处",
            invented.person_name(chance),
            f"T{serial:05d}{number:03d}",
            CAST_PHONES["staff"] if serial == number == 0 else "",
        )
        for number in range(STAFF)
    ]
    return _csv(("department", "name", "staff number", "own phone"), rows)


def _csv(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue().encode()
