"""Fee policies of an auction: whatever can be read can be charged and unwound."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from intents.auction import Auction
from intents.auction_codec import auction_from_json, auction_to_json, decode_auction, encode_auction
from intents.errors import WrongValue
from intents.fees import MAX_FACTOR, FeePolicy, PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.records import replace
from intents.strict_json import parse_json
from tests.unit.intents.documents import cow_document, cow_order, load
from tests.unit.intents.examples import AUCTION


def charging(policy: FeePolicy) -> Auction:
    return replace(AUCTION, orders=(replace(AUCTION.orders[0], policies=(policy,)), AUCTION.orders[1]))


def policies_of(factor: Fraction) -> list[FeePolicy]:
    cap = Fraction(1)
    return [SurplusFee(factor, cap), PriceImprovementFee(factor, cap, Quote(1, 1, 0)), VolumeFee(factor)]


@pytest.mark.parametrize("factor", [Fraction(0), Fraction(1, 3), MAX_FACTOR])
def test_factors_below_one_come_back(factor: Fraction) -> None:
    """Both forms are exact, for fractions no decimal can hold too."""
    for policy in policies_of(factor):
        auction = charging(policy)
        assert decode_auction(encode_auction(auction)) == auction
        text = json.dumps(auction_to_json(auction)).encode()
        assert auction_from_json(parse_json(text, "a.json"), "a.json") == auction


@pytest.mark.parametrize("factor", [MAX_FACTOR + Fraction(1, 10**9), Fraction(1), Fraction(3, 2)])
def test_a_factor_of_one_is_refused_in_every_form(factor: Fraction) -> None:
    """Nothing would be left of the surplus, and the score could not be unwound: no solution could be valid."""
    for policy in policies_of(factor):
        auction = charging(policy)
        with pytest.raises(WrongValue, match=r"^auction\.orders\[0\]\.policies\[0\]\.factor: "):
            decode_auction(encode_auction(auction))
        with pytest.raises(WrongValue, match=r"^a\.json: orders\[0\]\.policies\[0\]\.factor: "):
            auction_from_json(auction_to_json(auction), "a.json")
    document = cow_document(cow_order(feePolicies=[{"volume": {"factor": float(factor)}}]))
    with pytest.raises(WrongValue, match=r"^a\.json: orders\[0\]\.feePolicies\[0\]\.volume\.factor: "):
        load(document)
