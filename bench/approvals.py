"""Approvals: many heads decide on one step at once; and one approval against the database doing the same statements.

    python -m bench.approvals [--rounds 1000] [--turns 3] [--seconds 5] [--write]

In each round four heads approve and four refuse, begun at a barrier: one is right, seven are told who was. Then the
service and pgbench approve by turns. What pgbench runs is what the service was seen to send for one approval, with
other ids; each transaction approves another request.
"""

import argparse
import json
import statistics
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import event
from starlette.testclient import TestClient

from app.access.roles import Role
from app.api.main import create_app
from app.kernel import clock, db
from bench import ground as grounds
from bench import pgbench, report, wrk
from bench.api import Answer, Api
from bench.ground import Ground
from bench.races import at_once
from tests.entries.steps import ask, entry, outsider
from tests.factories.people import add_guardian, add_student
from tests.factories.tree import PASSWORD, Tree
from tests.people.steps import Office

HEADS = 4  # of each kind of head
CLIENTS = 8
_PATIENCE = timedelta(minutes=9)  # an access token lives for ten
# Where the ids of copies begin: numbers that nothing else in a statement is.
REQUESTS, PERSONS, STEPS = 7_100_000_000, 7_200_000_000, 7_300_000_000
_STARTS = {"entry_request": REQUESTS, "entry_person": PERSONS, "entry_step": STEPS}
_WARM, _LEARNT = 1, 2  # the first approval of a process looks up what the next ones remember


def plant() -> dict[str, Any]:
    """A school with its heads, and one request that waits for one of them; inside the program."""
    client = TestClient(create_app())
    tree = Tree.grow(client)
    heads = [tree.account(role, tree.school) for role in (Role.PRINCIPAL, Role.VICE_PRINCIPAL) for _ in range(HEADS)]
    family = Office(client, tree, add_guardian(tree, add_student(tree, tree.classes[0])))
    ask(family, {**entry(), "others": [outsider()]})
    return {"school": tree.school, "phones": [one.phone for one in heads]}


def copy(ground: Ground, count: int) -> None:
    """So many copies of the one request, its person and its step."""
    with psycopg.connect(ground.owner_url) as connection:
        for table, start in _STARTS.items():
            columns = [name for name in pgbench.columns(connection, table) if name not in ("id", "request_id")]
            ids = {"id": start, **({} if table == "entry_request" else {"request_id": REQUESTS})}
            kept = sql.SQL(", ").join(map(sql.Identifier, columns))
            new = sql.SQL(", ").join(sql.SQL("{} + number").format(sql.Literal(first)) for first in ids.values())
            named = sql.SQL(", ").join(map(sql.Identifier, ids))
            statement = "INSERT INTO {} ({}, {}) SELECT {}, {} FROM {}, generate_series(1, {}) AS number"
            origin = sql.Identifier(table)
            values = (origin, named, kept, new, kept, origin, sql.Literal(count))
            connection.execute(sql.SQL(statement).format(*values))
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")


