"""Order books and single limit orders, answered at log prices level by level.

A level takes up to ``a`` of one token and pays ``b`` of the other in proportion. At prices p it trades fully when
δ = log(p_out·b / p_in·a) > 0 and not at all when δ < 0: a jump. Spread over a width w, its rate falls from b/a to
b/a·e^(−w) as it fills, so it is filled by θ = δ/w between 0 and 1 and pays b·(1 − e^(−wθ))/w ≤ b·θ: no better than
the true level, and the same as w → 0. Once centred, a level answers by its ramp instead (``ramp.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.router.families import Answer, Bools, Floats, Ints
from solver.router.levels import Levels
from solver.router.ramp import Ramp
from solver.tally import totals

#: (given, got) in full: what a level asks for and what it pays.
Level = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Book:
    """A venue of levels, best first. ``bids`` take ``base`` and pay ``quote``; ``asks`` the other way round."""

    base: int
    quote: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Books:
    """P books; per level (all books, both sides): its book, tokens, log b/a, and b."""

    tokens: int
    books: tuple[Book, ...]
    tails: Ints
    heads: Ints
    slot_token: Ints
    slot_venue: Ints
    hints: tuple[Floats, Floats]
    _of: Ints
    _paid: Ints
    _got: Ints
    _log_rate: Floats
    _full_in: Floats
    _full_out: Floats
    ramp: Ramp | None = None

    kinked = True

    @classmethod
    def of(cls, tokens: int, books: Sequence[Book]) -> Books:
        """Levels with nothing on either side are left out."""
        levels = [
            (number, side, a, b)
            for number, book in enumerate(books)
            for side, rows in enumerate((book.bids, book.asks))
            for a, b in rows
            if a > 0.0 and b > 0.0
        ]
        of = np.array([level[0] for level in levels], np.int64)
        side = np.array([level[1] for level in levels], np.int64)
        full_in = np.array([level[2] for level in levels], float)
        full_out = np.array([level[3] for level in levels], float)
        tails = np.array([book.base for book in books], np.int64)
        heads = np.array([book.quote for book in books], np.int64)
        return cls(
            tokens=tokens,
            books=tuple(books),
            tails=tails,
            heads=heads,
            slot_token=np.stack([tails, heads], 1).ravel(),
            slot_venue=np.repeat(np.arange(len(books)), 2),
            hints=_hints(books),
            _of=of,
            _paid=2 * of + side,
            _got=2 * of + 1 - side,
            _log_rate=np.log(full_out) - np.log(full_in),
            _full_in=full_in,
            _full_out=full_out,
        )

    @property
    def venues(self) -> int:
        return len(self.books)

    @property
    def levels(self) -> Levels:
        return Levels(
            self.tokens, self.slot_token[self._got], self.slot_token[self._paid], self._log_rate, self._full_in
        )

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        prices = np.exp(log_prices[self.slot_token])
        whole_in, whole_out = prices[self._paid] * self._full_in, prices[self._got] * self._full_out
        filled, got = self._filled(log_prices, width)
        earned = totals(self._got, whole_out * got, 2 * self.venues)
        values = earned - totals(self._paid, whole_in * filled, 2 * self.venues)
        net = totals(self.slot_token, values, self.tokens)
        if width <= 0.0:
            return Answer(float(values.sum()), net, np.zeros(self.venues))
        if self.ramp is None:
            margin = (filled > 0.0) & (filled < 1.0)
            steep, profit = np.where(margin, whole_in / width, 0.0), float(values.sum())
        else:
            steep = whole_in * whole_out * self.ramp.bend(filled)
            profit = self.ramp.worth(whole_out - whole_in, filled)
        return Answer(profit, net, totals(self._of, steep, self.venues))

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        filled, got = self._filled(log_prices, width)
        flows = totals(self._got, self._full_out * got, 2 * self.venues)
        return flows - totals(self._paid, self._full_in * filled, 2 * self.venues)

    def parts(self, log_prices: Floats, width: float) -> Floats:
        return self._filled(log_prices, width)[0]

    def gains(self, log_prices: Floats) -> Floats:
        prices = np.exp(log_prices[self.slot_token])
        return prices[self._got] * self._full_out - prices[self._paid] * self._full_in

    def centred(
        self,
        parts: Floats,
        log_prices: Floats,
        width: float,
        low: Floats | float = 0.0,
        high: Floats | float = 1.0,
    ) -> Books:
        worth = np.exp(log_prices[self.slot_token])[self._paid] * self._full_in
        return replace(self, ramp=Ramp(parts, width * worth, low, high))

    def only(self, keep: Bools) -> Books:
        return self.of(self.tokens, [book for book, kept in zip(self.books, keep, strict=True) if kept])

    def _filled(self, log_prices: Floats, width: float) -> tuple[Floats, Floats]:
        """Per level, the parts taken of what it asks for and of what it pays."""
        prices = log_prices[self.slot_token]
        if width > 0.0 and self.ramp is not None:
            values = np.exp(prices)
            part = self.ramp.part(values[self._got] * self._full_out - values[self._paid] * self._full_in)
            return part, part
        gain = prices[self._got] - prices[self._paid] + self._log_rate
        if width <= 0.0:
            part = (gain > 0.0).astype(float)
            return part, part
        part = np.maximum(np.minimum(gain / width, 1.0), 0.0)
        return part, -np.expm1(-width * part) / width


def _hints(books: Sequence[Book]) -> tuple[Floats, Floats]:
    """Between best bid and ask, or at the only one; as deep as the thinner of both."""
    logs, depths = np.zeros(len(books)), np.zeros(len(books))
    for number, book in enumerate(books):
        bids = [(np.log(b / a), a) for a, b in book.bids[:1] if a > 0.0 and b > 0.0]
        asks = [(np.log(a / b), b) for a, b in book.asks[:1] if a > 0.0 and b > 0.0]
        best = bids + asks
        if best:
            logs[number] = math.fsum(price for price, _ in best) / len(best)
            depths[number] = min(size for _, size in best)
    return logs, depths
