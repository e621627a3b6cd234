"""Where the margin is: from guessed prices to a window of log rates that few orders' limits lie in.

Ramps of fourfold narrowing width, Newton on each, until no more orders lie on their ramps than the interior point
takes with ease. A large batch is first stood for by a sample of itself, then by the orders in a band around that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats
from solver.equilibrium.book import Book, Orders, build, covers, ranks
from solver.equilibrium.ramp import solve

#: Orders on their ramps that are few.
FEW: Final = 1000
#: So many orders and no more are all in the interior point's hands from the start.
SMALL: Final = 2000
#: Orders of the sample that stands for a large batch.
SAMPLE: Final = 20_000
#: The first ramp, in typical distances of limits from the guessed prices; the last that makes sense.
WIDEST, NARROWEST = 4.0, 1e-9
NARROWING: Final = 4.0
#: Share of a token's turnover that may miss on a ramp, and the steps for it.
ROUGH: Final = 1e-3
STEPS: Final = 25
#: The band kept around a located window, in widths of it.
BAND: Final = 32.0


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
    if len(orders.sell) > SMALL and window is None:
        first = whole_book(sample(orders, SAMPLE), log_guess)
        h = WIDEST * typical(first)
        x, window, steps = descend(first, np.zeros(orders.tokens), h)
        log_guess, window = log_guess + x, max(window, h / 1024)
    if len(orders.sell) <= SMALL or window is None:
        book = whole_book(orders, log_guess)
        return Located(book, np.zeros(orders.tokens), np.inf, steps)
    for _ in range(6):
        book = build(orders, log_guess, BAND * window)
        x, narrow, more = descend(book, np.zeros(orders.tokens), window)
        steps += more
        if covers(book, x[book.sell] - x[book.buy], 4 * narrow):
            return Located(book, x, narrow, steps)
        log_guess, window = log_guess + x, window * 4
    return Located(whole_book(orders, log_guess), np.zeros(orders.tokens), np.inf, steps)


def whole_book(orders: Orders, log_guess: Floats) -> Book:
    """The book with every order listed."""
    far = np.abs(orders.limit - (log_guess[orders.sell] - log_guess[orders.buy])).max(initial=1e-3)
    return build(orders, log_guess, 1.01 * float(far))


def typical(book: Book) -> float:
    """A typical distance of limits from the guessed prices."""
    return max(float(np.median(np.abs(book.limit))), 1e-6) if len(book.limit) else 1.0


def sample(orders: Orders, size: int) -> Orders:
    """Every k-th order, k times as large."""
    k = -(-len(orders.sell) // size)
    if k <= 1:
        return orders
    return Orders(
        orders.tokens, orders.index[::k], orders.sell[::k], orders.buy[::k], orders.amount[::k] * k,
        orders.limit[::k], orders.curves,
    )  # fmt: skip


def descend(book: Book, x: Floats, h: float) -> tuple[Floats, float, int]:
    """Narrower and narrower ramps from ``h`` on, until few orders lie on them: prices, the ramp, steps."""
    steps = 0
    while True:
        x, _, taken = solve(book, x, h, ROUGH, STEPS)
        steps += taken
        if h < NARROWEST or on_ramps(book, x, 2 * h) <= FEW:
            return x, h, steps
        h /= NARROWING


def on_ramps(book: Book, x: Floats, h: float) -> int:
    rate = x[book.sell] - x[book.buy]
    return int((ranks(book, rate + h / 2) - ranks(book, rate - h / 2)).sum())
