"""Whose processor time it is: of a process, of those it started, and how busy the machine was besides (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Used:
    """Processor seconds so far: of the process itself, and of children that have ended and been waited for."""

    parent: int
    own_s: float
    ended_s: float


def used(pid: int) -> Used:
    """Of one process, all its threads. Raises ``OSError`` where there is none."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    user, system, ended_user, ended_system = (int(ticks) / _TICKS_PER_S for ticks in fields[11:15])
    return Used(int(fields[1]), user + system, ended_user + ended_system)


def started_s(pid: int) -> float:
    """Of all that the process has started and those have started, whether they still run or not."""
    alive = _all()
    seconds, parents = used(pid).ended_s, [pid]
    while parents:
        parent = parents.pop()
        for child, found in alive.items():
            if found.parent == parent:
                seconds += found.own_s + found.ended_s
                parents.append(child)
    return seconds


def queued_s(pid: int) -> float:
    """How long the threads that it has now have been ready to run so far, and others had the cores."""
    waited_ns = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            waited_ns += int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text("ascii").split()[1])
        except OSError:
            continue  # it has ended since
    return waited_ns / 1e9


def load_average() -> float:
    """Processes that ran or wanted to, over the last minute."""
    return os.getloadavg()[0]


def busy_note(load: float) -> str:
    """What to say of figures taken where the load average was ``load`` before the start; nothing if it was low."""
    if load <= (os.cpu_count() or 1) / 4:
        return ""
    return (
        f"others were at work: the load average was {load:.1f} before the start; on a quiet machine this is faster"
    )


def _all() -> dict[int, Used]:
    found: dict[int, Used] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found[int(name)] = used(int(name))
            except OSError:
                continue  # it has ended since
    return found
