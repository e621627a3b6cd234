"""Gnosis Protocol v1 batches (2020), read into an auction.

Sell orders of accounts with balances, one flat fee, one uniform price vector, no pools. "Unlimited"
orders carry 2^128 − 1 and accounts up to 2^256 − 1; both are brought into range keeping the limit price,
rounded in the owner's favour. Source: gnosis/dex-open-solver.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from fractions import Fraction
from typing import Final

from intents.amounts import MAX_AMOUNT, MAX_PRICE, PRICE_SCALE, mul_div_ceil
from intents.assets import MAX_DECIMALS, AssetId, AssetInfo
from intents.auction import MAX_ASSETS, MAX_ORDERS, Auction, AuctionOrder, Balance
from intents.auction_check import check_auction
from intents.check import check_asset_id
from intents.errors import Duplicate, UnknownAsset
from intents.fees import FeePolicy, VolumeFee
from intents.fields import Fields, integer, text
from intents.formats.imported import RECORDED_NETWORK, Imported, left_out, name_of
from intents.intent import NEVER, FillRule, Intent, IntentId, Kind, Leg, Owner, OwnerScheme

MAX_KEY: Final = 64
_WORD = 2**256 - 1


def auction_from_gpv1(document: object, where: str) -> Imported:
    """The auction of a GPv1 instance. Orders that nothing can be left of are left out with a note."""
    fields = Fields(document, where)
    assets = _assets(fields)
    notes: list[str] = []
    if all(asset.reference_price is None for asset in assets):
        # Nothing could be scored in such a file: the previous batch's prices or parity make it an auction.
        assets = tuple(replace(asset, reference_price=_price_before(fields, asset.id)) for asset in assets)
        if not fields.has("pricesPrev"):
            notes.append(f"no prices recorded: each of the {len(assets)} tokens counts the same per base unit")
    known = {asset.id for asset in assets}
    balances = _balances(fields, known)
    policies = _fee(fields)
    least = _least_fill(fields)
    orders: list[AuctionOrder] = []
    hopeless: list[str] = []
    for index, item in enumerate(fields.objects("orders", limit=MAX_ORDERS)):
        order = _order(item, index, known, balances, policies, least)
        if order is None:
            hopeless.append(f"orders[{index}]")
        else:
            orders.append(order)
    auction = Auction(
        name=name_of(where),
        network=RECORDED_NETWORK,
        number=0,
        assets=assets,
        orders=tuple(orders),
        venues=(),
        balances=tuple(
            Balance(Owner(OwnerScheme.RECORDED, account), asset, amount)
            for (account, asset), amount in balances.items()
        ),
    )
    notes += left_out("orders that sell nothing or at a limit beyond any amount", hopeless)
    return Imported(check_auction(auction, where), "gpv1", tuple(notes))


def _assets(fields: Fields) -> tuple[AssetInfo, ...]:
    """Tokens come as a list of names, or as a table with decimals and prices in OWL per 10^18 units.

    Some tables hold nothing but null: names alone again.
    """
    if isinstance(fields.raw("tokens"), list):
        named = [
            (text(value, place, limit=64), place) for value, place in fields.items("tokens", limit=MAX_ASSETS)
        ]
        return tuple(AssetInfo(AssetId(check_asset_id(name, place)), 18) for name, place in named)
    found = []
    for key, value, place in fields.entries("tokens", limit=MAX_ASSETS):
        token = Fields(value if value is not None else {}, place)
        found.append(
            AssetInfo(
                id=AssetId(check_asset_id(key, place)),
                decimals=token.integer_or("decimals", 18, high=MAX_DECIMALS),
                symbol=token.text_or("alias", "", limit=64),
                reference_price=_price(token),
            )
        )
    return tuple(found)


def _price(token: Fields) -> int | None:
    return token.integer("externalPrice", high=MAX_PRICE) if token.has("externalPrice") else None


def _price_before(fields: Fields, asset: AssetId) -> int:
    """The previous batch's price, or parity where none was recorded."""
    before = fields.child("pricesPrev") if fields.has("pricesPrev") else Fields({}, fields.where)
    return before.integer_or(asset, PRICE_SCALE, low=1, high=MAX_PRICE)


