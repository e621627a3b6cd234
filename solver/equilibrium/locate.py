"""Where the margin is: from guessed prices to a window of log rates that few orders' limits lie in.

Ramps of fourfold narrowing width, Newton on each, until no more orders lie on their ramps than the interior point
takes with ease. When the prices of a similar batch are known, only the orders in a band around them are sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats
from solver.equilibrium.book import Book, Orders, build, covers, ranks
from solver.equilibrium.ramp import solve

#: Orders on their ramps that are few.
FEW: Final = 4000
#: So many orders and no more are all in the interior point's hands from the start.
SMALL: Final = 2000
#: The first ramp, in typical distances of limits from the guessed prices; the last that makes sense.
WIDEST, NARROWEST = 4.0, 1e-9
NARROWING: Final = 4.0
#: Bands tried around known prices.
REBUILDS: Final = 3
#: Orders that a typical distance is taken of, and the least it is taken to be.
SAMPLE, TINY = 8192, 1e-6
#: Prices on a ramp are wanted to this share of its width; the coarsest imbalance meant by that; steps for it.
FINE, COARSE, STEPS = 0.1, 1e-2, 25
#: Half the band of listed orders around a window, in widths of it.
BAND: Final = 8.0


@dataclass(frozen=True, slots=True)
class Located:
    """Log prices ``x`` relative to the book's guess, the ``window`` of log rates left to decide in, a typical
    distance of limits from prices (``scale``), and Newton steps so far."""

    book: Book
    x: Floats
    window: float
    scale: float
    steps: int


def locate(orders: Orders, log_guess: Floats, window: float | None = None) -> Located:
    """``window``: how far the guess may be off, when it is known to be near."""
    at_guess, scale, steps = np.zeros(orders.tokens), typical(orders, log_guess), 0
    if len(orders.sell) <= SMALL:
        return Located(whole_book(orders, log_guess), at_guess, np.inf, scale, 0)
    for _ in range(REBUILDS if window is not None else 0):
        assert window is not None
        book = build(orders, log_guess, BAND * window)
        x, narrow, taken = descend(book, at_guess, window, scale)
        steps += taken
        if covers(book, x[book.sell] - x[book.buy], 4 * narrow):
            return Located(book, x, narrow, scale, steps)
        # Prices that left the band ran from orders it does not list: from the same guess again, with more of them.
        window *= 4
    book = whole_book(orders, log_guess)
    x, narrow, taken = descend(book, at_guess, WIDEST * scale, scale)
    return Located(book, x, narrow, scale, steps + taken)


def whole_book(orders: Orders, log_guess: Floats) -> Book:
    """The book with every order listed."""
    far = np.abs(orders.limit - (log_guess[orders.sell] - log_guess[orders.buy])).max(initial=1e-3)
    return build(orders, log_guess, 1.01 * float(far))


def typical(orders: Orders, log_guess: Floats) -> float:
    """A typical distance of limits from the guessed rates: the median of a sample's."""
    some = slice(None, None, -(-len(orders.sell) // SAMPLE) or 1)
    if not len(orders.sell):
        return 1.0
    rate = log_guess[orders.sell[some]] - log_guess[orders.buy[some]]
    return max(float(np.median(np.abs(orders.limit[some] - rate))), TINY)


def descend(book: Book, x: Floats, h: float, scale: float) -> tuple[Floats, float, int]:
    """Narrower and narrower ramps from ``h`` on, until few orders lie on them: prices, the ramp, steps. ``scale``:
    the distance of limits over which what is willing changes much."""
    steps = 0
    while True:
        x, taken = solve(book, x, h, min(COARSE, FINE * h / scale), STEPS)
        steps += taken
        if h <= NARROWEST or on_ramps(book, x, 2 * h) <= FEW:
            return x, h, steps
        h /= NARROWING


def on_ramps(book: Book, x: Floats, h: float) -> int:
    rate = x[book.sell] - x[book.buy]
    return int((ranks(book, rate + h / 2) - ranks(book, rate - h / 2)).sum())
