"""The depth of a venue: what growing sizes are paid, and how far below the marginal price that is.

For people and reports. The amounts are the venue's own exact ones; only the comparison with the
marginal price goes through its float, taken as the exact fraction it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.amounts import MAX_AMOUNT, MAX_BPS
from intents.assets import AssetId
from liquidity.errors import VenueError
from liquidity.venue import Venue

#: 1, 2, 5, 10, 20, 50 … up to the largest amount.
SIZES: Final = tuple(
    step * 10**power for power in range(39) for step in (1, 2, 5) if step * 10**power <= MAX_AMOUNT
)
#: The default table ends where slippage passes this, six decades (1-2-5) after it starts.
DEEPEST_BPS: Final = MAX_BPS // 2
DEFAULT_ROWS: Final = 19


@dataclass(frozen=True, slots=True)
class DepthRow:
    """``average_price`` is output units per input unit; ``slippage_bps`` is against the marginal price.

    Slippage is rounded to the nearest basis point; it includes rounding to whole units, which is all
    there is to see at the smallest sizes.
    """

    amount_in: int
    amount_out: int
    average_price: Fraction
    slippage_bps: int


def depth_table(
    venue: Venue, asset_in: AssetId, asset_out: AssetId, sizes: Iterable[int] | None = None
) -> tuple[DepthRow, ...]:
    """One row per size in ``sizes``, each a trade on the venue as it stands; refused sizes are left out.

    Without ``sizes``, the rows of ``SIZES`` that lead up to half the marginal price. Raises the
    venue's error when it does not trade the pair at all.
    """
    marginal = Fraction(venue.marginal_price(asset_in, asset_out))
    rows = []
    for size in SIZES if sizes is None else sizes:
        try:
            paid = venue.quote_in(asset_in, asset_out, size)
        except VenueError:
            continue
        rows.append(_row(size, paid, marginal))
    if sizes is not None:
        return tuple(rows)
    end = 1 + max((n for n, row in enumerate(rows) if row.slippage_bps <= DEEPEST_BPS), default=-1)
    return tuple(rows[max(end - DEFAULT_ROWS, 0) : end])


def _row(amount_in: int, amount_out: int, marginal: Fraction) -> DepthRow:
    average = Fraction(amount_out, amount_in)
    slippage = round(MAX_BPS * (1 - average / marginal)) if marginal else 0
    return DepthRow(amount_in, amount_out, average, slippage)
