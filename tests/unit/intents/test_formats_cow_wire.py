"""What CoW's code really sends and reads, beyond what its specification says; out and back unchanged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from intents.auction_codec import auction_hash
from intents.errors import InputError
from intents.fees import PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.formats.cow_export import auction_to_cow, decimal_text
from tests.unit.intents.documents import DAI, OWNER, USDC, WETH, cow_document, cow_order, cow_pools, load

QUOTE = {"sellAmount": "10", "buyAmount": "0x14", "fee": "1", "solver": OWNER}
#: As serde writes an enum without a tag: the kind is the only key.
TAGGED: list[dict[str, Any]] = [
    {"surplus": {"factor": 0.5, "maxVolumeFactor": 0.01}},
    {"priceImprovement": {"factor": 0.1, "maxVolumeFactor": 0.98, "quote": QUOTE}},
    {"volume": {"factor": 0.0002}},
]
FLAT = [{"kind": kind, **body} for policy in TAGGED for kind, body in policy.items()]


def hexed(document: Any) -> Any:
    """``document`` with every amount in hexadecimal text, as CoW's code also accepts."""
    if isinstance(document, dict):
        return {key: _hexed_amount(key, value) for key, value in document.items()}
    return [hexed(item) for item in document] if isinstance(document, list) else document


def _hexed_amount(key: str, value: Any) -> Any:
    amounts = ("Amount", "balance", "Balance", "Price", "gasEstimate", "fee")
    if key.endswith(amounts) and isinstance(value, str) and value.isdigit():
        return hex(int(value))
    return hexed(value)


@pytest.mark.parametrize("policies", [TAGGED, FLAT], ids=["code", "specification"])
def test_fee_policies_are_read_in_both_shapes(policies: list[dict[str, Any]]) -> None:
    """The specification has a "kind" field, the code one key named after the kind; they mean the same."""
    (order,) = load(cow_document(cow_order(feePolicies=policies))).auction.orders
    assert order.policies == (
        SurplusFee(Fraction(1, 2), Fraction(1, 100)),
        PriceImprovementFee(Fraction(1, 10), Fraction(98, 100), Quote(10, 20, 1)),
        VolumeFee(Fraction(2, 10_000)),
    )


def test_fee_policies_leave_in_the_shape_that_engines_read() -> None:
    """An engine built on CoW's types refuses a "kind" field: it gets one key per policy."""
    auction = load(cow_document(cow_order(feePolicies=FLAT))).auction
    sent = auction_to_cow(auction)["orders"][0]["feePolicies"]
    assert [list(policy) for policy in sent] == [["surplus"], ["priceImprovement"], ["volume"]]
    assert sent[0] == TAGGED[0]
    assert sent[1]["priceImprovement"]["quote"] == {"sellAmount": "10", "buyAmount": "20", "fee": "1"}
    assert load(cow_document(cow_order(feePolicies=sent))).auction == auction


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({}, 'feePolicies[0]: expected a "kind", or one of surplus, priceImprovement, volume, got an object'),
        ({"tax": {}}, 'feePolicies[0]: expected a "kind"'),
        (TAGGED[0] | TAGGED[2], 'feePolicies[0]: expected a "kind"'),
        ({"volume": 0.1}, "feePolicies[0].volume: expected an object, got the number 0.1"),
        ({"volume": {"factor": 1}}, "feePolicies[0].volume.factor: 1 is not between"),
        ({"surplus": {"factor": 0.1}}, 'feePolicies[0].surplus: field "maxVolumeFactor" is missing'),
    ],
)
def test_a_policy_of_no_shape_is_refused_by_path(policy: dict[str, Any], message: str) -> None:
    """Neither shape, or two at once, is no policy."""
    with pytest.raises(InputError) as caught:
        load(cow_document(cow_order(feePolicies=[policy])))
    assert str(caught.value).startswith(f"a.json: orders[0].{message}")


def test_amounts_may_be_hexadecimal() -> None:
    """CoW's code reads 0x-prefixed amounts wherever it reads decimal ones, and so do we."""
    plain = cow_document(cow_order(feePolicies=TAGGED))
    assert '"sellAmount": "0xde0b6b3a7640000"' in json.dumps(hexed(plain))
    assert '"balance": "0x3e8"' in json.dumps(hexed(plain))
    assert load(hexed(plain)).auction == load(plain).auction


@pytest.mark.parametrize("amount", ["0x", "0x-1", "0xg", "x10", "0x" + "1" * 65, "0b1"])
def test_other_spellings_are_no_amounts(amount: str) -> None:
    """Hexadecimal means 0x and one to 64 digits."""
    with pytest.raises(InputError, match=r"^a\.json: orders\[0\]\.sellAmount: expected an integer, got the text"):
        load(cow_document(cow_order(sellAmount=amount)))


