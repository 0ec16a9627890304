"""The readings of an import through the one way in, and what the import says of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.access.roles import Action
from app.access.service import Actor
from app.checkins.models import CheckInImport, ImportChunk, Source
from app.checkins.schemas.answers import ItemOut, Outcome
from app.checkins.schemas.imports import Entry
from app.checkins.service.import_columns import TITLES
from app.checkins.service.submit import Door, submit
from app.kernel.db import trial
from app.kernel.secrets import vault
from app.kernel.sheet_errors import Found, ImportMode

Tick = Callable[[int], None]
CHUNK: Final = 1000  # readings of one transaction of the worker; in one transaction, at least so many at once
_ENTRIES: Final = TypeAdapter(list[Entry])
_OF_THE_DAY: Final = frozenset({"too_long_ago", "taken_in_future", "clock_not_believed"})


def _unheard(_looked_at: int) -> None:
    """Nobody watches."""


def land(session: Session, actor: Actor, job: CheckInImport, entries: Sequence[Entry], tick: Tick = _unheard) -> None:
    """Land readings and count them in ``job``; ``tick`` hears, after each step, how many have been looked at.

    They go in as they would, and are taken back where it is a dry run, or one of all is refused and all or none are
    wanted: so a dry run tells what would really happen.
    """
    found, outcomes, looked_at = Found(TITLES), Counter[Outcome](), 0
    with trial(session) as tried:
        for some in _by_days(entries):
            for entry, item in zip(some, _submitted(session, actor, job, some), strict=True):
                outcomes[item.outcome] += 1
                if item.problem is not None:
                    column = "day" if item.problem.code in _OF_THE_DAY else None
                    found.add(entry.row, column, item.problem.code, **item.problem.params)
            looked_at += len(some)
            tick(looked_at)
        refused = job.mode is ImportMode.ALL_OR_NOTHING and bool(job.failed or found.errors)
        tried.undone = job.dry_run or refused
    if not refused:
        job.accepted += outcomes[Outcome.ACCEPTED]
        job.duplicate += outcomes[Outcome.DUPLICATE]
    job.failed += outcomes[Outcome.REFUSED]
    job.done += len(entries)
    job.errors = found.kept(job.errors)


def _submitted(session: Session, actor: Actor, job: CheckInImport, entries: Sequence[Entry]) -> Sequence[ItemOut]:
    door = Door(Action.CHECKINS_IMPORT, Source.IMPORT, institution_id=job.institution_id, unit_id=job.unit_id)
    readings = [entry.reading for entry in entries]
    return submit(session, actor, door, readings, received_at=job.imported_at)


def _by_days(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Whole days, in order. Half a day would lock a school's figures before those of classes that come later."""
    gathered: list[Entry] = []
    for _, of_day in groupby(entries, key=lambda entry: entry.day):
        gathered += of_day
        if len(gathered) >= CHUNK:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def sealed(job: CheckInImport, entries: Sequence[Entry]) -> list[bytes]:
    """Readings that are to wait, encrypted in chunks."""
    parts = [list(entries[start : start + CHUNK]) for start in range(0, len(entries), CHUNK)]
    return [
        vault().encrypt(_ENTRIES.dump_json(part).decode(), _context(job.institution_id, job.id, number))
        for number, part in enumerate(parts)
    ]


def opened(chunk: ImportChunk) -> list[Entry]:
    """The readings of a chunk."""
    context = _context(chunk.institution_id, chunk.import_id, chunk.number)
    return _ENTRIES.validate_json(vault().decrypt(chunk.readings_cipher, context))


def _context(institution_id: int, import_id: int, number: int) -> str:
    return f"checkin_import_chunk.readings:{institution_id}:{import_id}:{number}"
