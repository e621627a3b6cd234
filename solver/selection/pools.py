"""Pools beside fixed prices: how much each may give out while its curve is covered, and what that gains it.

A pool that gives u of one token is paid u's worth of the other. Its curve asks Δ(u), convex; its gain
U(u) = p_out·u − p_in·Δ(u) is greatest where its marginal price, fee included, meets the prices, and back at zero
at the most it may give without falling below its curve.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats, Ints, Pools

#: Bisections for the most a pool may give: to rounding.
BISECTIONS: Final = 60


@dataclass(frozen=True, slots=True)
class Givers:
    """Pools that give one of their tokens: which ``pool`` (K,), the side it gives (0 or 1), tokens ``out`` and
    ``into``, and in value at the prices: reserves of both (``deep_out``, ``deep_in``), the ``power`` w_out/w_in,
    ``gamma``; the amount given that gains most (``best``) and the most that gains at all (``most``)."""

    pool: Ints
    side: Ints
    out: Ints
    into: Ints
    deep_out: Floats
    deep_in: Floats
    power: Floats
    gamma: Floats
    best: Floats
    most: Floats

    def gain(self, given: Floats) -> Floats:
        """U at values given, (…, K)."""
        share = np.minimum(given / self.deep_out, 1 - 1e-15)
        taken = self.deep_in * np.expm1(-self.power * np.log1p(-share)) / self.gamma
        gained: Floats = given - taken
        return gained

    @property
    def beyond(self) -> Floats:
        """How far prices are beyond where a pool begins to give, in logs; negative where it does not."""
        ask = self.deep_in * self.power / (self.gamma * self.deep_out)
        logs: Floats = -np.log(ask)
        return logs

    def moved(self, by: Floats) -> Givers:
        """The same with every ``out`` dearer by ``by`` (K,) in logs against its ``into``, counted in ``out``."""
        made = replace(self, deep_in=self.deep_in * np.exp(-by))
        best = made.deep_out * -np.expm1(-np.maximum(made.beyond, 0.0) / (1 + made.power))
        low, high = best, made.deep_out
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            good = made.gain(middle) >= 0
            low, high = np.where(good, middle, low), np.where(good, high, middle)
        return replace(made, best=best, most=np.where(best > 0, low, 0.0))

    def only(self, where: Ints) -> Givers:
        return Givers(
            self.pool[where], self.side[where], self.out[where], self.into[where], self.deep_out[where],
            self.deep_in[where], self.power[where], self.gamma[where], self.best[where], self.most[where],
        )  # fmt: skip

    @property
    def depth(self) -> Floats:
        """How much more is best given per unit of log price."""
        deep: Floats = (self.deep_out - self.best) / (1 + self.power)
        return deep


def givers(pools: Pools, prices: Floats) -> Givers:
    """Those pools that gain at ``prices``, each on the one side where it does."""
    every = directions(pools, prices)
    return every.only(np.flatnonzero(every.best > 0))


def directions(pools: Pools, prices: Floats) -> Givers:
    """Every pool on both sides; where it would lose by giving anything, ``best`` and ``most`` are zero."""
    count = len(pools.a)
    pool, side = np.tile(np.arange(count), 2), np.repeat([0, 1], count)
    tokens = np.stack([pools.a, pools.b], axis=1) if count else np.zeros((0, 2), np.int64)
    weights = np.stack([pools.weight, 1 - pools.weight], axis=1)
    out, into = tokens[pool, side], tokens[pool, 1 - side]
    with np.errstate(all="ignore"):
        deep_out = pools.reserves[pool, side] * prices[out]
        deep_in = pools.reserves[pool, 1 - side] * prices[into]
        power = weights[pool, side] / weights[pool, 1 - side]
        ask = deep_in * power / (pools.gamma[pool] * deep_out)
        sane = np.flatnonzero((ask > 0) & np.isfinite(ask) & np.isfinite(deep_out + deep_in) & (out != into))
    none = np.zeros(len(sane))
    made = Givers(
        pool[sane], side[sane], out[sane], into[sane],
        deep_out[sane], deep_in[sane], power[sane], pools.gamma[pool[sane]], none, none,
    )  # fmt: skip
    return made.moved(none)


def asked_by_curve(pools: Pools, given: Floats) -> Floats:
    """(P, 2): how much of the other token each curve asks, fee included, for ``given`` (P, 2) of this one."""
    weight = np.stack([pools.weight, 1 - pools.weight], axis=1)
    with np.errstate(all="ignore"):
        share = np.minimum(given / pools.reserves, 1 - 1e-15)
        power = weight / weight[:, ::-1]
        asked = pools.reserves[:, ::-1] * np.expm1(-power * np.log1p(-share)) / pools.gamma[:, None]
    return np.where(given > 0, asked, 0.0)