def test_hexadecimal_amounts_have_the_same_bounds() -> None:
    """A 256-bit word is a well-formed amount that is too large for an order; 257 bits are no amount there."""
    (note,) = load(cow_document(cow_order(), cow_order(uid="0x02", sellAmount="0x" + "f" * 64))).notes
    assert note.startswith("left out 1 orders out of range: a.json: orders[1].sellAmount: 1157")
    with pytest.raises(InputError, match=r"^a\.json: orders\[0\]\.sellAmount: 1157\d+ is outside 1 \.\. "):
        load(cow_document(cow_order(sellAmount=str(2**256))))


def test_calls_that_orders_bring_along_are_dropped_with_a_note() -> None:
    """Interactions, flash loans, wrappers and signatures too long to keep are named, order by order."""
    call = {"target": OWNER, "value": "0", "callData": "0x"}
    imported = load(
        cow_document(
            cow_order(),
            cow_order(uid="0x02", preInteractions=[call], flashloanHint={"token": WETH}),
            cow_order(uid="0x03", postInteractions=[call], signature="0x" + "01" * 1_025),
            cow_order(uid="0x04", wrappers=[{"address": OWNER, "data": "0x"}]),
        )
    )
    assert len(imported.auction.orders) == 4
    assert imported.notes == (
        "dropped what cannot be executed here from 3 orders: orders[1] (preInteractions, flashloanHint), "
        "orders[2] (postInteractions, signature), orders[3] (wrappers)",
    )


def test_a_class_nobody_knows_is_refused() -> None:
    """Who pays the network cost hangs on it, so a typing error must not pass; liquidity orders do not score."""
    with pytest.raises(InputError, match=r"orders\[0\]\.class: 'limt' is not one of market, limit, liquidity"):
        load(cow_document(cow_order(**{"class": "limt"})))
    (order,) = load(cow_document(cow_order(**{"class": "liquidity"}))).auction.orders
    assert (order.scored, order.fee_by_solver) == (False, False)


def test_many_expired_orders_make_few_notes() -> None:
    """Five are named one by one; the rest is a number."""
    old = [cow_order(uid=f"0x{n:02x}", validTo=1_650_000_000) for n in range(8)]
    imported = load(cow_document(*old, deadline="2023-01-01T00:00:00Z"))
    assert len(imported.auction.orders) == 8
    assert [note.split(" expired")[0] for note in imported.notes] == [
        *(f"orders[{n}]" for n in range(5)),
        "3 more orders",
    ]


@pytest.mark.parametrize("number", ["77", 77, None])
def test_a_request_goes_out_and_comes_back_with_its_hash(number: object) -> None:
    """Every kind of pool and policy, a part-filled sell and buy, with and without an auction id."""
    composable = cow_pools()[2]
    composable = composable | {"id": "5", "address": DAI, "amplificationParameter": "199.5"}
    fine = cow_pools()[0] | {"id": "6", "fee": "0." + "0" * 58 + "1"}
    auction = load(
        cow_document(
            cow_order(feePolicies=TAGGED, sellAmount="250000000000000000", buyAmount="375000000"),
            cow_order(
                uid="0x" + "02" * 56, kind="buy", sellAmount="1", buyAmount="1", validTo=0, partiallyFillable=False
            ),
            cow_order(uid="0x" + "03" * 56, signingScheme="eip712", signature="0x" + "01" * 65),
            cow_order(uid="0x" + "04" * 56, signingScheme="eip1271", signature="0x0102", **{"class": "market"}),
            id=number,
            liquidity=[*cow_pools(), composable, fine],
            surplusCapturingJitOrderOwners=[OWNER],
            deadline="2026-03-01T12:00:00.123Z",
        )
    ).auction
    assert auction_hash(load(auction_to_cow(auction)).auction) == auction_hash(auction)


def test_an_auction_id_is_a_number_or_nothing() -> None:
    """CoW's code refuses other text; a name of ours is no id."""
    assert auction_to_cow(load(cow_document()).auction)["id"] == "77"
    assert auction_to_cow(load(cow_document(id=None)).auction)["id"] is None


def test_foreign_limit_orders_carry_the_hash_that_engines_require() -> None:
    """The snapshot does not know it, so it is the zero placeholder, as with routers and pool ids."""
    limit = auction_to_cow(load(cow_document()).auction)["liquidity"][4]
    assert limit["hash"] == "0x" + "00" * 32
    assert (limit["takerToken"], limit["makerToken"]) == (USDC, WETH)


def test_a_deadline_can_be_replaced() -> None:
    """Engines take the deadline at its word, so a recorded one from years ago would stop them at once."""
    at = datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    sent = auction_to_cow(load(cow_document()).auction, deadline=at)
    assert sent["deadline"] == "2030-01-02T03:04:05.678Z"
    assert sent["surplusCapturingJitOrderOwners"] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(10**12), "1000000000000"),
        (Fraction(3, 1000), "0.003"),
        (Fraction(1, 2**60), str(5**60).rjust(60, "0").join(["0.", ""])),
        (Fraction(1, 3), "0." + "3" * 60),
        (Fraction(4, 3), "1." + "3" * 60),
    ],
)
def test_fractions_leave_as_decimal_text(value: Fraction, text: str) -> None:
    """Exactly wherever sixty places are enough, which is as many as are read back."""
    assert decimal_text(value) == text
