"""The two unknowns of a stableswap pool's best trade, found for many pools at once.

With t = log(p̃/λ − A·n) of the cheapest coin and κ = log Q, both residuals

    r₁ = κ + n·log n + Σ log xᵢ        (the definition of Q),
    r₂ = A·n·(Σ xᵢ − 1) + 1 − Q        (F = 0)

are smooth but for kinks where a coin starts to move. ``newton`` takes both at once. Where it wanders among the
kinks, ``bracketed`` follows t alone with κ solved exactly beside it: then r₂ falls in t, and a bracket closes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.router.clipped import root
from solver.router.families import Bools, Floats

#: Steps of either search; five are usual for the first. No step is longer than ``STRIDE``.
NEWTON_STEPS: Final = 14
BRACKET_STEPS: Final = 120
STRIDE: Final = 3.0
#: Steps this short are followed to first order and no further.
SHORT: Final = 1e-8
#: Steps this small, relative to rounding in r₂, change nothing any more.
DONE: Final = 1e-14


@dataclass(frozen=True, slots=True)
class Point:
    """Where the pools stand at some (t, κ): balances, which of them move, how their logs fall in t, the residuals
    and their derivatives."""

    balances: Floats
    moves: Bools
    falls: Floats
    r1: Floats
    r2: Floats
    r1_t: Floats
    r1_kappa: Floats
    r2_t: Floats
    r2_kappa: Floats


@dataclass(frozen=True, slots=True)
class Found:
    t: Floats
    kappa: Floats
    point: Point
    settled: Bools


@dataclass(frozen=True, slots=True)
class Trades:
    """Pools asked at prices. ``base``: log p̃ of the cheapest coin; ratios of each coin's p̃ to it, paid in or
    out."""

    rests: Floats
    flat: Floats
    used: Bools
    come: Bools
    leave: Bools
    constant: Floats
    cheapest: Floats
    base: Floats
    ratio_in: Floats
    ratio_out: Floats
    rounding: Floats

    @classmethod
    def at(
        cls,
        log_prices: Floats,
        balances: Floats,
        flat: Floats,
        log_gamma: Floats,
        used: Bools,
        come: Bools,
        leave: Bools,
    ) -> Trades:
        row = np.arange(len(flat))
        cheap = np.where(come, log_prices, np.inf).argmin(1)
        base = log_prices[row, cheap] - log_gamma
        ratio_out = np.exp(log_prices - base[:, None])
        count = used.sum(1)
        return cls(
            rests=np.log(balances),
            flat=flat,
            used=used,
            come=come,
            leave=leave,
            constant=count * np.log(count),
            cheapest=balances[row, cheap],
            base=base,
            ratio_in=ratio_out / np.exp(log_gamma)[:, None],
            ratio_out=ratio_out,
            rounding=DONE * (1.0 + 0.05 * flat),
        )

    def level(self, t: Floats) -> Floats:
        """log λ."""
        return self.base - np.log(self.flat + np.exp(t))

    def start(self, level: Floats, curved: Floats) -> Floats:
        """The t that belongs to log λ, or where that is none, one near the pool's own."""
        return np.log(np.maximum(np.exp(self.base - level) - self.flat, 0.2 * curved / self.cheapest))

    def leans(self, t: Floats) -> tuple[Floats, Floats]:
        """p̃/λ − A·n per coin paid in and out, told without cancellation; the latter may be negative: never
        out."""
        sigma, an = np.exp(t)[:, None], self.flat[:, None]
        g_in = an * (self.ratio_in - 1.0) + sigma * self.ratio_in
        return np.maximum(g_in, 1e-300), an * (self.ratio_out - 1.0) + sigma * self.ratio_out

    def point(self, t: Floats, kappa: Floats) -> Point:
        g_in, g_out = self.leans(t)
        positive = g_out > 0.0
        g_out = np.where(positive, g_out, 1.0)
        log_in = kappa[:, None] - np.log(g_in)
        log_out = np.where(positive, kappa[:, None] - np.log(g_out), np.inf)
        into, out = self.come & (log_in > self.rests), self.leave & (log_out < self.rests)
        logs = np.where(into, log_in, np.where(out, log_out, self.rests))
        x = np.where(self.used, np.exp(logs), 0.0)
        falls = (
            np.where(into, self.ratio_in / g_in, np.where(out, self.ratio_out / g_out, 0.0)) * np.exp(t)[:, None]
        )
        moves, q = into | out, np.exp(kappa)
        # Rows are short: a product sums them in a third of the time.
        ones = np.ones(x.shape[1])
        return Point(
            balances=x,
            moves=moves,
            falls=falls,
            r1=kappa + self.constant + np.where(self.used, logs, 0.0) @ ones,
            r2=self.flat * (x @ ones - 1.0) + 1.0 - q,
            r1_t=-(falls @ ones),
            r1_kappa=1.0 + moves @ ones,
            r2_t=-self.flat * ((x * falls) @ ones),
            r2_kappa=self.flat * ((moves * x) @ ones) - q,
        )

    def kappa(self, t: Floats) -> Floats:
        """The κ that makes r₁ zero."""
        g_in, g_out = self.leans(t)
        up = np.log(g_in) + self.rests
        positive = g_out > 0.0
        down = np.where(positive, np.log(np.where(positive, g_out, 1.0)) + self.rests, up)
        constant = self.constant + np.where(self.used, self.rests, 0.0).sum(1)
        return root(down, (self.leave & positive).astype(float), up, self.come.astype(float), 1.0, constant)


