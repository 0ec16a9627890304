"""A school's whole roll from a spreadsheet, on the command line: `lianfang rolls import`.

    python -m bench.rolls [--persons 10000] [--rounds 3] [--write]

Every student comes with a number, an identity number and two guardians with phones, for whom family accounts are made.
Each round has a database of its own, so that all are new.
"""

import statistics
import sys
import time
from pathlib import Path

import psycopg
import xlsxwriter

from bench import ground as grounds
from bench import population, report
from bench.population import FIRST_SCHOOL, Population
from tests.factories.people import valid_identity_number

LIMIT_SECONDS = 15.0  # for ten thousand
SIZE = Population(schools=1, classes=250, children=2)
_TITLES = (
    *("班级", "姓名", "学号", "身份证号"),
    *(f"监护人{number}{what}" for number in (1, 2) for what in ("姓名", "关系", "电话")),
)


def write_sheet(path: Path, persons: int) -> None:
    """So many invented students, dealt to the classes."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, _TITLES)
    for number in range(persons):
        guardians = [("家长甲", "母亲", f"199{2 * number:08d}"), ("家长乙", "父亲", f"199{2 * number + 1:08d}")]
        student = (f"{number % SIZE.classes + 1}班", f"新生{number}", f"S{number:06d}", valid_identity_number(number))
        for column, text in enumerate([*student, *(word for one in guardians for word in one)]):
            sheet.write_string(number + 1, column, text)
    book.close()


def measure(persons: int) -> float:
    """Seconds of the whole command, from its start to its end. Raises RuntimeError where a row was not taken."""
    with grounds.prepared() as ground:
        population.populate(ground, SIZE)
        sheet = ground.folder / "roll.xlsx"
        write_sheet(sheet, persons)
        begun = time.monotonic()
        done = ground.run("rolls", "import", str(sheet), "--school", f"2132{FIRST_SCHOOL:06d}")
        seconds = time.monotonic() - begun
        with psycopg.connect(ground.owner_url) as connection:
            made = connection.execute(
                "SELECT (SELECT count(*) FROM person WHERE number IS NOT NULL), count(account_id) FROM guardian"
            ).fetchone()
        drift = ground.run("rollups", "recount", "--days", "2")
    if done.returncode != 0 or made != (persons, 2 * persons) or drift.returncode != 0:
        raise RuntimeError(f"not all were taken: {made}, {(done.stdout + done.stderr + drift.stdout)[-2000:]}")
    return seconds


def section(persons: int, seconds: list[float]) -> str:
    """What was found, as Markdown."""
    each = ", ".join(f"{one:.1f}" for one in seconds)
    told = (
        f"`python -m bench.rolls`: {persons:,} students with number, identity number and two guardians each,"
        f" {2 * persons:,} family accounts made; the whole command with its start.\n\n"
        f"- S7: {statistics.median(seconds):.1f} s ({each}); the figures agree with a recount afterwards."
    )
    return report.section("A roll of ten thousand from a spreadsheet (S7)", told)


def main() -> int:
    """Measure and print; fail above the limit."""
    wanted = report.options(__doc__, persons=10_000, rounds=3).parse_args()
    seconds = [measure(wanted.persons) for _ in range(wanted.rounds)]
    report.publish("rolls", section(wanted.persons, seconds), write=wanted.write)
    return 0 if statistics.median(seconds) <= LIMIT_SECONDS * wanted.persons / 10_000 else 1


if __name__ == "__main__":
    sys.exit(main())
