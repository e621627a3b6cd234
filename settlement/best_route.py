"""The best single path an order could have had alone: the yardstick of EBBO ("Ethereum's best bid or offer").

A path is one venue, or two different ones over one intermediate asset. Quotes are exact integers on the
untouched snapshot. A venue pays more for more (but for the last digits of power pools), so the best
path takes on each leg the venue that pays most. Where one venue is best on both legs the path is left
out: that venue holds all three assets and pays more directly, without a second fee. A venue that cannot
take the whole amount has no offer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction
from intents.venue_states import VenueId, VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.venue import Venue

#: Intermediate assets tried per order, most connected first: bounds the work on made-up snapshots. No
#: recorded pair has that many in common.
MAX_INTERMEDIATES: Final = 100
#: Venues asked per leg, in snapshot order: likewise.
MAX_VENUES_PER_LEG: Final = 200


@dataclass(frozen=True, slots=True)
class Route:
    """``amount_in`` gets ``amount_out`` through ``venues``; ``gas`` is what they cost together."""

    venues: tuple[VenueId, ...]
    amount_in: int
    amount_out: int
    gas: int


@dataclass(frozen=True, slots=True)
class _Offer:
    """What one venue asks or pays for a given amount on the other side."""

    venue: VenueState
    amount: int


class RouteBook:
    """Best single paths over one snapshot. Venues are opened when first asked."""

    def __init__(self, auction: Auction) -> None:
        self._pairs: defaultdict[tuple[AssetId, AssetId], list[VenueState]] = defaultdict(list)
        self._neighbours: defaultdict[AssetId, set[AssetId]] = defaultdict(set)
        self._opened: dict[VenueId, Venue] = {}
        for state in auction.venues:
            for one in state.assets:
                for other in state.assets:
                    if one != other:
                        self._pairs[one, other].append(state)
                        self._neighbours[one].add(other)

    def intermediates(self, asset_in: AssetId, asset_out: AssetId) -> Sequence[AssetId]:
        """Assets that share a venue with both."""
        shared = self._neighbours.get(asset_in, set()) & self._neighbours.get(asset_out, set())
        return sorted(shared, key=lambda asset: (-len(self._neighbours[asset]), asset))[:MAX_INTERMEDIATES]

    def sell(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> Route | None:
        """The path that pays most for exactly ``amount_in``, or ``None``."""
        direct = self._paying(asset_in, asset_out, amount_in)
        best = None if direct is None else Route((direct.venue.id,), amount_in, direct.amount, direct.venue.gas)
        for middle in self.intermediates(asset_in, asset_out):
            first = self._paying(asset_in, middle, amount_in)
            second = None if first is None else self._paying(middle, asset_out, first.amount)
            if first is None or second is None or first.venue.id == second.venue.id:
                continue
            if best is None or second.amount > best.amount_out:
                best = _joined(first, second, amount_in, second.amount)
        return best

    def buy(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> Route | None:
        """The path that needs least for at least ``amount_out``, or ``None``."""
        direct = self._asking(asset_in, asset_out, amount_out)
        best = None if direct is None else Route((direct.venue.id,), direct.amount, amount_out, direct.venue.gas)
        for middle in self.intermediates(asset_in, asset_out):
            second = self._asking(middle, asset_out, amount_out)
            first = None if second is None else self._asking(asset_in, middle, second.amount)
            if first is None or second is None or first.venue.id == second.venue.id:
                continue
            if best is None or first.amount < best.amount_in:
                best = _joined(first, second, first.amount, amount_out)
        return best

    def _paying(self, asset_in: AssetId, asset_out: AssetId, amount: int) -> _Offer | None:
        """The venue that pays most for ``amount``, the first of equals."""
        found = self._offers(asset_in, asset_out, lambda venue: venue.quote_in(asset_in, asset_out, amount))
        return max(found, key=lambda offer: offer.amount, default=None)

    def _asking(self, asset_in: AssetId, asset_out: AssetId, amount: int) -> _Offer | None:
        """The venue that asks least for ``amount``, the first of equals."""
        found = self._offers(asset_in, asset_out, lambda venue: venue.quote_out(asset_in, asset_out, amount))
        return min(found, key=lambda offer: offer.amount, default=None)

    def _offers(self, asset_in: AssetId, asset_out: AssetId, quote: Callable[[Venue], int]) -> list[_Offer]:
        found = []
        for state in self._pairs.get((asset_in, asset_out), ())[:MAX_VENUES_PER_LEG]:
            try:
                amount = quote(self._open(state))
            except VenueError:
                continue  # too small, too large, or no market: no offer
            if amount > 0:
                found.append(_Offer(state, amount))
        return found

    def _open(self, state: VenueState) -> Venue:
        venue = self._opened.get(state.id)
        if venue is None:
            venue = self._opened[state.id] = open_venue(state)
        return venue


def _joined(first: _Offer, second: _Offer, amount_in: int, amount_out: int) -> Route:
    return Route((first.venue.id, second.venue.id), amount_in, amount_out, first.venue.gas + second.venue.gas)
