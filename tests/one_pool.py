"""Small auctions over one pool: unsigned orders between two assets, one more without a venue, one unpriced."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction, AuctionOrder, Balance, CostModel
from intents.intent import FillMode, FillRule, Intent, IntentId, Kind, Leg, Owner, OwnerScheme
from intents.venue_states import ConstantProductState, VenueId

UNIT: Final = 10**18
A, B, FAR, UNPRICED = AssetId("a"), AssetId("b"), AssetId("far"), AssetId("unpriced")
OWNER: Final = Owner(OwnerScheme.RECORDED, b"owner")
WHOLE: Final = FillRule(FillMode.FILL_OR_KILL)
PARTIAL: Final = FillRule(FillMode.PARTIAL)
POOL: Final = ConstantProductState(
    VenueId("pool"), (A, B), 100_000, "", (1000 * UNIT, 1000 * UNIT), Fraction(3, 1000)
)


def order(
    give: int,
    want: int,
    *,
    pair: tuple[AssetId, AssetId] = (A, B),
    rule: FillRule = PARTIAL,
    kind: Kind = Kind.EXACT_IN,
    name: bytes = b"asked",
) -> AuctionOrder:
    """Give at most ``give`` for at least ``want``, in thousandths of a unit; recorded, so unsigned."""
    legs = (Leg(pair[0], give * UNIT // 1000),), (Leg(pair[1], want * UNIT // 1000),)
    intent = Intent(bytes(32), OWNER, 0, 3, 8, *legs, kind, rule)
    return AuctionOrder(IntentId(name), intent, b"", intent.reference_leg.amount, (), False)


def auction_of(*orders: AuctionOrder, gas_price: int = 0, balances: tuple[Balance, ...] = ()) -> Auction:
    """Auction 5 of these orders: every asset but one is worth the same, and validity is 3 … 8."""
    prices = {A: UNIT, B: UNIT, FAR: UNIT, UNPRICED: None}
    assets = tuple(AssetInfo(asset, 18, reference_price=price) for asset, price in prices.items())
    costs = CostModel(gas_price, settlement_gas=50_000, trade_gas=50_000)
    return Auction("why", bytes(32), 5, assets, orders, (POOL,), costs, balances)
