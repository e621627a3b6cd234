"""Small auctions for solver tests: assets A, B, C …, recorded swaps and constant-product pools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction, AuctionOrder, Balance, CostModel
from intents.fees import FeePolicy
from intents.intent import NEVER, FillMode, FillRule, Intent, IntentId, Kind, Leg, Owner, OwnerScheme
from intents.venue_states import ConstantProductState, VenueId, VenueState

NETWORK = bytes(32)
ONE = 10**18


def swap(
    number: int,
    sell: str,
    sell_amount: int,
    buy: str,
    buy_amount: int,
    *,
    kind: Kind = Kind.EXACT_IN,
    partial: bool = False,
    min_fill: int = 0,
    max_fee: int = 0,
    policies: tuple[FeePolicy, ...] = (),
) -> AuctionOrder:
    """Order ``number`` (its id and its owner) from a public record, all of it remaining."""
    intent = Intent(
        network=NETWORK,
        owner=Owner(OwnerScheme.RECORDED, number.to_bytes(20, "big")),
        nonce=0,
        valid_from=0,
        valid_to=NEVER,
        give=(Leg(AssetId(sell), sell_amount),),
        want=(Leg(AssetId(buy), buy_amount),),
        kind=kind,
        fill=FillRule(FillMode.PARTIAL if partial else FillMode.FILL_OR_KILL, min_fill),
        max_fee=max_fee,
    )
    remaining = buy_amount if kind is Kind.EXACT_OUT else sell_amount
    order_id = IntentId(number.to_bytes(32, "big"))
    return AuctionOrder(order_id, intent, b"", remaining, policies, fee_by_solver=max_fee > 0)


def pool(name: str, a: str, reserve_a: int, b: str, reserve_b: int, gas: int = 90_000) -> ConstantProductState:
    assets, reserves = (AssetId(a), AssetId(b)), (reserve_a, reserve_b)
    return ConstantProductState(VenueId(name), assets, gas, "", reserves, Fraction(3, 1000))


def auction(
    orders: Sequence[AuctionOrder],
    venues: Sequence[VenueState] = (),
    *,
    costs: CostModel | None = None,
    balances: Iterable[Balance] = (),
    unpriced: Iterable[str] = (),
    number: int = 0,
) -> Auction:
    """Every asset that is mentioned has reference price 1, except those ``unpriced``."""
    mentioned = [leg.asset for order in orders for leg in (*order.intent.give, *order.intent.want)]
    mentioned += [asset for venue in venues for asset in venue.assets]
    assets = tuple(
        AssetInfo(asset, 18, reference_price=None if asset in unpriced else ONE)
        for asset in sorted(set(mentioned))
    )
    return Auction(
        name="world",
        network=NETWORK,
        number=number,
        assets=assets,
        orders=tuple(orders),
        venues=tuple(venues),
        costs=costs or CostModel(),
        balances=tuple(balances),
    )
