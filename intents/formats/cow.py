"""CoW's solver-engine JSON (``POST /solve``), read into an auction.

Source: the solver-engine OpenAPI description of cowprotocol/services and what its code really sends
(ids as numbers or text, absent optional fields). Prices are wei per 10^18 base units, as ours are.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Final

from intents.amounts import MAX_PRICE
from intents.assets import MAX_DECIMALS, AssetId, AssetInfo
from intents.auction import MAX_ASSETS, MAX_ORDERS, MAX_VENUES, Auction, AuctionOrder, CostModel
from intents.auction_check import check_auction
from intents.errors import AmountOutOfRange, TooMany, WrongValue
from intents.fields import Fields, hex_bytes
from intents.formats.cow_fields import CowFields, asset_id
from intents.formats.cow_orders import EXPIRED_BEFORE, Refused, dropped_from_cow, order_from_cow
from intents.formats.cow_venues import KINDS, venue_from_cow
from intents.formats.imported import (
    RECORDED_NETWORK,
    Imported,
    auction_name,
    beyond_range,
    expired_notes,
    left_out,
    named,
)
from intents.venue_check import EmptyReserve, ZeroScaling
from intents.venue_states import VenueState

# Gas of a settlement and of one trade (two transfers), as CoW's naive engine counts them.
SETTLEMENT_GAS: Final = 39_365
TRADE_GAS: Final = 55_026
MAX_JIT_OWNERS: Final = 1_000
#: How much of the name of an unknown kind a note shows.
MAX_KIND: Final = 40
#: Engines get deadlines far in the future when they need not hurry; those tell no time.
NO_CLOCK_FROM_MS: Final = 4_102_444_800_000  # 2100-01-01


def auction_from_cow(document: object, where: str, *, lenient: bool = False) -> Imported:
    """The auction of a ``/solve`` request.

    Strict by default: what is wrong is an error. ``lenient`` is for the HTTP edge: it declares tokens that
    orders mention, and leaves out single bad orders and pools. What is sound there but has no place here is
    always left out with a note: pools of other kinds or with an empty reserve, amounts of more than 127
    bits, expired orders, orders from a token to itself. Tokens that pools alone mention are declared.
    """
    fields = CowFields(document, where)
    notes: list[str] = []
    deadline_ms = _deadline_ms(fields)
    number = deadline_ms // 1000 if 0 < deadline_ms < NO_CLOCK_FROM_MS else 0
    orders = _orders(fields, number, notes, lenient=lenient)
    venues = _venues(fields, notes, lenient=lenient)
    assets = _assets(fields)
    assets = declare_missing(assets, orders, venues, lenient=lenient)
    auction = Auction(
        name=auction_name(fields.document.get("id"), where),
        network=RECORDED_NETWORK,
        number=number,
        assets=assets,
        orders=orders,
        venues=venues,
        costs=CostModel(fields.integer_or("effectiveGasPrice", 0), SETTLEMENT_GAS, TRADE_GAS),
        deadline_ms=deadline_ms,
        jit_owners=_jit_owners(fields),
    )
    return Imported(check_auction(auction, where), "cow", tuple(notes))


def _deadline_ms(fields: Fields) -> int:
    if not fields.has("deadline"):
        return 0
    shown = fields.text("deadline", limit=64)
    try:
        at = datetime.fromisoformat(shown)
    except ValueError as error:
        raise WrongValue(fields.at("deadline"), "an ISO-8601 date and time", repr(shown)) from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return max(0, (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000)


def _assets(fields: Fields) -> tuple[AssetInfo, ...]:
    assets: dict[AssetId, AssetInfo] = {}
    for key, value, where in fields.entries("tokens", limit=MAX_ASSETS):
        token = CowFields(value, where)
        asset = asset_id(key, where)
        info = AssetInfo(
            id=asset,
            decimals=token.integer_or("decimals", 18, high=MAX_DECIMALS),
            symbol=token.text_or("symbol", "", limit=256)[:64],
            reference_price=_price(token),
            buffer=token.integer_or("availableBalance", 0, high=MAX_PRICE),
            trusted=token.flag_or("trusted", False),
        )
        if assets.setdefault(asset, info) != info:
            raise WrongValue(where, "one entry per token", "two that differ in case only")
    return tuple(assets.values())


def _price(token: Fields) -> int | None:
    return token.integer("referencePrice", high=MAX_PRICE) if token.has("referencePrice") else None


def _orders(fields: Fields, number: int, notes: list[str], *, lenient: bool) -> tuple[AuctionOrder, ...]:
    orders: list[AuctionOrder] = []
    expired: list[str] = []
    refused = Refused(lenient)
    late: list[tuple[int, int]] = []
    calling: list[str] = []
    for index, item in enumerate(fields.objects("orders", limit=MAX_ORDERS)):
        order = refused.read(f"orders[{index}]", partial(order_from_cow, item, RECORDED_NETWORK))
        if order is None:
            continue
        valid_to = order.intent.valid_to
        if valid_to < EXPIRED_BEFORE:
            expired.append(f"orders[{index}] (valid to {valid_to})")
            continue
        if valid_to < number:
            late.append((index, valid_to))
        if dropped := dropped_from_cow(item):
            calling.append(f"orders[{index}] ({', '.join(dropped)})")
        orders.append(order)
    notes += expired_notes(late, f"before {number}")
    notes += left_out("expired orders", expired)
    notes += refused.notes()
    if calling:
        notes.append(f"dropped what cannot be executed here from {len(calling)} orders: {named(calling)}")
    return tuple(orders)


def _venues(fields: Fields, notes: list[str], *, lenient: bool) -> tuple[VenueState, ...]:
    venues: list[VenueState] = []
    empty: list[str] = []
    unscaled: list[str] = []
    unusable: list[str] = []
    unknown: list[str] = []
    for item in fields.objects("liquidity", limit=MAX_VENUES):
        if (kind := item.text("kind")) not in KINDS:
            unknown.append(repr(kind[:MAX_KIND]))
            continue
        try:
            venues.append(venue_from_cow(item))
        except EmptyReserve:
            empty.append(f"id {item.document.get('id')}")
        except ZeroScaling:
            unscaled.append(f"id {item.document.get('id')}")
        except (AmountOutOfRange, TooMany, WrongValue) as error:
            if not lenient and not beyond_range(error):
                raise
            unusable.append(str(error))
    notes += left_out("pools with an empty reserve", empty)
    notes += left_out("pools with a scaling factor of zero", unscaled)
    notes += left_out("pools of unknown kinds", unknown)
    notes += left_out("pools out of range", unusable)
    return tuple(venues)


def declare_missing(
    assets: tuple[AssetInfo, ...],
    orders: tuple[AuctionOrder, ...],
    venues: tuple[VenueState, ...],
    *,
    lenient: bool,
) -> tuple[AssetInfo, ...]:
    """Engines are handed tokens that no entry describes: known by address alone, without a price. Those that
    orders trade are declared only if ``lenient``; elsewhere they are an error."""
    known = {asset.id for asset in assets}
    traded = [leg.asset for order in orders for leg in (*order.intent.give, *order.intent.want)]
    held = [asset for venue in venues for asset in venue.assets]
    if lenient:
        held = traded + held
    else:
        known.update(traded)
    missing = dict.fromkeys(asset for asset in held if asset not in known)
    return assets + tuple(AssetInfo(asset, 18) for asset in missing)


def _jit_owners(fields: Fields) -> tuple[bytes, ...]:
    if not fields.has("surplusCapturingJitOrderOwners"):
        return ()
    owners = fields.items("surplusCapturingJitOrderOwners", limit=MAX_JIT_OWNERS)
    return tuple(hex_bytes(value, where, limit=64) for value, where in owners)
