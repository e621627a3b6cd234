"""An equilibrium settled in integers: every amount a whole number of units, every limit kept exactly.

Filled orders sell their whole amount and receive what the one price vector says, rounded down, or up where the limit
asks for it. Prices are fixed-point numbers of some 250 digits' precision in bits: along the forest of marginal orders
they follow the limits, between trees they are refined until value balances. The forest's orders then take up what
is left of each token, from the leaves to the root, and the last units go to those who buy the token.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Equilibrium, Floats
from solver.equilibrium.flows import laplacian, solved
from solver.equilibrium.forest import Forest, span

#: Binary places of prices and of rates between two of them.
PLACES: Final = 320
#: Refinements of the trees' levels; each gains the digits of a double. Balanced to this share it is done.
REFINEMENTS, ENOUGH = 40, 2.0**-240
#: A pool hands out less than its curve by this share of its reserve: what its float evaluation may be off.
POOL_SLACK: Final = 2.0**-50
#: Units of a token that rounding may leave.
ROUNDING: Final = 1000
#: Rounds in which lacking units are looked for, from token to token.
HANDS: Final = 4


@dataclass(frozen=True, slots=True)
class Settled:
    """In units of 10^−decimals: what each order ``sold`` and ``bought`` (N,), what pools took in and gave out of
    their two tokens, net into the pool (P, 2), what is left of each token (T,), and fixed-point ``prices`` (T,)."""

    sold: list[int]
    bought: list[int]
    pool_flows: list[tuple[int, int]]
    leftovers: list[int]
    prices: list[int]


@dataclass(slots=True)
class _Trade:
    """Something that sells ``sold`` (at most ``most``) of one token for at least ``least`` of another."""

    sell: int
    buy: int
    sold: int
    most: int
    least: int
    bought: int = 0


@dataclass(frozen=True, slots=True)
class _Level:
    """The marginal orders of one pair and limit: ``orders`` with their ``amounts``, sharing fills pro rata."""

    sell: int
    buy: int
    limit: float
    fill: float
    orders: list[int]
    amounts: list[int]


def units(amount: float, decimals: int) -> int:
    """The whole units in a float amount, exactly: floats are fractions."""
    top, bottom = float(amount).as_integer_ratio()
    whole: int = top * 10**decimals // bottom
    return whole


def settle(batch: Batch, found: Equilibrium, decimals: int = 18) -> Settled:
    """Integers for an equilibrium; with one that is not ``exact`` leftovers may be large, and limits still hold."""
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
    trades: dict[int, _Trade] = {}
    marginal = set(found.marginal.tolist())
    for k in np.flatnonzero(found.fills).tolist():
        if k not in marginal:
            trades[k] = _trade(batch, k, units(batch.amount[k], decimals))
    for level in tied:
        sold = units(level.fill * sum(batch.amount[level.orders]), decimals)
        for k, part in zip(level.orders, _shared(sold, level.amounts), strict=True):
            trades[k] = _trade(batch, k, part)
    pools = _pool_trades(batch, found, decimals)
    prices = _prices(found.prices, forest, levels, [*trades.values(), *pools.values()])
    if strict:
        for level in tied:
            top, bottom = level.limit.as_integer_ratio()
            if prices[level.sell] * bottom < prices[level.buy] * top:
                for k in level.orders:
                    del trades[k]
    net = [0] * tokens
    _pay([*trades.values(), *pools.values()], prices, net)
    # Rounding ends at the roots: at tokens whose buyers are well above their limits.
    room = np.zeros(tokens)
    for trade in trades.values():
        room[trade.buy] += (trade.bought - trade.least) * prices[trade.buy] / 2**PLACES
    forest, _ = _forest(tokens, levels, room)
    trades.update(_take_up(forest, levels, net))
    for _ in range(HANDS):
        _hand_out(net, [*trades.values()], [*pools.values()])
        if min(net) >= 0:
            break
        _sell_more(net, levels, trades)
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


def _trade(batch: Batch, k: int, sold: int) -> _Trade:
    limit = float(batch.limit[k])
    return _Trade(int(batch.sell[k]), int(batch.buy[k]), sold, sold, _at_least(limit, sold))


def _at_least(limit: float, sold: int) -> int:
    top, bottom = limit.as_integer_ratio()
    return -(-sold * top // bottom)


def _levels(batch: Batch, found: Equilibrium, decimals: int) -> list[_Level]:
    same: dict[tuple[int, int, float], list[int]] = defaultdict(list)
    for k in found.marginal.tolist():
        same[int(batch.sell[k]), int(batch.buy[k]), float(batch.limit[k])].append(k)
    return [
        _Level(s, b, limit, float(found.fills[ks].sum() / batch.amount[ks].sum()), ks,
               [units(batch.amount[k], decimals) for k in ks])
        for (s, b, limit), ks in same.items()
    ]  # fmt: skip


def _forest(tokens: int, levels: list[_Level], size: Floats) -> tuple[Forest, list[_Level]]:
    """The forest of levels, its arcs numbering ``levels``, rooted by ``size``, and the levels that are no part."""
    sell = np.array([level.sell for level in levels], np.int64)
    buy = np.array([level.buy for level in levels], np.int64)
    limit = np.log(np.array([level.limit for level in levels], float))
    sure = np.array([min(level.fill, 1 - level.fill) for level in levels], float)
    forest, _ = span(tokens, sell, buy, limit, sure, size)
    used = set(forest.arc.tolist())
    return forest, [level for k, level in enumerate(levels) if k not in used]


def _pool_trades(batch: Batch, found: Equilibrium, decimals: int) -> dict[tuple[int, int], _Trade]:
    """By pool and the side it gives out."""
    trades = {}
    tokens = np.stack([batch.pools.a, batch.pools.b], 1)
    for pool, side in np.argwhere(found.pool_flows < 0).tolist():
        slack = POOL_SLACK * batch.pools.reserves[pool, side]
        out = -found.pool_flows[pool, side] - slack
        if out > 0:
            give, take = int(tokens[pool, side]), int(tokens[pool, 1 - side])
            sold = units(out, decimals)
            trades[pool, side] = _Trade(give, take, sold, sold + units(slack / 2, decimals), 0)
    return trades


def _prices(floats: Floats, forest: Forest, levels: list[_Level], fixed: Iterable[_Trade]) -> list[int]:
    """Fixed-point prices that follow the limits along trees and balance value between them."""
    prices = [0] * len(floats)
    for token in forest.order:
        if forest.arc[token] < 0:
            prices[token] = int(Fraction(float(floats[token])) * 2**PLACES)
            continue
        level, up = levels[int(forest.arc[token])], prices[int(forest.parent[token])]
        top, bottom = level.limit.as_integer_ratio()
        # p_sell = limit · p_buy
        prices[token] = up * top // bottom if level.sell == token else up * bottom // top
    tree = forest.component.tolist()
    between: dict[tuple[int, int], int] = defaultdict(int)
    for trade in fixed:
        if tree[trade.sell] != tree[trade.buy]:
            between[trade.sell, trade.buy] += trade.sold
    if not between:
        return prices
    pairs = list(between)
    sell, buy = np.array([tree[s] for s, _ in pairs]), np.array([tree[b] for _, b in pairs])
    for _ in range(REFINEMENTS):
        net, turnover = [0] * forest.trees, [0] * forest.trees
        flows = [between[pair] * prices[pair[0]] for pair in pairs]
        for (s, b), flow in zip(pairs, flows, strict=True):
            net[tree[s]] += flow
            net[tree[b]] -= flow
            turnover[tree[s]] += flow
            turnover[tree[b]] += flow
        most = max(turnover)
        if most == 0 or all(abs(n) <= t * ENOUGH for n, t in zip(net, turnover, strict=True)):
            break
        shares = np.array([flow / most for flow in flows])
        matrix = laplacian(forest.trees, sell, buy, shares, np.zeros(len(shares)))
        scale = np.where(np.diag(matrix) > 0, np.diag(matrix), 1.0)
        off = np.array([n / t if t else 0.0 for n, t in zip(net, turnover, strict=True)])
        weight = np.array([t / most for t in turnover])
        # Residuals shrink to 2^−240: scaled up so that the solve sees them as numbers of order one.
        least = float(np.abs(off).max())
        move = solved(matrix / scale[:, None] + 1e-13 * np.eye(forest.trees), -off / least * weight / scale)
        steps = [int(math.ldexp(max(-0.5, min(0.5, m)) * least, PLACES)) for m in move]
        prices = [p + (p * steps[tree[token]] >> PLACES) for token, p in enumerate(prices)]
    return prices


def _pay(trades: Sequence[_Trade], prices: list[int], net: list[int]) -> None:
    """Each trade is paid at the prices, rounded down, and at least what its limit asks; ``net`` is what of each
    token is sold and not handed out.

    A pool that gives out less than its curve can do with some units less.
    """
    rates: dict[tuple[int, int], int] = {}
    for trade in trades:
        pair = trade.sell, trade.buy
        if pair not in rates:
            rates[pair] = (prices[trade.sell] << PLACES) // max(prices[trade.buy], 1)
        trade.bought = max(trade.sold * rates[pair] >> PLACES, trade.least)
        if trade.most > trade.sold:
            trade.least = max(0, trade.bought - ((trade.most - trade.sold) * rates[pair] >> PLACES))
        net[trade.sell] += trade.sold
        net[trade.buy] -= trade.bought


def _take_up(forest: Forest, levels: list[_Level], net: list[int]) -> dict[int, _Trade]:
    """The forest's orders, filled from leaves to roots so that no token but the roots has anything left."""
    done: dict[int, _Trade] = {}
    for token in reversed(forest.order):
        if forest.arc[token] < 0:
            continue
        level = levels[int(forest.arc[token])]
        sold = _affordable(level, net[token]) if level.buy == token else -net[token]
        sold = max(0, min(sold, sum(level.amounts)))
        for k, part in zip(level.orders, _shared(sold, level.amounts), strict=True):
            trade = done[k] = _Trade(level.sell, level.buy, part, part, _at_least(level.limit, part))
            trade.bought = trade.least
            net[level.sell] += part
            net[level.buy] -= trade.bought
        if level.buy == token and net[token] > 0 and sold:
            # Less than one unit sold is worth: it is theirs.
            done[level.orders[0]].bought += net[token]
            net[token] = 0
    return done


