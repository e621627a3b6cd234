"""Start to ready: how long a single node's process takes until it answers ``/health/ready``, and to end again.

    python -m benchmarks.node_start [--repeats 10] [--json]

Each run starts ``walras node run`` as a user does, on a home that exists and on a new one, and asks until it is
ready; then ``walras --help``. Seconds of wall time and of the process's own CPU time until then; the best and the
median of all runs. The peer in the same run is the interpreter alone importing trio and Hypercorn. On a busy
machine ``chrt -f 1`` before the command has it served first, as if there were nobody else.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

WALRAS: Final = Path(sys.executable).with_name("walras")
TARGET_S: Final = 1.0
HELP_TARGET_S: Final = 0.25
_GIVE_UP_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds: ``told`` until it says that it is ready, ``ready`` until it answers so, ``cpu`` spent by then."""

    told: float
    ready: float
    cpu: float
    stop: float


def start(home: Path) -> Start:
    """One node, started and ended."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [WALRAS, "node", "run", "--home", home, "--api-port", "0", "--json", "--quiet"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        told, text = 0.0, b""
        while not text.rstrip().endswith(b"}"):
            chunk = os.read(process.stdout.fileno(), 4096)
            if not chunk:
                raise SystemExit(f"the node ended with {process.wait()}")
            text += chunk
        told = time.perf_counter() - began
        url = json.loads(text)["url"]
        with httpx.Client(trust_env=False) as client:
            while client.get(f"{url}/health/ready").status_code != httpx.codes.OK:
                if time.perf_counter() - began > _GIVE_UP_S:
                    raise SystemExit("never ready")
        ready, cpu = time.perf_counter() - began, _cpu_s(process.pid)
        process.send_signal(signal.SIGTERM)
        ended = time.perf_counter()
        process.wait(_GIVE_UP_S)
        return Start(told, ready, cpu, time.perf_counter() - ended)


def _cpu_s(pid: int) -> float:
    """User and system time of a living process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def command(arguments: Sequence[str | Path]) -> tuple[float, float]:
    """Wall and CPU seconds of a whole command."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.node_start", description=__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measured(options.repeats)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, figures in found.items():
        print(f"{name:18}", "  ".join(f"{key} {value:.3f}" for key, value in figures.items()))


def measured(repeats: int) -> dict[str, dict[str, float]]:
    """Figures by what was started."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = [start(Path(folder) / f"new{number}") for number in range(repeats)]
        again = [start(Path(folder) / "new0") for _ in range(repeats)]
    bare = [command([sys.executable, "-c", "import trio, hypercorn.trio"]) for _ in range(repeats)]
    shown = [command([WALRAS, "--help"]) for _ in range(repeats)]
    figures = {
        "first start": _starts(fresh),
        "start": _starts(again),
        "trio and hypercorn": _commands(bare),
        "walras --help": _commands(shown),
    }
    figures["start"]["target_s"] = TARGET_S
    figures["start"]["times_bare"] = figures["start"]["ready_best_s"] / figures["trio and hypercorn"]["best_s"]
    figures["walras --help"]["target_s"] = HELP_TARGET_S
    return figures


def _starts(runs: Sequence[Start]) -> dict[str, float]:
    def of(pick: Callable[[Start], float]) -> list[float]:
        return [pick(run) for run in runs]

    ready = of(lambda run: run.ready)
    return {
        "ready_best_s": min(ready),
        "ready_median_s": statistics.median(ready),
        "cpu_best_s": min(of(lambda run: run.cpu)),
        "stop_worst_s": max(of(lambda run: run.stop)),
    }


def _commands(runs: Sequence[tuple[float, float]]) -> dict[str, float]:
    wall, cpu = [run[0] for run in runs], [run[1] for run in runs]
    return {"best_s": min(wall), "median_s": statistics.median(wall), "cpu_best_s": min(cpu)}


if __name__ == "__main__":
    main()
