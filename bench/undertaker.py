"""Ends what a ground has started, even where whoever started it was killed.

`watch` starts a process that waits for the end of its input: that comes when the caller closes it, or is gone. It then
kills the API processes and the database server that have their pid files below the folder, and removes the folder.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def watch(folder: Path) -> Iterator[None]:
    """Have everything in ``folder`` ended and removed after the block, however the block ends."""
    command = [sys.executable, "-m", "bench.undertaker", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True):  # noqa: S603 - ourselves
        yield


def bury(folder: Path) -> None:
    """Kill what has a pid file here, and remove the folder with what was placed elsewhere for it."""
    elsewhere = [Path(marker.read_text().strip()) for marker in folder.rglob("elsewhere")]
    for place in (folder, *elsewhere):
        for pid_file in (*place.rglob("*.pid"),):
            _kill_group(pid_file)
    for place in (*elsewhere, folder):
        shutil.rmtree(place, ignore_errors=True)


def _kill_group(pid_file: Path) -> None:
    # Each of them leads a session of its own, so its group holds its children and nobody else.
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.killpg(int(pid_file.read_text().split()[0]), signal.SIGKILL)


if __name__ == "__main__":
    sys.stdin.read()
    bury(Path(sys.argv[1]))
