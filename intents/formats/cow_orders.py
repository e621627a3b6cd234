"""One order of CoW's solver-engine JSON, read into an intent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, Final

from intents.amounts import MAX_AMOUNT, MAX_PRICE
from intents.assets import AssetId
from intents.auction import AuctionOrder
from intents.check import check_intent
from intents.errors import InputError, WrongType
from intents.fees import MAX_FACTOR, FeePolicy, PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.fields import Fields, kind_of
from intents.formats.cow_fields import CowFields, asset_id
from intents.formats.imported import beyond_range, left_out
from intents.intent import NEVER, FillMode, FillRule, Intent, IntentId, Kind, Leg, Owner, OwnerScheme

MAX_POLICIES: Final = 8
MAX_SIGNATURE_BYTES: Final = 1024
#: GPv2 settled its first batches in spring 2021: an order valid only before that is surely expired.
EXPIRED_BEFORE: Final = 1_614_556_800
_EIP712_BYTES: Final = 65
_POLICIES: Final = ("surplus", "priceImprovement", "volume")
#: Calls to other contracts that an order may bring along; nothing here can execute them.
_CALLS: Final = ("preInteractions", "postInteractions", "flashloanHint", "wrappers")


@dataclass(eq=False)
class SameAsset(InputError):
    """Sells a token for itself: allowed by CoW for its hooks, meaningless here."""

    code: ClassVar[str] = "cow.same-asset"
    text: ClassVar[str] = "sells {asset} for itself"

    asset: str


@dataclass
class Refused:
    """Orders of a file that cannot be orders here: those from a token to itself by their place, those with an
    amount that is too large here (if ``lenient``, all out of range) by what is wrong."""

    lenient: bool
    same: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)

    def read(self, place: str, order: Callable[[], AuctionOrder]) -> AuctionOrder | None:
        """The order, or ``None`` once it is noted. Raises an ``InputError`` unless lenient."""
        try:
            return order()
        except SameAsset:
            self.same.append(place)
        except InputError as error:
            if not self.lenient and not beyond_range(error):
                raise
            self.unusable.append(str(error))
        return None

    def notes(self) -> list[str]:
        return left_out("orders from a token to itself", self.same) + left_out(
            "orders out of range", self.unusable
        )


def order_from_cow(order: Fields, network: bytes) -> AuctionOrder:
    """The order with what remains of it. ``validTo`` 0 means that no expiry was recorded.

    ``class`` liquidity, gone from the format since, marks orders whose surplus does not count. Where the most
    that a buy order gives is more than there is here, it gives at most what there is: a stricter limit.
    """
    order = CowFields(order.document, order.where)
    selling = order.choice("kind", ("sell", "buy")) == "sell"
    give, want = _token(order, "sellToken"), _token(order, "buyToken")
    if give == want:
        raise SameAsset(order.where, give)
    most = MAX_AMOUNT if selling else MAX_PRICE
    sell_left = min(order.integer("sellAmount", low=1, high=most), MAX_AMOUNT)
    buy_left = order.integer("buyAmount", low=1)
    sell = max(sell_left, min(order.integer_or("fullSellAmount", sell_left, low=1, high=most), MAX_AMOUNT))
    buy = max(buy_left, order.integer_or("fullBuyAmount", buy_left, low=1))
    if (sell, buy) != (sell_left, buy_left) and not _same_limit(selling, sell, buy, sell_left, buy_left):
        # The engine is told to work with what it is given: the current limit, not the signed one.
        sell, buy = sell_left, buy_left
    order_class = order.choice("class", ("market", "limit", "liquidity")) if order.has("class") else "limit"
    limit_class = order_class == "limit"
    signature = order.hex("signature", limit=1 << 20) if order.has("signature") else b""
    uid = order.hex("uid", limit=64)
    intent = Intent(
        network=network,
        owner=_owner(order, uid, signature),
        nonce=0,
        valid_from=0,
        valid_to=order.integer_or("validTo", 0, high=2**32 - 1) or NEVER,
        give=(Leg(give, sell),),
        want=(Leg(want, buy),),
        kind=Kind.EXACT_IN if selling else Kind.EXACT_OUT,
        fill=FillRule(FillMode.PARTIAL if order.flag("partiallyFillable") else FillMode.FILL_OR_KILL),
        max_fee=sell if limit_class else 0,
    )
    return AuctionOrder(
        id=IntentId(uid),
        intent=check_intent(intent, order.where),
        signature=signature if len(signature) <= MAX_SIGNATURE_BYTES else b"",
        remaining=sell_left if selling else buy_left,
        policies=_policies(order),
        fee_by_solver=limit_class,
        scored=order_class != "liquidity",
    )


def dropped_from_cow(order: Fields) -> list[str]:
    """The names of fields of ``order`` that say something and have no place in an intent."""
    dropped = [name for name in _CALLS if order.document.get(name)]
    signature = order.document.get("signature")
    if isinstance(signature, str) and len(signature) > 2 * MAX_SIGNATURE_BYTES + 2:
        dropped.append("signature")
    return dropped


def _same_limit(selling: bool, sell: int, buy: int, sell_left: int, buy_left: int) -> bool:
    """Whether the remaining amounts are the full ones in proportion, up to rounding."""
    if selling:
        return abs(buy * sell_left - buy_left * sell) < sell
    return abs(sell * buy_left - sell_left * buy) < buy


def _token(order: Fields, name: str) -> AssetId:
    return asset_id(order.text(name, limit=64), order.at(name))


def _owner(order: Fields, uid: bytes, signature: bytes) -> Owner:
    """An EIP-712 owner where a real signature came along, else one we can only take from the record."""
    address = order.hex("owner", limit=64) if order.has("owner") else uid[32:52] or uid[:20]
    scheme = order.text_or("signingScheme", "presign").lower()
    if scheme == "eip712" and len(signature) == _EIP712_BYTES and any(signature) and len(uid) == 56:
        return Owner(OwnerScheme.EIP712, address)
    return Owner(OwnerScheme.RECORDED, address)


def _policies(order: Fields) -> tuple[FeePolicy, ...]:
    if not order.has("feePolicies"):
        return ()
    return tuple(_policy(item) for item in order.objects("feePolicies", limit=MAX_POLICIES))


def _kind_of_policy(policy: Fields) -> tuple[str, Fields]:
    """{"kind": "volume", …} in the specification, {"volume": {…}} in the code."""
    if "kind" in policy.document:
        return policy.choice("kind", _POLICIES), policy
    named = [name for name in _POLICIES if name in policy.document]
    if len(named) != 1:
        raise WrongType(policy.where, f'a "kind", or one of {", ".join(_POLICIES)}', kind_of(policy.document))
    return named[0], policy.child(named[0])


def _policy(document: Fields) -> FeePolicy:
    kind, policy = _kind_of_policy(document)
    one = Fraction(1)
    factor = policy.fraction("factor", low=Fraction(0), high=MAX_FACTOR)
    if kind == "volume":
        return VolumeFee(factor)
    cap = policy.fraction("maxVolumeFactor", low=Fraction(0), high=one)
    if kind == "surplus":
        return SurplusFee(factor, cap)
    quote = policy.child("quote")
    names = ("sellAmount", "buyAmount") if "sellAmount" in quote.document else ("sell_amount", "buy_amount")
    return PriceImprovementFee(
        factor,
        cap,
        Quote(
            sell=quote.integer(names[0], low=1, high=MAX_AMOUNT),
            buy=quote.integer(names[1], low=1, high=MAX_AMOUNT),
            fee=quote.integer_or("fee", 0),
        ),
    )
