"""Prices moved a little at a time while the score rises: sequential linear programming with a trust region.

Around a flow, what is given and log prices move together; conservation is linearised, and whoever trades stays
inside their limit. Each move is checked by the best flow at the prices it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from solver.circulation.accounts import shared
from solver.circulation.book import Book, Flags, Floats, Places
from solver.circulation.flows import Flow, best_flow
from solver.circulation.program import LARGE, Entries, maximise

FIRST_STEP: Final = 0.05
WIDEST_STEP: Final = 4.0
#: A step that paid is followed by one this many times as wide, one that did not by a quarter of it.
WIDER: Final = 3.0
LAST_STEP: Final = 1e-7
#: How often prices on the way to balance are looked at, and rounds in between.
BALANCINGS: Final = 3
ROUNDS_EACH: Final = 4
#: A flow is better when it is by this share.
BETTER: Final = 1e-9
#: What is given below this share of the most is not traded.
NOTHING: Final = 1e-9
#: An order that gives this share of what it can gives all.
ALL: Final = 1.0 - 1e-6


def climbed(book: Book, start: Flow, *, moves: int, stop: Callable[[], bool] = lambda: False) -> Flow:
    """The best flow that up to ``moves`` moves of prices lead to, fewer when told to ``stop``."""
    best, step = start, FIRST_STEP
    for _ in range(moves):
        if step < LAST_STEP or stop():
            break
        price = moved(book, best, step)
        flow = best_flow(book, price) if price is not None else None
        if flow is not None and flow.value > best.value * (1.0 + BETTER):
            best, step = flow, min(WIDER * step, WIDEST_STEP)
        else:
            step /= 4.0
    return best


def balanced(book: Book, start: Floats) -> Iterator[Floats]:
    """Log prices on the way to where each asset is given and wanted in equal value (tâtonnement).

    Of an asset wanted more than given the price rises. Where it takes tens of powers of ten, moves by small steps
    would not get there.
    """
    price = start.copy()
    for _ in range(BALANCINGS):
        for _ in range(ROUNDS_EACH):
            inside = price[book.give] - price[book.want] >= book.floor
            value = np.where(inside, book.most * np.exp(price)[book.give], 0.0)
            given = np.bincount(book.give, value, book.assets)
            wanted = np.bincount(book.want, value, book.assets)
            traded = (given > 0.0) & (wanted > 0.0)
            rise = np.log(np.where(traded, wanted, 1.0) / np.where(traded, given, 1.0))
            price += 0.5 * np.clip(rise, -WIDEST_STEP, WIDEST_STEP)
        yield price.copy()


def moved(book: Book, flow: Flow, step: float) -> Floats | None:
    """Log prices within ``step`` of the flow's at which the linearised score is greatest."""
    price, assets = flow.price, book.assets
    slack = price[book.give] - price[book.want] - book.floor
    trades = flow.given > NOTHING * flow.given.max(initial=0.0)
    # Per pair, how far its price may fall before somebody who trades is outside.
    room = np.full((assets, assets), np.inf)
    np.minimum.at(room, (book.give[trades], book.want[trades]), slack[trades])
    usable = np.flatnonzero(slack >= np.minimum(room, 2.0 * step)[book.give, book.want] - 1e-12)
    if not len(usable):
        return None
    usable, full = _apart(book, flow, usable, slack > 2.0 * step)
    if not len(usable):
        return None
    give, want = book.give[usable], book.want[usable]
    worth = np.exp(price)[give]
    value, gain = book.most[usable] * worth, book.gain[usable] / worth
    top, steep = float(np.quantile(value, LARGE)), float(np.abs(gain).max())
    if not (top > 0.0 and 0.0 < steep < np.inf):
        return None
    scarce = shared(book.account[usable], book.most[usable], book.held)
    near = np.argwhere(room < 2.0 * step)
    drift = np.zeros((assets, assets))  # what a rise of each price adds to each asset's balance
    for orders in (usable, full):
        flowing = flow.given[orders] * np.exp(price)[book.give[orders]] / top
        np.add.at(drift, (book.give[orders], book.give[orders]), flowing)
        np.add.at(drift, (book.want[orders], book.give[orders]), -flowing)
    # Orders that stay full are part of what there is.
    there = flow.given[full] * np.exp(price)[book.give[full]] / top
    kept = np.bincount(book.want[full], there, assets) - np.bincount(book.give[full], there, assets)
    into, of = np.nonzero(drift)
    count, column = len(usable), np.arange(len(usable))
    limits = assets + len(scarce.held)
    pair = limits + np.arange(len(near))
    entries = Entries(
        np.concatenate([give, want, assets + scarce.rows, into, pair, pair]),
        np.concatenate([column, column, scarce.orders, count + of, count + near[:, 0], count + near[:, 1]]),
        np.concatenate(
            [
                np.ones(count),
                -np.ones(count),
                1.0 / worth[scarce.orders],
                drift[into, of],
                np.ones(len(near)),
                -np.ones(len(near)),
            ]
        ),
    )
    low = np.concatenate([kept, np.full(len(scarce.held), -np.inf), -room[near[:, 0], near[:, 1]]])
    high = np.concatenate([kept, scarce.held / top, np.full(len(near), np.inf)])
    answer = maximise(
        np.concatenate([gain / steep, np.zeros(assets)]),
        np.concatenate([value / top, np.full(assets, step)]),
        entries,
        low,
        high,
        lower=np.concatenate([np.zeros(count), np.full(assets, -step)]),
    )
    return None if answer is None else price + answer.columns[count:]


def _apart(book: Book, flow: Flow, usable: Places, inside: Flags) -> tuple[Places, Places]:
    """Of the ``usable`` orders those that may change, and those well inside their limit that give all they can."""
    scarce = shared(book.account[usable], book.most[usable], book.held)
    full = inside[usable] & (flow.given[usable] >= book.most[usable] * ALL) & (book.gain[usable] > 0.0)
    full[scarce.orders] = False
    return usable[~full], usable[full]
