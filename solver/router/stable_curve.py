"""The stableswap curve in units of its invariant, for many pools at once: D, a coin's balance, the best trade.

See ``solver.router.stable`` for the curve F and the meaning of λ, Q and t.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.families import Bools, Floats

#: Newton steps; seven are usual from a standing start, and steps are limited to ``STRIDE``.
STEPS: Final = 40
STRIDE: Final = 3.0
DONE: Final = 1e-13
#: Steps for the invariant; it converges quadratically from above.
INVARIANT_STEPS: Final = 255


@dataclass(frozen=True, slots=True)
class Solved:
    """``balances``: (P, n) after the trade; ``moves``: which change; ``multiplier`` λ and ``curved`` Q: (P,)."""

    balances: Floats
    moves: Bools
    multiplier: Floats
    curved: Floats


def invariant(worth: Floats, flat: Floats, used: Bools) -> Floats:
    """(P,) D with A·n·S + D = A·n·D + D·Π(D/(n·x)), by Newton from D = S. ``worth``: (P, n), 0 where unused."""
    count, total = used.sum(1), worth.sum(1)
    shares = np.where(used, count[:, None] * worth, 1.0)
    d = total.copy()
    for _ in range(INVARIANT_STEPS):
        product = d * np.where(used, d[:, None] / shares, 1.0).prod(1)
        after = (flat * total + count * product) * d / ((flat - 1.0) * d + (count + 1.0) * product)
        done = np.abs(after - d) <= 1e-16 * d
        d = after
        if done.all():
            break
    return d


def last_balance(others: Floats, flat: float) -> float:
    """The balance that, beside ``others`` (n − 1,), keeps F = 0: y² + b·y = c."""
    n = len(others) + 1
    b = float(others.sum()) + 1.0 / flat - 1.0
    c = float(np.prod(1.0 / (n * others))) / (flat * n)
    root = float(np.sqrt(b * b + 4.0 * c))
    return (root - b) / 2.0 if b <= 0.0 else 2.0 * c / (root + b)


def solve(log_prices: Floats, balances: Floats, flat: Floats, log_gamma: Floats, used: Bools) -> Solved:
    """The best trades at (P, n) log prices of units of D. Pools that would not settle trade nothing."""
    count = used.sum(1)
    shares = np.where(used, count[:, None] * balances, 1.0)
    log_count = np.log(shares).sum(1)
    curved = np.exp(-log_count)
    slopes = np.log(flat[:, None] + curved[:, None] / balances)
    out = np.where(used, log_prices - slopes, -np.inf).max(1)
    into = np.where(used, log_prices - slopes, np.inf).min(1) - log_gamma
    trading = np.flatnonzero(out > into)
    after, moves = balances.copy(), np.zeros_like(used)
    multiplier = np.exp((out + into) / 2.0)
    if len(trading):
        start = (out[trading] + into[trading]) / 2.0
        rows = [part[trading] for part in (log_prices, balances, flat, log_gamma, used)]
        ended, moved, level, kappa, settled = _newton(*rows, start, curved[trading])
        good = trading[settled]
        after[good], moves[good] = ended[settled], moved[settled]
        multiplier[good], curved[good] = np.exp(level[settled]), np.exp(kappa[settled])
    return Solved(after, moves, multiplier, curved)


def _newton(
    log_prices: Floats,
    balances: Floats,
    flat: Floats,
    log_gamma: Floats,
    used: Bools,
    start: Floats,
    curved: Floats,
) -> tuple[Floats, Bools, Floats, Floats, Bools]:
    """(balances, which move, log λ, log Q, which pools settled)."""
    count = used.sum(1)
    rests = np.log(balances)
    row = np.arange(len(flat))
    cheap = np.where(used, log_prices, np.inf).argmin(1)
    base = log_prices[row, cheap] - log_gamma
    # p̃/λ = ratio·(A·n + σ), σ > 0 for the cheapest coin paid in.
    ratio_in = np.exp(log_prices - log_gamma[:, None] - base[:, None])
    ratio_out = np.exp(log_prices - base[:, None])
    slope = curved / balances[row, cheap]
    t = np.log(np.maximum(np.exp(base - start) - flat, 0.2 * slope))
    kappa = np.log(curved)
    constant = np.where(used, np.log(count)[:, None], 0.0).sum(1)
    an = flat[:, None]
    settled = np.zeros(len(flat), bool)
    for _ in range(STEPS):
        sigma = np.exp(t)[:, None]
        # g = p̃/λ − A·n without cancellation.
        g_in = an * (ratio_in - 1.0) + sigma * ratio_in
        g_out = an * (ratio_out - 1.0) + sigma * ratio_out
        log_in = kappa[:, None] - np.log(g_in)
        log_out = np.where(g_out > 0.0, kappa[:, None] - np.log(np.where(g_out > 0.0, g_out, 1.0)), np.inf)
        into, out = used & (log_in > rests), used & (log_out < rests)
        moves = into | out
        logs = np.where(into, log_in, np.where(out, log_out, rests))
        x = np.where(used, np.exp(logs), 0.0)
        lean = np.where(into, ratio_in / g_in, np.where(out, ratio_out / np.where(out, g_out, 1.0), 0.0)) * sigma
        q = np.exp(kappa)
        r1 = kappa + constant + np.where(used, logs, 0.0).sum(1)
        r2 = flat * (x.sum(1) - 1.0) + 1.0 - q
        a11, a12 = -lean.sum(1), 1.0 + moves.sum(1)
        a21, a22 = -flat * (x * lean).sum(1), flat * np.where(moves, x, 0.0).sum(1) - q
        det = a11 * a22 - a12 * a21
        det = np.where(det == 0.0, 1.0, det)
        dt, dk = (r2 * a12 - r1 * a22) / det, (r1 * a21 - r2 * a11) / det
        settled = (np.abs(dt) <= DONE * (1.0 + np.abs(t))) & (np.abs(dk) <= DONE * (1.0 + np.abs(kappa)))
        if settled.all():
            break
        shrink = np.minimum(1.0, STRIDE / np.maximum(np.maximum(np.abs(dt), np.abs(dk)), 1e-300))
        t, kappa = t + shrink * dt, kappa + shrink * dk
    level = base - np.log(flat + np.exp(t))
    return np.where(used, x, balances), moves, level, kappa, settled
