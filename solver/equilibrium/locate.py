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
REBUILDS: Final = 5
#: Prices on a ramp are wanted to this share of its width; the coarsest imbalance meant by that; steps for it.
FINE, COARSE, STEPS = 0.1, 1e-2, 25
#: Half the band of listed orders around a window, in widths of it.
BAND: Final = 8.0


@dataclass(frozen=True, slots=True)
class Located:
    """Log prices ``x`` relative to the book's guess, the ``window`` of log rates left to decide in, and Newton
    steps so far."""

    book: Book
    x: Floats
    window: float
    steps: int


def locate(orders: Orders, log_guess: Floats, window: float | None = None) -> Located:
    """``window``: how far the guess may be off, when it is known to be near."""
    steps = 0
    if len(orders.sell) <= SMALL:
        return Located(whole_book(orders, log_guess), np.zeros(orders.tokens), np.inf, 0)
    if window is None:
        book = whole_book(orders, log_guess)
        scale = typical(book)
        x, window, steps = descend(book, np.zeros(orders.tokens), WIDEST * scale, scale)
        return Located(book, x, window, steps)
    for _ in range(REBUILDS):
        book = build(orders, log_guess, BAND * window)
        x, narrow, more = descend(book, np.zeros(orders.tokens), window, window)
        steps += more
        if covers(book, x[book.sell] - x[book.buy], 4 * narrow):
            return Located(book, x, narrow, steps)
        # Prices that left the band ran from orders it does not list: from the same guess again, with more of them.
        window *= 4
    return Located(whole_book(orders, log_guess), np.zeros(orders.tokens), np.inf, steps)


def whole_book(orders: Orders, log_guess: Floats) -> Book:
    """The book with every order listed."""
    far = np.abs(orders.limit - (log_guess[orders.sell] - log_guess[orders.buy])).max(initial=1e-3)
    return build(orders, log_guess, 1.01 * float(far))


def typical(book: Book) -> float:
    """A typical distance of limits from the guessed prices."""
    return max(float(np.median(np.abs(book.limit))), 1e-6) if len(book.limit) else 1.0


def descend(book: Book, x: Floats, h: float, scale: float) -> tuple[Floats, float, int]:
    """Narrower and narrower ramps from ``h`` on, until few orders lie on them: prices, the ramp, steps. ``scale``: the distance of limits over which what is willing changes much."""
    steps = 0
    while True:
        x, _, taken = solve(book, x, h, min(COARSE, FINE * h / scale), STEPS)
        steps += taken
        if h <= NARROWEST or on_ramps(book, x, 2 * h) <= FEW:
            return x, h, steps
        h /= NARROWING


def on_ramps(book: Book, x: Floats, h: float) -> int:
    rate = x[book.sell] - x[book.buy]
    return int((ranks(book, rate + h / 2) - ranks(book, rate - h / 2)).sum())
