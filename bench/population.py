"""A morning's families by the ten thousand: made by set-based SQL, with the requests that their phones would send.

`python -m bench.population` runs inside the program (it signs with the program's keys); callers use `populate` and
`prepare`. Ids are arithmetic, so that whoever loads the database needs no query to know whose a person is: unit
``school * classes + class + 1``, person ``unit * children + child + 1``, counted from nought.
"""

import argparse
import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from app.access.roles import Role
from app.identity.service import keys
from app.identity.tokens import Claims, KeyRing
from app.kernel import clock, db
from app.rollups.queries.tables import DAY, ROLL
from bench.ground import Ground

FIRST_SCHOOL = 4  # after the province, its city and its county
MOST_MET = 60_000  # children for whom requests are made: more than any turn gets through
PARTS = 2  # files of requests, one for each thread of a generator
_LIFETIME = timedelta(minutes=10)
_ON_ROLL_SINCE = 10  # days, so that readings of the days before may be sent as well


# One account of each in every school, numbered after the families and the homeroom teachers of the units.
OFFICES = (Role.SCHOOL_DOCTOR, Role.GATE_GUARD, Role.PRINCIPAL)


class Sender(StrEnum):
    """A family's token serves one reading or two, a homeroom teacher's the whole class."""

    FAMILY = "family"
    TEACHER = "teacher"


