"""An auction written as a CoW ``/solve`` request, so that outside engines can compete on it.

Engines know 20-byte token addresses and 56-byte order uids; ``CowNames`` gives every asset and order
such a name and finds the way back. Recorded auctions keep the names they came with. What the request
has no words for (baskets, order books, Curve's fee form) is left out: engines simply do not see it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.curves import limits_at
from intents.fees import FeePolicy, PriceImprovementFee, SurplusFee
from intents.intent import NEVER, IntentId, Kind, OwnerScheme
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    StableFlavour,
    StableState,
    VenueState,
    WeightedState,
)

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_UID_BYTES = 56
_FAR = datetime(2106, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_800_000  # the year 10 000, which no timestamp text can carry
_NONE = "0x" + "00" * 20
_NO_HASH = "0x" + "00" * 32
#: Decimal text is read back up to this many places.
_PLACES = 60


@dataclass(frozen=True)
class CowNames:
    """Names an engine understands for an auction's assets and orders, and back."""

    auction: Auction

    @cached_property
    def address(self) -> dict[AssetId, str]:
        return {asset.id: _address(asset.id) for asset in self.auction.assets}

    @cached_property
    def asset(self) -> dict[str, AssetId]:
        return {address: asset for asset, address in self.address.items()}

    @cached_property
    def uid(self) -> dict[IntentId, str]:
        return {order.id: "0x" + _uid(order).hex() for order in self.auction.orders}

    @cached_property
    def order(self) -> dict[str, IntentId]:
        return {uid: order for order, uid in self.uid.items()}


def _address(asset: AssetId) -> str:
    if _ADDRESS.fullmatch(asset):
        return asset
    return "0x" + hashlib.sha256(b"walras asset\0" + asset.encode()).hexdigest()[:40]


def _uid(order: AuctionOrder) -> bytes:
    if len(order.id) == _UID_BYTES:
        return order.id
    digest = order.id if len(order.id) == 32 else hashlib.sha256(order.id).digest()
    return digest + _owner(order) + min(order.intent.valid_to, 2**32 - 1).to_bytes(4, "big")


def _owner(order: AuctionOrder) -> bytes:
    key = order.intent.owner.key
    return key if len(key) == 20 else hashlib.sha256(key).digest()[:20]


def auction_to_cow(auction: Auction, *, deadline: datetime | None = None) -> dict[str, Any]:
    """The request body. ``deadline`` replaces the recorded one, as engines take it at its word."""
    names = CowNames(auction)
    if deadline is None and 0 < auction.deadline_ms < _LAST_MS:
        deadline = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=auction.deadline_ms)
    shown = (deadline or _FAR).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return {
        # CoW's code reads an integer or null here and refuses any other name.
        "id": auction.name.removeprefix("cow-") if auction.name.startswith("cow-") else None,
        "tokens": {
            names.address[asset.id]: {
                "decimals": asset.decimals,
                "symbol": asset.symbol,
                "referencePrice": None if asset.reference_price is None else str(asset.reference_price),
                "availableBalance": str(asset.buffer),
                "trusted": asset.trusted,
            }
            for asset in auction.assets
        },
        "orders": [_order(order, auction, names) for order in auction.orders if _expressible(order)],
        "liquidity": [shape for venue in auction.venues if (shape := _venue(venue, names)) is not None],
        "effectiveGasPrice": str(auction.costs.gas_price),
        "deadline": shown,
        "surplusCapturingJitOrderOwners": ["0x" + owner.hex() for owner in auction.jit_owners],
    }


def _expressible(order: AuctionOrder) -> bool:
    """A swap with something left, open to everybody."""
    return order.intent.is_swap and order.remaining > 0 and order.intent.exclusive is None


