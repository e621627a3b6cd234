"""Random venues of every kind, each with a pair to trade, sizes that fit it, and its rounding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st

from intents.assets import AssetId
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    RestingOrder,
    StableFlavour,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
    WeightedVersion,
)
from liquidity.registry import open_venue
from liquidity.tick_math import sqrt_price_at
from liquidity.ticks import Position, ticks_of
from liquidity.venue import Venue

ASSETS = tuple(AssetId(name) for name in "abcd")
ID = VenueId("venue")


@dataclass(frozen=True)
class Case:
    """``most_in`` and ``most_out`` are sizes around which the venue's depth ends.

    ``grain_in`` and ``grain_out`` are how many units of either side its arithmetic may round away in
    one trade, always for the venue.
    """

    venue: Venue
    asset_in: AssetId
    asset_out: AssetId
    most_in: int
    most_out: int
    grain_in: int = 1
    grain_out: int = 1

    @property
    def slack(self) -> int:
        """Output units that rounding may take from one trade."""
        price = self.venue.marginal_price(self.asset_in, self.asset_out)
        return self.grain_out + int(self.grain_in * price * 1.01) + 1


Draw = Callable[..., int]


def amounts(low: int, high: int) -> st.SearchStrategy[int]:
    """Integers spread evenly over their orders of magnitude."""
    digits = st.integers(len(str(low)) - 1, len(str(high)) - 1)
    return digits.flatmap(lambda n: st.integers(max(low, 10**n), min(high, 10 ** (n + 1) - 1)))


def fees(largest_bps: int = 300) -> st.SearchStrategy[Fraction]:
    return st.one_of(
        st.sampled_from([Fraction(0), Fraction(3, 1000), Fraction(1, 400)]),
        st.integers(0, largest_bps * 100).map(lambda n: Fraction(n, 10**6)),
    )


@st.composite
def constant_products(draw: st.DrawFn) -> Case:
    reserves = (draw(amounts(1000, 10**30)), draw(amounts(1000, 10**30)))
    state = ConstantProductState(ID, ASSETS[:2], 0, "", reserves, draw(fees()))
    i, j = draw(st.permutations([0, 1]))
    return Case(open_venue(state), ASSETS[i], ASSETS[j], reserves[i] * 4, reserves[j] - 1)


@st.composite
def weighteds(draw: st.DrawFn) -> Case:
    count = draw(st.integers(2, 4))
    shares = draw(st.lists(st.integers(1, 20), min_size=count, max_size=count))
    decimals = draw(st.lists(st.sampled_from([6, 8, 18]), min_size=count, max_size=count))
    wholes = draw(st.lists(amounts(1000, 10**9), min_size=count, max_size=count))
    reserves = tuple(whole * 10**d for whole, d in zip(wholes, decimals, strict=True))
    state = WeightedState(
        ID,
        ASSETS[:count],
        0,
        "",
        reserves,
        tuple(Fraction(share, sum(shares)) for share in shares),
        tuple(Fraction(10 ** (18 - d)) for d in decimals),
        draw(fees()),
        draw(st.sampled_from(WeightedVersion)),
    )
    i, j = draw(st.permutations(range(count)))[:2]
    # The power is off by 10^-14 at most, and taken twice over; weights apart by up to 20 lever it.
    grain = reserves[j] // 10**13 + 2
    return Case(open_venue(state), ASSETS[i], ASSETS[j], reserves[i] * 3 // 10, reserves[j] * 3 // 10, 2, grain)


@st.composite
def stableswaps(draw: st.DrawFn, flavour: StableFlavour) -> Case:
    count = draw(st.integers(2, 4))
    decimals = draw(st.lists(st.sampled_from([6, 8, 18]), min_size=count, max_size=count))
    middle = draw(amounts(10**4, 10**9))
    parts = draw(st.lists(st.integers(3, 300), min_size=count, max_size=count))
    reserves = tuple(middle * part * 10**d // 100 for part, d in zip(parts, decimals, strict=True))
    scaling = tuple(Fraction(10 ** (18 - d)) for d in decimals)
    assets = ASSETS[:count]
    share = draw(st.booleans()) and flavour is StableFlavour.BALANCER
    state = StableState(
        ID,
        (*assets, AssetId("share")) if share else assets,
        0,
        "share" if share else "",
        (*reserves, 2**111) if share else reserves,
        (*scaling, Fraction(1)) if share else scaling,
        Fraction(draw(st.integers(1, 5000))),
        draw(fees(100)),
        flavour,
    )
    i, j = draw(st.permutations(range(count)))[:2]
    # The invariant is truncated; a pool out of balance levers that by what its scarce coin is worth.
    grain = 10**4 // 10 ** (18 - decimals[j]) + 2
    return Case(open_venue(state), assets[i], assets[j], reserves[i] * 4, reserves[j] * 9 // 10, 2, grain)


@st.composite
def concentrateds(draw: st.DrawFn) -> Case:
    tick = draw(st.integers(-100_000, 100_000))
    here = tick // 60 * 60
    positions = [Position(here - 6000, here + 6060, draw(amounts(10**9, 10**24)))]
    for _ in range(draw(st.integers(0, 4))):
        lower, width = draw(st.integers(-90, 90)), draw(st.integers(1, 60))
        positions.append(Position(here + 60 * lower, here + 60 * (lower + width), draw(amounts(10**6, 10**24))))
    ticks, liquidity = ticks_of(positions, tick)
    state = ConcentratedState(
        ID,
        ASSETS[:2],
        0,
        "",
        sqrt_price_at(tick) + draw(st.integers(0, 1)),
        liquidity,
        tick,
        ticks,
        draw(st.one_of(st.just(Fraction(3, 1000)), fees())),
    )
    i, j = draw(st.permutations([0, 1]))
    root = sqrt_price_at(tick)
    sizes = (liquidity * 2**96 // root // 3 + 10, liquidity * root // 2**96 // 3 + 10)
    steps = len(ticks) + 4
    return Case(open_venue(state), ASSETS[i], ASSETS[j], sizes[i], sizes[j], 2 * steps, 2 * steps)


@st.composite
def limit_orders(draw: st.DrawFn) -> Case:
    taker, maker = draw(amounts(1, 10**30)), draw(amounts(1, 10**30))
    fee = draw(st.integers(0, taker // 20))
    state = LimitOrderState(ID, ASSETS[:2], 0, "", taker, maker, fee)
    return Case(open_venue(state), ASSETS[0], ASSETS[1], taker + fee, maker, 2, 2)


@st.composite
def order_books(draw: st.DrawFn) -> Case:
    tick, lot = draw(amounts(1, 10**6)), draw(amounts(1, 10**12))
    middle = draw(st.integers(20, 10_000))
    depths = st.lists(st.tuples(st.integers(1, 19), st.integers(1, 10**4)), min_size=1, max_size=8)
    bids = tuple(
        RestingOrder(n, "maker", middle - away, quantity)
        for n, (away, quantity) in enumerate(sorted(draw(depths), key=lambda level: level[0]))
    )
    asks = tuple(
        RestingOrder(100 + n, "maker", middle + away, quantity)
        for n, (away, quantity) in enumerate(sorted(draw(depths), key=lambda level: level[0]))
    )
    state = OrderBookState(ID, ASSETS[:2], 0, "", tick, lot, bids, asks, draw(fees()))
    base = sum(order.quantity for order in bids) * lot
    quote = sum(order.quantity * order.price for order in asks) * tick
    proceeds = sum(order.quantity * order.price for order in bids) * tick
    one_lot = (middle + 20) * tick
    if draw(st.booleans()):
        return Case(open_venue(state), ASSETS[0], ASSETS[1], base, proceeds, lot, one_lot)
    stock = sum(order.quantity for order in asks) * lot
    return Case(open_venue(state), ASSETS[1], ASSETS[0], quote, stock, one_lot, lot)


CASES: dict[str, st.SearchStrategy[Case]] = {
    "constant product": constant_products(),
    "weighted": weighteds(),
    "stable": stableswaps(StableFlavour.BALANCER),
    "curve": stableswaps(StableFlavour.CURVE),
    "concentrated": concentrateds(),
    "limit order": limit_orders(),
    "order book": order_books(),
}


def holdings(state: VenueState) -> dict[AssetId, int] | None:
    """What the venue itself holds, where its state says so."""
    match state:
        case ConstantProductState() | WeightedState() | StableState():
            return dict(zip(state.assets, state.reserves, strict=True))
        case LimitOrderState():
            return {state.assets[1]: state.maker_amount}
        case OrderBookState():
            return {
                state.assets[0]: sum(order.quantity for order in state.asks) * state.lot,
                state.assets[1]: sum(order.quantity * order.price for order in state.bids) * state.tick,
            }
        case ConcentratedState():
            return None
