"""Rows of a program for balances that several orders draw on, where they could draw more than there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.circulation.book import Flags, Floats, Places

#: A balance that covers all its orders but for this share binds nobody.
COVERED = 1.0 + 1e-12


@dataclass(frozen=True)
class Shared:
    """``orders`` are those that draw on a scarce account, ``rows`` the number of its row, ``held`` by row."""

    orders: Places
    rows: Places
    held: Floats


def shared(account: Places, drawn: Floats, held: Floats) -> Shared:
    """Which of the orders, that draw at most ``drawn`` each, share too small a balance."""
    total = np.bincount(account, weights=drawn, minlength=len(held))
    scarce: Flags = total > held * COVERED
    orders = np.flatnonzero(scarce[account])
    row = np.cumsum(scarce) - 1
    return Shared(orders, row[account[orders]], held[scarce])
