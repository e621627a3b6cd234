"""The auction in floats: every asset measured in the numeraire at its reference price.

In these units all prices are near one, amounts are near their value, and LPs are well scaled whatever the
decimals: one is a whole unit of the numeraire or, where orders are far smaller or larger than that (in a numeraire
of 6 decimals, say), about what a middling one is worth. Assets without a reference price are measured through
venues from those that have one; those that venues do not lead to, by orders; what cannot be measured is left out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Final

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.curves import limits_at
from intents.errors import WalrasError
from intents.fees import VolumeFee
from intents.intent import IntentId, Kind
from intents.venue_states import VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.venue import Venue

#: Withheld of each order's given amount, beside a few base units: above the linear solvers' tolerance.
HAIR: Final = 2e-7
#: How many orders in a row may lead from a priced asset to one that is measured by them.
MAX_STEPS: Final = 4
#: Between these a middling order is measured in units of ``PRICE_SCALE``, beyond them in units near its own size:
#: programs have absolute tolerances, which must be far below what orders gain.
SMALL_ORDER: Final = 1e-3
LARGE_ORDER: Final = 1e6


@dataclass(frozen=True, slots=True)
class Order:
    """A swap that could be scored. ``size`` is its remaining reference amount, measured.

    A sell gives ``size``·x and wants at least ``limit`` per unit given; a buy gets ``size``·x and gives at
    most 1/``limit`` per unit got. ``floor`` is the least rate give→want at which the owner's limit holds
    after protocol fees on volume. ``fee`` is the hair of the given amount withheld, where the owner allows it,
    so that payouts can be rounded up: at one price vector value is conserved to the last unit, and without
    a venue's rounding there would be nothing to round with. ``scores`` is 1, or 0 where the wanted asset's
    reference price is zero: it is measured by what others ask for it, and its surplus is worth nothing.
    """

    id: IntentId
    give: AssetId
    want: AssetId
    sells: bool
    size: float
    limit: float
    floor: float
    fee: float
    whole: bool
    least: float
    record: AuctionOrder
    scores: float = 1.0


@dataclass(frozen=True)
class Market:
    """``unit[a]`` is the measured value of one base unit of asset a, ``whole`` the score that measures one; costs
    are measured."""

    auction: Auction
    unit: dict[AssetId, float]
    whole: int
    orders: tuple[Order, ...]
    venues: tuple[Venue, ...]
    settlement_cost: float
    trade_cost: float
    gas_price: float

    def venue_cost(self, venue: Venue) -> float:
        return self.gas_price * venue.state.gas


def measure(auction: Auction, solver: str) -> Market:
    """Measure ``auction``; orders out of reach of ``solver`` or of any price are left out, and states that are no
    venues."""
    venues = tuple(venue for state in auction.venues if (venue := _opened(state)) is not None)
    by_scale = _units(auction, venues)
    whole = _whole(auction, by_scale)
    unit = {asset: value * (PRICE_SCALE / whole) for asset, value in by_scale.items()}
    gas_price = auction.costs.gas_price / whole
    trade_cost = gas_price * auction.costs.trade_gas
    found = (_order(record, auction, unit, trade_cost, solver) for record in auction.orders)
    return Market(
        auction=auction,
        unit=unit,
        whole=whole,
        orders=tuple(order for order in found if order is not None),
        venues=venues,
        settlement_cost=gas_price * auction.costs.settlement_gas,
        trade_cost=trade_cost,
        gas_price=gas_price,
    )


def _opened(state: VenueState) -> Venue | None:
    try:
        return open_venue(state)
    except VenueError:
        return None


def _whole(auction: Auction, unit: dict[AssetId, float]) -> int:
    """The score that measures one: ``PRICE_SCALE`` or, where a middling order is far from that, a power of ten
    near what it is worth."""
    swaps = [order for order in auction.orders if order.intent.is_swap]
    assets = [(o.intent.give if o.intent.kind is Kind.EXACT_IN else o.intent.want)[0].asset for o in swaps]
    worths = [o.remaining * unit.get(asset, 0.0) for o, asset in zip(swaps, assets, strict=True)]
    sizes = [worth for worth in worths if 0.0 < worth < math.inf]
    middling = median(sizes) if sizes else 1.0
    if SMALL_ORDER <= middling <= LARGE_ORDER:
        return PRICE_SCALE
    return int(10 ** max(0, round(math.log10(PRICE_SCALE) + math.log10(middling))))


def _units(auction: Auction, venues: tuple[Venue, ...]) -> dict[AssetId, float]:
    """Value per base unit, in ``PRICE_SCALE`` of score; unpriced assets through the venue that leads to them,
    breadth first."""
    unit = {a.id: a.reference_price / PRICE_SCALE**2 for a in auction.assets if a.reference_price}
    leads: defaultdict[AssetId, list[Venue]] = defaultdict(list)
    for venue in venues:
        for asset in venue.state.assets:
            leads[asset].append(venue)
    waiting = list(unit)
    while waiting:
        known = waiting.pop(0)
        for venue in leads[known]:
            for other in venue.state.assets:
                if other in unit:
                    continue
                try:
                    rate = venue.marginal_price(known, other)
                except VenueError:
                    continue
                worth = unit[known] / rate if rate > 0.0 else 0.0
                if 0.0 < worth < math.inf:
                    unit[other] = worth
                    waiting.append(other)
    return _through_orders(auction, unit)


def _through_orders(auction: Auction, unit: dict[AssetId, float]) -> dict[AssetId, float]:
    """Assets that only orders lead to, at the median of what owners ask for them or offer."""
    asks: defaultdict[AssetId, list[tuple[AssetId, float]]] = defaultdict(list)
    for order in auction.orders:
        give, want = order.intent.give[0], order.intent.want[0]
        if order.intent.is_swap and give.amount and want.amount:
            asks[give.asset].append((want.asset, want.amount / give.amount))
            asks[want.asset].append((give.asset, give.amount / want.amount))
    unmeasured = sorted(asset for asset in asks if asset not in unit)
    for _ in range(MAX_STEPS):
        found = {
            asset: median(values)
            for asset in unmeasured
            if (values := [rate * unit[other] for other, rate in asks[asset] if other in unit])
        }
        unit |= found
        unmeasured = [asset for asset in unmeasured if asset not in unit]
        if not found or not unmeasured:
            break
    return unit


def _order(
    record: AuctionOrder, auction: Auction, unit: dict[AssetId, float], trade_cost: float, solver: str
) -> Order | None:
    intent = record.intent
    number = auction.number
    if not intent.is_swap or record.remaining == 0 or not record.scored:
        return None
    if number and not intent.valid_from <= number <= intent.valid_to:
        return None
    give, want = intent.give[0].asset, intent.want[0].asset
    reference = auction.reference_price(want)
    if give not in unit or want not in unit or reference is None:
        return None
    try:
        limits = limits_at(intent, number, solver)
    except WalrasError:
        return None  # exclusive to another solver
    sells = intent.kind is Kind.EXACT_IN
    limit = (limits.want[0] * unit[want]) / (limits.give[0] * unit[give])
    volume = float(volume_fee(record))
    floor = limit / (1.0 - volume) if sells else limit * (1.0 + volume)
    size = record.remaining * (unit[give] if sells else unit[want])
    if not (0.0 < size < math.inf and 0.0 < limit < math.inf):
        return None
    if not intent.partial:
        least = 1.0
    else:  # a fill smaller than what a trade costs is no trade but a pretext for arbitrage
        least = min(1.0, max(intent.fill.min_fill / record.remaining, trade_cost / size))
    fee = HAIR + 8.0 * (unit[give] + unit[want]) / size if may_withhold(record) else 0.0
    return Order(
        record.id,
        give,
        want,
        sells,
        size,
        limit,
        floor,
        fee,
        not intent.partial,
        least,
        record,
        float(reference > 0),
    )


def volume_fee(record: AuctionOrder) -> Fraction:
    """The part of an order's volume that fees take."""
    factors = [policy.factor for policy in record.policies if isinstance(policy, VolumeFee)]
    return factors[0] if len(factors) == 1 else sum(factors, Fraction(0))


def may_withhold(record: AuctionOrder) -> bool:
    """Whether the owner lets the solver withhold a network fee of at least a millionth."""
    return record.fee_by_solver and record.intent.max_fee * 10**6 >= record.intent.give[0].amount
