"""The uniform-price equilibrium of a batch, from cold or from earlier prices.

Guess prices → sort the book around them → smoothed Newton until few orders are near the margin → interior point on
these → the marginal forest exactly → measure.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.equilibrium import interior, ramp
from solver.equilibrium.batch import Batch, Equilibrium, Floats
from solver.equilibrium.book import Book, Orders, build, prepare
from solver.equilibrium.finish import Finished, finish
from solver.equilibrium.guess import guess
from solver.equilibrium.interior import Near
from solver.equilibrium.measure import Measure, measure
from solver.equilibrium.pools import given

#: Few enough orders for the interior point.
FEW: Final = 3000


def equilibrium(batch: Batch, start: Floats | None = None) -> Equilibrium:
    """One price vector at which every order inside its limit is filled, none outside, and tokens balance.

    ``start``: (T,) prices of a similar batch. Never raises on odd markets: where it fails, ``exact`` is False.
    """
    orders = prepare(batch)
    log_prices = guess(orders) if start is None else np.log(start)
    book = build(orders, log_prices, 1e-300 + 1.01 * float(np.abs(spread(orders, log_prices)).max(initial=1.0)))
    x, h, steps = np.zeros(orders.tokens), 0.05, 0
    if len(orders.sell) > FEW:
        while True:
            x, _, n = ramp.solve(book, x, h, 1e-4)
            steps += n
            if interior_count(book, x, h) <= FEW:
                break
            h /= 4
        near, listed, level = narrow(book, x, h)
        mu = h / 10
    else:
        near, listed, level = narrow(book, x, np.inf)
        mu = float(np.median(np.abs(near.limit))) if len(near.limit) else 1.0
    scale = float(np.median(np.abs(near.limit))) if len(near.limit) else 1.0
    at, taken = interior.follow(near, x, mu, max(scale, 1e-4))
    steps += taken
    found = finish(near, at.x, at.f, at.marginal)
    return report(batch, orders, book, listed, level, found, steps)


def spread(orders: Orders, y: Floats) -> Floats:
    return orders.limit - (y[orders.sell] - y[orders.buy])


def interior_count(book: Book, x: Floats, h: float) -> int:
    from solver.equilibrium.book import ranks

    d = x[book.sell] - x[book.buy]
    return int((ranks(book, d + h / 2) - ranks(book, d - h / 2)).sum())


def narrow(book: Book, x: Floats, width: float):  # type: ignore[no-untyped-def]
    d = x[book.sell] - x[book.buy]
    distance = book.limit - d[book.pair]
    inside = np.abs(distance) <= width
    certain = book.below + np.bincount(book.pair, book.value * (distance < -width), len(book.sell))
    some = certain > 0
    listed = np.flatnonzero(inside)
    listed = listed[np.lexsort((book.limit[listed], book.pair[listed]))]
    pair, limit = book.pair[listed], book.limit[listed]
    # Orders of one pair with one limit are one level: they are filled alike.
    fresh = np.ones(len(listed), bool)
    fresh[1:] = (pair[1:] != pair[:-1]) | (limit[1:] != limit[:-1])
    level = np.cumsum(fresh) - 1
    value = np.bincount(level, book.value[listed], int(fresh.sum()))
    pair, limit = pair[fresh], limit[fresh]
    return Near(
        book.tokens, book.sell[pair], book.buy[pair], limit, value,
        book.sell[some], book.buy[some], certain[some], book.curves,
    ), listed, level  # fmt: skip


def report(batch: Batch, orders: Orders, book: Book, listed, level, found: Finished, steps: int) -> Equilibrium:  # type: ignore[no-untyped-def]
    y = book.log_guess + found.x
    inside = y[orders.sell] - y[orders.buy] >= orders.limit
    share = inside.astype(float)
    here = book.order[listed]
    share[here] = found.fills[level]
    amounts = share * orders.amount
    out, _ = given(orders.curves, y)
    known = np.isfinite(batch.values) & (batch.values > 0)
    weights = np.where(known, batch.values, np.exp(y - (y[0] if len(y) else 0.0)))
    m: Measure = measure(orders, weights, y, amounts, out)
    fills = np.zeros(len(batch.sell))
    fills[orders.index] = amounts
    c = orders.curves
    flows = np.zeros((len(batch.pools.a), 2))
    np.subtract.at(flows, (c.pool, c.side), out)
    np.add.at(flows, (c.pool, 1 - c.side), out * np.exp(y[c.sell] - y[c.buy]))
    partial = np.sort(orders.index[here[found.marginal[level]]])
    prices = np.exp(y - y[0]) if len(y) else np.zeros(0)
    return Equilibrium(
        prices, fills, flows, partial, m.leftovers, m.unrealised_over_realised, m.exact and found.settled, steps
    )
