"""Pools in an equilibrium: each is a seller of one of its tokens whose fill grows smoothly with the price.

A weighted pool that gives out token ``out`` for token ``in`` at prices p does so until its marginal price, fee
included, is p_out/p_in. With d = log p_out − log p_in and the limit L = −log(γ·spot), spot being what it would
give at the margin without fee, it hands out R_out·(1 − exp(−w_in·(d − L))) where d > L and nothing otherwise. The
amount taken in is worth the same at p. So a pool with its two directions is two orders of a smooth kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.equilibrium.batch import Bools, Floats, Ints, Pools


@dataclass(frozen=True, slots=True)
class Curves:
    """2P directions: ``sell`` (the token given out), ``buy``, log ``limit`` of p_sell/p_buy, ``reserve`` of what
    is given, ``weight`` of what is taken; ``pool`` and ``side`` (column of the token given) say where from."""

    sell: Ints
    buy: Ints
    limit: Floats
    reserve: Floats
    weight: Floats
    pool: Ints
    side: Ints

    def only(self, where: Bools | Ints) -> Curves:
        return Curves(
            self.sell[where], self.buy[where], self.limit[where], self.reserve[where], self.weight[where],
            self.pool[where], self.side[where],
        )  # fmt: skip

    def around(self, log_guess: Floats) -> Curves:
        """The same in values and log rates relative to guessed prices."""
        rate = log_guess[self.sell] - log_guess[self.buy]
        reserve = self.reserve * np.exp(log_guess[self.sell])
        return Curves(self.sell, self.buy, self.limit - rate, reserve, self.weight, self.pool, self.side)


def as_curves(pools: Pools, tokens: int) -> Curves:
    """Both directions of every pool that has liquidity; a pool that makes no sense has none."""
    a, b, r, w = pools.a, pools.b, pools.reserves, pools.weight
    with np.errstate(all="ignore"):
        spot = np.log(w) - np.log1p(-w) + np.log(r[:, 1]) - np.log(r[:, 0])  # b given per a, at the margin
        fee = np.log(pools.gamma)
        usable = np.isfinite(spot) & np.isfinite(fee) & (fee <= 0) & (a != b)
        usable &= (np.minimum(a, b) >= 0) & (np.maximum(a, b) < tokens)
    at = np.flatnonzero(usable)
    a, b, r, w, spot, fee = a[at], b[at], r[at], w[at], spot[at], fee[at]
    return Curves(
        np.r_[b, a],
        np.r_[a, b],
        np.r_[-spot - fee, spot - fee],
        np.r_[r[:, 1], r[:, 0]],
        np.r_[w, 1 - w],
        np.r_[at, at],
        np.repeat(np.array([1, 0]), len(at)),
    )


def given(curves: Curves, log_prices: Floats, active: Bools | None = None) -> tuple[Floats, Floats]:
    """Amounts given out at these prices, and their derivatives by log p_sell.

    ``active``: which pools trade, when that is settled already: their curves go on below the limit then, so that
    a Newton step from there sees them.
    """
    depth = log_prices[curves.sell] - log_prices[curves.buy] - curves.limit
    trades = depth > 0 if active is None else active
    fall = -curves.weight * np.where(trades, depth, 0.0)
    out = -curves.reserve * np.expm1(fall)
    return out, np.where(trades, curves.reserve * curves.weight * np.exp(fall), 0.0)