def _order(order: AuctionOrder, auction: Auction, names: CowNames) -> dict[str, Any]:
    intent = order.intent
    limits = limits_at(intent, auction.number, "")
    sell, buy = limits.give[0], limits.want[0]
    selling = intent.kind is Kind.EXACT_IN
    # What is left of the other side keeps the limit price, rounded in the owner's favour.
    sell_left = order.remaining if selling else sell * order.remaining // buy
    buy_left = -(-buy * order.remaining // sell) if selling else order.remaining
    recorded = intent.owner.scheme is OwnerScheme.EIP712 and len(order.id) == _UID_BYTES
    return {
        "uid": names.uid[order.id],
        "sellToken": names.address[intent.give[0].asset],
        "buyToken": names.address[intent.want[0].asset],
        "sellAmount": str(max(1, sell_left)),
        "fullSellAmount": str(sell),
        "buyAmount": str(buy_left),
        "fullBuyAmount": str(buy),
        "feePolicies": [_policy(policy) for policy in order.policies],
        "validTo": 0 if intent.valid_to == NEVER else min(intent.valid_to, 2**32 - 1),
        "kind": "sell" if selling else "buy",
        "owner": "0x" + _owner(order).hex(),
        "partiallyFillable": intent.partial,
        "preInteractions": [],
        "postInteractions": [],
        "sellTokenSource": "erc20",
        "buyTokenDestination": "erc20",
        "class": "limit" if order.fee_by_solver else "market",
        "appData": "0x" + "00" * 32,
        "signingScheme": "eip712" if recorded else "presign",
        "signature": "0x" + order.signature.hex(),
    }


def _policy(policy: FeePolicy) -> dict[str, Any]:
    """As CoW's code has it, {"volume": {…}}; the specification's {"kind": "volume", …} it does not read."""
    # The format wants JSON numbers here; these are for the engine to read, nothing is computed with them.
    factor = float(policy.factor)
    if isinstance(policy, SurplusFee):
        return {"surplus": {"factor": factor, "maxVolumeFactor": float(policy.max_volume_factor)}}
    if isinstance(policy, PriceImprovementFee):
        cap, quote = float(policy.max_volume_factor), policy.quote
        amounts = {"sellAmount": str(quote.sell), "buyAmount": str(quote.buy), "fee": str(quote.fee)}
        return {"priceImprovement": {"factor": factor, "maxVolumeFactor": cap, "quote": amounts}}
    return {"volume": {"factor": factor}}


def _venue(venue: VenueState, names: CowNames) -> dict[str, Any] | None:
    tokens = [names.address[asset] for asset in venue.assets]
    head = {"id": venue.id, "address": venue.address or _NONE, "gasEstimate": str(venue.gas)}
    match venue:
        case ConstantProductState():
            pool = {t: {"balance": str(r)} for t, r in zip(tokens, venue.reserves, strict=True)}
            fee = decimal_text(venue.fee)
            return {"kind": "constantProduct", **head, "tokens": pool, "fee": fee, "router": venue.router or _NONE}
        case WeightedState():
            rows = zip(tokens, venue.reserves, venue.weights, venue.scaling, strict=True)
            weighted = {
                t: {"balance": str(r), "weight": decimal_text(w), "scalingFactor": decimal_text(s)}
                for t, r, w, s in rows
            }
            head |= {"kind": "weightedProduct", "fee": decimal_text(venue.fee), "version": venue.version.value}
            return {**head, "tokens": weighted, "balancerPoolId": venue.pool_id or _NONE}
        case StableState() if venue.flavour is StableFlavour.BALANCER:
            scaled = zip(tokens, venue.reserves, venue.scaling, strict=True)
            stable = {t: {"balance": str(r), "scalingFactor": decimal_text(s)} for t, r, s in scaled}
            head |= {"kind": "stable", "fee": decimal_text(venue.fee), "balancerPoolId": venue.pool_id or _NONE}
            return {**head, "tokens": stable, "amplificationParameter": decimal_text(venue.amplification)}
        case ConcentratedState():
            return {
                "kind": "concentratedLiquidity",
                **head,
                "tokens": tokens,
                "sqrtPrice": str(venue.sqrt_price),
                "liquidity": str(venue.liquidity),
                "tick": venue.tick,
                "liquidityNet": {str(tick): str(net) for tick, net in venue.ticks},
                "fee": decimal_text(venue.fee),
                "router": venue.router or _NONE,
            }
        case LimitOrderState():
            return {
                "kind": "limitOrder",
                **head,
                "hash": _NO_HASH,
                "takerToken": tokens[0],
                "makerToken": tokens[1],
                "takerAmount": str(venue.taker_amount),
                "makerAmount": str(venue.maker_amount),
                "takerTokenFeeAmount": str(venue.taker_fee),
            }
        case _:
            return None


def decimal_text(value: Fraction) -> str:
    """``value`` as decimal text: exact where it has a finite expansion within 60 places, else cut there."""
    whole, rest = divmod(value.numerator, value.denominator)
    digits = []
    for _ in range(_PLACES):
        if not rest:
            break
        digit, rest = divmod(rest * 10, value.denominator)
        digits.append(str(digit))
    return f"{whole}.{''.join(digits)}" if digits else str(whole)
