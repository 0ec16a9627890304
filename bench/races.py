"""Many at once on the same thing: one winner, defined answers for the rest.

    python -m bench.races [--rounds 1000]

Each round lets everybody start at a barrier: eight phones that send the same reading, eight corrections of one reading,
twenty refreshes with one token. At the end the counters are held against the rows.
"""

import argparse
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

import psycopg

from bench import ground as grounds
from bench import tally
from bench.api import Answer, Api
from bench.ground import Ground
from bench.phone import take
from bench.province import Family, Province, plant
from tests.factories.tree import PASSWORD

PHONES = 8
REFRESHES = 20
_ROUNDS_OF_A_TOKEN = 100  # far less than the ten minutes that a token holds


@dataclass
class Findings:
    """How often each set of answers came, by race; ``wrong`` says what should not have been."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def judge(self, race: str, answers: Sequence[Answer], expected: dict[int, int]) -> None:
        """Count a round whose statuses must be ``expected``."""
        statuses = Counter(answer.status for answer in answers)
        told = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
        self.answers[f"{race}: {told}"] += 1
        if statuses != expected:
            self.wrong.append(f"{race}: {told}")


def run(ground: Ground, api: Api, province: Province, *, rounds: int) -> Findings:
    """All races, so many rounds each."""
    found = Findings()
    families = province.families
    for number in range(rounds):
        if number % _ROUNDS_OF_A_TOKEN == 0:  # the province may have been planted long before
            families = [_signed_in(api, family) for family in families]
        family = families[number % len(families)]
        _same_reading(api, family, found)
        _same_correction(api, family, found)
    _refreshes(api, province.families[0], rounds, found)
    doubled = _doubled(ground)
    if doubled:
        found.wrong.append(f"{doubled} readings stand twice")
    drifting = tally.different(ground)
    if drifting:
        found.wrong.append(f"{drifting} leaves differ from their rows")
    return found


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """What each call answers, all begun at the same moment."""
    barrier = threading.Barrier(len(calls))
    answers: list[Answer] = []

    def go(call: Callable[[], Answer]) -> None:
        barrier.wait()
        answers.append(call())

    threads = [threading.Thread(target=go, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _same_reading(api: Api, family: Family, found: Findings) -> None:
    body = take(family.children[0]).body
    answers = at_once([lambda: api.ask("POST", "/api/v1/checkins", body, family.token)] * PHONES)
    found.judge("eight phones, one reading", answers, {201: 1, 200: PHONES - 1})


def _same_correction(api: Api, family: Family, found: Findings) -> None:
    wrong = take(family.children[-1])
    api.ask("POST", "/api/v1/checkins", wrong.body, family.token)
    bodies = [
        {"id": str(uuid4()), "person_id": wrong.child.person_id, "temperature": 36.0 + one / 10, "reason": "更正"}
        for one in range(PHONES)
    ]
    path = f"/api/v1/checkins/{wrong.id}/corrections"
    answers = at_once(
        [
            lambda body=body: api.ask("POST", path, json.dumps(body).encode(), family.token)  # type: ignore[misc]
            for body in bodies
        ]
    )
    found.judge("eight corrections of one reading", answers, {201: 1, 409: PHONES - 1})


def _signed_in(api: Api, family: Family) -> Family:
    body = json.dumps({"phone": family.phone, "password": PASSWORD}).encode()
    return replace(family, token=api.ask("POST", "/api/v1/sessions", body).body["access_token"])


def _refreshes(api: Api, family: Family, rounds: int, found: Findings) -> None:
    """All continue one session: whoever comes second gets the token that the first got."""
    signed_in = json.dumps({"phone": family.phone, "password": PASSWORD}).encode()
    token = api.ask("POST", "/api/v1/sessions", signed_in).body["refresh_token"]
    for _ in range(rounds):
        body = json.dumps({"refresh_token": token}).encode()
        answers = at_once([lambda body=body: api.ask("POST", "/api/v1/sessions/refresh", body)] * REFRESHES)  # type: ignore[misc]
        found.judge("twenty refreshes of one token", answers, {200: REFRESHES})
        successors = {answer.body.get("refresh_token") for answer in answers}
        if len(successors) != 1 or None in successors:
            found.wrong.append(f"refreshes: {len(successors)} successors")
            return
        token = successors.pop()


def _doubled(ground: Ground) -> int:
    with psycopg.connect(ground.owner_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM (SELECT coalesce(replaces, id) AS reading FROM checkin WHERE replaced_by IS NULL"
            " GROUP BY 1 HAVING count(*) > 1) AS twice"
        ).fetchone()
    return int(row[0]) if row else -1


def main() -> int:
    """Run, print, and fail where a round went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    wanted = parser.parse_args()
    with grounds.prepared() as ground:
        province = plant(ground, schools=2, classes=2, families=20)
        found = run(ground, ground.add_api(), province, rounds=wanted.rounds)
    for told, count in sorted(found.answers.items()):
        print(f"{count:6} rounds  {told}")
    print("\n".join(found.wrong[:20]) or "nothing doubled, no drift, one winner in each round")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
