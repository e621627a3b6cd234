"""Whole units: trades are paid, marginal orders take up what is left of each token, and the last units are handed
out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from solver.equilibrium.fixed_point import PLACES
from solver.equilibrium.forest import Forest
from solver.equilibrium.trades import Level, Trade, at_least, shared


def pay(trades: Sequence[Trade], prices: list[int], net: list[int]) -> None:
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


def take_up(forest: Forest, levels: list[Level], net: list[int]) -> dict[int, Trade]:
    """The forest's orders, filled from leaves to roots so that no token but the roots has anything left."""
    done: dict[int, Trade] = {}
    for token in reversed(forest.order):
        if forest.arc[token] < 0:
            continue
        level = levels[int(forest.arc[token])]
        sold = affordable(level, net[token]) if level.buy == token else -net[token]
        sold = max(0, min(sold, sum(level.amounts)))
        for k, part in zip(level.orders, shared(sold, level.amounts, level.limit), strict=True):
            trade = done[k] = Trade(level.sell, level.buy, part, part, at_least(level.limit, part), level.limit)
            trade.bought = trade.least
            net[level.sell] += part
            net[level.buy] -= trade.bought
        if level.buy == token and net[token] > 0 and sold:
            # Less than one unit sold is worth: it is theirs.
            done[level.orders[0]].bought += net[token]
            net[token] = 0
    return done


def affordable(level: Level, most: int) -> int:
    """The most that a level can sell when it may buy ``most``, each of its orders rounded up."""
    top, bottom = level.limit.as_integer_ratio()
    sold = max(0, min(most * bottom // top, sum(level.amounts)))
    for _ in range(3):
        over = sum(at_least(level.limit, part) for part in shared(sold, level.amounts, level.limit)) - most
        if over <= 0:
            break
        sold = max(0, sold - (over * bottom // top + 1))
    return sold


def hand_out(net: list[int], orders: list[Trade], pools: list[Trade]) -> None:
    """What is left of a token goes to those who buy it, evenly; what is lacking comes from those above their
    limit, then from pools, that buy or sell it a little less or more."""
    buyers: dict[int, list[Trade]] = defaultdict(list)
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
        if net[trade.buy] < 0 and trade.bought:
            _shrink(net, trade)
        given = max(-trade.sold, min(-net[trade.sell], trade.most - trade.sold))
        trade.sold += given
        net[trade.sell] += given


def _shrink(net: list[int], trade: Trade) -> None:
    """A pool's trade made smaller at the same rate, until what it buys lacks no more: its curve asks less then."""
    kept = max(0, trade.bought + net[trade.buy])
    less = trade.sold - trade.sold * kept // trade.bought
    net[trade.buy] += trade.bought - kept
    net[trade.sell] -= less
    trade.sold, trade.most = trade.sold - less, trade.most - less
    trade.bought = trade.least = kept


def buy_less(net: list[int], orders: list[Trade], rounds: int) -> None:
    """Lacking units are not bought by orders at their limit, which sell as much less: then what those sell lacks,
    and so on to a token that somebody buys well above the limit."""
    bound = [trade for trade in orders if trade.limit and trade.sold]
    for _ in range(rounds):
        if min(net) >= 0:
            break
        for trade in bound:
            if net[trade.buy] < 0:
                top, bottom = trade.limit.as_integer_ratio()
                kept = min(trade.sold, max(0, trade.bought + net[trade.buy]) * bottom // top)
                net[trade.sell] -= trade.sold - kept
                trade.sold = kept
                trade.least = at_least(trade.limit, kept)
                _pass_on(net, trade, net[trade.buy])


def sell_more(net: list[int], levels: list[Level], trades: dict[int, Trade]) -> None:
    """Lacking units are sold by orders at their limit that have some left: then another token lacks some."""
    for level in levels:
        for k, amount in zip(level.orders, level.amounts, strict=True):
            if net[level.sell] < 0 and k in trades:
                trade = trades[k]
                more = min(-net[level.sell], amount - trade.sold)
                trade.sold += more
                net[level.sell] += more
                trade.least = at_least(level.limit, trade.sold)
                _pass_on(net, trade, 0)


def _pass_on(net: list[int], trade: Trade, amount: int) -> None:
    """``amount`` more to a buyer, or as much less as it is above its least."""
    given = max(amount, trade.least - trade.bought)
    trade.bought += given
    net[trade.buy] -= given
