"""Hypothesis strategies for whole auctions: signed intents, six kinds of venue, policies, balances.

Everything drawn is valid by construction, so that a law about auctions is tested on what the codecs
accept, edges included: amounts of one unit and of 2^127−1, baskets of many legs, curves, exclusivity.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from coincurve import PrivateKey
from hypothesis import strategies as st

from intents.amounts import MAX_AMOUNT, MAX_PRICE
from intents.assets import AssetId, AssetInfo
from intents.auction import Auction, AuctionOrder, Balance, CostModel
from intents.codec import intent_id
from intents.eip712 import address_of, intent_digest
from intents.fees import FeePolicy, PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.intent import (
    NEVER,
    CurvePoint,
    DutchCurve,
    Exclusivity,
    FillMode,
    FillRule,
    Intent,
    IntentId,
    Kind,
    Leg,
    Owner,
    OwnerScheme,
)
from intents.signing import SigningKey, sign_intent
from intents.venue_check import MAX_SQRT_PRICE, MAX_TICK, MIN_SQRT_PRICE, MIN_TICK
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

Draw = Any
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))

amounts = st.one_of(st.integers(1, 1_000), st.integers(1, MAX_AMOUNT), st.just(MAX_AMOUNT))
numbers = st.one_of(st.integers(0, 100), st.integers(0, NEVER))
asset_ids = st.one_of(
    st.sampled_from(["ETH", "USDC", "DAI", "0x" + "c0" * 20, "0X" + "C0" * 20, "!", "~" * 64]),
    st.text(PRINTABLE, min_size=1, max_size=6),
).map(AssetId)
networks = st.sampled_from([bytes(32), bytes(range(32))])
fees = st.one_of(
    st.just(Fraction(0)), st.fractions(0, Fraction(999, 1000), max_denominator=10**6), st.just(Fraction(1, 3))
)
_names = st.text(PRINTABLE + " é€😀", max_size=8)
_gas = st.integers(0, 10**7)


@cache
def signing_key(number: int) -> SigningKey:
    return SigningKey.from_seed(number.to_bytes(32, "big"))


@cache
def wallet(number: int) -> tuple[PrivateKey, bytes]:
    """A secp256k1 key and its address."""
    key = PrivateKey((number + 1).to_bytes(32, "big"))
    return key, address_of(key.public_key.format(compressed=False))


def wallet_signature(number: int, digest: bytes) -> bytes:
    """r ‖ s ‖ v as wallets write it."""
    signature = wallet(number)[0].sign_recoverable(digest, hasher=None)
    return bytes(signature[:64]) + bytes([signature[64] + 27])


@st.composite
def owners(draw: Draw) -> tuple[Owner, int]:
    """An owner and the number of its key, where it has one."""
    number = draw(st.integers(0, 3))
    match draw(st.sampled_from(OwnerScheme)):
        case OwnerScheme.ED25519:
            return Owner(OwnerScheme.ED25519, signing_key(number).public), number
        case OwnerScheme.EIP712:
            return Owner(OwnerScheme.EIP712, wallet(number)[1]), number
        case _:
            return Owner(OwnerScheme.RECORDED, draw(st.binary(min_size=1, max_size=64))), number


@st.composite
def _legs(draw: Draw, kind: Kind, assets: list[AssetId]) -> tuple[tuple[Leg, ...], tuple[Leg, ...]]:
    shuffled = draw(st.permutations(assets))
    gives = draw(st.integers(1, min(16, len(assets) - 1))) if kind is Kind.BASKET else 1
    wants = draw(st.integers(1, min(16, len(assets) - gives))) if kind is Kind.BASKET else 1
    legs = [Leg(asset, draw(amounts)) for asset in shuffled[: gives + wants]]
    return tuple(legs[:gives]), tuple(legs[gives:])


@st.composite
def curves(draw: Draw, kind: Kind, hard: int) -> DutchCurve:
    """A curve that is never worse for the owner than the leg's ``hard`` bound."""
    times = sorted(draw(st.lists(numbers, min_size=1, max_size=5, unique=True)))
    bounds = st.integers(1, hard) if kind is Kind.EXACT_OUT else st.integers(hard, MAX_AMOUNT)
    return DutchCurve(tuple(CurvePoint(at, draw(bounds)) for at in times))


