"""What hostile neighbours cost honest nodes: delivery and delay beside a calm run of the same plan.

``python -m benchmarks.p2p_hostile [--nodes N] [--sybils N] [--flood N] [--rate N] [--seconds N] [--json]``.
Honest nodes in one process publish ``--rate`` items a second to each other. Then the same with ``--sybils``
identities, all connected to every node and in its mesh, that pass nothing on; with one neighbour that says
``--flood`` packs a second of its own; with a neighbour of everybody that reads a byte a second. Delays are in the
process's own time (``benchmarks.p2p_many.own_time``), and the hostile live in it too: their work is on the bill.
A node passes on five times ``--rate`` items a second from one neighbour, and no more.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.p2p_many.fleet import Plan, Trouble, run
from benchmarks.p2p_many.hostile import flood, slow_reader, sybils


@dataclass(frozen=True)
class Row:
    """``ratio`` is of the delay that 99 of 100 deliveries did not exceed to that of the calm run."""

    what: str
    items: int
    delivered: float
    p50_ms: float
    p99_ms: float
    ratio: float
    cpu: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=5)
    parser.add_argument("--sybils", type=int, default=16)
    parser.add_argument("--flood", type=int, default=200)
    parser.add_argument("--rate", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    plan = Plan(
        nodes=asked.nodes,
        publishers=asked.nodes,
        dials=asked.nodes - 1,
        rate=asked.rate,
        seconds=asked.seconds,
        neighbour_per_s=5 * asked.rate,
    )
    cases: tuple[tuple[str, Trouble | None], ...] = (
        ("calm", None),
        (f"{asked.sybils} sybils that pass nothing on", sybils(asked.sybils)),
        (f"a flood of {asked.flood} packs a second", flood(asked.flood)),
        ("a neighbour that reads a byte a second", slow_reader()),
    )
    rows: list[Row] = []
    for what, trouble in cases:
        rows.append(_row(what, plan, trouble, rows[0].p99_ms if rows else 0.0))
        if not asked.json:
            row = rows[-1]
            print(
                f"{row.what:40} {row.items:5} items  {100 * row.delivered:7.3f} % delivered  "
                f"p50 {row.p50_ms:7.1f} ms  p99 {row.p99_ms:7.1f} ms  × {row.ratio:4.2f}  {row.cpu:4.2f} cores",
                flush=True,
            )
    if asked.json:
        print(json.dumps([asdict(row) for row in rows]))
    return 0


def _row(what: str, plan: Plan, trouble: Trouble | None, calm_ms: float) -> Row:
    found = run(plan, trouble)
    delivered = len(found.delays) / max(1, len(found.delays) + found.missing)
    p99_ms = found.at_ms(0.99)
    return Row(
        what, found.published, delivered, found.at_ms(0.5), p99_ms, p99_ms / (calm_ms or p99_ms), found.cpu_share
    )


if __name__ == "__main__":
    sys.exit(main())