def _affordable(level: _Level, most: int) -> int:
    """The most that a level can sell when it may buy ``most``, each of its orders rounded up."""
    top, bottom = level.limit.as_integer_ratio()
    sold = max(0, min(most * bottom // top, sum(level.amounts)))
    for _ in range(3):
        over = sum(_at_least(level.limit, part) for part in _shared(sold, level.amounts)) - most
        if over <= 0:
            break
        sold = max(0, sold - (over * bottom // top + 1))
    return sold


def _shared(total: int, amounts: list[int]) -> list[int]:
    """``total`` in proportion to ``amounts``; what division leaves goes unit by unit to the first that have room."""
    whole = sum(amounts)
    parts = [total * amount // whole for amount in amounts] if whole else [0] * len(amounts)
    left = total - sum(parts)
    for k, amount in enumerate(amounts):
        more = min(left, 1, amount - parts[k])
        parts[k] += more
        left -= more
    return parts


def _hand_out(net: list[int], orders: list[_Trade], pools: list[_Trade]) -> None:
    """What is left of a token goes to those who buy it, evenly; what is lacking comes from those above their limit,
    then from pools, that buy or sell it a little less or more."""
    buyers: dict[int, list[_Trade]] = defaultdict(list)
    for trade in orders:
        if trade.sold:
            buyers[trade.buy].append(trade)
    for trade in pools:
        buyers[trade.buy] = buyers[trade.buy] or [trade]
    for token, here in buyers.items():
        for _ in range(2):
            each, more = divmod(net[token], len(here))
            for place, trade in enumerate(here):
                _pass_on(net, trade, each + (place < more))
        for trade in here if net[token] < 0 else ():
            _pass_on(net, trade, net[token])
    for trade in pools:
        _pass_on(net, trade, min(0, net[trade.buy]))
        given = max(-trade.sold, min(-net[trade.sell], trade.most - trade.sold))
        trade.sold += given
        net[trade.sell] += given


def _sell_more(net: list[int], levels: list[_Level], trades: dict[int, _Trade]) -> None:
    """Lacking units are sold by orders at their limit that have some left: then another token lacks some."""
    for level in levels:
        for k, amount in zip(level.orders, level.amounts, strict=True):
            if net[level.sell] < 0 and k in trades:
                trade = trades[k]
                more = min(-net[level.sell], amount - trade.sold)
                trade.sold += more
                net[level.sell] += more
                trade.least = _at_least(level.limit, trade.sold)
                _pass_on(net, trade, 0)


def _pass_on(net: list[int], trade: _Trade, amount: int) -> None:
    """``amount`` more to a buyer, or as much less as it is above its least."""
    given = max(amount, trade.least - trade.bought)
    trade.bought += given
    net[trade.buy] -= given