exclusivities = st.builds(
    Exclusivity,
    solver=st.text(PRINTABLE, min_size=1, max_size=6),
    until=numbers,
    override_bps=st.sampled_from([0, 1, 33, 100, 10_000, 100_000]),
)


@st.composite
def intents(
    draw: Draw, *, assets: list[AssetId] | None = None, network: bytes | None = None, owner: Owner | None = None
) -> Intent:
    assets = assets or draw(st.lists(asset_ids, min_size=2, max_size=6, unique=True))
    kind = draw(st.sampled_from(Kind))
    give, want = draw(_legs(kind, assets))
    reference = (want if kind is Kind.EXACT_OUT else give)[0].amount
    mode = draw(st.sampled_from(FillMode))
    least = draw(st.integers(0, reference)) if mode is FillMode.PARTIAL else 0
    moved = (give if kind is Kind.EXACT_OUT else want)[0].amount
    first, last = sorted((draw(numbers), draw(numbers)))
    return Intent(
        network=network if network is not None else draw(networks),
        owner=owner or draw(owners())[0],
        nonce=draw(numbers),
        valid_from=first,
        valid_to=last,
        give=give,
        want=want,
        kind=kind,
        fill=FillRule(mode, least),
        curve=draw(st.none() | curves(kind, moved)) if kind is not Kind.BASKET else None,
        exclusive=draw(st.none() | exclusivities),
        max_fee=draw(st.integers(0, give[0].amount)),
    )


@st.composite
def policies(draw: Draw) -> FeePolicy:
    factor = draw(st.fractions(0, Fraction(99, 100), max_denominator=10**5))
    cap = draw(st.fractions(0, 1, max_denominator=10**5))
    match draw(st.sampled_from(["surplus", "improvement", "volume"])):
        case "surplus":
            return SurplusFee(factor, cap)
        case "improvement":
            return PriceImprovementFee(factor, cap, Quote(draw(amounts), draw(amounts), draw(st.integers(0, 99))))
        case _:
            return VolumeFee(factor)


@st.composite
def orders(draw: Draw, assets: list[AssetId], network: bytes) -> AuctionOrder:
    """A signed order: its id is the hash of its intent, except for recorded owners, who bring any id."""
    owner, number = draw(owners())
    intent = draw(intents(assets=assets, network=network, owner=owner))
    order_id, signature = intent_id(intent), b""
    match owner.scheme:
        case OwnerScheme.ED25519:
            signature = sign_intent(signing_key(number), intent)
        case OwnerScheme.EIP712:
            signature = wallet_signature(number, intent_digest(intent))
        case OwnerScheme.RECORDED:
            order_id = IntentId(draw(st.binary(min_size=1, max_size=64)))
            signature = draw(st.binary(max_size=65))
    return AuctionOrder(
        id=order_id,
        intent=intent,
        signature=signature,
        remaining=draw(st.integers(0, intent.reference_leg.amount)),
        policies=tuple(draw(st.lists(policies(), max_size=3))),
        fee_by_solver=draw(st.booleans()),
        scored=draw(st.booleans()),
    )


@st.composite
def _book(draw: Draw, common: dict[str, Any]) -> OrderBookState:
    middle = draw(st.integers(2, 10**9))
    bids = sorted(draw(st.lists(st.integers(1, middle - 1), max_size=3)), reverse=True)
    asks = sorted(draw(st.lists(st.integers(middle, 2 * middle), max_size=3)))
    resting = [RestingOrder(i, draw(_names), p, draw(st.integers(1, 10**9))) for i, p in enumerate(bids + asks)]
    return OrderBookState(
        **common,
        tick=draw(st.integers(1, 10**18)),
        lot=draw(st.integers(1, 10**18)),
        bids=tuple(resting[: len(bids)]),
        asks=tuple(resting[len(bids) :]),
        fee=draw(fees),
    )


