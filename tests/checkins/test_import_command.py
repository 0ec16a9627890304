"""`lianfang readings import`: what an operator sees."""

from pathlib import Path

from sqlalchemy import text
from typer.testing import CliRunner

from app.cli.main import app
from tests.checkins.steps import School, morning
from tests.checkins.uploads import TITLES, row
from tests.people.steps import sheet


def code_of(school: School) -> str:
    with school.owner.connect() as connection:
        statement = text("SELECT code FROM institution WHERE id = :school")
        return str(connection.scalar(statement, {"school": school.id}))


def test_the_command_lands_readings_and_lists_errors(school: School, tmp_path: Path) -> None:
    file = tmp_path / "readings.xlsx"
    rows = [row(child, morning(6, 30, days=-20)) for child in school.children]
    file.write_bytes(sheet(TITLES, [*rows, row(2**40, morning(7))]))
    command = ["readings", "import", str(file), "--institution", code_of(school)]
    refused = CliRunner().invoke(app, command)
    assert refused.exit_code == 1, refused.output
    assert "people.person_unknown" in refused.output
    assert school.rows() == []
    taken = CliRunner().invoke(app, [*command, "--per-row"])
    assert taken.exit_code == 1, taken.output
    assert "4 rows: 3 landed, 0 had before, 1 refused." in taken.output
    assert len(school.rows()) == 3
    file.write_bytes(sheet(TITLES, rows))
    again = CliRunner().invoke(app, [*command, "--dry-run"])
    assert again.exit_code == 0, again.output
    assert "3 rows: 0 would have landed, 3 had before, 0 refused." in again.output


def test_the_planner_hears_of_an_import(school: School, tmp_path: Path) -> None:
    """On statistics of before an import, sums over what it brought have run for minutes."""
    analysed = text("SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'standing'")
    file = tmp_path / "readings.xlsx"
    file.write_bytes(sheet(TITLES, [row(school.children[0], morning(6, 30, days=-20))]))
    with school.owner.connect() as connection:
        before = connection.scalar(analysed)
    told = CliRunner().invoke(app, ["readings", "import", str(file), "--institution", code_of(school)])
    assert told.exit_code == 0, told.output
    with school.owner.connect() as connection:
        assert connection.scalar(analysed) == before + 1


def test_an_unknown_school_is_told(school: School, tmp_path: Path) -> None:
    file = tmp_path / "readings.csv"
    file.write_text("day\n")
    told = CliRunner().invoke(app, ["readings", "import", str(file), "--institution", "nowhere"])
    assert told.exit_code == 2
    assert school.rows() == []
