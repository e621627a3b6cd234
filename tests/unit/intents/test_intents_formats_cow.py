"""CoW's solver-engine JSON: every quirk of the format is read, and what is wrong is refused by path."""

from __future__ import annotations

from fractions import Fraction

import pytest

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId, AssetInfo
from intents.auction import CostModel
from intents.errors import InputError, TooDeep
from intents.fees import PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.formats import EmptyAuction, load_auction
from intents.formats.cow import auction_from_cow
from intents.formats.imported import RECORDED_NETWORK
from intents.intent import NEVER, FillMode, Kind, Leg, Owner, OwnerScheme
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    StableState,
    WeightedState,
    WeightedVersion,
)
from tests.unit.intents.documents import (
    DAI,
    OWNER,
    SHARE,
    UID,
    USDC,
    WETH,
    cow_document,
    cow_order,
    cow_pools,
    load,
)

ETHER = 10**18


def test_a_request_is_read_whole() -> None:
    """Assets, the order, every kind of pool, costs and clock arrive as they are in the file."""
    imported = load(cow_document())
    auction = imported.auction
    assert (imported.format, imported.notes) == ("cow", ())
    assert (auction.name, auction.number, auction.network) == ("cow-77", 0, RECORDED_NETWORK)
    assert auction.assets == (
        AssetInfo(AssetId(WETH), 18, "WETH", ETHER, 5, True),
        AssetInfo(AssetId(USDC), 6, "USDC", None, 0, False),
        AssetInfo(AssetId(DAI), 18, "DAI", 6 * 10**14, 0, False),
    )
    assert auction.costs == CostModel(15 * 10**9, 39_365, 55_026)
    (order,) = auction.orders
    assert order.id.hex() == UID[2:]
    assert order.remaining == order.intent.max_fee == ETHER
    assert order.fee_by_solver
    assert order.scored
    assert order.intent.owner == Owner(OwnerScheme.RECORDED, bytes.fromhex(OWNER[2:]))
    assert order.intent.give == (Leg(AssetId(WETH), ETHER),)
    assert order.intent.want == (Leg(AssetId(USDC), 1_500_000_000),)
    assert order.intent.fill.mode is FillMode.PARTIAL


def test_pools_are_read_by_kind() -> None:
    """Tokens are sorted by address, fees exact, ticks sorted by number."""
    constant, weighted, stable, concentrated, limit = load(cow_document()).auction.venues
    assert isinstance(constant, ConstantProductState)
    assert (constant.assets, constant.reserves, constant.fee) == ((USDC, WETH), (2_000, 1_000), Fraction(3, 1000))
    assert (constant.id, constant.gas, constant.router) == ("0", 90_000, OWNER)
    assert isinstance(weighted, WeightedState)
    assert (weighted.version, weighted.pool_id) == (WeightedVersion.V3PLUS, "0xab")
    assert (weighted.assets, weighted.weights) == ((DAI, WETH), (Fraction(1, 5), Fraction(4, 5)))
    assert isinstance(stable, StableState)
    assert (stable.amplification, stable.scaling) == (Fraction(200), (Fraction(1), Fraction(10**12)))
    assert isinstance(concentrated, ConcentratedState)
    assert (concentrated.assets, concentrated.ticks) == ((USDC, WETH), ((-10, 5_000), (10, -5_000)))
    assert isinstance(limit, LimitOrderState)
    assert (limit.assets, limit.taker_amount, limit.maker_amount, limit.taker_fee) == ((USDC, WETH), 9, 7, 1)


def test_ids_are_numbers_or_text() -> None:
    """The specification and the code of the format differ: both spellings name the same thing."""
    pools = cow_pools()
    numbered = [pool | {"id": int(pool["id"])} for pool in pools]
    one, other = load(cow_document(id=77, liquidity=numbered)), load(cow_document(id="77", liquidity=pools))
    assert one.auction == other.auction


@pytest.mark.parametrize("number", [..., None, True, "", "9" * 101, 1.5, [], {}])
def test_an_auction_without_a_usable_id_is_named_after_its_file(number: object) -> None:
    """Quotes come without an id; the name is then the file's."""
    assert load(cow_document(id=number)).auction.name == "a"


