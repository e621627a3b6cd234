"""Where the margin is: from guessed prices to a window of log rates that few orders' limits lie in.

Ramps of fourfold narrowing width, Newton on each, until no more orders lie on their ramps than the interior point
takes with ease. When the prices of a similar batch are known, only the orders in a band around them are sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats
from solver.equilibrium.book import Book, Orders, build, ranks
from solver.equilibrium.ramp import solve

#: Orders on their ramps that are few.
FEW: Final = 4000
#: So many orders and no more are all in the interior point's hands from the start.
SMALL: Final = 2000
#: The first ramp, in typical distances of limits from the guessed prices; the last that makes sense.
WIDEST, NARROWEST = 4.0, 1e-9
NARROWING: Final = 4.0
#: Orders in the window around a similar batch's prices, in roots of their number; and those that are few then.
SOME, FEWER = 15.0, 2500
#: Orders that a typical distance is taken of, and the least it is taken to be.
SAMPLE, TINY = 8192, 1e-6
#: Prices on a ramp are wanted to this share of its width; the coarsest imbalance meant by that; steps for it.
FINE, COARSE, STEPS = 0.1, 1e-2, 25
#: Half the band of listed orders around a window, in widths of it.
BAND: Final = 4.0


@dataclass(frozen=True, slots=True)
class Located:
    """Log prices ``x`` relative to the book's guess, the ``window`` of log rates left to decide in, a typical
    distance of limits from prices (``scale``), and Newton steps so far."""

    book: Book
    x: Floats
    window: float
    scale: float
    steps: int


def locate(orders: Orders, log_guess: Floats) -> Located:
    """From any guess, by ramps over all orders."""
    at_guess, scale = np.zeros(orders.tokens), typical(distances(orders, log_guess))
    book = whole_book(orders, log_guess)
    if len(orders.sell) <= SMALL:
        return Located(book, at_guess, np.inf, scale, 0)
    return Located(book, *descend(book, at_guess, WIDEST * scale, scale, FEW))


def nearby(orders: Orders, log_guess: Floats) -> Located:
    """From the prices of a similar batch: the window that some orders lie in, and a band around it."""
    far = distances(orders, log_guess)
    at_guess, scale = np.zeros(orders.tokens), typical(far)
    if len(orders.sell) <= SMALL:
        return Located(whole_book(orders, log_guess), at_guess, np.inf, scale, 0)
    # Prices move by the root of what is replaced while orders lie ever closer: hence roots of their number.
    share = min(1.0, SOME / np.sqrt(len(orders.sell)))
    window = max(float(np.quantile(far, share)), TINY)
    book = build(orders, log_guess, BAND * window)
    return Located(book, *descend(book, at_guess, window, scale, FEWER))


def whole_book(orders: Orders, log_guess: Floats) -> Book:
    """The book with every order listed."""
    far = np.abs(orders.limit - (log_guess[orders.sell] - log_guess[orders.buy])).max(initial=1e-3)
    return build(orders, log_guess, 1.01 * float(far))


def typical(far: Floats) -> float:
    """A typical distance of limits from prices, out of a sample's: their median."""
    return max(float(np.median(far)), TINY) if len(far) else 1.0


def distances(orders: Orders, log_guess: Floats) -> Floats:
    """How far a sample's limits are from the guessed rates."""
    some = slice(None, None, -(-len(orders.sell) // SAMPLE) or 1)
    rate = log_guess[orders.sell[some]] - log_guess[orders.buy[some]]
    return np.abs(orders.limit[some] - rate)


def descend(book: Book, x: Floats, h: float, scale: float, few: int) -> tuple[Floats, float, float, int]:
    """Narrower and narrower ramps from ``h`` on, until few orders lie on them: prices, the ramp, ``scale`` and
    steps. ``scale``: the distance of limits over which what is willing changes much."""
    steps = 0
    while True:
        x, taken = solve(book, x, h, min(COARSE, FINE * h / scale), STEPS)
        steps += taken
        if h <= NARROWEST or on_ramps(book, x, 2 * h) <= few:
            return x, h, scale, steps
        h /= NARROWING


def on_ramps(book: Book, x: Floats, h: float) -> int:
    rate = x[book.sell] - x[book.buy]
    return int((ranks(book, rate + h / 2) - ranks(book, rate - h / 2)).sum())
