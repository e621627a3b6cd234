"""Markets at fixed prices where every order is fill-or-kill: subset sums in several tokens, by processor time.

``python -m benchmarks.subset_sums [--seeds N] [--peer] [--json]``

Per market: what is found, the bound, and seconds of processor. The work is counted, so the answer is the same on a
busy machine. ``--peer`` poses the same program to SCIP as it comes, cuts and all, with a quarter of the nodes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from benchmarks import generators
from benchmarks.instance_runs import fixed_price
from solver.selection.fixed_prices import WORK, Market, as_program, select
from solver.selection.program import choose

#: Orders and tokens.
MARKETS: Final = ((40, 3), (60, 4), (100, 4), (150, 6), (200, 8), (400, 8))


def market(orders: int, tokens: int, seed: int) -> Market:
    drawn = generators.batch(orders, tokens, 0, seed, 1.0)
    return Market(drawn.values, drawn.sell, drawn.buy, drawn.amount, drawn.limit, drawn.fill_or_kill)


def measured(orders: int, tokens: int, seed: int, *, peer: bool) -> dict[str, Any]:
    asked = market(orders, tokens, seed)
    start = time.process_time()
    found = select(asked)
    row: dict[str, Any] = {"orders": orders, "tokens": tokens, "seed": seed}
    row |= {"value": found.surplus, "bound": found.bound, "seconds": time.process_time() - start}
    row["violations"] = fixed_price.violations(asked, found.fills)
    _, _, scale, program = as_program(asked)
    if peer and program is not None:
        start = time.process_time()
        other = choose(program, nodes=max(1, WORK // program.rows.nnz))
        row["peer_bound"] = None if other is None else other.bound * scale
        row["peer_seconds"] = time.process_time() - start
    return row


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2, help="markets drawn of each size")
    parser.add_argument("--peer", action="store_true", help="SCIP with its cuts beside it: minutes")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args(arguments)
    rows = []
    for orders, tokens in MARKETS:
        for seed in range(options.seeds):
            rows.append(row := measured(orders, tokens, seed, peer=options.peer))
            if not options.json:
                print(
                    " ".join(f"{name}={value:.6g}" for name, value in row.items() if value is not None), flush=True
                )
    if options.json:
        json.dump({"markets": rows}, sys.stdout, indent=1)
        print()
    return 1 if any(row["violations"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
