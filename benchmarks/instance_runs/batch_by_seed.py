"""The uniform-price equilibrium of large batches, named by generator and seed.

An instance has ``N``, ``T``, ``P`` and ``seed`` of ``benchmarks.generators.batch``, and the ``prices`` and
``surplus`` that were found by another solver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks import generators
from benchmarks.instance_runs.batch import solved
from benchmarks.instance_runs.row import Row
from solver.equilibrium.batch import Batch, Pools


def run(document: Mapping[str, Any]) -> Iterator[Row]:
    for instance in document["instances"]:
        orders, tokens, pools = instance["N"], instance["T"], instance["P"]
        batch = generated(orders, tokens, pools, instance["seed"])
        name = f"{orders} x {tokens} x {pools}, seed {instance['seed']}"
        yield solved(name, batch, instance.get("surplus"), instance.get("prices"))


def generated(orders: int, tokens: int, pools: int, seed: int) -> Batch:
    """The generator's batch in the solver's arrays."""
    g = generators.batch(orders, tokens, pools, seed)
    p = g.pools
    return Batch(
        g.values, g.sell, g.buy, g.amount, g.limit, g.fill_or_kill, Pools(p.a, p.b, p.reserves, p.gamma, p.weight)
    )