def learn(phone: str) -> list[str]:
    """The statements of one approval, as the service sends them, with their values; inside the program."""
    said: list[tuple[str, Any]] = []
    client = TestClient(create_app())
    signed_in = client.post("/api/v1/sessions", json={"phone": phone, "password": PASSWORD}).json()
    for number in (_WARM, _LEARNT):
        said.clear()
        with _listening(said):
            path, body = _decision(number, "approve")
            headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
            answer = client.post(path, json=body, headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(answer.text)
    with psycopg.connect(db.engine().url.render_as_string(hide_password=False).replace("+psycopg", "")) as connection:
        cursor = psycopg.ClientCursor(connection)
        return [cursor.mogrify(statement, one) for statement, values in said for one in values]


class _listening:  # noqa: N801 - reads as what it does
    """Collects statements while a block runs."""

    def __init__(self, said: list[tuple[str, Any]]) -> None:
        self.said = said

    def note(self, _connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        """One execution; ``many``: of several rows."""
        self.said.append((statement, values if many else [values]))

    def __enter__(self) -> None:
        event.listen(db.engine(), "before_cursor_execute", self.note)

    def __exit__(self, *_: object) -> None:
        event.remove(db.engine(), "before_cursor_execute", self.note)


def _decision(number: int, verdict: str) -> tuple[str, dict[str, Any]]:
    body = {"step_id": STEPS + number, "verdict": verdict, "reason": "情况属实"}
    return f"/api/v1/entry-requests/{REQUESTS + number}/decisions", body


@dataclass
class Findings:
    """Answers by round, rates by who approved, and what should not have been."""

    answers: Counter[str] = field(default_factory=Counter)
    rates: dict[str, list[float]] = field(default_factory=lambda: {"the service": [], "pgbench": []})
    statements: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass
class Stage:
    """The ground with its school; ``taken``: how many of the copies were used."""

    ground: Ground
    api: Api
    phones: list[str]
    taken: int = _LEARNT
    found: Findings = field(default_factory=Findings)

    def tokens(self) -> list[str]:
        """Fresh ones of all heads."""
        bodies = [json.dumps({"phone": phone, "password": PASSWORD}).encode() for phone in self.phones]
        return [self.api.ask("POST", "/api/v1/sessions", body).body["access_token"] for body in bodies]

    def race(self, rounds: int) -> None:
        """So many rounds of eight decisions on one step."""
        tokens, until = [""], clock.now()
        for _ in range(rounds):
            if clock.now() >= until:
                tokens, until = self.tokens(), clock.now() + _PATIENCE
            self.taken += 1
            self._judge(self._at_once(tokens))

    def _at_once(self, tokens: list[str]) -> list[Answer]:
        def decide(token: str, verdict: str) -> Answer:
            path, body = _decision(self.taken, verdict)
            return self.api.ask("POST", path, json.dumps(body).encode(), token)

        verdicts = [("approve", "refuse")[place % 2] for place in range(len(tokens))]
        pairs = list(zip(tokens, verdicts, strict=True))
        return at_once([lambda pair=pair: decide(*pair) for pair in pairs])  # type: ignore[misc]  # lambda's default

    def _judge(self, answers: list[Answer]) -> None:
        statuses = Counter(answer.status for answer in answers)
        told = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
        self.found.answers[told] += 1
        won = [one.body["state"] for one in answers if one.status == 200]
        moves = {one.body["params"]["move"] for one in answers if one.body.get("code") == "entry_step_decided"}
        right = {"approved": {"approve"}, "refused": {"refuse"}}
        if len(won) != 1 or len(answers) != statuses[200] + statuses[409] or moves != right[won[0]]:
            self.found.wrong.append(f"request {self.taken}: {told}; {won}; told of {sorted(moves)}")

    def service_turn(self, seconds: float, most: int) -> None:
        """Approvals a second over HTTP, each of another request."""
        tokens = self.tokens()
        parts = [self.ground.folder / f"approvals-{one}.txt" for one in range(2)]
        for one, part in enumerate(parts):
            numbers = range(self.taken + 1 + one, self.taken + most, 2)
            part.write_bytes(b"\0".join(_raw(number, tokens[number % len(tokens)]) for number in numbers))
        seen = wrk.drive(self.api.port, parts, connections=CLIENTS, seconds=seconds)
        self.taken += most
        if seen.failed:
            self.found.wrong.append(f"{seen.failed} approvals were refused or not answered")
        self.found.rates["the service"].append(seen.rate)

    def database_turn(self, script: Path, seconds: float, most: int) -> None:
        """The same statements by pgbench."""
        first = {"taken": 0, "first": self.taken + 1}
        rate = pgbench.run(self.ground, script, clients=CLIENTS, seconds=seconds, protocol="simple", variables=first)
        self.taken += most
        self.found.rates["pgbench"].append(rate)

    def check(self) -> None:
        """Every decided step has one vote, every approved request its pass, and nothing is half done."""
        questions = {
            "steps with another number of votes than one": "SELECT count(*) FROM (SELECT step_id FROM entry_vote"
            " GROUP BY step_id HAVING count(*) <> 1) AS odd",
            "decided steps without a vote": "SELECT count(*) FROM entry_step AS s WHERE state IN ('passed', 'refused')"
            " AND NOT EXISTS (SELECT FROM entry_vote AS v WHERE v.step_id = s.id)",
            "approved requests without one pass": "SELECT count(*) FROM entry_request AS r WHERE state = 'approved'"
            " AND 1 <> (SELECT count(*) FROM entry_pass AS p WHERE p.source_id = r.id)",
            "passes of requests that were not approved": "SELECT count(*) FROM entry_pass AS p JOIN entry_request AS r"
            " ON r.id = p.source_id WHERE r.state <> 'approved'",
        }
        with psycopg.connect(self.ground.owner_url) as connection:
            for what, question in questions.items():
                row = connection.execute(question).fetchone()
                if row is None or row[0]:
                    self.found.wrong.append(f"{row and row[0]} {what}")


def _raw(number: int, token: str) -> bytes:
    path, body = _decision(number, "approve")
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Authorization: Bearer {token}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def write_script(statements: list[str], path: Path) -> Path:
    """A transaction of pgbench: the learnt ids become the ids of its turn, and what must differ is made anew."""
    text = ";\n".join(statements)
    for start, name in ((REQUESTS, "request"), (PERSONS, "person"), (STEPS, "step")):
        text = text.replace(str(start + _LEARNT), f":{name}")
    head = f"\\set number :first + :client_id + :taken * {CLIENTS}\n\\set taken :taken + 1\n"
    sets = "".join(
        f"\\set {name} :number + {start}\n"
        for start, name in ((REQUESTS, "request"), (PERSONS, "person"), (STEPS, "step"))
    )
    path.write_text(f"{head}{sets}BEGIN;\n{text};\nCOMMIT;\n")
    return path


def measure(rounds: int, turns: int, seconds: float) -> Findings:
    """Races, then turns."""
    most = int(seconds * 2000)
    with grounds.prepared() as ground:
        planted = _told(ground, "--plant")
        copy(ground, _LEARNT + rounds + 2 * turns * most)
        statements = _told(ground, "--learn", planted["phones"][0])
        stage = Stage(ground, ground.add_api(processes=2), planted["phones"])
        stage.found.statements = len(statements)
        stage.race(rounds)
        script = write_script(statements, ground.folder / "approval.sql")
        for _ in range(turns):
            stage.service_turn(seconds, most)
            stage.database_turn(script, seconds, most)
        stage.check()
        return stage.found


def _told(ground: Ground, *words: str) -> Any:
    done = ground.run("-m", "bench.approvals", *words)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def section(found: Findings) -> str:
    """What was found, as Markdown."""
    ratios = [ours / theirs for ours, theirs in zip(*found.rates.values(), strict=True)]
    rows = [
        (who, f"{statistics.median(rates):,.0f}", " ".join(f"{rate:,.0f}" for rate in rates))
        for who, rates in found.rates.items()
    ]
    races = [(count, told) for told, count in sorted(found.answers.items())]
    return report.section(
        "Approvals",
        f"Eight decisions on one step at once, four to approve and four to refuse:\n\n"
        f"{report.table(('rounds', 'answers'), races)}",
        f"One approval of one request is {found.statements} statements; {CLIENTS} at a time, by turns, two processes:",
        report.table(("who", "approvals a second, median", "turns"), rows),
        f"Of the database's own rate: **{statistics.median(ratios):.2f}** (median of {len(ratios)} turns).",
        "\n".join(f"- WRONG: {one}" for one in found.wrong[:20]) or "Nothing was doubled, skipped or half done.",
    )


def main() -> int:
    """Run, print, and fail where something was wrong."""
    parser = report.options(__doc__, rounds=1000, turns=3, seconds=5.0)
    parser.add_argument("--plant", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--learn", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.plant or wanted.learn:
        print(json.dumps(plant() if wanted.plant else learn(wanted.learn)))
        return 0
    found = measure(wanted.rounds, wanted.turns, wanted.seconds)
    report.publish("approvals", section(found), write=wanted.write)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
