"""The orders of one batch as arrays, and amounts brought to one scale.

Sell orders alone, every one scored at given reference prices. At one price vector what goes into an asset comes
out of it to the last unit, so the score of a batch,

    Σ over orders  amount given · (reference price given − reference price wanted · limit),

is linear in what is given, and clearing prices do not appear in it. They decide which orders may trade, and in
which proportions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Sweeps over the assets until typical prices stand still, and how still that is, in log.
SWEEPS: Final = 40
STILL: Final = 1e-3


@dataclass(frozen=True)
class Book:
    """Orders in parallel arrays, amounts in units of the asset given.

    ``limit`` is the least wanted per given, ``floor`` the logarithm of the least clearing rate at which the owner
    gets it after fees, ``gain`` the score per unit given. ``account`` numbers the balances that orders draw on:
    together they give no more than ``held[account]``. ``worth[asset]`` is the reference price of one unit.
    """

    assets: int
    give: Places
    want: Places
    most: Floats
    limit: Floats
    floor: Floats
    gain: Floats
    account: Places
    held: Floats
    worth: Floats

    @property
    def size(self) -> int:
        return len(self.give)


def part(book: Book, assets: Sequence[int]) -> tuple[Book, Places]:
    """The orders among ``assets``, numbered in that order, and their places in ``book``."""
    number = np.full(book.assets, -1)
    number[list(assets)] = np.arange(len(assets))
    chosen = np.flatnonzero((number[book.give] >= 0) & (number[book.want] >= 0))
    kept, account = np.unique(book.account[chosen], return_inverse=True)
    smaller = Book(
        assets=len(assets),
        give=number[book.give[chosen]],
        want=number[book.want[chosen]],
        most=book.most[chosen],
        limit=book.limit[chosen],
        floor=book.floor[chosen],
        gain=book.gain[chosen],
        account=account,
        held=book.held[kept],
        worth=book.worth[list(assets)],
    )
    return smaller, chosen


def typical_log_prices(book: Book) -> Floats:
    """Log prices at which most limits are near the money: each asset at the median of what its orders ask.

    Measured by them, amounts of any asset are of the order of their value, however far apart their units are
    and whatever reference prices say.
    """
    sides = [(np.flatnonzero(book.give == a), np.flatnonzero(book.want == a)) for a in range(book.assets)]
    rate = np.log(book.limit)
    price = np.zeros(book.assets)
    for _ in range(SWEEPS):
        asked = price.copy()
        for asset, (gives, wants) in enumerate(sides):
            if len(gives) + len(wants):
                sold = price[book.want[gives]] + rate[gives]
                asked[asset] = np.median(np.concatenate([sold, price[book.give[wants]] - rate[wants]]))
        if np.abs(asked - price).max(initial=0.0) < STILL:
            break
        price = 0.5 * (price + asked)
    return price


def rescaled(book: Book, log_price: Floats) -> Book:
    """The book with amounts measured in value at ``log_price``; prices found in it are relative to those."""
    price = np.exp(log_price)
    of_account = np.ones(len(book.held))
    of_account[book.account] = price[book.give]
    across = price[book.want] / price[book.give]
    return replace(
        book,
        most=book.most * price[book.give],
        limit=book.limit * across,
        floor=book.floor + log_price[book.want] - log_price[book.give],
        gain=book.gain / price[book.give],
        held=book.held * of_account,
        worth=book.worth / price,
    )
