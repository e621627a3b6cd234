"""The stableswap curve in units of its invariant, for many pools at once: D, a coin's balance, the best trade.

See ``solver.router.stable`` for the curve F. How the two unknowns are found: ``stable_search.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.families import Bools, Floats
from solver.router.stable_search import Near, Trades, bracketed, newton

#: Log prices this near those at which a pool rests are at rest.
RESTING: Final = 1e-14
#: Steps for the invariant; it converges quadratically from above.
INVARIANT_STEPS: Final = 255


@dataclass(frozen=True, slots=True)
class Solved:
    """``balances``: (P, n) after the trade; ``moves``: which change; ``multiplier`` λ and ``curved`` Q: (P,);
    ``near``: t and κ, to begin from at prices near by."""

    balances: Floats
    moves: Bools
    multiplier: Floats
    curved: Floats
    near: Near


def invariant(worth: Floats, flat: Floats, used: Bools) -> Floats:
    """(P,) D with A·n·S + D = A·n·D + D·Π(D/(n·x)), by Newton from D = S. ``worth``: (P, n), 0 where unused."""
    count, total = used.sum(1), worth.sum(1)
    shares = np.where(used, count[:, None] * worth, 1.0)
    d = total.copy()
    for _ in range(INVARIANT_STEPS):
        product = d * np.where(used, d[:, None] / shares, 1.0).prod(1)
        after = (flat * total + count * product) * d / ((flat - 1.0) * d + (count + 1.0) * product)
        done = np.abs(after - d) <= 4e-16 * d
        d = after
        if done.all():
            break
    return np.asarray(d, np.float64)


def solve(
    log_prices: Floats,
    balances: Floats,
    flat: Floats,
    log_gamma: Floats,
    used: Bools,
    come: Bools,
    leave: Bools,
    near: Near | None = None,
) -> Solved:
    """The best trades at (P, n) log prices of units of D, where coins may come in and leave as said. Pools that
    would not settle trade nothing. ``near``: where an answer at prices near by was."""
    count = used.sum(1)
    shares = np.where(used, count[:, None] * balances, 1.0)
    curved = 1.0 / shares.prod(1)
    slopes = np.log(flat[:, None] + curved[:, None] / balances)
    out = np.where(leave, log_prices - slopes, -np.inf).max(1)
    into = np.where(come, log_prices - slopes, np.inf).min(1) - log_gamma
    after, moves, multiplier = balances.copy(), np.zeros_like(used), np.ones(len(flat))
    t, kappa = np.full(len(flat), np.nan), np.full(len(flat), np.nan)
    left = np.flatnonzero(out > into + RESTING)
    for follow in (newton, bracketed):
        if not len(left):
            break
        trades = Trades.at(
            log_prices[left], balances[left], flat[left], log_gamma[left], used[left], come[left], leave[left]
        )
        warm = None if near is None else (near[0][left], near[1][left])
        found = follow(trades, (out[left] + into[left]) / 2.0, curved[left], warm)
        good = left[found.settled]
        moved = found.point.moves[found.settled]
        # Coins that rest keep their balance to the last digit, whatever they are worth.
        after[good], moves[good] = np.where(moved, found.point.balances[found.settled], balances[good]), moved
        multiplier[good] = np.exp(trades.level(found.t))[found.settled]
        curved[good] = np.exp(found.kappa[found.settled])
        t[good], kappa[good] = found.t[found.settled], found.kappa[found.settled]
        left = left[~found.settled]
    return Solved(after, moves, multiplier, curved, (t, kappa))