@st.composite
def venues(draw: Draw, assets: list[AssetId], name: str) -> VenueState:
    """One of the six kinds, over two or more of ``assets``."""
    kind = draw(
        st.sampled_from(
            [ConstantProductState, WeightedState, StableState, ConcentratedState, LimitOrderState, OrderBookState]
        )
    )
    pooled = kind in (WeightedState, StableState)
    count = draw(st.integers(2, len(assets))) if pooled else 2
    traded = tuple(draw(st.permutations(assets))[:count])
    common: dict[str, Any] = {"id": VenueId(name), "assets": traded, "gas": draw(_gas), "address": draw(_names)}
    if kind is OrderBookState:
        book: OrderBookState = draw(_book(common))
        return book
    if kind is LimitOrderState:
        return LimitOrderState(
            **common, taker_amount=draw(amounts), maker_amount=draw(amounts), taker_fee=draw(_gas)
        )
    if kind is ConcentratedState:
        ticks = draw(
            st.dictionaries(st.integers(MIN_TICK, MAX_TICK), st.integers(-MAX_AMOUNT, MAX_AMOUNT), max_size=4)
        )
        return ConcentratedState(
            **common,
            sqrt_price=draw(st.integers(MIN_SQRT_PRICE, MAX_SQRT_PRICE - 1)),
            liquidity=draw(st.integers(0, 2**128 - 1)),
            tick=draw(st.integers(MIN_TICK, MAX_TICK)),
            ticks=tuple(sorted(ticks.items())),
            fee=draw(fees),
        )
    common |= {"reserves": tuple(draw(amounts) for _ in traded), "fee": draw(fees)}
    if kind is ConstantProductState:
        return ConstantProductState(**common, router=draw(_names))
    common |= {
        "scaling": tuple(Fraction(10) ** draw(st.integers(-36, 36)) for _ in traded),
        "pool_id": draw(_names),
    }
    if kind is StableState:
        strength = draw(st.fractions(Fraction(1, 1000), 10**6, max_denominator=1000))
        return StableState(**common, amplification=strength, flavour=draw(st.sampled_from(StableFlavour)))
    shares = [draw(st.integers(1, 99)) for _ in traded]
    weights = tuple(Fraction(share, sum(shares)) for share in shares)
    return WeightedState(**common, weights=weights, version=draw(st.sampled_from(WeightedVersion)))


@st.composite
def auctions(draw: Draw, *, max_orders: int = 4, max_venues: int = 3) -> Auction:
    """A consistent auction over two to six assets."""
    assets = draw(st.lists(asset_ids, min_size=2, max_size=6, unique=True))
    network = draw(networks)
    listed = draw(st.lists(orders(assets, network), max_size=max_orders, unique_by=lambda order: order.id))
    holders = draw(st.lists(st.tuples(owners(), st.sampled_from(assets)), max_size=3, unique_by=str))
    return Auction(
        name=draw(st.text(PRINTABLE, max_size=8)),
        network=network,
        number=draw(numbers),
        assets=tuple(
            AssetInfo(
                asset,
                draw(st.integers(0, 36)),
                draw(_names),
                draw(st.none() | st.integers(0, MAX_PRICE)),
                draw(_gas),
                draw(st.booleans()),
            )
            for asset in assets
        ),
        orders=tuple(listed),
        venues=tuple(draw(venues(assets, f"v{i}")) for i in range(draw(st.integers(0, max_venues)))),
        costs=CostModel(draw(_gas), draw(_gas), draw(_gas)),
        balances=tuple({(o, a): Balance(o, a, draw(amounts)) for (o, _), a in holders}.values()),
        deadline_ms=draw(numbers),
        seed=draw(st.binary(max_size=64)),
        jit_owners=tuple(draw(st.lists(st.binary(min_size=20, max_size=20), max_size=2))),
    )
