"""Where an API process spends its time: py-spy looks from outside at who holds the interpreter, under load."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench import machine
from bench.api import Api
from bench.report import table

_PY_SPY = Path(sys.executable).parent / "py-spy"
_SHOWN = 20


class Watch:
    """A recording of one process of an API that is under way."""

    def __init__(self, api: Api, kept: Path, *, seconds: float) -> None:
        self._kept = kept
        process = _busiest(api)
        how = ["--duration", str(round(seconds)), "--rate", "250", "--gil", "--format", "raw", "--output", str(kept)]
        self._running = subprocess.Popen(  # noqa: S603 - the locked tool
            [_PY_SPY, "record", "--pid", str(process), *how], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def table(self) -> str:
        """The functions on top, as Markdown, once the recording is over. Raises RuntimeError where there is none."""
        if self._running.wait(timeout=120) != 0:
            raise RuntimeError("py-spy could not look at the process; it needs the right to trace it")
        return _told(self._kept.read_text().splitlines())


def _busiest(api: Api) -> int:
    """The process that answers; of several the one that has worked most, not the one that only watches over them."""
    return max(machine.children(api.pid) or [api.pid], key=machine.cpu_seconds_of)


def _told(stacks: Iterable[str]) -> str:
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = [_named(frame) for frame in stack.split(";")]
        own[frames[-1]] += int(count)
        for frame in set(frames):
            whole[frame] += int(count)
    total = max(own.total(), 1)
    rows = [
        (f"`{name}`", f"{count / total:.1%}", f"{whole[name] / total:.1%}") for name, count in own.most_common(_SHOWN)
    ]
    outer = [(f"`{name}`", f"{own[name] / total:.1%}", f"{count / total:.1%}") for name, count in _of_ours(whole)]
    head = ("function", "itself", "with what it calls")
    return "\n\n".join([table(head, rows), "Of the program's own, by all that they call:", table(head, outer)])


def _of_ours(whole: Counter[str]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in whole.most_common() if "(app/" in name][:_SHOWN]


def _named(frame: str) -> str:
    """Without the number of the line: `land (app/checkins/service/landing.py)`."""
    return frame.rpartition(":")[0] + ")" if ":" in frame else frame
