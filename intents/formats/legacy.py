"""The legacy CoW batch JSON ("tokens, orders, amms, metadata"), read into an auction.

Prices are native atoms per token atom, costs are wei (gas · gas price), and an order's expiry is only in
the last four bytes of its uid; early files have no uids. Source: cowprotocol/solver-template-py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from functools import partial

from intents.amounts import MAX_AMOUNT, MAX_PRICE, PRICE_SCALE, check_amount
from intents.assets import MAX_DECIMALS, AssetId, AssetInfo
from intents.auction import MAX_ASSETS, MAX_ORDERS, MAX_VENUES, Auction, AuctionOrder, CostModel
from intents.auction_check import check_auction
from intents.check import check_intent
from intents.errors import AmountOutOfRange, MissingField, TooMany, WrongValue
from intents.fields import Fields, integer
from intents.formats.cow import MAX_KIND, SETTLEMENT_GAS, TRADE_GAS, declare_missing
from intents.formats.cow_fields import asset_id
from intents.formats.cow_orders import EXPIRED_BEFORE, Refused, SameAsset
from intents.formats.cow_venues import check_recorded
from intents.formats.imported import RECORDED_NETWORK, Imported, auction_name, beyond_range, left_out
from intents.intent import NEVER, FillMode, FillRule, Intent, IntentId, Kind, Leg, Owner, OwnerScheme
from intents.venue_check import EmptyReserve, check_venue
from intents.venue_codec import MAX_GAS, MAX_POOL_ASSETS, MAX_SQRT_PRICE, MAX_TICKS
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
)

_KINDS = ("ConstantProduct", "WeightedProduct", "Stable", "Concentrated")
_UID_BYTES = 56


def auction_from_legacy(document: object, where: str, *, lenient: bool = False) -> Imported:
    """The auction of a legacy file; venues are numbered in file order.

    What is left out with a note, and what is declared, is as in the current schema.
    """
    fields = Fields(document, where)
    metadata = fields.child("metadata") if fields.has("metadata") else Fields({}, fields.at("metadata"))
    gas_price = _gas_price(metadata)
    assets = tuple(_asset(key, Fields(v, p)) for key, v, p in fields.entries("tokens", limit=MAX_ASSETS))
    decimals = {asset.id: asset.decimals for asset in assets}
    venues: list[VenueState] = []
    empty: list[str] = []
    unusable: list[str] = []
    unknown: list[str] = []
    for index, (key, value, place) in enumerate(fields.entries("amms", limit=MAX_VENUES)):
        amm = Fields(value, place)
        if (kind := amm.text("kind")) not in _KINDS:
            unknown.append(repr(kind[:MAX_KIND]))
            continue
        try:
            venues.append(_venue(amm, VenueId(str(index)), key.lower(), gas_price, decimals))
        except EmptyReserve:
            empty.append(f"id {index}")
        except (AmountOutOfRange, TooMany, WrongValue) as error:
            if not lenient and not beyond_range(error):
                raise
            unusable.append(str(error))
    kept, notes = _orders(fields, lenient=lenient)
    notes += left_out("pools with an empty reserve", empty) + left_out("pools of unknown kinds", unknown)
    notes += left_out("pools out of range", unusable)
    assets = declare_missing(assets, kept, tuple(venues), lenient=lenient)
    auction = Auction(
        name=auction_name(metadata.document.get("auction_id"), where),
        network=RECORDED_NETWORK,
        number=0,
        assets=assets,
        orders=kept,
        venues=tuple(venues),
        costs=CostModel(gas_price, SETTLEMENT_GAS, TRADE_GAS),
    )
    return Imported(check_auction(auction, where), "legacy", tuple(notes))


def _orders(fields: Fields, *, lenient: bool) -> tuple[tuple[AuctionOrder, ...], list[str]]:
    """The orders that stay, and notes of the others."""
    kept: list[AuctionOrder] = []
    expired: list[str] = []
    refused = Refused(lenient)
    for key, value, place in fields.entries("orders", limit=MAX_ORDERS):
        order = refused.read(f"orders.{key}"[:80], partial(_order, key, Fields(value, place)))
        if order is None:
            continue
        if order.intent.valid_to < EXPIRED_BEFORE:
            expired.append(f"0x{order.id.hex()[:16]}…")
        else:
            kept.append(order)
    return tuple(kept), left_out("expired orders", expired) + refused.notes()


def _gas_price(metadata: Fields) -> int:
    if not metadata.has("gas_price"):
        return 0
    return int(metadata.fraction("gas_price", low=Fraction(0), high=Fraction(10**18)))


def _asset(key: str, token: Fields) -> AssetInfo:
    price: int | None = None
    if token.has("external_price"):
        price = int(token.fraction("external_price", low=Fraction(0), high=Fraction(10**40)) * PRICE_SCALE)
        if price > MAX_PRICE:
            raise WrongValue(token.at("external_price"), f"at most {MAX_PRICE}", str(price))
    return AssetInfo(
        id=asset_id(key, token.where),
        decimals=token.integer_or("decimals", 18, high=MAX_DECIMALS),
        symbol=token.text_or("alias", "", limit=256)[:64],
        reference_price=price,
        buffer=token.integer_or("internal_buffer", 0, high=MAX_PRICE),
        trusted=token.flag_or("accepted_for_internalization", False),
    )


def _order(key: str, order: Fields) -> AuctionOrder:
    selling = order.flag("is_sell_order")
    give = asset_id(order.raw("sell_token"), order.at("sell_token"))
    want = asset_id(order.raw("buy_token"), order.at("buy_token"))
    if give == want:
        raise SameAsset(order.where, give)
    uid = order.hex("id", limit=64) if order.has("id") else _made_up_uid(key)
    sell, buy = order.integer("sell_amount", low=1), order.integer("buy_amount", low=1)
    signed_fee = order.child("fee").integer_or("amount", 0) if order.has("fee") else 0
    valid_to = int.from_bytes(uid[52:56], "big") if len(uid) == _UID_BYTES else 0
    intent = Intent(
        network=RECORDED_NETWORK,
        owner=Owner(OwnerScheme.RECORDED, uid[32:52] if len(uid) == _UID_BYTES else uid),
        nonce=0,
        valid_from=0,
        valid_to=valid_to or NEVER,
        give=(Leg(give, sell),),
        want=(Leg(want, buy),),
        kind=Kind.EXACT_IN if selling else Kind.EXACT_OUT,
        fill=FillRule(FillMode.PARTIAL if order.flag("allow_partial_fill") else FillMode.FILL_OR_KILL),
        # Orders that signed a fee left nothing for the solver to set.
        max_fee=0 if signed_fee else sell,
    )
    return AuctionOrder(
        id=IntentId(uid),
        intent=check_intent(intent, order.where),
        signature=b"",
        remaining=sell if selling else buy,
        fee_by_solver=not signed_fee,
        scored=not order.flag_or("is_liquidity_order", False),
    )


def _made_up_uid(key: str) -> bytes:
    """Orders of early files are known by their place alone; each is taken for an owner's only one."""
    return hashlib.sha256(b"walras legacy order\0" + key.encode()).digest()


