"""Venue curves as ladders: pieces of input at falling rates, cut from exact quotes.

The rate of a piece is what it adds to the output per unit of input, so a plan made of whole pieces is
never better than the venue itself: the true curve is concave and lies above its chords.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from intents.assets import AssetId
from intents.venue_states import LimitOrderState
from liquidity.errors import VenueError
from liquidity.venue import Venue
from solver.flagship.market import Market
from solver.protocol import Deadline

#: How far below its first rate a ladder reaches, in parts of that rate.
DEPTH: Final = 0.12
PIECES: Final = 14
#: A direction whose first rate is this far below reference prices is not worth a ladder.
WORST_RATE: Final = 0.80
MAX_DOUBLINGS: Final = 60
#: How often the span between what a venue takes and what it refuses is halved.
HALVINGS: Final = 6
#: Ladders narrower than this, in whole units of the numeraire, are left out.
DUST: Final = 1e-5
#: What cutting one costs, in units of work.
WORK_PER_LADDER: Final = 300
#: The first quote: in whole units of the numeraire, and in base units of either asset. Of fewer rounding would say
#: too much; for less than a unit of what it gives a venue gives nothing.
SMALLEST: Final = 1e-4
SMALLEST_UNITS: Final = 50.0


@dataclass(frozen=True, slots=True)
class Ladder:
    """One direction of one venue, measured: ``pieces`` are (input, rate), rates falling."""

    venue: Venue
    asset_in: AssetId
    asset_out: AssetId
    cost: float
    pieces: tuple[tuple[float, float], ...]

    @property
    def is_dust(self) -> bool:
        """Whether even all of it could hardly earn back its cost; tiny pools would also spoil the scaling."""
        width = math.fsum(size for size, _ in self.pieces)
        return width < max(DUST, self.cost)

    @property
    def name(self) -> tuple[str, AssetId, AssetId]:
        return self.venue.state.id, self.asset_in, self.asset_out


def ladders(market: Market, useful: frozenset[AssetId], deadline: Deadline) -> list[Ladder]:
    """All directions between ``useful`` assets that could pay, of the venues reached before the deadline."""
    found = []
    for venue in market.venues:
        if deadline.passed:
            break
        assets = [asset for asset in venue.state.assets if asset in useful and asset in market.unit]
        for asset_in in assets:
            for asset_out in assets:
                if asset_in != asset_out:
                    deadline.spend(WORK_PER_LADDER)
                    ladder = cut(market, venue, asset_in, asset_out)
                    if ladder is not None:
                        found.append(ladder)
    return found


def cut(
    market: Market, venue: Venue, asset_in: AssetId, asset_out: AssetId, *, reach: float = 0.0
) -> Ladder | None:
    """The ladder of one direction, or ``None`` when it pays too little or nothing.

    ``reach`` (measured input) puts the pieces around an amount already known to be used.
    """
    try:
        first = venue.marginal_price(asset_in, asset_out) * market.unit[asset_out] / market.unit[asset_in]
    except VenueError:
        return None
    if not WORST_RATE < first < 1e6:
        return None
    state = venue.state
    if isinstance(state, LimitOrderState):  # one price for all of it, to the last unit
        width = (state.taker_amount + state.taker_fee) * market.unit[asset_in]
        ladder = Ladder(venue, asset_in, asset_out, market.venue_cost(venue), ((width, first),))
        return None if ladder.is_dust else ladder
    deepest = _deepest(market, venue, asset_in, asset_out, first)
    if deepest is None:
        return None
    points = [deepest * (k / PIECES) ** 2 for k in range(1, PIECES + 1)]
    if 0.0 < reach < deepest:
        near = [reach * f for f in (0.9, 0.97, 0.99, 0.997, 1.0, 1.003, 1.01, 1.03, 1.1)]
        points = sorted({*points, *(p for p in near if p < deepest)})
    pieces: list[tuple[float, float]] = []
    before_in, before_out = 0.0, 0.0
    for point in points:
        quoted = _quote(market, venue, asset_in, asset_out, point)
        if quoted is None:
            break
        size, out = quoted
        if size <= before_in * (1.0 + 1e-12):
            continue
        rate = (out - before_out) / (size - before_in)
        if pieces:
            rate = min(rate, pieces[-1][1])  # rounding of tiny amounts must not make the ladder rise
        pieces.append((size - before_in, rate))
        before_in, before_out = size, out
    pieces = [piece for piece in pieces if piece[1] > 0.0]
    ladder = Ladder(venue, asset_in, asset_out, market.venue_cost(venue), tuple(pieces))
    return None if ladder.is_dust else ladder


def _deepest(market: Market, venue: Venue, asset_in: AssetId, asset_out: AssetId, first: float) -> float | None:
    """The measured input at which the average rate has fallen by half of ``DEPTH``."""
    amount = max(SMALLEST, SMALLEST_UNITS * max(market.unit[asset_in], market.unit[asset_out]))
    reached: float | None = None
    for _ in range(MAX_DOUBLINGS):
        quoted = _quote(market, venue, asset_in, asset_out, amount)
        if quoted is None or quoted[1] <= 0.0:
            return reached if reached is None else _most(market, venue, asset_in, asset_out, reached, amount)
        reached = amount
        if quoted[1] / quoted[0] < first * (1.0 - DEPTH / 2):
            return reached
        amount *= 2.0
    return reached


def _most(
    market: Market, venue: Venue, asset_in: AssetId, asset_out: AssetId, reached: float, refused: float
) -> float:
    """Nearly the most that a venue takes which takes ``reached`` and not ``refused``."""
    for _ in range(HALVINGS):
        middle = (reached + refused) / 2.0
        if _quote(market, venue, asset_in, asset_out, middle) is None:
            refused = middle
        else:
            reached = middle
    return reached


def _quote(
    market: Market, venue: Venue, asset_in: AssetId, asset_out: AssetId, size: float
) -> tuple[float, float] | None:
    """(measured input, measured output) of the exact swap nearest ``size``."""
    units = int(size / market.unit[asset_in])
    if units < 1:
        return None
    try:
        swap = venue.swap_in(asset_in, asset_out, units)
    except VenueError:
        return None
    return units * market.unit[asset_in], swap.amount_out * market.unit[asset_out]
