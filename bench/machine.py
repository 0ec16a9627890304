"""The machine that figures were taken on, and the CPU that processes have used."""

import os
import platform
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def facts() -> list[str]:
    """Processor, cores, memory, kernel, Python."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB",
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
    ]


def cpu_seconds(parent: int) -> float:
    """What a process, its living children and those it has reaped have used."""
    total = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        own, reaped = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        if int(folder.name) == parent:
            total += own + reaped
        elif int(fields[1]) == parent:
            total += own
    return total / _TICK


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