#: (P,) t and κ of trades at prices near by; NaN where none are known.
Near = tuple[Floats, Floats]


def newton(trades: Trades, level: Floats, curved: Floats, near: Near | None = None) -> Found:
    """Both unknowns at once, from log λ and Q, or from ``near`` where that is finite."""
    t, kappa = trades.start(level, curved), np.log(curved)
    if near is not None:
        known = np.isfinite(near[0])
        t, kappa = np.where(known, near[0], t), np.where(known, near[1], kappa)
    for _ in range(NEWTON_STEPS):
        point = trades.point(t, kappa)
        det = point.r1_t * point.r2_kappa - point.r1_kappa * point.r2_t
        det = np.where(det == 0.0, 1.0, det)
        dt = (point.r2 * point.r1_kappa - point.r1 * point.r2_kappa) / det
        dk = (point.r1 * point.r2_t - point.r2 * point.r1_t) / det
        size = np.maximum(np.abs(dt), np.abs(dk))
        moving: Bools = np.logical_or.reduce(point.moves, axis=1)
        settled = (size <= trades.rounding * (1.0 + np.abs(t) + np.abs(kappa))) & moving
        if settled.all():
            break
        if size.max() < SHORT and moving.all():
            change = np.where(point.moves, dk[:, None] - point.falls * dt[:, None], 0.0)
            if np.abs(change).max() < SHORT:
                # The next step would be the square of this one: nothing.
                near_by = replace(point, balances=point.balances * (1.0 + change))
                return Found(t + dt, kappa + dk, near_by, moving)
        shrink = np.minimum(1.0, STRIDE / np.maximum(size, 1e-300))
        t, kappa = t + shrink * dt, kappa + shrink * dk
    return Found(t, kappa, point, settled)


def bracketed(trades: Trades, level: Floats, curved: Floats, near: Near | None = None) -> Found:
    """t alone, within a bracket that closes."""
    t = trades.start(level, curved)
    low, high = np.full(len(t), -np.inf), np.full(len(t), np.inf)
    for _ in range(BRACKET_STEPS):
        kappa = trades.kappa(t)
        point = trades.point(t, kappa)
        low, high = np.where(point.r2 > 0.0, t, low), np.where(point.r2 > 0.0, high, t)
        slope = point.r2_t - point.r2_kappa * point.r1_t / point.r1_kappa
        aim = t - np.where(slope < 0.0, point.r2 / np.where(slope < 0.0, slope, 1.0), np.sign(-point.r2) * STRIDE)
        aim = np.clip(aim, t - STRIDE, t + STRIDE)
        narrow = high - low <= trades.rounding * (1.0 + np.abs(t))
        settled = narrow | (np.abs(aim - t) <= trades.rounding * (1.0 + np.abs(t)))
        if settled.all():
            break
        inside = (aim > low) & (aim < high)
        t = np.where(settled, t, np.where(inside, aim, (low + high) / 2.0))
    return Found(t, kappa, point, settled)
