"""The best single path: one order alone through venues, at most ``max_hops`` assets in between.

Floats only pre-screen: a venue's marginal price bounds what any amount can be paid, so venues and
whole paths that cannot beat the best found are skipped; every amount returned is exact. Ties go to
the venue that stands later in the auction, as in CoW's baseline (crates/solvers, boundary/routing).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction
from intents.venue_states import LimitOrderState, VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.venue import Venue
from settlement.solution import Interaction

#: Marginal prices are doubles; a bound counts only beyond their error.
SLACK: Final = 1e-9
#: The most paths looked at for one pair: five base assets and three hops make 86.
MAX_PATHS: Final = 1_000

Path = tuple[AssetId, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One venue on one directed pair. ``price`` bounds output per input of any trade."""

    venue: Venue
    place: int
    price: float
    gas: int


@dataclass(frozen=True, slots=True)
class Route:
    """Swaps in order, each one's output the next one's input. ``gas`` is the venues' own."""

    hops: tuple[Interaction, ...]
    gas: int

    @property
    def amount_in(self) -> int:
        return self.hops[0].amount_in

    @property
    def amount_out(self) -> int:
        return self.hops[-1].amount_out


class Market:
    """The venues of one auction by directed pair, opened when first asked for."""

    def __init__(
        self, auction: Auction, gas_of: Callable[[VenueState], int], without: tuple[type, ...] = ()
    ) -> None:
        self._gas_of = gas_of
        self._states: dict[tuple[AssetId, AssetId], list[tuple[int, VenueState]]] = {}
        self._sources: dict[tuple[AssetId, AssetId], tuple[Source, ...]] = {}
        self._opened: dict[int, Venue | None] = {}
        self._paths: dict[tuple[AssetId, AssetId, tuple[AssetId, ...], int], tuple[tuple[float, Path], ...]] = {}
        for place, state in enumerate(auction.venues):
            if not isinstance(state, without):
                for pair in _pairs(state):
                    self._states.setdefault(pair, []).append((place, state))

    def sources(self, asset_in: AssetId, asset_out: AssetId) -> tuple[Source, ...]:
        """The venues that trade the pair this way, best marginal price first."""
        pair = (asset_in, asset_out)
        found = self._sources.get(pair)
        if found is None:
            sources = (self._source(place, state, *pair) for place, state in self._states.get(pair, ()))
            found = tuple(sorted((s for s in sources if s is not None), key=lambda s: -s.price))
            self._sources[pair] = found
        return found

    def paths(
        self, asset_in: AssetId, asset_out: AssetId, bases: tuple[AssetId, ...], max_hops: int
    ) -> Sequence[tuple[float, Path]]:
        """Paths with a venue on every leg, each with the bound on its price, best bound first."""
        key = (asset_in, asset_out, bases, max_hops)
        found = self._paths.get(key)
        if found is None:
            bounded = ((self._bound(path), path) for path in candidate_paths(asset_in, asset_out, bases, max_hops))
            found = tuple(sorted((pair for pair in bounded if pair[0] > 0), key=lambda pair: -pair[0]))
            self._paths[key] = found
        return found

    def through_in(self, path: Path, amount_in: int) -> Route | None:
        """Sell ``amount_in`` along ``path``, the best paying venue on every leg."""
        chosen, amount = [], amount_in
        for asset_in, asset_out in itertools.pairwise(path):
            best: tuple[int, int, Source] | None = None
            for source in self.sources(asset_in, asset_out):
                if best is not None and source.price * amount * (1 + SLACK) < best[0]:
                    break
                try:
                    paid = source.venue.quote_in(asset_in, asset_out, amount)
                except VenueError:
                    continue
                if best is None or (paid, source.place) > best[:2]:
                    best = (paid, source.place, source)
            if best is None:
                return None
            amount = best[0]
            chosen.append(best[2])
        return _execute(chosen, path, amount_in)

    def through_out(self, path: Path, amount_out: int) -> Route | None:
        """Buy at least ``amount_out`` along ``path``, the least asking venue on every leg."""
        chosen, amount = [], amount_out
        for asset_in, asset_out in reversed(list(itertools.pairwise(path))):
            best: tuple[int, Source] | None = None
            best_place = 0
            for source in self.sources(asset_in, asset_out):
                if best is not None and amount * (1 - SLACK) > best[0] * source.price:
                    break
                try:
                    asked = source.venue.quote_out(asset_in, asset_out, amount)
                except VenueError:
                    continue
                if best is None or (asked, source.place) < (best[0], best_place):
                    best, best_place = (asked, source), source.place
            if best is None:
                return None
            amount = best[0]
            chosen.append(best[1])
        route = _execute(chosen[::-1], path, amount)
        return route if route is not None and route.amount_out >= amount_out else None

    def _source(self, place: int, state: VenueState, asset_in: AssetId, asset_out: AssetId) -> Source | None:
        if place not in self._opened:
            try:
                self._opened[place] = open_venue(state)
            except VenueError:
                self._opened[place] = None
        venue = self._opened[place]
        if venue is None:
            return None
        try:
            price = venue.marginal_price(asset_in, asset_out)
        except VenueError:
            return None
        # A price too extreme for a double bounds nothing.
        return Source(venue, place, price if price > 0 else math.inf, self._gas_of(state))

    def _bound(self, path: Path) -> float:
        bound = 1.0
        for asset_in, asset_out in itertools.pairwise(path):
            sources = self.sources(asset_in, asset_out)
            if not sources:
                return 0.0
            bound *= sources[0].price
        return bound