@dataclass(frozen=True)
class Population:
    """How many schools, classes in each, and children in each class (an even number: two to a family)."""

    schools: int = 120
    classes: int = 20
    children: int = 42

    @property
    def units(self) -> int:
        """Classes in all."""
        return self.schools * self.classes

    @property
    def persons(self) -> int:
        """Children in all."""
        return self.units * self.children

    @property
    def families(self) -> int:
        """Accounts 1 to this; the homeroom teachers of the units follow, then the offices of the schools."""
        return self.persons // 2

    @property
    def accounts(self) -> int:
        """Accounts in all, counted from one."""
        return self.families + self.units + self.schools * len(OFFICES)

    @property
    def institutions(self) -> range:
        """The schools' ids."""
        return range(FIRST_SCHOOL, FIRST_SCHOOL + self.schools)

    def persons_of(self, school: int) -> range:
        """The children of a school."""
        first = (school - FIRST_SCHOOL) * self.roster + 1
        return range(first, first + self.roster)

    def units_of(self, school: int) -> range:
        """The classes of a school."""
        first = (school - FIRST_SCHOOL) * self.classes + 1
        return range(first, first + self.classes)

    @property
    def roster(self) -> int:
        """Children of one school."""
        return self.classes * self.children

    def school_of(self, person: int) -> int:
        """The institution of a person."""
        return FIRST_SCHOOL + (person - 1) // self.roster

    def unit_of(self, person: int) -> int:
        """The class of a person."""
        return (person - 1) // self.children + 1

    def sender_of(self, person: int, sender: Sender) -> int:
        """The account that logs a person. Siblings stand in one school and, mostly, in two classes."""
        if sender is Sender.TEACHER:
            return self.families + self.unit_of(person)
        school, place = divmod(person - 1, self.roster)
        return school * (self.roster // 2) + place % (self.roster // 2) + 1

    def home_of(self, account: int) -> int:
        """The institution in which an account has its role."""
        for first, in_a_school in (
            (self.families + self.units, len(OFFICES)),
            (self.families, self.classes),
            (0, self.roster // 2),
        ):
            if account > first:
                return FIRST_SCHOOL + (account - first - 1) // in_a_school
        raise ValueError("accounts are counted from one")

    def office_of(self, school: int, role: Role) -> int:
        """The account of one of `OFFICES`."""
        before = self.families + self.units + (school - FIRST_SCHOOL) * len(OFFICES)
        return before + OFFICES.index(role) + 1


def populate(ground: Ground, size: Population) -> None:
    """Fill the ground's empty database, figures included. The owner writes it; every constraint stays on."""
    facts = {
        "schools": size.schools,
        "classes": size.classes,
        "children": size.children,
        "units": size.units,
        "persons": size.persons,
        "families": size.families,
        "half": size.roster // 2,
        "roster": size.roster,
        "first": FIRST_SCHOOL,
        "accounts": size.accounts,
        "offices": [role.value for role in OFFICES],
        "since": clock.today() - timedelta(days=_ON_ROLL_SINCE),
        "today": clock.today(),
    }
    with psycopg.connect(ground.owner_url) as connection:
        for statement in _STATEMENTS:
            connection.execute(statement, facts)
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def empty_day(ground: Ground) -> None:
    """Take the day's readings away and set its figures to nought: each turn of a comparison begins with the same."""
    nought = ", ".join(f"{name} = 0" for name in DAY)
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute("TRUNCATE checkin")
        for leaf in ("unit_day", "school_day"):
            connection.execute(f"UPDATE {leaf} SET {nought}")
            connection.execute(f"VACUUM FULL {leaf}")
        connection.execute("VACUUM ANALYZE checkin")
        connection.execute("CHECKPOINT")


def settled(ground: Ground) -> int:
    """How many readings there are, once a second has passed without a new one: nothing is under way any more.

    A generator that hangs up leaves requests behind. Raises TimeoutError after a minute.
    """
    counted = -1
    for _ in range(60):
        with psycopg.connect(ground.owner_url) as connection:
            row = connection.execute("SELECT count(*) FROM checkin").fetchone()
        if row is not None and row[0] == counted:
            return counted
        counted = row[0] if row else -1
        time.sleep(1.0)
    raise TimeoutError("readings land for a minute after the load has ended")


def prepare(ground: Ground, size: Population, folder: Path, *, sender: Sender = Sender.FAMILY) -> list[Path]:
    """Write readings of today, one of a child, as requests of their senders, in `PARTS` files.

    All children's, or those of `MOST_MET` where there are more; the tokens hold ten minutes.
    Requests end with a zero byte, which none of them contains. Raises RuntimeError.
    """
    folder.mkdir(exist_ok=True)
    _run(ground, size, folder, sender)
    return sorted(folder.glob("part-*"))


def sign(ground: Ground, size: Population) -> dict[int, str]:
    """An access token for each account. Raises RuntimeError."""
    kept = ground.folder / "tokens.json"
    _run(ground, size, kept, "tokens")
    return {int(account): token for account, token in json.loads(kept.read_text()).items()}


def _run(ground: Ground, size: Population, kept: Path, what: str) -> None:
    numbers = (size.schools, size.classes, size.children)
    done = ground.run("-m", "bench.population", str(kept), what, *map(str, numbers))
    if done.returncode != 0:
        raise RuntimeError(f"nothing signed: {done.stderr[-2000:]}")


def _tokens(size: Population, accounts: Iterable[int]) -> dict[int, str]:
    with db.transaction() as session:
        ring = keys.signing_ring(session)
    now = clock.now()
    return {account: _token(ring, account, size.home_of(account), now) for account in accounts}


def _token(ring: KeyRing, account: int, school: int, now: datetime) -> str:
    return ring.sign(
        Claims(
            account_id=account,
            device_id=UUID(int=account),
            session_version=1,
            institution_id=school,
            jti=uuid4(),
            issued_at=now,
            not_before=now,
            expires_at=now + _LIFETIME,
        )
    )


def request(token: str, path: str, body: bytes) -> bytes:
    """The bytes of a POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _requests(size: Population, sender: Sender) -> Iterator[bytes]:
    taken_at = datetime.now(UTC).isoformat(timespec="seconds")
    people = _met(size)
    signed = _tokens(size, {size.sender_of(person, sender) for person in people})
    for person in people:
        reading = {"id": str(uuid4()), "person_id": person, "temperature": 36.6, "taken_at": taken_at}
        yield request(signed[size.sender_of(person, sender)], "/api/v1/checkins", json.dumps(reading).encode())


def _met(size: Population) -> list[int]:
    """The children of as many families as a turn can meet, in no order."""
    half = size.roster // 2
    families = random.sample(range(size.families), min(size.families, MOST_MET // 2))
    people = [
        family // half * size.roster + family % half + child * half + 1 for family in families for child in (0, 1)
    ]
    random.shuffle(people)
    return people


_ZERO_ROLL = ", ".join(ROLL)
_ZERO_DAY = ", ".join(DAY)
_ROLL_OF = {"on_roll": "%(children)s", "due": "%(children)s"}
_ROLL_OF_UNIT = ", ".join({"units": "1"}.get(name, _ROLL_OF.get(name, "0")) for name in ROLL)
_ROLL_OF_SCHOOL = ", ".join(
    {"units": "%(classes)s"}.get(name, f"%(classes)s * {_ROLL_OF.get(name, '0')}") for name in ROLL
)
_NOUGHTS = ", ".join("0" for _ in DAY)
_SCHOOLS = "generate_series(%(first)s, %(first)s + %(schools)s - 1)"
_SCHOOL_OF_UNIT = "%(first)s + (unit - 1) / %(classes)s"
_SCHOOL_OF_PERSON = "%(first)s + (person - 1) / %(roster)s"

_STATEMENTS = [
    """INSERT INTO institution (id, parent_id, kind, name, lineage, state, opened_on) VALUES
    (1, NULL, 'province', '试验省教育厅', '{1}', 'open', '2020-09-01'),
    (2, 1, 'city', '试验市教育局', '{1,2}', 'open', '2020-09-01'),
    (3, 2, 'county', '试验县教育局', '{1,2,3}', 'open', '2020-09-01')""",
    f"""INSERT INTO institution (id, parent_id, kind, school_type, code, name, lineage, state, opened_on)
    SELECT id, 3, 'school', 'primary', '2132' || lpad(id::text, 6, '0'), '试验第' || id || '小学', ARRAY[1, 2, 3, id],
           'open', '2020-09-01' FROM {_SCHOOLS} AS id""",
    """INSERT INTO placement (institution_id, valid_from, parent_id, lineage, applied)
    SELECT id, opened_on, parent_id, lineage, true FROM institution""",
    f"""INSERT INTO unit (institution_id, id, kind, name, grade_level, responsible_account_id)
    SELECT {_SCHOOL_OF_UNIT}, unit, 'class', (unit - 1) %% %(classes)s + 1 || '班', 3, %(families)s + unit
      FROM generate_series(1, %(units)s) AS unit""",
    f"""INSERT INTO person (institution_id, id, kind, state, name, unit_id, enrolled_on)
    SELECT {_SCHOOL_OF_PERSON}, person, 'student', 'enrolled', '学生' || person, (person - 1) / %(children)s + 1,
           %(since)s FROM generate_series(1, %(persons)s) AS person""",
    """INSERT INTO standing (institution_id, person_id, valid_from, unit_id, due)
    SELECT institution_id, id, enrolled_on, unit_id, true FROM person""",
    """INSERT INTO account (id, kind, state, display_name, must_change_password, session_version, created_at)
    SELECT id, CASE WHEN id <= %(families)s THEN 'family' ELSE 'staff' END, 'active', '试验账号', false, 1, now()
      FROM generate_series(1, %(accounts)s) AS id""",
    """INSERT INTO device (id, account_id, name, created_at, last_seen_at)
    SELECT lpad(to_hex(id), 32, '0')::uuid, id, '试验', now(), now() FROM account""",
    f"""INSERT INTO membership (account_id, institution_id, person_id, role, since)
    SELECT (person - 1) / %(roster)s * %(half)s + (person - 1) %% %(roster)s %% %(half)s + 1, {_SCHOOL_OF_PERSON},
           person, 'guardian', now() FROM generate_series(1, %(persons)s) AS person""",
    f"""INSERT INTO membership (account_id, institution_id, unit_id, role, since)
    SELECT %(families)s + unit, {_SCHOOL_OF_UNIT}, unit, 'homeroom_teacher', now()
      FROM generate_series(1, %(units)s) AS unit""",
    f"""INSERT INTO membership (account_id, institution_id, role, since)
    SELECT %(families)s + %(units)s + (id - %(first)s) * cardinality(%(offices)s::text[]) + number, id, role, now()
      FROM {_SCHOOLS} AS id, unnest(%(offices)s::text[]) WITH ORDINALITY AS office (role, number)""",
    f"""INSERT INTO unit_roll (institution_id, unit_id, valid_from, {_ZERO_ROLL})
    SELECT institution_id, id, %(since)s, {_ROLL_OF_UNIT} FROM unit""",
    f"""INSERT INTO school_roll (institution_id, valid_from, lineage, {_ZERO_ROLL})
    SELECT id, %(since)s, lineage, {_ROLL_OF_SCHOOL} FROM institution WHERE kind = 'school'""",
    f"""INSERT INTO unit_day (institution_id, day, unit_id, {_ZERO_DAY})
    SELECT institution_id, %(today)s, id, {_NOUGHTS} FROM unit""",
    f"""INSERT INTO school_day (institution_id, day, lineage, {_ZERO_DAY})
    SELECT id, %(today)s, lineage, {_NOUGHTS} FROM institution WHERE kind = 'school'""",
    # Whoever comes after takes numbers that nobody has.
    *(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        for table in ("institution", "unit", "person", "account")
    ),
]


def main() -> None:
    """Write the requests of a sender, or everybody's tokens."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("kept", type=Path)
    parser.add_argument("what", choices=[*Sender, "tokens"])
    for name in ("schools", "classes", "children"):
        parser.add_argument(name, type=int)
    wanted = parser.parse_args()
    size = Population(wanted.schools, wanted.classes, wanted.children)
    if wanted.what == "tokens":
        wanted.kept.write_text(json.dumps(_tokens(size, range(1, size.accounts + 1))))
        return
    made = list(_requests(size, Sender(wanted.what)))
    for part in range(PARTS):
        (wanted.kept / f"part-{part}").write_bytes(b"".join(one + b"\0" for one in made[part::PARTS]))


if __name__ == "__main__":
    main()
