"""Ways from one asset to another over a ledger's venues: the best single path, and a route split over several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction
from intents.intent import Kind
from intents.venue_codec import VENUE
from intents.venue_states import VenueId, VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from settlement.best_route import Route, RouteBook

#: Venues among which a route is split; where there are more only single paths are looked at.
MAX_SPLIT: Final = 200


@dataclass(frozen=True, slots=True)
class Hop:
    """One swap of a route, in the order they are done."""

    venue: str
    kind: str
    sold: AssetId
    bought: AssetId
    amount_in: int
    amount_out: int


def near(venues: Mapping[VenueId, VenueState], give: AssetId, want: AssetId) -> tuple[VenueState, ...]:
    """Venues on some way of at most two trades from ``give`` to ``want``, by id."""
    ordered = [venue for _, venue in sorted(venues.items())]
    after = {asset for venue in ordered if give in venue.assets for asset in venue.assets}
    before = {asset for venue in ordered if want in venue.assets for asset in venue.assets}
    on_the_way = (after & before) | {give, want}
    return tuple(
        venue
        for venue in ordered
        if (give in venue.assets or want in venue.assets)
        and sum(asset in on_the_way for asset in venue.assets) > 1
    )


def best_hops(
    venues: tuple[VenueState, ...], give: AssetId, want: AssetId, amount: int, kind: Kind
) -> tuple[tuple[Hop, ...], int]:
    """The better of path and split, with its gas; the path where they are alike."""
    book = RouteBook(snapshot(venues))
    path = book.sell(give, want, amount) if kind is Kind.EXACT_IN else book.buy(give, want, amount)
    single = () if path is None else _along(venues, path, give, want)
    several = _split(venues, give, want, amount, kind) if 1 < len(venues) <= MAX_SPLIT else ()
    best = max((single, several), key=lambda hops: _worth(hops, give, want, kind))
    gas = {venue.id: venue.gas for venue in venues}
    return best, sum(gas[VenueId(hop.venue)] for hop in best)


def snapshot(venues: tuple[VenueState, ...]) -> Auction:
    """Venues alone, as the law's own search for paths takes them."""
    return Auction("quote", b"", 0, (), (), venues)


def _along(venues: tuple[VenueState, ...], path: Route, give: AssetId, want: AssetId) -> tuple[Hop, ...]:
    """A path's trades: what goes in at its beginning is known, and what each pays follows."""
    states = {venue.id: venue for venue in venues}
    if len(path.venues) == 1:
        return (Hop(path.venues[0], _kind(states[path.venues[0]]), give, want, path.amount_in, path.amount_out),)
    first, second = (states[venue] for venue in path.venues)
    for middle in sorted(set(first.assets) & set(second.assets) - {give, want}):
        try:
            paid = open_venue(first).quote_in(give, middle, path.amount_in)
            got = open_venue(second).quote_in(middle, want, paid)
        except VenueError:
            continue
        if got >= path.amount_out:
            return (
                Hop(first.id, _kind(first), give, middle, path.amount_in, paid),
                Hop(second.id, _kind(second), middle, want, paid, got),
            )
    return ()


def _split(
    venues: tuple[VenueState, ...], give: AssetId, want: AssetId, amount: int, kind: Kind
) -> tuple[Hop, ...]:
    """The router's route; nothing where it has none."""
    # Loads scipy: only who asks for quotes pays for it.
    import numpy as np

    from solver.router import orders
    from solver.router.errors import RouteError
    from solver.router.route import route

    states = {venue.id: venue for venue in venues}
    side = orders.Kind.EXACT_IN if kind is Kind.EXACT_IN else orders.Kind.EXACT_OUT
    try:
        # Floats may overflow on the way to an amount that no venues have; what comes out is exact, or nothing.
        with np.errstate(all="ignore"):
            found = route(states, give, want, amount, side)
    except RouteError:
        return ()
    short = found.amount_in > amount if kind is Kind.EXACT_IN else found.amount_out < amount
    if short:
        return ()
    return tuple(
        Hop(swap.venue, _kind(states[swap.venue]), swap.asset_in, swap.asset_out, swap.amount_in, swap.amount_out)
        for swap in found.interactions
    )


def _worth(hops: tuple[Hop, ...], give: AssetId, want: AssetId, kind: Kind) -> tuple[int, int, int]:
    """More is better; of equal ones the shorter."""
    value = net(hops, want, sold=False) if kind is Kind.EXACT_IN else -net(hops, give, sold=True)
    return int(bool(hops)), value, -len(hops)


def net(hops: tuple[Hop, ...], asset: AssetId, *, sold: bool) -> int:
    """Of ``asset`` what goes in less what comes out, or the other way round."""
    given = sum(hop.amount_in for hop in hops if hop.sold == asset)
    got = sum(hop.amount_out for hop in hops if hop.bought == asset)
    return given - got if sold else got - given


def _kind(state: VenueState) -> str:
    return next(name for name, record in VENUE.records.items() if record.kind is type(state))
