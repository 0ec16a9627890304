"""wrk as the load generator: it leaves more of the machine to the service than a program in Python does."""

import json
import resource
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench import load
from bench.load import Seen

_SCRIPT = Path(__file__).with_suffix(".lua")


def available() -> bool:
    """Whether it is installed (Debian and Ubuntu: ``apt-get install wrk``)."""
    return shutil.which("wrk") is not None


def drive(port: int, parts: Sequence[Path], *, connections: int, seconds: float) -> Seen:
    """Keep the connections busy for that long, one thread for each file; the loop in Python where wrk is missing.

    Raises RuntimeError where wrk fails.
    """
    if not available():
        return load.drive(port, parts, connections=connections, seconds=seconds)
    size = [f"--threads={len(parts)}", f"--connections={connections}", f"--duration={round(seconds)}s", "--timeout=20s"]
    before = _cpu_of_children()
    done = subprocess.run(  # noqa: S603 - found by name, like every tool of the system
        ["wrk", *size, f"--script={_SCRIPT}", f"http://127.0.0.1:{port}", *map(str, parts)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed: {(done.stdout + done.stderr)[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    return Seen(
        rate=(told["requests"] - told["refused"]) / told["microseconds"] * 1e6,
        answers=told["requests"] - told["refused"],
        failed=told["refused"] + told["unanswered"],
        p50_ms=told["p50"] / 1000,
        p99_ms=told["p99"] / 1000,
        cpu_seconds=_cpu_of_children() - before,
    )


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