def test_optional_fields_may_be_absent_or_null() -> None:
    """Everything the code of the format leaves out has its documented meaning."""
    absent = "fullSellAmount feePolicies validTo owner signature preInteractions appData class".split()
    bare = cow_order(fullBuyAmount=None, signingScheme=None, **dict.fromkeys(absent, ...))
    pool = {"kind": "constantProduct", "id": 0, "fee": "0.003", "tokens": cow_pools()[0]["tokens"]}
    stable = cow_pools()[2] | {"tokens": {USDC: {"balance": "1"}, DAI: {"balance": "2"}}}
    imported = load(
        cow_document(
            bare,
            id=...,
            deadline=...,
            effectiveGasPrice=...,
            surplusCapturingJitOrderOwners=...,
            tokens={WETH: {}, USDC: {"decimals": None, "referencePrice": None}, DAI: {}},
            liquidity=[pool, stable | {"id": "1"}],
        )
    )
    auction = imported.auction
    assert (auction.deadline_ms, auction.number, auction.costs.gas_price) == (0, 0, 0)
    assert auction.asset[AssetId(USDC)] == AssetInfo(AssetId(USDC), 18)
    (order,) = auction.orders
    assert order.intent.valid_to == NEVER
    assert order.intent.owner.key == bytes.fromhex(OWNER[2:])  # from the uid
    assert order.fee_by_solver
    first, second = auction.venues
    assert (first.gas, first.address) == (0, "")
    assert isinstance(second, StableState)
    assert second.scaling == (Fraction(1), Fraction(1))


def test_addresses_are_one_whatever_their_case() -> None:
    """Checksummed and upper-case spellings name the same token."""
    mixed = cow_order(sellToken=WETH.upper().replace("0X", "0x"), buyToken="0X" + USDC[2:].upper())
    assert load(cow_document(mixed)).auction == load(cow_document()).auction
    twice = cow_document()
    twice["tokens"][WETH.upper()] = twice["tokens"][WETH]
    assert load(twice).auction == load(cow_document()).auction
    twice["tokens"][WETH.upper()] = {"decimals": 6}
    with pytest.raises(InputError, match="two that differ in case only is not one entry per token"):
        load(twice)


def test_three_kinds_of_fee_policy() -> None:
    """Factors are exact; the quote is spelled with capitals or underscores, its fee may be missing."""
    camel = {"sellAmount": "10", "buyAmount": "20", "fee": "1"}
    snake = {"sell_amount": "10", "buy_amount": "20"}
    policies = [
        {"kind": "surplus", "factor": 0.5, "maxVolumeFactor": 0.01},
        {"kind": "priceImprovement", "factor": 0.1, "maxVolumeFactor": 1, "quote": camel},
        {"kind": "priceImprovement", "factor": "0.1", "maxVolumeFactor": "0.98", "quote": snake},
        {"kind": "volume", "factor": 0.0002},
    ]
    (order,) = load(cow_document(cow_order(feePolicies=policies))).auction.orders
    assert order.policies == (
        SurplusFee(Fraction(1, 2), Fraction(1, 100)),
        PriceImprovementFee(Fraction(1, 10), Fraction(1), Quote(10, 20, 1)),
        PriceImprovementFee(Fraction(1, 10), Fraction(98, 100), Quote(10, 20, 0)),
        VolumeFee(Fraction(2, 10_000)),
    )


def test_market_orders_set_no_fee_by_the_solver() -> None:
    """Only the limit class lets the solver withhold a network fee."""
    (order,) = load(cow_document(cow_order(**{"class": "market"}))).auction.orders
    assert (order.fee_by_solver, order.intent.max_fee) == (False, 0)


