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
    """What a process, all below it and those that they have reaped have used."""
    ticks, below = _processes()
    total, found = 0, [parent]
    while found:
        process = found.pop()
        total += ticks.get(process, 0)
        found += below.get(process, ())
    return total / _TICK


def cpu_seconds_of(process: int) -> float:
    """What one process alone has used."""
    return _processes()[0].get(process, 0) / _TICK


def cpu_precisely(process: int) -> float:
    """The same by the scheduler's clock, to the microsecond; 0 where the system does not tell."""
    found = _lines(f"/proc/{process}/schedstat")
    return int(found[0].split()[0]) / 1e9 if found else 0.0


def children(parent: int) -> list[int]:
    """The processes right below one."""
    return sorted(_processes()[1].get(parent, ()))


def resident_mib(process: int) -> float:
    """Memory that a process holds; 0 where it is gone."""
    found = next((line for line in _lines(f"/proc/{process}/status") if line.startswith("VmRSS")), "VmRSS: 0 kB")
    return int(found.split()[1]) / 1024


def load() -> str:
    """How busy the machine is with everything that runs on it."""
    return "load average " + ", ".join(f"{one:.1f}" for one in os.getloadavg())


def _processes() -> tuple[dict[int, int], dict[int, list[int]]]:
    """Ticks of each process with those it has reaped, and who is below whom."""
    ticks: dict[int, int] = {}
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        ticks[int(folder.name)] = sum(map(int, fields[11:15]))
        below.setdefault(int(fields[1]), []).append(int(folder.name))
    return ticks, below


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
