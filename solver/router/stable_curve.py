"""The best trades of stableswap pools at given prices: at rest, by Newton's method, or within a bracket."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

import numpy as np

from solver.router.families import Floats, Ints
from solver.router.stable_bracket import bracketed
from solver.router.stable_pools import Pools
from solver.router.stable_search import Found, newton

#: Log prices this near those at which a pool rests are at rest.
RESTING: Final = 1e-14


def solve(pools: Pools, log_prices: Floats, near: Found | None = None) -> Found:
    """The best trades at (n, P) log prices of units of D. Pools that would not settle trade nothing. ``near``: the
    answer at prices near by."""
    with np.errstate(all="ignore"):
        apart = log_prices - pools.slopes
        out = np.where(pools.leave, apart, -np.inf).max(0)
        into = np.where(pools.come, apart, np.inf).min(0) - pools.log_gamma
        trades = out > into + RESTING
        level = (out + into) / 2.0
        # A pool at rest is given a coin of either side to be asked about, and is not listened to.
        comes = pools.come & (apart - pools.log_gamma <= np.maximum(level, into))
        goes = pools.leave & (apart >= np.minimum(level, out)) & ~comes
        found = newton(pools, log_prices, trades, level, (comes, goes), near)
        astray = np.flatnonzero(trades & ~found.settled)
        if len(astray):
            found = _with(found, astray, bracketed(pools.only(astray), log_prices[:, astray], level[astray]))
        return found


def _with(found: Found, places: Ints, others: Found) -> Found:
    """The answers of pools at ``places`` replaced by those of ``others``."""
    whole = {}
    for field in fields(Found):
        values = getattr(found, field.name).copy()
        values[..., places] = getattr(others, field.name)
        whole[field.name] = values
    return Found(**whole)
