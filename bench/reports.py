"""What 14,000 schools have sent, as the province sees it; and the draft of one school.

    python -m bench.reports [--schools 14000] [--pupils 850] [--times 50] [--write]

Thirteen cities, 95 counties; nineteen schools of twenty have sent, one of ten too late; the county and city offices of
all have sent as well. One school has pupils of whom each was measured twice, one in ten with a correction.
"""

import argparse
import json
import statistics
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
from starlette.testclient import TestClient

from app.access.roles import Role
from app.api.main import create_app
from app.kernel import clock
from bench import ground as grounds
from bench import machine, report
from bench.api import Api
from bench.closures import _COUNTIES, _SCHOOLS
from bench.ground import Ground
from tests.factories.tree import Tree

CITIES, COUNTIES = 13, 95
OK = 200

_CITIES = """
    WITH made AS (SELECT nextval('institution_id_seq') AS id, p.id AS parent_id, p.lineage, number
        FROM generate_series(1, %(cities)s) number CROSS JOIN (SELECT * FROM institution WHERE kind = 'province') p)
    INSERT INTO institution (id, parent_id, kind, name, lineage, state, opened_on)
    SELECT id, parent_id, 'city', '第' || number || '市', lineage || id, 'open', '2020-09-01' FROM made
"""
# Counties go round the cities, and so do the schools of their own.
_SPREAD = """
    WITH city AS (SELECT id, lineage, row_number() OVER (ORDER BY id) AS place FROM institution WHERE kind = 'city'),
    county AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM institution WHERE kind = 'county')
    UPDATE institution one SET parent_id = city.id, lineage = city.lineage || one.id
    FROM county JOIN city ON city.place = county.place %% %(cities)s + 1 WHERE one.id = county.id
"""
_REPORTS = """
    INSERT INTO daily_report (institution_id, day, kind, addressee_id, state, owed, asked_at, due_at, reminders,
        reminded, sent_at, number, answers, stated, reasons, lineage)
    SELECT id, %(day)s, kind, parent_id, CASE WHEN id %% 20 = 0 AND kind = 'school' THEN 'owed' ELSE 'sent' END,
        parent_id IS NOT NULL, now() - interval '9 hours', now() - interval '1 hour', '{}', 0,
        CASE WHEN id %% 20 = 0 AND kind = 'school' THEN NULL
             WHEN id %% 10 = 1 THEN now() ELSE now() - interval '2 hours' END,
        CASE WHEN id %% 20 = 0 AND kind = 'school' THEN 0 ELSE 1 END, '{}', '{}', '{}', lineage
    FROM institution WHERE kind <> 'province'
"""
_FIGURES = "on_roll, due, units, units_uncovered, persons_uncovered, reported, normal, attention, fever, symptoms, \
not_measured, late, household_reported, household_fever, entries, exits, turned_away"
_REVISIONS = """
    INSERT INTO report_revision (institution_id, report_id, day, number, kind, on_time, zero, known_from, lineage,
        on_roll, due, units, units_uncovered, persons_uncovered, reported, normal, attention, fever, symptoms,
        not_measured, late, household_reported, household_fever, entries, exits, turned_away)
    SELECT institution_id, id, day, 1, kind, sent_at <= due_at, institution_id %% 7 > 0, sent_at, lineage,
        850, 850, 20, 0, 0, 849, 848, 0, 1, 0, 3, 12, 400, 0, 900, 900, 0
    FROM daily_report WHERE sent_at IS NOT NULL
"""
_SEALS = """
    INSERT INTO report_seal (institution_id, revision_id, chain, content, previous, digest, signature, lineage)
    SELECT institution_id, id, 1, jsonb_build_object(
        'figures', jsonb_build_object('on_roll', 850, 'due', 850, 'reported', 849, 'normal', 848, 'fever', 1,
            'missing', 1, 'attention', 0, 'symptoms', 0, 'entries', 900, 'exits', 900),
        'answers', '{}'::jsonb), repeat('0', 64), md5(id::text), repeat('x', 300), lineage
    FROM report_revision
"""
_PUPILS = """
    INSERT INTO person (institution_id, kind, state, name, enrolled_on)
    SELECT %(school)s, 'student', 'enrolled', '学生', '2020-09-01' FROM generate_series(1, %(pupils)s)
"""
_READINGS = """
    INSERT INTO checkin (institution_id, person_id, unit_id, taken_at, received_at, id, day, temperature, form_version,
        slot, source, status, household, counted, late, skewed, implausible, replaces, correction_reason, replaced_by)
    SELECT institution_id, person.id, %(unit)s, moment, moment + part * interval '1 minute',
        md5(person.id || '-' || part)::uuid, %(day)s, 365 + person.id %% 9, 1, CASE part WHEN 1 THEN 'M' ELSE 'N' END,
        'G', 'N', false, true, false, false, false,
        CASE part WHEN 3 THEN md5(person.id || '-2')::uuid END, CASE part WHEN 3 THEN '看错了' END,
        CASE WHEN part = 2 AND person.id %% 10 = 0 THEN md5(person.id || '-3')::uuid END
    FROM person CROSS JOIN generate_series(1, 3) part
    CROSS JOIN (SELECT now() - interval '26 hours' AS moment) then_
    WHERE institution_id = %(school)s AND (part < 3 OR person.id %% 10 = 0)
"""


