"""Twenty nodes on one machine: does every item reach every node, and how late.

``python -m benchmarks.p2p_twenty [--nodes N] [--processes N] [--publishers N] [--rate N] [--seconds N] [--size N]
[--unpacked] [--linger-ms N] [--forward-ms N] [--degree N] [--profile FILE] [--json]``. Nodes are connected over
loopback to a few random others. ``--rate`` items of ``--size`` bytes (250: a signed intent) a second are handed to
random publishers and packed as a node packs them; with ``--unpacked`` each is a message of its own. A delay runs
from the moment an item is handed over to the moment another node's handler has it.

The nodes live in ``--processes`` (2) processes and delays are those of the clock on the wall. With ``--processes
1`` they are in this one and delays in its own time: the CPU it used and the time it slept, as on one core that
nobody shares.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.p2p_many.fleet import Outcome, Plan, run
from benchmarks.p2p_many.processes import run_in_processes
from p2p.mesh import MeshParams
from p2p.packing import PackLimits

_PLANNED = ("nodes", "rate", "seconds", "dials", "seed", "size")


@dataclass(frozen=True)
class Row:
    """``copies`` of packs received and ``frames`` written for each pack that was new; ``cpu`` of all, in cores."""

    nodes: int
    processes: int
    items: int
    per_s: int
    missing: int
    p50_ms: float
    p99_ms: float
    most_ms: float
    packs: int
    copies: float
    frames: float
    cpu: float
    cpu_us_per_delivery: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--publishers", type=int, default=0, help="how many nodes are given items; 0: all")
    parser.add_argument("--size", type=int, default=250)
    parser.add_argument("--unpacked", action="store_true")
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--dials", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--linger-ms", type=int, default=PackLimits().linger_ms)
    parser.add_argument("--forward-ms", type=int, default=MeshParams().forward_ms)
    parser.add_argument("--degree", type=int, default=MeshParams().degree)
    parser.add_argument("--profile", default="", help="write cProfile's figures of one process")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.profile and asked.processes != 1:
        parser.error("--profile needs --processes 1")
    logging.disable(logging.CRITICAL)
    plan = Plan(
        **{name: getattr(asked, name) for name in _PLANNED},
        publishers=asked.publishers or asked.nodes,
        packs=PackLimits(items=1 if asked.unpacked else 256, linger_ms=asked.linger_ms),
        mesh=MeshParams(
            degree=asked.degree,
            degree_low=(2 * asked.degree + 2) // 3,
            degree_high=2 * asked.degree,
            forward_ms=asked.forward_ms,
        ),
    )
    row = row_of(plan, asked.processes, _found(plan, asked.processes, asked.profile))
    if asked.json:
        print(json.dumps(asdict(row)))
        return 0
    for name, value in asdict(row).items():
        print(f"{name:20} {value:10.1f}" if isinstance(value, float) else f"{name:20} {value:10}")
    return 0


def _found(plan: Plan, processes: int, profile_file: str) -> Outcome:
    if processes > 1:
        return run_in_processes(plan, processes)
    if not profile_file:
        return run(plan)
    profile = cProfile.Profile(time.process_time)
    found = profile.runcall(run, plan)
    profile.dump_stats(profile_file)
    return found


def row_of(plan: Plan, processes: int, found: Outcome) -> Row:
    accepted = max(1, found.counters["accepted"])
    return Row(
        plan.nodes,
        processes,
        found.published,
        plan.rate,
        found.missing,
        found.at_ms(0.5),
        found.at_ms(0.99),
        found.at_ms(1.0),
        found.counters["published"],
        (accepted + found.counters["duplicates"]) / accepted,
        found.counters["frames_written"] / accepted,
        found.cpu_share,
        1e6 * found.cpu_s / accepted,
    )


if __name__ == "__main__":
    sys.exit(main())
