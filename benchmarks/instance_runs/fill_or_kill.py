"""All orders fill-or-kill, prices free: accept a set that conserves value exactly at some prices, for most
surplus.

An instance has ``T``, ``orders`` [sell, buy, amount, limit], ``price_lo``, ``price_hi``; its ``ref`` holds what
mixed-integer solvers and brute force found. Prices lie in bounds and sum to T.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.instance_runs.row import Row
from solver.selection.free_prices import Found, solve
from solver.selection.stationary import WholeMarket

#: What the checker allows: of a token's turnover in value, of a limit, of a bound on prices.
BALANCE, LIMIT, PRICE = 1e-9, 1e-11, 1e-11


def run(document: Mapping[str, Any]) -> Iterator[Row]:
    for number, instance in enumerate(document["instances"]):
        market = _market(instance)
        start = time.perf_counter()
        found = solve(market)
        seconds = time.perf_counter() - start
        yield Row(
            f"{number}: {len(market.sell)} orders, {market.tokens} tokens",
            value(market, found),
            _reference(instance),
            found.bound,
            seconds,
            violations(market, found),
            {
                "accepted": found.accepted.tolist(),
                "prices": found.prices.tolist(),
                "proven": bool(found.bound <= found.surplus * (1 + 1e-9)),
                "cells": found.cells,
                "selections": found.selections,
            },
        )


def value(market: WholeMarket, found: Found) -> float:
    """Surplus, order by order."""
    p = found.prices.tolist()
    return float(
        sum(
            market.amount[o] * (p[market.sell[o]] - market.limit[o] * p[market.buy[o]])
            for o in found.accepted.tolist()
        )
    )


def violations(market: WholeMarket, found: Found) -> int:
    """Orders below their limit, tokens that gain or lose value, prices out of bounds or of the wrong sum."""
    p, broken = found.prices.tolist(), 0
    net, turnover = [0.0] * market.tokens, [0.0] * market.tokens
    for o in found.accepted.tolist():
        s, b = int(market.sell[o]), int(market.buy[o])
        worth = market.amount[o] * p[s]
        broken += p[s] < market.limit[o] * p[b] * (1 - LIMIT)
        net[s] += worth
        net[b] -= worth
        turnover[s] += worth
        turnover[b] += worth
    broken += len(set(found.accepted.tolist())) != len(found.accepted)
    broken += sum(abs(n) > BALANCE * t for n, t in zip(net, turnover, strict=True))
    broken += sum(not market.low * (1 - PRICE) <= price <= market.high * (1 + PRICE) for price in p)
    return int(broken + (abs(sum(p) - market.tokens) > PRICE * market.tokens))


def _market(instance: Mapping[str, Any]) -> WholeMarket:
    orders = instance["orders"]
    return WholeMarket(
        int(instance["T"]),
        np.array([order[0] for order in orders], np.int64),
        np.array([order[1] for order in orders], np.int64),
        np.array([order[2] for order in orders], float),
        np.array([order[3] for order in orders], float),
        float(instance["price_lo"]),
        float(instance["price_hi"]),
    )


def _reference(instance: Mapping[str, Any]) -> float | None:
    """The best that any other solver found."""
    ref = instance.get("ref") or {}
    entries = (*(ref.get("milp") or {}).values(), ref.get("brute_force"))
    return max(
        (float(entry["obj"]) for entry in entries if isinstance(entry, Mapping) and "obj" in entry), default=None
    )
