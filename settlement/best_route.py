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
from intents.venue_states import ConcentratedState, VenueId, VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.venue import Venue
from settlement.offer_bounds import least_asked, most_paid

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


@dataclass(frozen=True, slots=True)
class _Wish:
    """What to ask of a venue, the best it could say, and which way is better (the lower ``sign``·amount)."""

    quote: Callable[[Venue], int]
    bound: Callable[[ConcentratedState], int]
    sign: int


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
        """The venue that pays most for ``amount``."""
        wish = _Wish(
            quote=lambda venue: venue.quote_in(asset_in, asset_out, amount),
            bound=lambda state: most_paid(state, asset_in, amount),
            sign=-1,
        )
        return self._best(asset_in, asset_out, wish)

    def _asking(self, asset_in: AssetId, asset_out: AssetId, amount: int) -> _Offer | None:
        """The venue that asks least for ``amount``."""
        wish = _Wish(
            quote=lambda venue: venue.quote_out(asset_in, asset_out, amount),
            bound=lambda state: least_asked(state, asset_in, amount),
            sign=1,
        )
        return self._best(asset_in, asset_out, wish)

    def _best(self, asset_in: AssetId, asset_out: AssetId, wish: _Wish) -> _Offer | None:
        """Of reserve pools and limit orders each is asked; of tick pools those that could still be better."""
        best: _Offer | None = None
        ticks: list[tuple[int, ConcentratedState]] = []
        for state in self._pairs.get((asset_in, asset_out), ())[:MAX_VENUES_PER_LEG]:
            if isinstance(state, ConcentratedState):
                ticks.append((wish.sign * wish.bound(state), state))
            else:
                best = self._better(best, state, wish)
        for limit, state in sorted(ticks, key=lambda pair: pair[0]):
            if best is not None and limit >= wish.sign * best.amount:
                break
            best = self._better(best, state, wish)
        return best

    def _better(self, best: _Offer | None, state: VenueState, wish: _Wish) -> _Offer | None:
        """``best``, or the offer of ``state`` where it has a better one."""
        try:
            amount = wish.quote(self._open(state))
        except VenueError:
            return best  # too small, too large, or no market: no offer
        if amount > 0 and (best is None or wish.sign * amount < wish.sign * best.amount):
            return _Offer(state, amount)
        return best

    def _open(self, state: VenueState) -> Venue:
        venue = self._opened.get(state.id)
        if venue is None:
            venue = self._opened[state.id] = open_venue(state)
        return venue


def _joined(first: _Offer, second: _Offer, amount_in: int, amount_out: int) -> Route:
    return Route((first.venue.id, second.venue.id), amount_in, amount_out, first.venue.gas + second.venue.gas)
