"""The uniform-price equilibrium of a batch, from cold or from earlier prices.

Guess prices → locate the margin (sorted book, smoothed Newton) → interior point on the orders near it → the
marginal forest, exactly → measure; and with a wider window again where that was not the equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Equilibrium, Floats
from solver.equilibrium.book import prepare
from solver.equilibrium.circles import Circles, circles, stacked
from solver.equilibrium.finish import Finished, finish
from solver.equilibrium.guess import guess
from solver.equilibrium.interior import follow
from solver.equilibrium.locate import Located, locate, nearby
from solver.equilibrium.measure import measure
from solver.equilibrium.near import Near, narrow
from solver.equilibrium.pools import given

#: In a window the interior point begins with slacks this much smaller than it is wide.
CLOSER: Final = 32
#: Windows tried, so many times the first.
WIDENINGS: Final = (1.0, 8.0, 64.0)


def equilibrium(batch: Batch, start: Floats | None = None) -> Equilibrium:
    """One price vector at which every order inside its limit is filled, none outside, and tokens balance.

    ``start``: (T,) prices of a similar batch, taken for nothing unless all are positive. Never raises on odd
    markets: where it fails, ``exact`` is False. Orders of one pair with the same limit are rationed equally: each
    is filled to the same share of its amount.
    """
    with np.errstate(all="ignore"):
        parts = circles(prepare(batch))
        known = None if start is None else np.log(np.asarray(start, float))
        if known is not None and len(known) == len(batch.values) and np.isfinite(known).all():
            found = settle(batch, parts, nearby(parts.inside, known))
            if found.exact:
                return found
        return settle(batch, parts, locate(parts.inside, guess(parts.inside)))


def settle(batch: Batch, parts: Circles, located: Located) -> Equilibrium:
    """From the window to the equilibrium, in wider windows when it lies outside."""
    book, best, least, steps = located.book, None, np.inf, located.steps
    for attempt in tries(located):
        near = narrow(book, located.x, attempt.window, cut=attempt.cut)
        scale = min(attempt.window, located.scale)
        mu = scale if attempt.window == np.inf else scale / CLOSER
        end = follow(near, located.x, mu, scale, careful=attempt.careful)
        steps += end.steps
        found = finish(near, end.at.x, end.at.f, end.marginal, end.active)
        answer, off = report(batch, parts, book.log_guess, near, found, steps)
        if best is None or answer.exact or off < least:
            best, least = answer, off
        if answer.exact:
            break
    assert best is not None
    return best


@dataclass(frozen=True, slots=True)
class Try:
    """``window``: how far limits may be from prices to be decided upon; ``careful``: as ``follow`` has it;
    ``cut``: as ``narrow`` has it."""

    window: float
    careful: bool = False
    cut: bool = True


def tries(located: Located) -> list[Try]:
    """The window and wider ones; then every order, without and with care, if the book lists them all."""
    windows = [located.window * wider for wider in WIDENINGS] if located.window < np.inf else []
    if not located.book.whole:
        return [Try(window) for window in windows if window <= located.book.width]
    whole = [Try(np.inf), Try(np.inf, careful=True), Try(np.inf, careful=True, cut=False)]
    return [*(Try(window) for window in windows), *whole]


def report(
    batch: Batch, parts: Circles, log_guess: Floats, near: Near, found: Finished, steps: int
) -> tuple[Equilibrium, float]:
    """Every order's fill at the prices found, measured; and how far that is from an equilibrium."""
    inside, orders = parts.inside, parts.orders
    y = stacked(parts, log_guess + found.x)
    y = y - y[:1]
    share = (y[inside.sell] - y[inside.buy] >= inside.limit).astype(float)
    share[near.order] = (found.fills * near.share)[near.level]
    fills = np.zeros(len(batch.sell))
    fills[inside.index] = share * inside.amount
    c, prices = inside.curves, np.exp(y)
    active = np.zeros(len(c.sell), bool)
    active[near.curve] = found.active
    out = np.maximum(given(c, y, active)[0], 0.0)
    known = np.isfinite(batch.values) & (batch.values > 0)
    m = measure(orders, np.where(known, batch.values, prices), prices, fills[orders.index], out)
    flows = np.zeros((len(batch.pools.a), 2))
    np.subtract.at(flows, (c.pool, c.side), out)
    np.add.at(flows, (c.pool, 1 - c.side), out * prices[c.sell] / prices[c.buy])
    marginal = np.sort(inside.index[near.order[found.marginal[near.level]]])
    exact = m.exact and found.settled
    ratio = m.unrealised_over_realised
    return Equilibrium(prices, fills, flows, marginal, m.leftovers, ratio, exact, steps), ratio + m.imbalance
