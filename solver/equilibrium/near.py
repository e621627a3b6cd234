"""What is left to decide once prices are known nearly: levels of orders near the margin, and pools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.equilibrium.batch import Floats, Ints
from solver.equilibrium.book import Book
from solver.equilibrium.pools import Curves
from solver.tally import totals


@dataclass(frozen=True, slots=True)
class Near:
    """n levels (``sell``, ``buy``, ``limit``, ``value``) to fill wholly, partly or not; arcs certain to be filled
    (``full_sell``, ``full_buy``, ``full_value``); pools, of which ``curve`` (m,) says
    where in the book; all relative to guessed prices.

    A level is all orders of one pair with one limit: they are filled alike. ``order``: (m,) the orders near the
    margin, as indices into ``Orders``, and ``level``: (m,) the level of each. A level whose counterparties could
    never take so much is cut to what they could: ``share`` (n,) of it is left in ``value``. ``all_sell`` and
    ``all_buy`` list the tokens of levels, certain arcs and pools in this order.
    """

    tokens: int
    sell: Ints
    buy: Ints
    limit: Floats
    value: Floats
    full_sell: Ints
    full_buy: Ints
    full_value: Floats
    curves: Curves
    curve: Ints
    order: Ints
    level: Ints
    share: Floats
    all_sell: Ints
    all_buy: Ints


def narrow(book: Book, x: Floats, width: float, *, cut: bool = True) -> Near:
    """The orders within ``width`` of their limit at log prices ``x``, and pools no further than that from trading.

    ``cut``: whether levels are cut to what others could take.
    """
    distance = book.limit - (x[book.sell] - x[book.buy])[book.pair]
    certain = book.below + totals(book.pair, book.value * (distance < -width), len(book.sell))
    some = np.flatnonzero(certain)
    listed = np.flatnonzero(np.abs(distance) <= width)
    listed = listed[np.lexsort((book.limit[listed], book.pair[listed]))]
    pair, limit = book.pair[listed], book.limit[listed]
    fresh = np.ones(len(listed), bool)
    fresh[1:] = (pair[1:] != pair[:-1]) | (limit[1:] != limit[:-1])
    level = np.cumsum(fresh) - 1
    value = totals(level, book.value[listed], int(fresh.sum()))
    pair, limit = pair[fresh], limit[fresh]
    c = book.curves
    reached = np.flatnonzero(x[c.sell] - x[c.buy] - c.limit >= -width)
    curves = c.only(reached)
    sell, buy = book.sell[pair], book.buy[pair]
    full_sell, full_buy = book.sell[some], book.buy[some]
    all_sell, all_buy = np.concatenate([sell, full_sell, curves.sell]), np.concatenate([buy, full_buy, curves.buy])
    kept = value
    if cut:
        every = np.concatenate([value, certain[some], curves.reserve])
        kept = capped(book.tokens, all_sell, all_buy, every, len(value))
    return Near(
        book.tokens, sell, buy, limit, kept, full_sell, full_buy, certain[some], curves, reached,
        book.order[listed], level, kept / value, all_sell, all_buy,
    )  # fmt: skip


#: How many times what others can sell or buy an order may be before it is cut, and the rounds that takes.
AMPLE, ROUNDS = 64.0, 8


def capped(tokens: int, sell: Ints, buy: Ints, value: Floats, count: int) -> Floats:
    """The first ``count`` values, none beyond ``AMPLE`` times what could be brought of its buy token or taken of
    its sell token: else a market with an order 10^17 times the others has fills below what doubles resolve."""
    value = value.copy()
    for _ in range(ROUNDS):
        taken, brought = totals(buy, value, tokens), totals(sell, value, tokens)
        most = AMPLE * np.minimum(taken[sell[:count]], brought[buy[:count]])
        if (value[:count] <= most).all():
            break
        value[:count] = np.minimum(value[:count], most)
    return value[:count]
