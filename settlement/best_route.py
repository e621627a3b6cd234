"""The best single path an order could have had alone: the yardstick of EBBO (CIP-72's "best bid or offer").

A path is one venue, or two over one intermediate asset. On each leg the venue that pays most is
taken by exact quotes; since every venue pays more for more, the best first leg belongs to the best
path. Integers only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction
from intents.venue_states import VenueId
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.venue import Venue

#: Intermediate assets tried per order, most connected first: bounds the work, and routes over a rare
#: intermediate are rarely best.
MAX_INTERMEDIATES: Final = 6


@dataclass(frozen=True, slots=True)
class Route:
    """``amount_in`` gets ``amount_out`` through ``venues``; ``gas`` is what they cost together."""

    venues: tuple[VenueId, ...]
    amount_in: int
    amount_out: int
    gas: int


class RouteBook:
    """Best single paths over one snapshot. Each order is looked at alone, on untouched venues."""

    def __init__(self, auction: Auction) -> None:
        self._pairs: defaultdict[tuple[AssetId, AssetId], list[Venue]] = defaultdict(list)
        neighbours: defaultdict[AssetId, set[AssetId]] = defaultdict(set)
        for state in auction.venues:
            venue = open_venue(state)
            for one in state.assets:
                for other in state.assets:
                    if one != other:
                        self._pairs[one, other].append(venue)
                        neighbours[one].add(other)
        self._neighbours = neighbours

    def intermediates(self, asset_in: AssetId, asset_out: AssetId) -> Sequence[AssetId]:
        shared = self._neighbours[asset_in] & self._neighbours[asset_out]
        return sorted(shared, key=lambda asset: (-len(self._neighbours[asset]), asset))[:MAX_INTERMEDIATES]

    def sell(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> Route | None:
        """The path that pays most for exactly ``amount_in``, or ``None``."""
        best = self._leg_out(asset_in, asset_out, amount_in)
        for middle in self.intermediates(asset_in, asset_out):
            first = self._leg_out(asset_in, middle, amount_in)
            if first is None:
                continue
            second = self._leg_out(middle, asset_out, first.amount_out)
            if second is not None and (best is None or second.amount_out > best.amount_out):
                gas = first.gas + second.gas
                best = Route(first.venues + second.venues, amount_in, second.amount_out, gas)
        return best

    def buy(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> Route | None:
        """The path that needs least for at least ``amount_out``, or ``None``."""
        best = self._leg_in(asset_in, asset_out, amount_out)
        for middle in self.intermediates(asset_in, asset_out):
            second = self._leg_in(middle, asset_out, amount_out)
            if second is None:
                continue
            first = self._leg_in(asset_in, middle, second.amount_in)
            if first is not None and (best is None or first.amount_in < best.amount_in):
                gas = first.gas + second.gas
                best = Route(first.venues + second.venues, first.amount_in, amount_out, gas)
        return best

    def _leg_out(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> Route | None:
        best: Route | None = None
        for venue in self._pairs.get((asset_in, asset_out), ()):
            try:
                out = venue.swap_in(asset_in, asset_out, amount_in).amount_out
            except VenueError:
                continue  # too small or too large for this venue: it has no offer
            if best is None or out > best.amount_out:
                best = Route((venue.state.id,), amount_in, out, venue.state.gas)
        return best

    def _leg_in(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> Route | None:
        best: Route | None = None
        for venue in self._pairs.get((asset_in, asset_out), ()):
            try:
                needed = venue.swap_out(asset_in, asset_out, amount_out).amount_in
            except VenueError:
                continue
            if best is None or needed < best.amount_in:
                best = Route((venue.state.id,), needed, amount_out, venue.state.gas)
        return best
