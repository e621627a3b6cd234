"""The uniform-price equilibrium of a batch, given order by order.

An instance has ``T``, ``external_prices``, ``orders`` [sell, buy, amount, limit] and ``pools`` [a, b, reserve a,
reserve b, weight of a, 1 − fee]; its ``ref`` holds prices and surplus that other solvers found. Value: what orders
get above their limits, at the external prices. Where a market is thin several price vectors are equilibria, with
different values; ``price_difference`` tells.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.instance_runs.row import Row
from solver.equilibrium import integers
from solver.equilibrium.batch import Batch, Equilibrium, Floats, Pools
from solver.equilibrium.bound import pay_as_bid_bound
from solver.equilibrium.solve import equilibrium
from solver.tally import totals

#: What the checker allows: of a token's turnover, and of a limit.
BALANCE, LIMIT = 1e-9, 1e-12
#: Of a pool's reserve.
ROUNDING = 1e-15
#: Units that may be left of a token of 18 decimals.
LEFT = 1000


def run(document: Mapping[str, Any]) -> Iterator[Row]:
    for number, instance in enumerate(document["instances"]):
        batch = _batch(instance)
        reference = instance.get("ref", {})
        name = f"{number}: {len(batch.sell)} x {len(batch.values)} x {len(batch.pools.a)}"
        yield solved(name, batch, reference.get("surplus_at_external_prices"), reference.get("prices"))


def solved(name: str, batch: Batch, reference: float | None, prices: list[float] | None) -> Row:
    """The instance solved, settled in integers, and both checked."""
    start = time.perf_counter()
    found = equilibrium(batch)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    settled = integers.settle(batch, found)
    settling = time.perf_counter() - start
    misplaced = sum(not 0 <= left <= LEFT for left in settled.leftovers)
    difference = None
    if prices is not None:
        difference = float(np.max(np.abs(found.prices / np.array(prices) - 1), initial=0.0))
    return Row(
        name,
        surplus(batch, found),
        reference,
        pay_as_bid_bound(batch) if (batch.values > 0).all() else None,
        seconds,
        violations(batch, found) + integers.broken(batch, settled) + misplaced,
        {
            "exact": found.exact,
            "unrealised_over_realised": found.unrealised_over_realised,
            "price_difference": difference,
            "partly_filled": int(np.count_nonzero((found.fills > 0) & (found.fills < batch.amount))),
            "newton_steps": found.newton_steps,
            "integer_seconds": settling,
            "integer_leftovers": [min(settled.leftovers, default=0), max(settled.leftovers, default=0)],
        },
    )


def surplus(batch: Batch, found: Equilibrium) -> float:
    """Σ values[buy]·(p_sell/p_buy − limit)·fill."""
    p, b = found.prices, batch.buy
    return float(np.sum(batch.values[b] * (p[batch.sell] / p[b] - batch.limit) * found.fills))


def violations(batch: Batch, found: Equilibrium) -> int:
    """Orders beyond their amount or limit, pools given less than their curve asks, tokens of which more is handed
    out than came in."""
    p, x, s, b = found.prices, found.fills, batch.sell, batch.buy
    broken = int(np.count_nonzero((x < 0) | (x > batch.amount)))
    broken += int(np.count_nonzero((x > 0) & (p[s] / p[b] < batch.limit * (1 - LIMIT))))
    came, went = totals(s, x, len(p)), totals(b, x * p[s] / p[b], len(p))
    pools, flows = batch.pools, found.pool_flows
    np.add.at(came, np.stack([pools.a, pools.b], 1), np.maximum(-flows, 0))
    np.add.at(went, np.stack([pools.a, pools.b], 1), np.maximum(flows, 0))
    broken += int(np.count_nonzero(_invariants_lost(batch.pools, flows)))
    # A pool's flow is known to the rounding of its reserve.
    slack = (
        np.bincount(np.r_[pools.a, pools.b], np.r_[pools.reserves[:, 0], pools.reserves[:, 1]], len(p)) * ROUNDING
    )
    return broken + int(np.count_nonzero(went - came > BALANCE * np.maximum(came, went) + slack))


def _invariants_lost(pools: Pools, flows: Floats) -> Floats:
    """(P,) whether weight·log of the reserves falls, the fee left out of what comes in; one without a token gives
    nothing."""
    weights = np.stack([pools.weight, 1 - pools.weight], 1)
    after = pools.reserves + np.where(flows > 0, pools.gamma[:, None] * flows, flows)
    there = (pools.reserves > 0).all(1)
    with np.errstate(all="ignore"):
        gain = (weights * (np.log(after) - np.log(pools.reserves))).sum(1)
    lost: Floats = np.where(there, ~(gain >= -1e-14), (flows != 0).any(1))
    return lost


def _batch(instance: Mapping[str, Any]) -> Batch:
    orders = np.array(instance["orders"], float).reshape(-1, 4)
    pools = np.array(instance["pools"], float).reshape(-1, 6)
    return Batch(
        np.array(instance["external_prices"], float),
        orders[:, 0].astype(np.int64),
        orders[:, 1].astype(np.int64),
        orders[:, 2],
        orders[:, 3],
        np.zeros(len(orders), bool),
        Pools(pools[:, 0].astype(np.int64), pools[:, 1].astype(np.int64), pools[:, 2:4], pools[:, 5], pools[:, 4]),
    )