def candidate_paths(asset_in: AssetId, asset_out: AssetId, bases: Sequence[AssetId], max_hops: int) -> list[Path]:
    """All paths through at most ``max_hops`` different base assets, shortest first, at most ``MAX_PATHS``."""
    if asset_in == asset_out:
        return []
    found: list[Path] = []
    prefixes: list[Path] = [(asset_in,)]
    for _ in range(max_hops + 1):
        found += [(*prefix, asset_out) for prefix in prefixes]
        if len(found) >= MAX_PATHS:
            break
        prefixes = [
            (*prefix, base) for prefix in prefixes for base in bases if base != asset_out and base not in prefix
        ]
    return found[:MAX_PATHS]


@dataclass(frozen=True, slots=True)
class Router:
    """Best routes over ``market``: ``bases`` may stand in between, at most ``max_hops`` of them.

    ``gas_price`` of a call is what one unit of gas is worth, as (numerator, denominator) in the asset
    that is optimised; (0, 1) compares amounts alone.
    """

    market: Market
    bases: tuple[AssetId, ...]
    max_hops: int

    def sell(
        self,
        asset_in: AssetId,
        asset_out: AssetId,
        amount_in: int,
        floor: int,
        gas_price: tuple[int, int] = (0, 1),
    ) -> Route | None:
        """The route that pays most for ``amount_in`` net of gas, of those paying at least ``floor``."""
        best: tuple[int, Route] | None = None
        for bound, path in self.market.paths(asset_in, asset_out, self.bases, self.max_hops):
            most = amount_in * bound * (1 + SLACK)
            if most < floor or (best is not None and most < best[0]):
                break
            route = self.market.through_in(path, amount_in)
            if route is None or route.amount_out < floor:
                continue
            worth = route.amount_out - route.gas * gas_price[0] // gas_price[1]
            if best is None or worth > best[0]:
                best = (worth, route)
        return best[1] if best is not None else None

    def buy(
        self,
        asset_in: AssetId,
        asset_out: AssetId,
        amount_out: int,
        ceiling: int,
        gas_price: tuple[int, int] = (0, 1),
    ) -> Route | None:
        """The route that asks least for ``amount_out`` with gas, of those asking at most ``ceiling``."""
        best: tuple[int, Route] | None = None
        for bound, path in self.market.paths(asset_in, asset_out, self.bases, self.max_hops):
            least = amount_out / bound * (1 - SLACK)
            if least > ceiling or (best is not None and least > best[0]):
                break
            route = self.market.through_out(path, amount_out)
            if route is None or route.amount_in > ceiling:
                continue
            worth = route.amount_in + route.gas * gas_price[0] // gas_price[1]
            if best is None or worth < best[0]:
                best = (worth, route)
        return best[1] if best is not None else None


def _pairs(state: VenueState) -> list[tuple[AssetId, AssetId]]:
    if isinstance(state, LimitOrderState):
        return [(state.assets[0], state.assets[1])]
    return [(a, b) for a in state.assets for b in state.assets if a != b]


def _execute(chosen: Sequence[Source], path: Path, amount_in: int) -> Route | None:
    """Swap forward through the chosen venues; one that is met again is met in its new state."""
    hops: list[Interaction] = []
    moved: dict[int, Venue] = {}
    repeated = len({source.place for source in chosen}) < len(chosen)
    amount = amount_in
    for source, asset_in, asset_out in zip(chosen, path, path[1:], strict=False):
        venue = moved.get(source.place, source.venue)
        try:
            if repeated:
                swap = venue.swap_in(asset_in, asset_out, amount)
                moved[source.place] = open_venue(swap.state)
                paid = swap.amount_out
            else:
                paid = venue.quote_in(asset_in, asset_out, amount)
        except VenueError:
            return None
        hops.append(Interaction(source.venue.state.id, asset_in, asset_out, amount, paid))
        amount = paid
    return Route(tuple(hops), sum(source.gas for source in chosen))