def plant() -> dict[str, Any]:
    """A province, its administrator, and a school with its reporter; inside the program."""
    tree = Tree.grow(TestClient(create_app()))
    people = {
        "province": (Role.PROVINCIAL_ADMIN, tree.province),
        "county": (Role.COUNTY_ADMIN, tree.county),
        "school": (Role.SCHOOL_REPORTER, tree.school),
    }
    tokens = {
        name: tree.account(*held).headers["Authorization"].removeprefix("Bearer ") for name, held in people.items()
    }
    return {
        "province": tree.province,
        "county": tree.county,
        "school": tree.school,
        "unit": tree.classes[0],
        "tokens": tokens,
    }


def fill(ground: Ground, found: dict[str, Any], schools: int, pupils: int) -> None:
    """Institutions, reports and readings by the owner."""
    values = {
        "schools": schools - 1,
        "counties": COUNTIES - 1,
        "cities": CITIES,
        "day": clock.today(),
        "school": found["school"],
        "unit": found["unit"],
        "pupils": pupils,
    }
    with psycopg.connect(ground.owner_url) as connection:
        for statement in (_COUNTIES, _CITIES, _SPREAD, _SCHOOLS, _REPORTS, _REVISIONS, _SEALS, _PUPILS):
            connection.execute(statement, values)
        connection.execute(_READINGS, values | {"day": clock.today() - timedelta(days=1)})
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@dataclass(frozen=True)
class Look:
    """What is asked, by whom, and within how many milliseconds it is to be answered."""

    name: str
    who: str
    what: str
    goal: int | None = None


def looks() -> list[Look]:
    """What an office and a school see; the days are named when it is measured."""
    today, yesterday = clock.today(), clock.today() - timedelta(days=1)
    then = (clock.now() - timedelta(minutes=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        Look("the province collects", "province", f"daily-reports/{today}/children", 25),
        Look("the same as known before most had sent", "province", f"daily-reports/{today}/children?known_at={then}"),
        Look("a county of 148 schools collects", "county", f"daily-reports/{today}/children"),
        Look("rates of a day", "province", f"report-rates?from={today}"),
        Look("200 rows of the list", "province", "daily-reports?limit=200"),
        Look("draft of a school, as known yesterday", "school", f"daily-reports/{yesterday}/draft", 50),
        Look("draft of a county of 148 schools", "county", f"daily-reports/{today}/draft", 50),
    ]


def measure(ground: Ground, api: Api, found: dict[str, Any], times: int) -> list[list[str]]:
    """A row for each look: the median of the answer, and the CPU of the program and of the database, a request."""
    rows = []
    for look in looks():
        path = f"/api/v1/institutions/{found[look.who]}/{look.what}"
        ask = partial(api.ask, "GET", path, token=found["tokens"][look.who])
        wrong = {answer.status for answer in (ask() for _ in range(3)) if answer.status != OK}
        if wrong:
            raise RuntimeError(f"{path}: {wrong}")
        before = machine.cpu_seconds_of(api.pid), _of_database(ground)
        answers = [ask() for _ in range(times)]
        used = machine.cpu_seconds_of(api.pid) - before[0], _of_database(ground) - before[1]
        middle = statistics.median(answer.seconds for answer in answers) * 1000
        program, database = (seconds / times * 1000 for seconds in used)
        size = int(answers[0].headers.get("content-length", 0)) / 1024
        cells = (middle, program, database, program + database, size)
        rows.append([look.name, str(look.goal or ""), *(f"{cell:.1f}" for cell in cells)])
    return rows


def _of_database(ground: Ground) -> float:
    return sum(machine.cpu_precisely(one) for one in machine.children(ground.server.pid))


HEAD = ("", "goal, ms", "answer, ms", "CPU of the program", "CPU of the database", "both", "kB")


def main() -> None:
    """Plant, fill, measure."""
    parser = report.options(__doc__, schools=14_000, pupils=850, times=50)
    parser.add_argument("--plant", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.plant:
        print(json.dumps(plant()))
        return
    with grounds.prepared() as ground:
        planted = ground.run("-m", "bench.reports", "--plant")
        if planted.returncode != 0:
            raise RuntimeError(planted.stderr[-2000:])
        found = json.loads(planted.stdout.splitlines()[-1])
        fill(ground, found, wanted.schools, wanted.pupils)
        rows = measure(ground, ground.add_api(), found, wanted.times)
    said = (
        f"{wanted.schools:,} schools in {CITIES} cities and {COUNTIES} counties; a draft counts the readings of "
        f"{wanted.pupils:,} pupils as known then. {wanted.times} requests each, one at a time, each on a connection "
        "of its own: the median of the answer as its client saw it, and the processors' time a request, in "
        "milliseconds. Beside other work an answer waits for a processor, which the columns of CPU do not count; "
        "a processor that is shared makes them larger all the same."
    )
    text = report.section("What 14,000 schools have sent (R4, R5)", said, report.table(HEAD, rows))
    report.publish("reports", text, write=wanted.write)


if __name__ == "__main__":
    main()
