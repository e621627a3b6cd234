"""The best trades of stableswap pools within a bracket that closes: slower than Newton's method, and sure to end.

One unknown a pool, t = log(p̃/λ − A·n) of the cheapest coin that may come in. With Q solved exactly beside it, and
with it which coins move, F falls in t.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.clipped import root
from solver.router.families import Bools, Floats
from solver.router.stable_pools import Pools
from solver.router.stable_search import Found

#: Steps of the search, none longer than ``STRIDE``.
STEPS: Final = 120
STRIDE: Final = 3.0
#: Brackets this narrow, and steps this short, change nothing any more.
DONE: Final = 1e-14


@dataclass(frozen=True, slots=True)
class _At:
    """At some t, (n, P) and (P,): log g of each coin if it came in and if it went out, log Q, which coins move,
    balances, F and its slope."""

    leans: Floats
    into: Bools
    out: Bools
    balances: Floats
    kappa: Floats
    f: Floats
    f_t: Floats


def bracketed(pools: Pools, log_prices: Floats, level: Floats) -> Found:
    """From log λ, for pools that have something to trade."""
    base = np.where(pools.come, log_prices, np.inf).min(0) - pools.log_gamma
    flat, count = pools.flat, len(pools.flat)
    t = np.log(np.maximum(np.exp(base - level) - flat, 0.2 * pools.curved))
    low, high = np.full(count, -np.inf), np.full(count, np.inf)
    for _ in range(STEPS):
        at = _at(pools, log_prices, base, t)
        low, high = np.where(at.f > 0.0, t, low), np.where(at.f > 0.0, high, t)
        falls = at.f_t < 0.0
        aim = t - np.where(falls, at.f / np.where(falls, at.f_t, 1.0), np.sign(-at.f) * STRIDE)
        aim = np.clip(aim, t - STRIDE, t + STRIDE)
        settled = np.minimum(high - low, np.abs(aim - t)) <= DONE * (1.0 + np.abs(t))
        if settled.all():
            break
        inside = (aim > low) & (aim < high)
        t = np.where(settled, t, np.where(inside, aim, (low + high) / 2.0))
    return Found(
        balances=np.where(settled, at.balances, pools.balances),
        into=at.into & settled,
        out=at.out & settled,
        leans=np.where(settled, at.leans, np.nan),
        level=np.where(settled, base - np.log(flat + np.exp(t)), 0.0),
        kappa=np.where(settled, at.kappa, 0.0),
        settled=settled,
    )


def _at(pools: Pools, log_prices: Floats, base: Floats, t: Floats) -> _At:
    sigma = np.exp(t)
    gets = sigma + (pools.flat + sigma) * np.expm1(log_prices - base)
    pays = np.maximum(sigma + (pools.flat + sigma) * np.expm1(log_prices - pools.log_gamma - base), 1e-300)
    # A coin with g below 0 never goes out.
    leave = pools.leave & (gets > 0.0)
    log_in, log_out = np.log(pays), np.log(np.where(leave, gets, 1.0))
    up = log_in + pools.logs
    down = np.where(leave, log_out + pools.logs, up)
    constant = pools.count_log + (pools.logs * pools.used).sum(0)
    kappa = root(down, leave.astype(float), up, pools.come.astype(float), 1.0, constant)
    into, out = pools.come & (kappa > up), leave & (kappa < down)
    moves = into | out
    leans = np.where(into, log_in, np.where(out, log_out, np.nan))
    g = np.exp(np.where(moves, leans, 0.0))
    balances = np.where(moves, np.exp(kappa) / g, pools.balances)
    # dg/dt is σ times p̃ over that of the cheapest, which is (g + A·n)/(A·n + σ).
    falls = np.where(moves, sigma * (g + pools.flat) / ((pools.flat + sigma) * g), 0.0)
    kappa_t = falls.sum(0) / (1.0 + moves.sum(0))
    f = pools.flat * ((balances * pools.used).sum(0) - 1.0) + 1.0 - np.exp(kappa)
    f_t = pools.flat * (balances * np.where(moves, kappa_t - falls, 0.0)).sum(0) - np.exp(kappa) * kappa_t
    return _At(leans, into, out, balances, kappa, f, f_t)
