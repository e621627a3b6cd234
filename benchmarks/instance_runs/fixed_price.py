"""Prices fixed, orders partial or fill-or-kill: maximise surplus at these prices, every token in balance.

An instance has ``T``, ``prices`` and ``orders`` [sell, buy, amount, limit, fill_or_kill]; its ``ref`` holds what
other solvers found.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.instance_runs.row import Row
from solver.selection.fixed_prices import Market, select
from solver.selection.program import Floats

#: What the checker allows: of a token's turnover, and of a limit.
BALANCE, LIMIT = 1e-9, 1e-12


def run(document: Mapping[str, Any]) -> Iterator[Row]:
    for number, instance in enumerate(document["instances"]):
        market = _market(instance)
        start = time.perf_counter()
        found = select(market)
        seconds = time.perf_counter() - start
        yield Row(
            f"{number}: {len(market.sell)} orders, {len(market.prices)} tokens",
            value(market, found.fills),
            _reference(instance),
            found.bound,
            seconds,
            violations(market, found.fills),
            {"relaxed_bound": found.relaxed, "filled": int(np.count_nonzero(found.fills))},
        )


def value(market: Market, fills: Floats) -> float:
    """Surplus at the fixed prices, order by order."""
    total, p = 0.0, market.prices
    for s, b, limit, x in zip(market.sell, market.buy, market.limit, fills, strict=True):
        total += x * (p[s] - limit * p[b])
    return float(total)


def violations(market: Market, fills: Floats) -> int:
    """Orders beyond their amount, limit or fill rule, and tokens of which more is paid out than was sold."""
    p, broken = market.prices, 0
    sold, paid = np.zeros(len(p)), np.zeros(len(p))
    for s, b, q, limit, whole, x in zip(
        market.sell, market.buy, market.amount, market.limit, market.fill_or_kill, fills, strict=True
    ):
        broken += not 0 <= x <= q
        broken += bool(whole) and x not in (0, q)
        broken += x > 0 and p[s] / p[b] < limit * (1 - LIMIT)
        sold[s] += x
        paid[b] += x * p[s] / p[b]
    return int(broken) + int(np.count_nonzero(paid > sold * (1 + BALANCE)))


def _market(instance: Mapping[str, Any]) -> Market:
    orders = instance["orders"]
    return Market(
        np.array(instance["prices"], float),
        np.array([order[0] for order in orders], np.int64),
        np.array([order[1] for order in orders], np.int64),
        np.array([order[2] for order in orders], float),
        np.array([order[3] for order in orders], float),
        np.array([order[4] for order in orders], bool),
    )


def _reference(instance: Mapping[str, Any]) -> float | None:
    known = [
        entry["obj"] for entry in instance.get("ref", {}).values() if isinstance(entry, Mapping) and "obj" in entry
    ]
    return max(known, default=None)
