"""The database goes away and comes back; the process is told to stop under load."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import ground as grounds
from bench import ledger, phone, tally, undertaker
from bench.api import Answer, Api
from bench.ground import Ground
from bench.province import Family, Province


def submit(api: Api, family: Family) -> Answer:
    reading = phone.take(family.children[0])
    return api.ask("POST", "/api/v1/checkins", reading.body, family.token)


def submit_all_at_once(api: Api, province: Province) -> list[Answer]:
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda family=family: answers.append(submit(api, family)))
        for family in province.families
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_database_away_is_503_and_its_return_needs_no_restart(ground: Ground, province: Province, api: Api) -> None:
    assert {answer.status for answer in submit_all_at_once(api, province)} == {201}
    ground.stop_database()
    try:
        refused = [*submit_all_at_once(api, province), *submit_all_at_once(api, province)]
        assert {answer.status for answer in refused} == {503}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        assert all(answer.headers["content-type"] == "application/problem+json" for answer in refused)
        assert max(answer.seconds for answer in refused) < 3
        assert api.ask("GET", "/healthz").status == 200
        assert api.ask("GET", "/readyz").status == 503
    finally:
        ground.start_database()
    back, pid = time.monotonic(), api.pid
    while submit(api, province.families[0]).status != 201:
        assert time.monotonic() - back < 10
    assert api.answers("/readyz")
    assert api.pid == pid


def test_sigterm_and_ctrl_c_under_load_leave_nothing_undone(ground: Ground, province: Province, api: Api) -> None:
    before = tally.ids(ground)
    with ledger.clients(api.port, province.families) as led:
        for number in (signal.SIGTERM, signal.SIGINT):
            led.wait_for_more(100)
            _, seconds = api.end(number)
            assert seconds < 30
            api.start()
        led.wait_for_more(100)
    left = tally.take(ground, led, before)
    assert left.whole, str(left)


def test_processes_side_by_side_end_together_under_load_and_leave_nothing_undone(
    ground: Ground, province: Province
) -> None:
    before = tally.ids(ground)
    pair = ground.add_api(processes=2)
    with ledger.clients(pair.port, province.families) as led:
        led.wait_for_more(100)
        _, seconds = pair.end()
        assert seconds < 30
        pair.start()
        led.wait_for_more(100)
    left = tally.take(ground, led, before)
    assert left.whole, str(left)
    pair.end()
    ended = time.monotonic()
    while _lives(pair.pid):  # the last of them tidies up after the others
        assert time.monotonic() - ended < 10


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def alone() -> Iterator[Api]:
    """An API that starts the embedded database itself, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="lianfang-alone-"))
    folder.chmod(0o755)  # root's server runs as somebody else, who must get in
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIANFANG_")}
    with undertaker.watch(folder):
        made = Api(inherited | {"LIANFANG_DATA_FOLDER": str(folder / "data")}, folder / "api.log")
        yield made
        made.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_serves_alone_takes_its_database_along(alone: Api, number: signal.Signals) -> None:
    alone.start()
    assert alone.answers("/readyz")
    pid_file = grounds.database_folder(alone.log.parent / "data") / "data" / "postmaster.pid"
    pid = int(pid_file.read_text().splitlines()[0])
    _, seconds = alone.end(number)
    assert seconds < 30
    assert not pid_file.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert {path.name for path in alone.log.parent.iterdir()} == {"data", "api.log"}
