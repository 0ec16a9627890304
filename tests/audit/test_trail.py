"""The trail: written with the act, refused to be changed, and every kind of tampering found."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.access.roles import Role
from app.access.service import SYSTEM, Actor
from app.audit import service as audit
from app.audit.errors import AnchorsError
from app.audit.schemas import BreakKind
from app.kernel import clock, db
from app.kernel.db import Scope
from app.kernel.workflow import OBSERVERS, Decision
from tests.factories.tree import Tree

ACTOR = Actor(account_id=7)


def write(school: int, *reasons: str, act: str = "people.unmask") -> None:
    for reason in reasons:
        with db.transaction(Scope(institutions=frozenset({school}))) as session:
            audit.record(session, ACTOR, act, "person", 1, institution_id=school, reason=reason)


def chain(owner: Engine, school: int) -> list[tuple[int, str | None]]:
    with owner.connect() as connection:
        rows = connection.execute(
            text("SELECT seq, reason FROM audit_entry WHERE institution_id = :school ORDER BY seq"), {"school": school}
        )
        return [(row.seq, row.reason) for row in rows]


@pytest.fixture
def forge(owner: Engine) -> Callable[[str, int], None]:
    """Run a statement as somebody who owns the database and has switched off its triggers."""

    def run(statement: str, school: int) -> None:
        with owner.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(statement), {"school": school})

    return run


def breaks(connection: Connection, school: int, anchors: dict[int, audit.Head] | None = None) -> set[BreakKind]:
    return {found.what for found in audit.verify(connection, anchors).breaks if found.institution_id == school}


def test_entries_are_chained_and_verify(tree: Tree, owner: Engine) -> None:
    write(tree.school, "one", "two", "three")
    assert chain(owner, tree.school) == [(1, "one"), (2, "two"), (3, "three")]
    with owner.connect() as connection:
        assert breaks(connection, tree.school) == set()
        assert audit.verify(connection).entries >= 3


def test_an_act_that_rolls_back_takes_its_entry_along(tree: Tree, owner: Engine) -> None:
    def act() -> None:
        with db.transaction(Scope(institutions=frozenset({tree.school}))) as session:
            audit.record(session, ACTOR, "people.unmask", "person", 1, institution_id=tree.school)
            raise LookupError

    with pytest.raises(LookupError):
        act()
    assert chain(owner, tree.school) == []


def test_a_savepoint_that_rolls_back_takes_only_its_own_entries(tree: Tree, owner: Engine) -> None:
    def record(session: Session, reason: str) -> None:
        audit.record(session, ACTOR, "people.unmask", "person", 1, institution_id=tree.school, reason=reason)

    with db.transaction(Scope(institutions=frozenset({tree.school}))) as session:
        record(session, "before")
        with session.begin_nested() as outer:
            with session.begin_nested():
                record(session, "inner, released into outer")
            record(session, "outer")
            outer.rollback()
        with session.begin_nested():
            record(session, "released")
    assert [reason for _, reason in chain(owner, tree.school)] == ["before", "released"]


def test_an_office_leaves_its_trace_in_a_school_that_it_cannot_look_into(tree: Tree, owner: Engine) -> None:
    with db.transaction(Scope(subtrees=frozenset({tree.county}))) as session:
        audit.record(session, ACTOR, "institutions.rename", "institution", 1, institution_id=tree.school, reason="a")
        audit.record(session, ACTOR, "institutions.rename", "institution", 1, institution_id=tree.city, reason="b")
    assert chain(owner, tree.school) == [(1, "a")]
    assert chain(owner, tree.city) == [(1, "b")]


def test_every_move_of_a_workflow_is_an_entry(tree: Tree, owner: Engine) -> None:
    decision = Decision(
        institution_id=tree.school,
        subject="invitation",
        subject_id="5",
        move="revoke",
        source="issued",
        target="revoked",
        account_id=7,
        reason="lost",
        at=clock.now(),
    )
    with db.transaction(Scope(institutions=frozenset({tree.school}))) as session:
        for observe in OBSERVERS:
            observe(session, decision)
    with owner.connect() as connection:
        row = connection.execute(
            text("SELECT act, subject_id, details FROM audit_entry WHERE institution_id = :school"),
            {"school": tree.school},
        ).one()
    assert (row.act, row.subject_id) == ("invitation.revoke", "5")
    assert row.details == {"from": "issued", "to": "revoked"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET reason = 'x' WHERE institution_id = :school",
        "DELETE FROM audit_entry WHERE institution_id = :school",
        "TRUNCATE audit_entry",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_entry_chain ON audit_entry",
    ],
)
def test_the_application_cannot_touch_what_it_has_written(tree: Tree, owner: Engine, statement: str) -> None:
    write(tree.school, "kept")

    def touch() -> None:
        with db.transaction(Scope(institutions=frozenset({tree.school}))) as session:
            session.execute(text(statement), {"school": tree.school} if ":school" in statement else {})

    with pytest.raises(ProgrammingError):
        touch()
    assert chain(owner, tree.school) == [(1, "kept")]


def test_the_application_cannot_choose_number_or_hash(tree: Tree, owner: Engine) -> None:
    write(tree.school, "first")
    with db.transaction(Scope(institutions=frozenset({tree.school}))) as session:
        session.execute(
            text(
                "INSERT INTO audit_entry (institution_id, seq, at, act, subject, subject_id, details, previous_hash, "
                "hash) VALUES (:school, 99, now(), 'a', 's', '1', '{}', 'forged', 'forged')"
            ),
            {"school": tree.school},
        )
    assert [seq for seq, _ in chain(owner, tree.school)] == [1, 2]
    with owner.connect() as connection:
        assert breaks(connection, tree.school) == set()


OF = "WHERE institution_id = :school"
# ruff: noqa: S608 - the statements are made of two constants
FORGERIES: dict[str, tuple[list[str], set[BreakKind]]] = {
    "a word changed": ([f"UPDATE audit_entry SET reason = 'other' {OF} AND seq = 2"], {BreakKind.CHANGED}),
    "a microsecond added": (
        [f"UPDATE audit_entry SET at = at + interval '1 microsecond' {OF} AND seq = 2"],
        {BreakKind.CHANGED},
    ),
    "another account": ([f"UPDATE audit_entry SET account_id = NULL {OF} AND seq = 2"], {BreakKind.CHANGED}),
    "one deleted": ([f"DELETE FROM audit_entry {OF} AND seq = 2"], {BreakKind.GAP, BreakKind.UNLINKED}),
    "the first deleted": ([f"DELETE FROM audit_entry {OF} AND seq = 1"], {BreakKind.GAP, BreakKind.UNLINKED}),
    "one deleted and the rest renumbered": (
        [f"DELETE FROM audit_entry {OF} AND seq = 2", f"UPDATE audit_entry SET seq = seq - 1 {OF} AND seq > 2"],
        {BreakKind.CHANGED, BreakKind.UNLINKED},
    ),
    "two swapped": (
        [
            f"UPDATE audit_entry SET seq = CASE seq WHEN 2 THEN 103 ELSE 102 END {OF} AND seq IN (2, 3)",
            f"UPDATE audit_entry SET seq = seq - 100 {OF} AND seq > 100",
        ],
        {BreakKind.CHANGED, BreakKind.UNLINKED},
    ),
    "changed and hashed anew": (
        [
            f"UPDATE audit_entry SET reason = 'other' {OF} AND seq = 2",
            f"UPDATE audit_entry SET hash = audit_digest(audit_entry) {OF} AND seq = 2",
        ],
        {BreakKind.UNLINKED},
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_tampering_is_found(tree: Tree, owner: Engine, forge: Callable[[str, int], None], forgery: str) -> None:
    statements, shows = FORGERIES[forgery]
    write(tree.school, "one", "two", "three", "four")
    for statement in statements:
        forge(statement, tree.school)
    with owner.connect() as connection:
        assert breaks(connection, tree.school) == shows


def test_a_tail_that_was_cut_off_is_found_by_the_anchors(
    tree: Tree, owner: Engine, forge: Callable[[str, int], None], tmp_path: Path
) -> None:
    write(tree.school, "one", "two", "three")
    file = tmp_path / "anchors.json"
    with owner.connect() as connection:
        assert audit.write_anchors(connection, file) >= 1
    assert file.stat().st_mode & 0o777 == 0o600
    anchors = {tree.school: audit.read_anchors(file)[tree.school]}
    write(tree.school, "four")
    with owner.connect() as connection:
        assert breaks(connection, tree.school, anchors) == set()
    forge("DELETE FROM audit_entry WHERE institution_id = :school AND seq >= 3", tree.school)
    with owner.connect() as connection:
        assert breaks(connection, tree.school) == set()
        assert breaks(connection, tree.school, anchors) == {BreakKind.CUT}
    write(tree.school, "a new third")
    with owner.connect() as connection:
        assert breaks(connection, tree.school, anchors) == {BreakKind.REWRITTEN}


def test_a_file_that_holds_no_anchors_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "anchors.json"
    for content in ("", "[]", '{"a": 1}', '{"1": [1]}'):
        file.write_text(content)
        with pytest.raises(AnchorsError):
            audit.read_anchors(file)


def test_writers_at_once_make_one_chain(tree: Tree, owner: Engine) -> None:
    barrier = threading.Barrier(8)

    def writer(number: int) -> None:
        barrier.wait()
        write(tree.school, *(f"{number}-{turn}" for turn in range(5)))

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seq for seq, _ in chain(owner, tree.school)] == list(range(1, 41))
    with owner.connect() as connection:
        assert breaks(connection, tree.school) == set()


def test_two_acts_on_two_chains_in_opposite_order_do_not_block_each_other(tree: Tree, owner: Engine) -> None:
    other = tree.add_school()
    barrier = threading.Barrier(2)

    def act(order: list[int]) -> None:
        for _ in range(20):
            barrier.wait()
            with db.transaction() as session:
                for school in order:
                    audit.record(session, SYSTEM, "test", "school", school, institution_id=school)
                    session.execute(text("SELECT 1"))

    pair = [tree.school, other]
    threads = [threading.Thread(target=act, args=(order,)) for order in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(chain(owner, school)) for school in pair] == [40, 40]


def test_principal_and_auditor_read_it_with_filters_page_by_page(tree: Tree, client: TestClient) -> None:
    write(tree.school, "one", "two", "three")
    write(tree.school, "four", act="people.search")
    principal = tree.account(Role.PRINCIPAL, tree.school)
    auditor = tree.account(Role.AUDITOR, tree.school)
    url = f"/api/v1/institutions/{tree.school}/audit-entries"
    whole = client.get(url, headers=auditor.headers, params={"subject": "person"}).json()
    assert [entry["reason"] for entry in whole["items"]] == ["one", "two", "three", "four"]
    assert len(whole["items"][0]["hash"]) == 64
    first = client.get(url, headers=principal.headers, params={"act": "people.unmask", "limit": 2}).json()
    rest = client.get(
        url, headers=principal.headers, params={"act": "people.unmask", "limit": 2, "cursor": first["next"]}
    ).json()
    assert [entry["reason"] for entry in first["items"] + rest["items"]] == ["one", "two", "three"]
    assert rest["next"] is None
    nobody = client.get(url, headers=principal.headers, params={"account_id": 8, "act": "people.unmask"}).json()
    assert nobody["items"] == []


@pytest.mark.parametrize("role", [Role.HOMEROOM_TEACHER, Role.SCHOOL_REPORTER, Role.PROVINCIAL_ADMIN])
def test_nobody_else_reads_it(tree: Tree, client: TestClient, role: Role) -> None:
    place = tree.province if role is Role.PROVINCIAL_ADMIN else tree.school
    unit = tree.classes[0] if role is Role.HOMEROOM_TEACHER else None
    login = tree.account(role, place, unit_id=unit)
    answer = client.get(f"/api/v1/institutions/{tree.school}/audit-entries", headers=login.headers)
    assert answer.status_code == 403


def test_a_foreign_chain_answers_as_one_that_is_not_there(tree: Tree, client: TestClient) -> None:
    twin = Tree.grow(client)
    write(twin.school, "foreign")
    principal = tree.account(Role.PRINCIPAL, tree.school)
    answers = [
        client.get(f"/api/v1/institutions/{school}/audit-entries", headers=principal.headers)
        for school in (twin.school, 2**62)
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content