@pytest.mark.parametrize(
    ("kind", "left", "remaining"),
    [("sell", {"sellAmount": str(ETHER // 4), "buyAmount": "375000000"}, ETHER // 4),
     ("buy", {"sellAmount": str(ETHER // 4), "buyAmount": "375000000"}, 375_000_000)],
)  # fmt: skip
def test_a_partly_filled_order_keeps_its_signed_limit(kind: str, left: dict[str, str], remaining: int) -> None:
    """The full amounts are the limit, the others what is left of it."""
    (order,) = load(cow_document(cow_order(kind=kind, **left))).auction.orders
    assert order.remaining == remaining
    assert (order.intent.give[0].amount, order.intent.want[0].amount) == (ETHER, 1_500_000_000)
    assert order.intent.kind is (Kind.EXACT_IN if kind == "sell" else Kind.EXACT_OUT)


def test_a_limit_other_than_the_signed_one_is_what_counts() -> None:
    """Where the current amounts are no part of the full ones, engines are told to use the current ones."""
    (order,) = load(cow_document(cow_order(sellAmount="500", buyAmount="499"))).auction.orders
    assert (order.intent.give[0].amount, order.intent.want[0].amount, order.remaining) == (500, 499, 500)


def test_wallet_signatures_are_kept_where_they_are_real() -> None:
    """65 bytes that are not all zero under the eip712 scheme make an owner that can be checked."""
    real = cow_order(signingScheme="eip712", signature="0x" + "01" * 65)
    (order,) = load(cow_document(real)).auction.orders
    assert order.intent.owner.scheme is OwnerScheme.EIP712
    assert len(order.signature) == 65
    for changes in (
        {"signature": "0x" + "00" * 65},
        {"signature": "0x" + "01" * 64},
        {"signingScheme": "eip1271"},
        {"signingScheme": "ethsign"},
        {"uid": UID[:-2]},
    ):
        (order,) = load(cow_document(real | changes)).auction.orders
        assert order.intent.owner.scheme is OwnerScheme.RECORDED
    (order,) = load(cow_document(cow_order(signature="0x" + "01" * 2_000))).auction.orders
    assert order.signature == b""


def test_a_composable_pool_keeps_its_own_share_among_its_assets() -> None:
    """The pool's share is recognised by its address, and stays for venues to leave alone."""
    pool = cow_pools()[2]
    pool = pool | {"address": SHARE, "tokens": pool["tokens"] | {SHARE: {"balance": str(2**111)}}}
    document = cow_document(liquidity=[pool])
    document["tokens"][SHARE] = {"decimals": 18}
    (venue,) = load(document).auction.venues
    assert venue.address in venue.assets
    assert len(venue.assets) == 3


def test_drained_pools_are_left_out_with_one_note() -> None:
    """Recorded auctions hold tens of them: five are named, all are counted."""
    drained = [
        cow_pools()[0] | {"id": str(i), "tokens": {WETH: {"balance": "0"}, USDC: {"balance": "5"}}}
        for i in range(7)
    ]
    imported = load(cow_document(liquidity=[*drained, cow_pools()[1] | {"id": "9"}]))
    assert [venue.id for venue in imported.auction.venues] == ["9"]
    assert imported.notes == ("left out 7 pools with an empty reserve: id 0, id 1, id 2, id 3, id 4 and 2 more",)
    scaled = cow_pools()[2]
    scaled["tokens"][DAI]["scalingFactor"] = "0"
    assert load(cow_document(liquidity=[scaled])).notes == (
        "left out 1 pools with a scaling factor of zero: id 2",
    )


def test_an_order_from_a_token_to_itself_is_left_out_with_a_note() -> None:
    """Allowed by the format for its hooks, meaningless in an auction."""
    imported = load(cow_document(cow_order(), cow_order(uid="0x01", buyToken=WETH.upper())))
    assert len(imported.auction.orders) == 1
    assert imported.notes == ("left out 1 orders from a token to itself: orders[1]",)
    with pytest.raises(
        EmptyAuction, match=r"holds no orders that could be filled \(left out 1 orders from a token"
    ):
        load(cow_document(cow_order(buyToken=WETH)))


def test_expiry_is_read_and_judged_by_the_recorded_clock() -> None:
    """No expiry is 0; an expiry before the format existed is dropped; one before the deadline is noted."""
    first = cow_document(
        cow_order(validTo=0), cow_order(uid="0x02", validTo=1_000), cow_order(uid="0x03", validTo=1_700_000_000)
    )
    imported = load(first)
    assert [order.intent.valid_to for order in imported.auction.orders] == [NEVER, 1_700_000_000]
    assert imported.notes == ("left out 1 expired orders: orders[1] (valid to 1000)",)
    late = load(first | {"deadline": "2023-11-14T22:13:21.5Z"})
    assert (late.auction.number, late.auction.deadline_ms) == (1_700_000_001, 1_700_000_001_500)
    assert late.notes[0] == "orders[2] expired at 1700000000, before 1700000001: it cannot be filled"
    with pytest.raises(EmptyAuction, match="left out 1 expired orders"):
        load(cow_document(cow_order(validTo=1_000)))


@pytest.mark.parametrize(
    ("deadline", "expected_ms"),
    [
        ("2023-11-14T22:13:20Z", 1_700_000_000_000),
        ("2023-11-14T22:13:20", 1_700_000_000_000),
        ("2023-11-15T00:13:20.123456789+02:00", 1_700_000_000_123),
        ("1969-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00+23:59", 0),
        ("9999-12-31T23:59:59.999-23:59", 253_402_387_139_999),
    ],
)
def test_deadlines_with_any_offset(deadline: str, expected_ms: int) -> None:
    """Offsets are applied, none means UTC, and far years do not overflow."""
    assert auction_from_cow(cow_document(deadline=deadline), "a").auction.deadline_ms == expected_ms


def test_an_auction_without_orders_is_refused() -> None:
    """There is nothing to settle in it."""
    with pytest.raises(EmptyAuction, match=r"^a\.json: holds no orders that could be filled$"):
        load(cow_document(orders=[]))


def test_not_a_number_is_refused_by_the_parser() -> None:
    """Python's own writer makes such files."""
    with pytest.raises(InputError, match="NaN is not a number JSON knows"):
        load(cow_document(cow_order(sellAmount=float("nan"))))
    with pytest.raises(TooDeep):
        load_auction(b'{"liquidity": ' + b"[" * 100_000, "a.json")


def test_what_is_sound_elsewhere_and_has_no_place_here_is_left_out_with_a_note() -> None:
    """Amounts of up to 256 bits and pools of other kinds; tokens that pools alone mention are declared."""
    pools = cow_pools()
    pools[0]["kind"] = "gyroE"
    pools[3]["tokens"] = [WETH, SHARE]
    pools[4]["makerAmount"] = str(2**256 - 1)
    imported = load(cow_document(cow_order(), cow_order(uid="0x02", sellAmount=str(2**127)), liquidity=pools))
    assert [venue.id for venue in imported.auction.venues] == ["1", "2", "3"]
    assert imported.auction.asset[AssetId(SHARE)] == AssetInfo(AssetId(SHARE), 18)
    orders, kinds, amounts = imported.notes
    assert orders.startswith("left out 1 orders out of range: a.json: orders[1].sellAmount: 1701")
    assert kinds == "left out 1 pools of unknown kinds: 'gyroE'"
    assert amounts.startswith("left out 1 pools out of range: a.json: liquidity[4].makerAmount: 1157")


def test_what_has_nothing_to_trade_is_left_out_with_a_note() -> None:
    """A concentrated pool that was never opened and a foreign order that is used up, as drained pools."""
    pools = cow_pools()
    pools[3] |= {"sqrtPrice": "0", "liquidity": "0", "liquidityNet": {}}
    pools[4]["makerAmount"] = "0"
    imported = load(cow_document(liquidity=pools))
    assert [venue.id for venue in imported.auction.venues] == ["0", "1", "2"]
    assert imported.notes == ("left out 2 pools with an empty reserve: id 3, id 4",)


@pytest.mark.parametrize("amount", [str(2**256 - 1), hex(2**127), 2**127])
def test_a_purchase_at_any_price_gives_at_most_what_there_is(amount: object) -> None:
    """Whoever buys may offer any 256-bit amount for it, in full and of what is left; who sells may not."""
    order = cow_order(kind="buy", sellAmount=amount, fullSellAmount=amount)
    (bought,) = load(cow_document(order)).auction.orders
    assert (bought.intent.give[0].amount, bought.intent.kind) == (MAX_AMOUNT, Kind.EXACT_OUT)
    with pytest.raises(InputError, match=r"orders\[0\]\.sellAmount: 1157\d+ is outside 1 \.\. 1157"):
        load(cow_document(cow_order(kind="buy", sellAmount=str(2**256))))


def test_lenient_reading_declares_what_is_mentioned_and_leaves_out_what_is_out_of_range() -> None:
    """At the edge to engines one odd item does not spoil the request, and each is named."""
    document = cow_document(
        cow_order(buyToken=SHARE),
        cow_order(uid="0x02", sellAmount=str(10**40)),
        liquidity=[
            cow_pools()[0] | {"tokens": {WETH: {"balance": "5"}, SHARE.upper(): {"balance": "5"}}},
            cow_pools()[1] | {"fee": "1"},
        ],
    )
    imported = load(document, lenient=True)
    assert imported.auction.asset[AssetId(SHARE)] == AssetInfo(AssetId(SHARE), 18)
    assert [len(part) for part in (imported.auction.orders, imported.auction.venues)] == [1, 1]
    orders, pools = imported.notes
    assert orders.startswith("left out 1 orders out of range: a.json: orders[1].sellAmount: 1000000")
    assert pools.startswith("left out 1 pools out of range: a.json: liquidity[1].fee: 1 is not")
    with pytest.raises(InputError):
        load(document)


def test_a_request_within_an_envelope_is_found() -> None:
    """Recorded requests come with their answers beside them."""
    imported = load({"auction": cow_document(), "engine": "baseline"})
    assert imported.auction.name == "cow-77"
    with pytest.raises(InputError, match=r"^a\.json: auction\.orders\[0\]\.sellAmount: "):
        load({"auction": cow_document(cow_order(sellAmount="x"))})
    with pytest.raises(InputError, match=r"^a\.json: auction\.orders: order 0x"):
        load({"auction": cow_document(cow_order(), cow_order())})
