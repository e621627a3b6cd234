"""Twenty nodes in one process: does every item reach every node, and how late.

``python -m benchmarks.p2p_twenty [--nodes N] [--publishers N] [--rate N] [--seconds N] [--size N] [--unpacked]
[--linger-ms N] [--forward-ms N] [--profile FILE] [--json]``. Nodes are connected over loopback to a few random
others. ``--rate`` items of ``--size`` bytes (250: a signed intent) a second are handed to random publishers and
packed as a node packs them; with ``--unpacked`` each is a message of its own. An item's delay runs from the moment
it is handed over to the moment another node's handler has it, in the process's own time: the CPU it used and the
time it slept, as on one core that nobody shares.
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
from p2p.mesh import MeshParams
from p2p.packing import PackLimits

_PLANNED = ("nodes", "rate", "seconds", "dials", "seed", "size")


@dataclass(frozen=True)
class Row:
    """``copies`` of packs that nodes received for each that was new to them; ``cpu`` is of one core."""

    nodes: int
    items: int
    per_s: int
    missing: int
    p50_ms: float
    p99_ms: float
    most_ms: float
    packs: int
    copies: float
    cpu: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--publishers", type=int, default=0, help="how many nodes are given items; 0: all")
    parser.add_argument("--size", type=int, default=250)
    parser.add_argument("--unpacked", action="store_true")
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--dials", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--linger-ms", type=int, default=PackLimits().linger_ms)
    parser.add_argument("--forward-ms", type=int, default=MeshParams().forward_ms)
    parser.add_argument("--profile", default="", help="write cProfile's figures to this file")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    plan = Plan(
        **{name: getattr(asked, name) for name in _PLANNED},
        publishers=asked.publishers or asked.nodes,
        packs=PackLimits(items=1 if asked.unpacked else 256, linger_ms=asked.linger_ms),
        mesh=MeshParams(forward_ms=asked.forward_ms),
    )
    profile = cProfile.Profile(time.process_time)
    found = profile.runcall(run, plan) if asked.profile else run(plan)
    if asked.profile:
        profile.dump_stats(asked.profile)
    row = row_of(plan, found)
    if asked.json:
        print(json.dumps(asdict(row)))
        return 0
    for name, value in asdict(row).items():
        print(f"{name:10} {value:10.1f}" if isinstance(value, float) else f"{name:10} {value:10}")
    return 0


def row_of(plan: Plan, found: Outcome) -> Row:
    accepted = found.counters["accepted"]
    return Row(
        plan.nodes,
        found.published,
        plan.rate,
        found.missing,
        found.at_ms(0.5),
        found.at_ms(0.99),
        found.at_ms(1.0),
        found.counters["published"],
        (accepted + found.counters["duplicates"]) / max(1, accepted),
        found.cpu_share,
    )


if __name__ == "__main__":
    sys.exit(main())
