"""The uniform-price equilibrium of a batch, from cold or from earlier prices.

Guess prices → locate the margin (sorted book, smoothed Newton) → interior point on the orders near it → the
marginal forest, exactly → measure; and with a wider window again where that was not the equilibrium.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Equilibrium, Floats
from solver.equilibrium.book import Orders, prepare
from solver.equilibrium.circles import Circles, circles, stacked
from solver.equilibrium.finish import finish
from solver.equilibrium.guess import guess
from solver.equilibrium.interior import follow
from solver.equilibrium.locate import Located, locate, typical
from solver.equilibrium.measure import measure
from solver.equilibrium.near import Near, narrow
from solver.equilibrium.pools import given

#: Windows tried, each so much wider than the last; at the end every order, with and without care.
WIDENINGS: Final = (1.0, 8.0, 64.0)

#: Prices of a similar batch are taken to be this close (in logs).
SIMILAR: Final = 1e-4


def equilibrium(batch: Batch, start: Floats | None = None) -> Equilibrium:
    """One price vector at which every order inside its limit is filled, none outside, and tokens balance.

    ``start``: (T,) prices of a similar batch. Never raises on odd markets: where it fails, ``exact`` is False.
    """
    orders = prepare(batch)
    near_by = None
    known = None
    if start is not None:
        with np.errstate(all="ignore"):
            known = np.log(start)
        near_by = SIMILAR if np.isfinite(known).all() else None
    with np.errstate(over="ignore", under="ignore"):
        parts = circles(orders)
        located = locate(parts.inside, guess(orders, known), near_by)
        return settle(batch, orders, parts, located)


def settle(batch: Batch, orders: Orders, parts: Circles, located: Located) -> Equilibrium:
    """From the window to the equilibrium."""
    window, steps = located.window, located.steps
    tries = [(window * wider, False, True) for wider in WIDENINGS] if window < np.inf else []
    best: Equilibrium | None = None
    for reach, careful, cut in [*tries, (np.inf, False, True), (np.inf, True, True), (np.inf, True, False)]:
        near = narrow(located.book, located.x, reach, cut=cut)
        scale = typical(located.book) if reach == np.inf else reach
        mu = scale if reach == np.inf else scale / 32
        at, taken = follow(near, located.x, mu, scale, careful=careful)
        steps += taken
        found = finish(near, at.x, at.f, at.marginal, at.active)
        prices = stacked(parts, located.book.log_guess + found.x)
        answer = report(batch, orders, parts.inside, prices, near, found, steps)
        if best is None or answer.exact or answer.unrealised_over_realised < best.unrealised_over_realised:
            best = answer
        if answer.exact:
            break
    assert best is not None
    return best


def report(batch: Batch, orders: Orders, inside: Orders, y: Floats, near: Near, found, steps: int) -> Equilibrium:  # type: ignore[no-untyped-def]
    """Every order's fill at log prices ``y``."""
    y = y - y[0] if len(y) else y
    share = (y[inside.sell] - y[inside.buy] >= inside.limit).astype(float)
    share[near.order] = (found.fills * near.share)[near.level]
    fills = np.zeros(len(batch.sell))
    fills[inside.index] = share * inside.amount
    out, _ = given(orders.curves, y)
    known = np.isfinite(batch.values) & (batch.values > 0)
    m = measure(orders, np.where(known, batch.values, np.exp(y)), y, fills[orders.index], out)
    c = orders.curves
    flows = np.zeros((len(batch.pools.a), 2))
    np.subtract.at(flows, (c.pool, c.side), out)
    np.add.at(flows, (c.pool, 1 - c.side), out * np.exp(y[c.sell] - y[c.buy]))
    marginal = np.sort(inside.index[near.order[found.marginal[near.level]]])
    return Equilibrium(
        np.exp(y),
        fills,
        flows,
        marginal,
        m.leftovers,
        m.unrealised_over_realised,
        m.exact and found.settled,
        steps,
    )
