"""The prices at which a set of orders, all filled whole, conserves value in every token.

What is sold of a token equals in value what is bought of it: p is the stationary measure of a Markov chain whose
rates are the amounts sold from token to token (in the sense of the matrix-tree theorem). Within a group of tokens
that reach one another it is unique up to scale; the scales of the groups are then chosen for the most surplus.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from solver.selection.program import Bools, Floats

Ints = NDArray[np.int64]

#: A limit or a price bound met to within rounding is met.
ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class WholeMarket:
    """N orders, each to be filled whole or not at all: ``amount`` of token ``sell`` for ``buy`` at no less than
    ``limit`` (buy per sell). Prices of the ``tokens`` lie between ``low`` and ``high`` and sum to ``tokens``."""

    tokens: int
    sell: Ints
    buy: Ints
    amount: Floats
    limit: Floats
    low: float
    high: float


def prices_of(market: WholeMarket, taken: Ints) -> tuple[float, Floats] | None:
    """The most surplus Σ q·(p_sell − limit·p_buy) of the orders ``taken`` and prices (T,) that give it; None when
    no prices conserve value, lie in bounds and meet every limit."""
    sell, buy = market.sell[taken], market.buy[taken]
    amount, limit = market.amount[taken], market.limit[taken]
    groups = _groups(market.tokens, sell, buy)
    if groups is None:
        return None
    relative = np.ones(market.tokens)
    for group in groups:
        if len(group) > 1 and not _balance(market.tokens, sell, buy, amount, group, relative):
            return None
    gain = amount * (relative[sell] - limit * relative[buy])
    if np.any(relative[sell] < limit * relative[buy] * (1 - ROUNDING)):
        return None
    member = np.empty(market.tokens, np.int64)
    for number, group in enumerate(groups):
        member[group] = number
    scales = _scales(market, groups, relative, np.bincount(member[sell], gain, len(groups)).astype(float))
    if scales is None:
        return None
    prices = relative * scales[member]
    return float(np.sum(amount * (prices[sell] - limit * prices[buy]))), prices


def _groups(tokens: int, sell: Ints, buy: Ints) -> list[Ints] | None:
    """Tokens that reach one another through orders; None when some order leads to where none leads back from."""
    reach: Bools = np.eye(tokens, dtype=bool)
    reach[sell, buy] = True
    for _ in range(int(tokens).bit_length()):
        reach = reach @ reach
    if np.any(reach != reach.T):
        return None
    first = np.argmax(reach, axis=1)
    return [np.flatnonzero(first == token) for token in np.unique(first)]


def _balance(tokens: int, sell: Ints, buy: Ints, amount: Floats, group: Ints, relative: Floats) -> bool:
    """Writes the group's relative prices; False when rounding leaves none."""
    flow = np.zeros((tokens, tokens))
    np.add.at(flow, (buy, sell), amount)
    flow = flow[np.ix_(group, group)]
    system = flow - np.diag(flow.sum(axis=0))
    system[-1] = 1.0
    try:
        found = np.linalg.solve(system, np.eye(len(group))[-1])
    except np.linalg.LinAlgError:
        return False
    if not np.all(found > 0):
        return False
    relative[group] = found
    return True


def _scales(market: WholeMarket, groups: list[Ints], relative: Floats, gains: Floats) -> Floats | None:
    """Each group's factor: all prices in bounds, their sum right, the most gain. A continuous knapsack."""
    least = np.array([market.low / relative[group].min() for group in groups])
    most = np.array([market.high / relative[group].max() for group in groups])
    mass = np.array([relative[group].sum() for group in groups])
    if np.any(least > most * (1 + ROUNDING)):
        return None
    scales, left = least.copy(), market.tokens - float(least @ mass)
    for number in np.argsort(-gains / mass, kind="stable"):
        step = max(0.0, min(most[number] - least[number], left / mass[number]))
        scales[number] += step
        left -= step * mass[number]
    return None if abs(left) > ROUNDING * market.tokens else scales
