"""Eight guards scan one single-use pass at once: one lets in, seven turn away.

    python -m bench.gate [--rounds 1000]

At the end the entries and those turned away are held against the figures, and who is inside against the events.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
from starlette.testclient import TestClient

from app.access.roles import Role
from app.access.service import SYSTEM
from app.api.main import create_app
from app.gates import service as gates
from app.gates.service import Holder
from app.institutions import service as institutions
from app.kernel import clock, db
from bench import ground as grounds
from bench.api import Answer, Api
from bench.ground import Ground
from bench.races import at_once
from tests.factories.people import scope
from tests.factories.tree import Tree
from tests.gates.steps import stand_at

GUARDS = 8
_PATIENCE = timedelta(minutes=9)  # an access token of the guard's lives for ten


def plant(rounds: int) -> dict[str, Any]:
    """A school's gate with a guard, and a pass for each round; inside the program."""
    tree = Tree.grow(TestClient(create_app()))
    gate = stand_at(tree)
    now = clock.now()
    holder = Holder(name="王*", venue_ids=(), valid_from=now, valid_until=now + timedelta(hours=8), single_use=True)
    with db.transaction(scope(tree.school)) as session:
        institutions.widen_to_ancestors(session, tree.school)
        gates.issue(session, SYSTEM, tree.school, [holder] * rounds, source="entry_request", source_id=1)
        codes = [one.token for one in gates.passes_of(session, tree.school, "entry_request", 1)]
    guard = tree.account(Role.GATE_GUARD, tree.school)
    return {"school": tree.school, "gate": gate.id, "phone": guard.phone, "password": guard.password, "codes": codes}


def run(api: Api, found: dict[str, Any]) -> Counter[str]:
    """How often each set of decisions came."""
    path = f"/api/v1/institutions/{found['school']}/gate-events"
    seen: Counter[str] = Counter()
    token, until = "", clock.now()
    for code in found["codes"]:
        if clock.now() >= until:
            signed_in = json.dumps({"phone": found["phone"], "password": found["password"]}).encode()
            token, until = api.ask("POST", "/api/v1/sessions", signed_in).body["access_token"], clock.now() + _PATIENCE
        told = Counter(_decision(answer) for answer in _scans(api, path, found["gate"], code, token))
        seen[", ".join(f"{count} x {one}" for one, count in sorted(told.items()))] += 1
    return seen


def _scans(api: Api, path: str, gate: int, code: str, token: str) -> list[Answer]:
    """What each guard hears, all of whom scan at the same moment."""

    def scan() -> Answer:
        item = {"id": str(uuid4()), "venue_id": gate, "direction": "in", "code": code}
        return api.ask("POST", path, json.dumps({"items": [item]}).encode(), token)

    return at_once([scan] * GUARDS)


def _decision(answer: Answer) -> str:
    return str(answer.body["items"][0]["decision"]) if answer.status == 200 else str(answer.status)


def standing(ground: Ground, school: int) -> dict[str, int]:
    """What the database says in the end: events, figures, who is inside."""
    with psycopg.connect(ground.owner_url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM gate_event WHERE outcome = 'admitted'),"
            " (SELECT count(*) FROM gate_event WHERE outcome = 'turned_away'), sum(entries), sum(turned_away),"
            " (SELECT inside FROM school_presence WHERE institution_id = %(id)s)"
            " FROM school_day WHERE institution_id = %(id)s",
            {"id": school},
        ).fetchone()
    names = ("admitted", "turned away", "figure of entries", "figure of turned away", "inside")
    return dict(zip(names, map(int, row or ()), strict=True))


def main() -> int:
    """Run, print, and fail where a round went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--plant", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.plant:
        print(json.dumps(plant(wanted.rounds)))
        return 0
    with grounds.prepared() as ground:
        planted = ground.run("-m", "bench.gate", "--plant", "--rounds", str(wanted.rounds))
        if planted.returncode != 0:
            raise RuntimeError(planted.stderr[-2000:])
        found = json.loads(planted.stdout.splitlines()[-1])
        seen = run(ground.add_api(), found)
        end = standing(ground, found["school"])
    for told, count in sorted(seen.items()):
        print(f"{count:6} rounds  {told}")
    print(end)
    right = {f"1 x admitted, {GUARDS - 1} x turned_away": wanted.rounds}
    counts = [wanted.rounds, wanted.rounds * (GUARDS - 1)]
    return 0 if seen == right and [*end.values()] == [*counts, *counts, wanted.rounds] else 1


if __name__ == "__main__":
    sys.exit(main())
