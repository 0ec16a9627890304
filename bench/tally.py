"""What is left when all is over: the ledger against the rows, the counters against a recount."""

from dataclasses import dataclass
from uuid import UUID

import psycopg

from bench.ground import Ground
from bench.ledger import DAYS, Ledger

# Counted anew without the service: who has a standing reading on a day, and whether one of them is a fever.
_DIFFERENT_LEAVES = """
WITH persons AS (
    SELECT institution_id, day, unit_id, person_id, bool_or(status = 'F') AS feverish
      FROM checkin WHERE replaced_by IS NULL AND NOT household GROUP BY 1, 2, 3, 4
), classes AS (
    SELECT institution_id, day, unit_id, count(*) AS reported, count(*) FILTER (WHERE feverish) AS fever
      FROM persons GROUP BY 1, 2, 3
), schools AS (
    SELECT institution_id, day, sum(reported) AS reported, sum(fever) AS fever FROM classes GROUP BY 1, 2
)
SELECT (SELECT count(*) FROM classes AS counted FULL JOIN unit_day AS kept USING (institution_id, day, unit_id)
         WHERE (coalesce(counted.reported, 0), coalesce(counted.fever, 0))
            <> (coalesce(kept.reported, 0), coalesce(kept.fever, 0)))
     + (SELECT count(*) FROM schools AS counted FULL JOIN school_day AS kept USING (institution_id, day)
         WHERE (coalesce(counted.reported, 0), coalesce(counted.fever, 0))
            <> (coalesce(kept.reported, 0), coalesce(kept.fever, 0)))
"""


@dataclass(frozen=True)
class Tally:
    """Readings lost, doubled, changed; ``different`` counts leaves that do not agree with their rows."""

    acknowledged: int
    attempts: int
    lost: int
    doubled: int
    changed: int
    different: int
    recount: str  # empty where the service's own recount agrees, else its last words

    @property
    def whole(self) -> bool:
        """Nothing lost, doubled or changed, and the counters right."""
        return not (self.lost or self.doubled or self.changed or self.different or self.recount)

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} readings acknowledged after {self.attempts} requests\n"
            f"lost {self.lost}, doubled {self.doubled}, changed {self.changed}, leaves that differ from their rows "
            f"{self.different}; the service's own recount: {self.recount or 'agrees'}"
        )


def ids(ground: Ground) -> frozenset[UUID]:
    """The readings that stand before a trial on a ground that was used already."""
    with psycopg.connect(ground.owner_url) as connection:
        return frozenset(row[0] for row in connection.execute("SELECT id FROM checkin"))


def different(ground: Ground) -> int:
    """How many leaves differ from their rows."""
    with psycopg.connect(ground.owner_url) as connection:
        found = connection.execute(_DIFFERENT_LEAVES).fetchone()
    return int(found[0]) if found else -1


def take(ground: Ground, ledger: Ledger, before: frozenset[UUID] = frozenset()) -> Tally:
    """Compare, as the owner; every client must have had its last answer."""
    with psycopg.connect(ground.owner_url) as connection:
        found = connection.execute("SELECT id, person_id, temperature FROM checkin").fetchall()
    rows = [row for row in found if row[0] not in before]
    kept = {row[0]: row[1:] for row in rows}
    sent = {id_: (reading.child.person_id, reading.tenths) for id_, reading in ledger.readings.items()}
    recount = ground.run("rollups", "recount", "--days", str(DAYS + 2))
    return Tally(
        acknowledged=len(sent),
        attempts=ledger.attempts,
        lost=len(sent.keys() - kept.keys()),
        # A second row of a reading, or a row that no client has been told of: none is left without an answer.
        doubled=len(rows) - len(kept) + len(kept.keys() - sent.keys()),
        changed=sum(kept[id_] != sent[id_] for id_ in sent.keys() & kept.keys()),
        different=different(ground),
        recount="" if recount.returncode == 0 else (recount.stdout + recount.stderr)[-1500:],
    )
