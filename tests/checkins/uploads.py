"""Sheets of readings for tests, and who sends them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.kernel import clock
from tests.checkins.steps import School
from tests.factories.tree import Login
from tests.people.steps import sheet

TITLES = ("人员编号", "日期", "时间", "体温", "症状")


@dataclass
class Uploads:
    """Somebody of a school who sends sheets."""

    school: School
    login: Login

    def send(
        self, content: bytes | Sequence[Sequence[Any]], status: int = 201, *, name: str = "打卡.xlsx", **form: Any
    ) -> Any:
        """What became of a file, or of rows below `TITLES`."""
        data = content if isinstance(content, bytes) else sheet(TITLES, content)
        answer = self.school.client.post(
            f"/api/v1/institutions/{self.school.id}/checkin-imports",
            headers=self.login.headers,
            files={"file": (name, io.BytesIO(data))},
            data=form,
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def read(self, import_id: int, status: int = 200, *, language: str = "zh-CN") -> Any:
        """An import as it stands."""
        headers = {**self.login.headers, "Accept-Language": language}
        answer = self.school.client.get(f"/api/v1/checkin-imports/{import_id}", headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def listed(self) -> list[int]:
        """The ids of the imports that this sender sees."""
        found = self.school.get(self.login, f"/institutions/{self.school.id}/checkin-imports")
        return [one["id"] for one in found["items"]]

    def cancel(self, import_id: int, status: int = 200) -> Any:
        return self.school.post(self.login, f"/checkin-imports/{import_id}/cancellations", {}, status)

    def waiting(self) -> list[bytes]:
        """What of the school's readings waits for the worker, as it is kept."""
        statement = "SELECT readings_cipher FROM checkin_import_chunk WHERE institution_id = :school ORDER BY number"
        with self.school.owner.connect() as connection:
            return [bytes(one) for one in connection.execute(text(statement), {"school": self.school.id}).scalars()]


def row(person_id: int, at: datetime, temperature: float | str = 36.5, symptoms: str = "") -> list[str]:
    """A row of `TITLES`."""
    local = at.astimezone(clock.SHANGHAI)
    return [str(person_id), f"{local:%Y-%m-%d}", f"{local:%H:%M}", str(temperature), symptoms]


def told(outcome: Any) -> tuple[int, int, int]:
    """How many readings have landed, had landed before, and were refused."""
    return outcome["accepted"], outcome["duplicate"], outcome["failed"]


def wrong(outcome: Any) -> list[tuple[int, str | None, str]]:
    """Row, column and code of each error."""
    return [(one["row"], one["column"], one["code"]) for one in outcome["errors"]]
