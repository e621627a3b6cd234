"""Verified score and time of the built-in solvers on the shipped worlds, as ratios to baseline.

``python -m benchmarks.solver_scores [--deadline S] [--batches N] [--solver NAME …] [WORLD …]`` runs every
solver on the same auctions in this process, one after the other, recomputes each bid with the verifier, and
prints per auction the score its own bids win together, the time to the last and to the first answer, and
the ratio to baseline's score in the same run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from intents.auction import Auction
from scenarios.catalog import find, shipped
from scenarios.generate import generate
from settlement.greedy import alone
from settlement.mechanism import bid_of
from settlement.settle import judge
from settlement.solution import Solution
from settlement.verify import Verifier
from solver.protocol import Deadline
from solver.registry import NAMES, built_in

WHOLE = 10**18


@dataclass(frozen=True, slots=True)
class Measured:
    score: int
    seconds: float
    first_s: float
    bids: int


def measure(name: str, auction: Auction, verifier: Verifier, deadline_s: float) -> Measured:
    """One solver on one auction; the referee's time is not counted."""
    solver = built_in(name)
    found: dict[int, Solution] = {}
    started = time.perf_counter()
    first = 0.0
    for solution in solver.solve(auction, Deadline.after(deadline_s)):
        first = first or time.perf_counter() - started
        found[solution.id] = solution
    seconds = time.perf_counter() - started
    passed, _ = judge(verifier, found.values())
    total = alone([bid_of(item) for item in passed], auction.seed)
    return Measured(total, seconds, first, len(found))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("worlds", nargs="*")
    parser.add_argument("--deadline", type=float, default=2.0)
    parser.add_argument("--batches", type=int, default=1)
    parser.add_argument("--solver", action="append", choices=NAMES)
    given = parser.parse_args(arguments)
    solvers = given.solver or list(NAMES)
    print(f"{'auction':22} {'solver':9} {'score':>10} {'to baseline':>11} {'seconds':>8} {'first':>7} {'bids':>5}")
    for world in [find(name) for name in given.worlds] or shipped():
        for batch in range(1, given.batches + 1):
            auction = generate(world, batch)
            verifier = Verifier(auction)
            reference = measure("baseline", auction, verifier, given.deadline)
            for name in solvers:
                row = reference if name == "baseline" else measure(name, auction, verifier, given.deadline)
                ratio = f"{row.score / reference.score:.2f}" if reference.score else "-"
                print(
                    f"{auction.name:22} {name:9} {row.score / WHOLE:10.4f} {ratio:>11} "
                    f"{row.seconds:8.3f} {row.first_s:7.3f} {row.bids:5}",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1:])
