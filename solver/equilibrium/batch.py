"""A batch in plain arrays, and what an equilibrium of it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pools:
    """P pools of two tokens, constant product where ``weight`` is ½.

    ``a``, ``b``: (P,) token indices; ``reserves``: (P, 2) in natural units; ``gamma`` = 1 − fee and ``weight`` of
    the first token: (P,).
    """

    a: Ints
    b: Ints
    reserves: Floats
    gamma: Floats
    weight: Floats

    @staticmethod
    def none() -> Pools:
        empty = np.zeros(0, np.int64)
        return Pools(empty, empty, np.zeros((0, 2)), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Batch:
    """N orders: at most ``amount`` of token ``sell`` for ``buy`` at no less than ``limit`` (buy per sell).

    ``values``: (T,) what a unit of each token is worth outside, used for reporting alone; zero where unknown.
    ``fill_or_kill`` (N,) is for those who select around an equilibrium: the equilibrium itself fills partly.
    Orders that make no sense (an amount or a limit that is not positive and finite, a token for itself or
    outside the range) are left unfilled.
    """

    values: Floats
    sell: Ints
    buy: Ints
    amount: Floats
    limit: Floats
    fill_or_kill: Bools
    pools: Pools


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """One price vector and what trades at it.

    ``prices``: (T,) value per unit, positive, ``prices[0] == 1``; only ratios of tokens that are linked by trade
    or by limits mean anything. ``fills``: (N,) amounts sold. ``pool_flows``: (P, 2) net amounts into each pool's
    two tokens, the outgoing one by the pool's curve and the incoming one worth the same at ``prices``.
    ``marginal``: orders whose limit is the price to rounding: only these may be filled in part.
    ``leftovers``: (T,) amounts sold and not handed out, zero but for rounding when ``exact``.
    ``unrealised_over_realised``: the utility that willing orders were denied over what was had, zero in an
    equilibrium. ``exact``: no limit missed, nothing of ``unrealised_over_realised`` above 1e-12, every token in
    balance to 1e-9 of its turnover.
    """

    prices: Floats
    fills: Floats
    pool_flows: Floats
    marginal: Ints
    leftovers: Floats
    unrealised_over_realised: float
    exact: bool
    newton_steps: int