def _balances(fields: Fields, known: set[AssetId]) -> dict[tuple[bytes, AssetId], int]:
    found: dict[tuple[bytes, AssetId], int] = {}
    for name, entries, place in fields.entries("accounts", limit=MAX_ORDERS):
        account = _account(name)
        for token, amount, at in Fields({"a": entries}, place).entries("a", limit=MAX_ASSETS):
            if token not in known:
                raise UnknownAsset(place, token)
            if (account, token) in found:
                raise Duplicate(place, "balance of", token)
            found[account, AssetId(token)] = min(integer(amount, at, high=_WORD), MAX_AMOUNT)
    return found


def _account(name: str) -> bytes:
    """The address of an account, or a name's own bytes in hand-made instances, hashed where too long."""
    if name.startswith("0x") and len(name) == 42:
        try:
            return bytes.fromhex(name[2:])
        except ValueError:
            pass
    shown = name.encode() or b"?"
    return shown if len(shown) <= MAX_KEY else hashlib.sha256(shown).digest()


def _fee(fields: Fields) -> tuple[FeePolicy, ...]:
    if not fields.has("fee"):
        return ()
    ratio = fields.child("fee").fraction("ratio", low=Fraction(0), high=Fraction(1, 2))
    return (VolumeFee(ratio),) if ratio else ()


def _least_fill(fields: Fields) -> int:
    if not fields.has("metadata"):
        return 0
    return fields.child("metadata").integer_or("min_tradable_amount", 0)


def _amount(item: Fields, name: str) -> int | Fraction:
    """An amount of up to 256 bits, nearly always a whole number written out."""
    value = item.raw(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and not value.startswith("0"):
        return item.integer(name, high=_WORD)
    return item.fraction(name, low=Fraction(0), high=Fraction(_WORD))


def _order(
    item: Fields,
    index: int,
    known: set[AssetId],
    balances: dict[tuple[bytes, AssetId], int],
    policies: tuple[FeePolicy, ...],
    least_fill: int,
) -> AuctionOrder | None:
    give, want = (AssetId(item.text(name, limit=64)) for name in ("sellToken", "buyToken"))
    for asset in (give, want):
        if asset not in known:
            raise UnknownAsset(item.where, asset)
    account = _account(item.text("accountID", limit=64))
    # Some hand-made instances carry rationals: give less, want more.
    sell, buy = math.floor(_amount(item, "sellAmount")), math.ceil(_amount(item, "buyAmount"))
    over = max(sell, buy)
    if over > MAX_AMOUNT:
        sell, buy = sell * MAX_AMOUNT // over, mul_div_ceil(buy, MAX_AMOUNT, over)
    if sell < 1 or give == want:
        return None
    # Selling at any price still wants a unit: an intent that wants nothing is no trade.
    buy = max(1, buy)
    remaining = min(sell, balances.get((account, give), 0))
    intent = Intent(
        network=RECORDED_NETWORK,
        owner=Owner(OwnerScheme.RECORDED, account),
        nonce=index,
        valid_from=0,
        valid_to=NEVER,
        give=(Leg(give, sell),),
        want=(Leg(want, buy),),
        kind=Kind.EXACT_IN,
        fill=FillRule(min_fill=min(sell, least_fill)),
    )
    number = item.document.get("orderID", index)
    name = f"{index}/{number}/".encode() + account
    return AuctionOrder(
        id=IntentId(hashlib.sha256(b"walras gpv1 order\0" + name).digest()),
        intent=intent,
        signature=b"",
        remaining=remaining,
        policies=policies,
        fee_by_solver=False,
    )