def _venue(
    amm: Fields, venue: VenueId, address: str, gas_price: int, decimals: Mapping[AssetId, int]
) -> VenueState:
    kind = amm.choice("kind", _KINDS)
    gas = _gas(amm, gas_price)
    fee = amm.fraction("fee")
    if kind == "Concentrated":
        return check_recorded(_concentrated(amm.child("pool"), venue, address, gas, fee), amm.where)
    if kind == "WeightedProduct":
        return check_venue(_weighted(amm, venue, address, gas, fee, decimals), amm.where)
    reserves = sorted(
        (asset_id(key, p), integer(value, p)) for key, value, p in amm.entries("reserves", limit=MAX_POOL_ASSETS)
    )
    assets, amounts = tuple(a for a, _ in reserves), tuple(r for _, r in reserves)
    if kind == "ConstantProduct":
        return check_venue(ConstantProductState(venue, assets, gas, address, amounts, fee), amm.where)
    rates = {
        asset_id(key, p): integer(value, p, low=1)
        for key, value, p in amm.entries("scaling_rates", limit=MAX_POOL_ASSETS)
    }
    missing = next((asset for asset in assets if asset not in rates), None)
    if missing is not None:
        raise MissingField(amm.at("scaling_rates"), missing)
    # A recorded rate is one whole unit in base units: 10^18 over it lifts balances to 18 decimals.
    scaling = tuple(Fraction(10**18, rates[asset]) for asset in assets)
    amplification = amm.fraction("amplification_parameter", high=Fraction(10**9))
    return check_venue(StableState(venue, assets, gas, address, amounts, scaling, amplification, fee), amm.where)


def _gas(amm: Fields, gas_price: int) -> int:
    """Cost in wei back to gas units, to the nearest; recorded costs are floats cut to integers."""
    if not amm.has("cost") or not gas_price:
        return 0
    cost = amm.child("cost").integer("amount", high=MAX_GAS * 10**18)
    return check_amount((cost + gas_price // 2) // gas_price, amm.at("cost"), high=MAX_GAS)


def _weighted(
    amm: Fields, venue: VenueId, address: str, gas: int, fee: Fraction, decimals: Mapping[AssetId, int]
) -> WeightedState:
    listed = amm.entries("reserves", limit=MAX_POOL_ASSETS)
    # By token alone: entries do not compare, and two spellings of one token are refused by name later.
    entries = sorted(
        ((asset_id(key, p), Fields(value, p)) for key, value, p in listed), key=lambda entry: entry[0]
    )
    return WeightedState(
        id=venue,
        assets=tuple(asset for asset, _ in entries),
        gas=gas,
        address=address,
        reserves=tuple(entry.integer("balance") for _, entry in entries),
        weights=tuple(entry.fraction("weight", low=Fraction(0), high=Fraction(1)) for _, entry in entries),
        # The legacy schema has no scaling for weighted pools: balances are lifted by the tokens' decimals.
        scaling=tuple(Fraction(10) ** (18 - decimals.get(asset, 18)) for asset, _ in entries),
        fee=fee,
    )


def _concentrated(pool: Fields, venue: VenueId, address: str, gas: int, fee: Fraction) -> ConcentratedState:
    state = pool.child("state")
    ticks = [
        (integer(key, p, low=-(2**31)), integer(net, p, low=-MAX_AMOUNT))
        for key, net, p in state.entries("liquidity_net", limit=MAX_TICKS)
    ]
    return ConcentratedState(
        id=venue,
        assets=tuple(asset_id(t.raw("id"), t.at("id")) for t in pool.objects("tokens", limit=MAX_POOL_ASSETS)),
        gas=gas,
        address=address,
        sqrt_price=state.integer("sqrt_price", high=MAX_SQRT_PRICE),
        liquidity=state.integer("liquidity", high=2**128 - 1),
        tick=state.integer("tick", low=-(2**31), high=2**31),
        ticks=tuple(sorted(ticks)),
        fee=fee,
    )
