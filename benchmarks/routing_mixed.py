"""Routing over mixed venues: time, gap and rounds of Newton, network by network.

    python benchmarks/routing_mixed.py [--venues 1000] [--seeds 8] [--json]

Networks have six kinds of venues (see ``mixed_networks.py``). Time is that of the solve alone, the least of five,
processor time of the thread; a network is prepared once per snapshot, which is timed apart.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.mixed_networks import mixed
from solver.router.maximise import maximise
from solver.router.prepare import prepare

Result = TypeVar("Result")
REPEATS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--venues", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    rows = [measured(options.venues, seed) for seed in range(options.seeds)]
    if options.json:
        json.dump({"venues": options.venues, "networks": rows}, sys.stdout, indent=1)
        print()
        return 0
    print(f"{'seed':>6}{'prepare ms':>12}{'solve ms':>10}{'evaluations':>13}{'gap':>10}{'shortfall':>11}")
    for row in rows:
        figures = (row["prepare_ms"], row["solve_ms"], row["evaluations"], row["gap"], row["shortfall"])
        print("{:>6}{:>12.2f}{:>10.2f}{:>13}{:>10.1e}{:>11.1e}".format(row["seed"], *figures))
    print(f"median solve {median(row['solve_ms'] for row in rows):.2f} ms")
    return 0


def measured(venues: int, seed: int) -> dict[str, Any]:
    drawn = mixed(venues, seed)
    prepared, prepare_ms = least(lambda: prepare(drawn.network))
    routing, solve_ms = least(lambda: maximise(prepared, drawn.goal))
    return {
        "seed": seed,
        "prepare_ms": prepare_ms,
        "solve_ms": solve_ms,
        "evaluations": routing.iterations,
        "value": routing.value,
        "bound": routing.bound,
        "gap": routing.gap,
        "shortfall": routing.shortfall,
    }


def least(run: Callable[[], Result]) -> tuple[Result, float]:
    """The result and the least milliseconds of processor time."""
    times = []
    for _ in range(REPEATS):
        began = time.thread_time()
        result = run()
        times.append(1e3 * (time.thread_time() - began))
    return result, min(times)


if __name__ == "__main__":
    sys.exit(main())
