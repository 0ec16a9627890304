"""What the database alone can do: the same durable insert and counters in one transaction, by pgbench."""

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.kernel import clock, postgres
from bench.ground import Ground
from bench.province import Child, Province

# One script a class, so that no statement is spent on finding out whose the person is.
_SCRIPT = """\\set person random(1, {count})
BEGIN;
SET LOCAL app.institutions = '{{{school}}}';
INSERT INTO checkin (institution_id, day, person_id, id, unit_id, household, counted, slot, source, status,
    temperature, symptoms, form_version, answers, late, skewed, implausible, taken_at, received_at, recorded_by)
VALUES ({school}, '{day}', ('{{{persons}}}'::bigint[])[:person], gen_random_uuid(), {unit}, false, true, 'morning',
    'guardian', 'normal', 366, 0, 1, '{{}}', false, false, false, now(), now(), 1);
UPDATE unit_day SET reported = reported + 1, normal = normal + 1
 WHERE institution_id = {school} AND day = '{day}' AND unit_id = {unit};
UPDATE school_day SET reported = reported + 1, normal = normal + 1
 WHERE institution_id = {school} AND day = '{day}';
COMMIT;
"""
_MOST_SCRIPTS = 120  # pgbench takes 128


def write_scripts(province: Province, folder: Path) -> list[Path]:
    """One script for each class of the province. The day's leaves must be there already."""
    classes: dict[tuple[int, int], list[Child]] = defaultdict(list)
    for family in province.families:
        for child in family.children:
            classes[child.institution_id, child.unit_id].append(child)
    folder.mkdir(exist_ok=True)
    return [
        _write(folder / f"class-{unit}.sql", school, unit, children)
        for (school, unit), children in sorted(classes.items())[:_MOST_SCRIPTS]
    ]


def _write(path: Path, school: int, unit: int, children: Iterable[Child]) -> Path:
    persons = [str(child.person_id) for child in children]
    day = clock.today().isoformat()
    path.write_text(_SCRIPT.format(count=len(persons), persons=",".join(persons), school=school, unit=unit, day=day))
    return path


def run(ground: Ground, scripts: list[Path], *, clients: int, seconds: int) -> float:
    """Transactions a second as the application's role. Raises RuntimeError where any of them failed."""
    url = urlsplit(ground.environment["LIANFANG_APP_DATABASE_URL"])
    place = ["--host", "127.0.0.1", "--port", str(url.port), "--username", str(url.username)]
    size = ["--client", str(clients), "--jobs", "2", "--time", str(seconds), "--no-vacuum", "--protocol", "prepared"]
    files = [argument for script in scripts for argument in ("--file", str(script))]
    done = subprocess.run(  # noqa: S603 - the program that comes with the server
        [postgres.find_binaries() / "pgbench", *place, *size, *files, url.path.removeprefix("/")],
        env={"PATH": os.defpath, "PGPASSWORD": unquote(url.password or "")},
        capture_output=True,
        text=True,
        check=False,
    )
    speed = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if done.returncode != 0 or speed is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
    return float(speed[1])
