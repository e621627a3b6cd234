"""An equilibrium settled in integers: every amount a whole number of units, every limit kept exactly.

Filled orders sell their whole amount and receive what the one price vector says, rounded down, or up where the
limit asks for it. Prices are fixed-point numbers of 320 binary places: along the forest of
marginal orders they follow the limits, between trees they are refined until value balances. The forest's orders
then take up what is left of each token, from the leaves to the root, and the last units go to those who buy the
token.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Equilibrium, Floats
from solver.equilibrium.fixed_point import PLACES, prices_of
from solver.equilibrium.forest import Forest, span
from solver.equilibrium.rounding import buy_less, hand_out, pay, sell_more, take_up
from solver.equilibrium.trades import Level, Trade, at_least, shared, units

#: A pool hands out less than its curve by this share of its reserve: what its float evaluation may be off.
POOL_SLACK: Final = 2.0**-50
#: Units of a token that rounding may leave.
ROUNDING: Final = 1000
#: Orders outside the forest sell multiples of this many units: then what meets exactly stays exact.
COARSE: Final = 2**24
#: Rounds in which lacking units are looked for, from token to token.
HANDS: Final = 6


@dataclass(frozen=True, slots=True)
class Settled:
    """In units of 10^−decimals: what each order ``sold`` and ``bought`` (N,), what pools took in and gave out of
    their two tokens, net into the pool (P, 2), what is left of each token (T,), and fixed-point
    ``prices`` (T,)."""

    sold: list[int]
    bought: list[int]
    pool_flows: list[tuple[int, int]]
    leftovers: list[int]
    prices: list[int]


def settle(batch: Batch, found: Equilibrium, decimals: int = 18) -> Settled:
    """Integers for an equilibrium; with one that is not ``exact`` leftovers may be large; limits hold."""
    settled = _settle(batch, found, decimals, strict=False)
    if all(0 <= left <= ROUNDING for left in settled.leftovers):
        return settled
    # Limits like 0.8 and 1.25 meet as reals and miss each other by a bit as doubles.
    other = _settle(batch, found, decimals, strict=True)
    return min(settled, other, key=lambda s: max(max(-left, left - ROUNDING) for left in s.leftovers))


def _settle(batch: Batch, found: Equilibrium, decimals: int, *, strict: bool) -> Settled:
    """``strict``: marginal orders outside the forest only where the prices keep their limits to the last bit."""
    tokens = len(batch.values)
    levels = _levels(batch, found, decimals)
    forest, tied = _forest(tokens, levels, np.zeros(tokens))
    trades: dict[int, Trade] = {}
    marginal = set(found.marginal.tolist())
    for k in np.flatnonzero(found.fills).tolist():
        if k not in marginal:
            trades[k] = _trade(batch, k, units(batch.amount[k], decimals))
    for level in tied:
        sold = units(level.fill * sum(batch.amount[level.orders]), decimals) // COARSE * COARSE
        for k, part in zip(level.orders, shared(sold, level.amounts, level.limit), strict=True):
            trades[k] = _trade(batch, k, part)
    pools = _pool_trades(batch, found, decimals)
    prices = prices_of(found.prices, forest, levels, [*trades.values(), *pools.values()])
    if strict:
        for level in tied:
            top, bottom = level.limit.as_integer_ratio()
            if prices[level.sell] * bottom < prices[level.buy] * top:
                for k in level.orders:
                    del trades[k]
    net = [0] * tokens
    pay([*trades.values(), *pools.values()], prices, net)
    # Rounding ends at the roots: at tokens whose buyers are well above their limits.
    room = np.zeros(tokens)
    for trade in trades.values():
        room[trade.buy] += (trade.bought - trade.least) * prices[trade.buy] / 2**PLACES
    forest, _ = _forest(tokens, levels, room)
    trades.update(take_up(forest, levels, net))
    for turn in range(HANDS):
        hand_out(net, [*trades.values()], [*pools.values()])
        if min(net, default=0) >= 0:
            break
        if turn % 2:
            sell_more(net, levels, trades)
        else:
            buy_less(net, [*trades.values()], tokens)
    sells, buys = [0] * len(batch.sell), [0] * len(batch.sell)
    for k, trade in trades.items():
        sells[k], buys[k] = trade.sold, trade.bought
    flows = [(0, 0)] * len(batch.pools.a)
    for (pool, side), trade in pools.items():
        flows[pool] = (-trade.sold, trade.bought) if side == 0 else (trade.bought, -trade.sold)
    return Settled(sells, buys, flows, net, prices)


def broken(batch: Batch, settled: Settled, decimals: int = 18) -> int:
    """Orders that sold more than they have or got less than their limit, by cross-multiplication."""
    count = 0
    for k, (sold, bought) in enumerate(zip(settled.sold, settled.bought, strict=True)):
        if sold or bought:
            top, bottom = float(batch.limit[k]).as_integer_ratio()
            count += sold < 0 or sold > units(batch.amount[k], decimals) or bought * bottom < top * sold
    return count


def _trade(batch: Batch, k: int, sold: int) -> Trade:
    limit = float(batch.limit[k])
    return Trade(int(batch.sell[k]), int(batch.buy[k]), sold, sold, at_least(limit, sold), limit)


def _levels(batch: Batch, found: Equilibrium, decimals: int) -> list[Level]:
    same: dict[tuple[int, int, float], list[int]] = defaultdict(list)
    for k in found.marginal.tolist():
        same[int(batch.sell[k]), int(batch.buy[k]), float(batch.limit[k])].append(k)
    return [
        Level(s, b, limit, float(found.fills[ks].sum() / batch.amount[ks].sum()), ks,
               [units(batch.amount[k], decimals) for k in ks])
        for (s, b, limit), ks in same.items()
    ]  # fmt: skip


def _forest(tokens: int, levels: list[Level], size: Floats) -> tuple[Forest, list[Level]]:
    """The forest of levels, its arcs numbering ``levels``, rooted by ``size``, and the levels that are no part."""
    sell = np.array([level.sell for level in levels], np.int64)
    buy = np.array([level.buy for level in levels], np.int64)
    limit = np.log(np.array([level.limit for level in levels], float))
    sure = np.array([min(level.fill, 1 - level.fill) for level in levels], float)
    forest, _ = span(tokens, sell, buy, limit, sure, size)
    used = set(forest.arc.tolist())
    return forest, [level for k, level in enumerate(levels) if k not in used]


def _pool_trades(batch: Batch, found: Equilibrium, decimals: int) -> dict[tuple[int, int], Trade]:
    """By pool and the side it gives out."""
    trades = {}
    tokens = np.stack([batch.pools.a, batch.pools.b], 1)
    for pool, side in np.argwhere(found.pool_flows < 0).tolist():
        slack = POOL_SLACK * batch.pools.reserves[pool, side]
        out = -found.pool_flows[pool, side] - slack
        if out > 0:
            give, take = int(tokens[pool, side]), int(tokens[pool, 1 - side])
            sold = units(out, decimals)
            trades[pool, side] = Trade(give, take, sold, sold + units(slack / 2, decimals), 0)
    return trades
