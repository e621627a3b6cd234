"""Routes through a thousand pools where each pool used costs something, beside routes that ignore that.

``python -m benchmarks.cost_aware [--pools N] [--seeds N] [--cost VALUE] [--json]``

Times are medians of warm runs, preparing the network included. What a route is worth is what it gets, at the true
prices that the pools were drawn around, less the cost of the pools it uses; its bound is proven.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import generators
from benchmarks.instance_runs import gas_aware
from benchmarks.instance_runs.pools import as_flows, as_network
from solver.router.families import route
from solver.router.maximise import maximise
from solver.router.prepare import prepare

#: Of one pool, in millionths of what the route gets: most pools are not worth it.
COST = 40.0


def document_of(instance: generators.Route, cost: float) -> dict[str, Any]:
    """As in files of routes with a fixed cost per pool; the token wanted is worth one unit."""
    pools = instance.pools
    rows = np.column_stack([pools.a, pools.b, pools.reserves, pools.weight, pools.gamma])
    return {
        "instances": [
            {
                "n_tokens": instance.tokens,
                "pools": rows.tolist(),
                "token_in": instance.token_in,
                "token_out": instance.token_out,
                "amount_in": instance.amount_in,
                "price_out": 1.0,
                "cost_per_pool": cost,
            }
        ]
    }


def blind(instance: generators.Route, cost: float) -> tuple[float, int]:
    """(what the route that gets most is worth after costs, the pools it uses)."""
    goal = route(instance.tokens, instance.token_in, instance.token_out, instance.amount_in)
    network, places = as_network(instance.tokens, instance.pools)
    found = maximise(prepare(network), goal)
    flows = as_flows(instance.pools, places, found.flows)
    used = int(np.count_nonzero(np.abs(flows).sum(1) > 0.0))
    return float(found.net[instance.token_out]) - cost * used, used


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pools", type=int, default=1_000)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument(
        "--cost", type=float, default=COST, help="of one pool, in millionths of what the route gets"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args(arguments)
    rows = []
    for seed in range(options.seeds):
        instance = generators.route(options.pools, seed=seed)
        worth, _ = blind(instance, 0.0)
        cost = worth * options.cost * 1e-6
        document = document_of(instance, cost)
        found = [next(gas_aware.run(document)) for _ in range(options.runs)]
        other, used = blind(instance, cost)
        best = found[0]
        assert best.bound is not None
        rows.append(
            {
                "seed": seed,
                "milliseconds": statistics.median(row.seconds for row in found) * 1e3,
                "pools_used": len(best.more["pools"]),
                "net": best.value,
                "gap": (best.bound - best.value) / best.bound,
                "violations": best.violations,
                "pools_used_blind": used,
                "ahead_of_blind_bp": (best.value - other) / worth * 1e4,
            }
        )
    if options.json:
        print(json.dumps({"pools": options.pools, "cost": options.cost, "routes": rows}, indent=1))
        return 0
    print("  seed      ms  pools      gap  violations  pools, blind  ahead of it, bp")
    for row in rows:
        print(
            f"{row['seed']:6d} {row['milliseconds']:7.1f} {row['pools_used']:6d} {row['gap']:8.1e}"
            f" {row['violations']:11d} {row['pools_used_blind']:13d} {row['ahead_of_blind_bp']:16.2f}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
