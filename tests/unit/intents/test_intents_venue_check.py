"""Each rule a venue's state must keep by itself, broken once per kind; and both outside forms of each kind."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import msgpack
import pytest

from intents.assets import AssetId
from intents.canonical import pack, unpack
from intents.errors import AmountOutOfRange, Duplicate, InputError, WrongType, WrongValue
from intents.strict_json import parse_json
from intents.venue_check import (
    MAX_SQRT_PRICE,
    MIN_SQRT_PRICE,
    EmptyReserve,
    TooFewAssets,
    check_venue,
)
from intents.venue_codec import VENUE
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    RestingOrder,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
)
from tests.unit.intents.examples import A, B, C

HEAD: dict[str, Any] = {"id": VenueId("v"), "assets": (A, B), "gas": 1, "address": "0x"}
HALF = Fraction(1, 2)
CONSTANT = ConstantProductState(**HEAD, reserves=(5, 7), fee=Fraction(3, 1000))
WEIGHTED = WeightedState(
    **HEAD, reserves=(5, 7), weights=(HALF, HALF), scaling=(Fraction(1),) * 2, fee=Fraction(0)
)
STABLE = StableState(
    **HEAD, reserves=(5, 7), scaling=(Fraction(1),) * 2, amplification=Fraction(100), fee=Fraction(0)
)
CONCENTRATED = ConcentratedState(
    **HEAD, sqrt_price=2**96, liquidity=9, tick=0, ticks=((-10, 9), (10, -9)), fee=Fraction(0)
)
LIMIT = LimitOrderState(**HEAD, taker_amount=5, maker_amount=7, taker_fee=1)
BOOK = OrderBookState(
    **HEAD,
    tick=1,
    lot=1,
    bids=(RestingOrder(1, "x", 10, 1), RestingOrder(2, "y", 9, 1)),
    asks=(RestingOrder(3, "x", 11, 1), RestingOrder(4, "y", 11, 1)),
)
ALL: list[VenueState] = [CONSTANT, WEIGHTED, STABLE, CONCENTRATED, LIMIT, BOOK]


@pytest.mark.parametrize("venue", ALL, ids=lambda venue: type(venue).__name__)
def test_both_forms_come_back(venue: VenueState) -> None:
    """Every kind round-trips through bytes and JSON."""
    assert check_venue(venue, "v") is venue
    assert VENUE.from_wire(unpack(pack(VENUE.to_wire(venue)), "v", limit=9_999), "v") == venue
    assert VENUE.from_json(parse_json(json.dumps(VENUE.to_json(venue)).encode(), "v"), "v") == venue


@pytest.mark.parametrize("venue", ALL, ids=lambda venue: type(venue).__name__)
def test_every_kind_trades_two_assets_or_more(venue: VenueState) -> None:
    """A pool with one token, with none, or with one of them twice is refused."""
    for few in ((), (A,)):
        with pytest.raises(TooFewAssets, match=f"{len(few)} assets, a venue trades at least 2") as caught:
            check_venue(replace(venue, assets=few), "v")
        assert caught.value.where == "v.assets"
    with pytest.raises(Duplicate, match="asset A appears twice"):
        check_venue(replace(venue, assets=(A, A)), "v")


@pytest.mark.parametrize("venue", [CONSTANT, CONCENTRATED, LIMIT, BOOK], ids=lambda venue: type(venue).__name__)
def test_pair_venues_trade_exactly_two(venue: VenueState) -> None:
    """Three assets are for weighted and stable pools."""
    with pytest.raises(WrongValue, match="3 is not two assets for this kind"):
        check_venue(replace(venue, assets=(A, B, C)), "v")


BROKEN: list[tuple[VenueState, dict[str, Any], type[InputError], str]] = [
    (CONSTANT, {"reserves": (0, 7)}, EmptyReserve, "v.reserves"),
    (CONSTANT, {"reserves": (5,)}, WrongValue, "v.reserves"),
    (CONSTANT, {"fee": Fraction(1)}, WrongValue, "v.fee"),
    (CONSTANT, {"fee": Fraction(-1, 2)}, WrongValue, "v.fee"),
    (WEIGHTED, {"reserves": (5, 0)}, EmptyReserve, "v.reserves"),
    (WEIGHTED, {"weights": (HALF,)}, WrongValue, "v.weights"),
    (WEIGHTED, {"weights": (HALF, Fraction(1, 4))}, WrongValue, "v.weights"),
    (WEIGHTED, {"weights": (Fraction(1), Fraction(0))}, WrongValue, "v.weights"),
    (WEIGHTED, {"scaling": (Fraction(1),)}, WrongValue, "v.scaling"),
    (WEIGHTED, {"fee": Fraction(1)}, WrongValue, "v.fee"),
    (STABLE, {"reserves": (0, 7)}, EmptyReserve, "v.reserves"),
    (STABLE, {"scaling": (Fraction(1),) * 3}, WrongValue, "v.scaling"),
    (STABLE, {"fee": Fraction(2)}, WrongValue, "v.fee"),
    (STABLE, {"amplification": Fraction(0)}, WrongValue, "v.amplification"),
    (CONCENTRATED, {"fee": Fraction(1)}, WrongValue, "v.fee"),
    (CONCENTRATED, {"sqrt_price": 0}, WrongValue, "v.sqrt_price"),
    (CONCENTRATED, {"sqrt_price": MIN_SQRT_PRICE - 1}, WrongValue, "v.sqrt_price"),
    (CONCENTRATED, {"sqrt_price": MAX_SQRT_PRICE}, WrongValue, "v.sqrt_price"),
    (CONCENTRATED, {"ticks": ((887_273, 1),)}, WrongValue, "v.ticks[0]"),
    (CONCENTRATED, {"ticks": ((-887_273, 1),)}, WrongValue, "v.ticks[0]"),
    (CONCENTRATED, {"ticks": ((10, 1), (-10, 1))}, WrongValue, "v.ticks"),
    (CONCENTRATED, {"ticks": ((10, 1), (10, 1))}, WrongValue, "v.ticks"),
    (LIMIT, {"taker_amount": 0}, WrongValue, "v"),
    (LIMIT, {"maker_amount": 0}, WrongValue, "v"),
    (BOOK, {"bids": BOOK.bids[::-1]}, WrongValue, "v.bids"),
    (BOOK, {"asks": (RestingOrder(3, "x", 12, 1), RestingOrder(4, "y", 11, 1))}, WrongValue, "v.asks"),
    (BOOK, {"bids": (RestingOrder(1, "x", 11, 1),)}, WrongValue, "v"),
    (BOOK, {"bids": (RestingOrder(3, "x", 10, 1),)}, Duplicate, "v"),
    (BOOK, {"fee": Fraction(1)}, WrongValue, "v.fee"),
]


@pytest.mark.parametrize(
    ("venue", "change", "kind", "place"), BROKEN, ids=[f"{type(b[0]).__name__}-{b[1]}"[:60] for b in BROKEN]
)
def test_a_broken_rule_names_its_field(
    venue: VenueState, change: dict[str, Any], kind: type[InputError], place: str
) -> None:
    """One change to a good state breaks one rule."""
    with pytest.raises(kind) as caught:
        check_venue(replace(venue, **change), "v")
    assert caught.value.where == place


def test_recorded_weights_may_add_up_nearly() -> None:
    """Pools whose weights shift are recorded mid-way: half a percent off passes, two do not."""
    near = (HALF, Fraction(495, 1000))
    assert check_venue(replace(WEIGHTED, weights=near), "v")
    with pytest.raises(WrongValue):
        check_venue(replace(WEIGHTED, weights=(HALF, Fraction(48, 100))), "v")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ([6, []], AmountOutOfRange),
        ([0], WrongType),
        ([0, []], WrongType),
        ("x", WrongType),
        ([5, ["v", ["A", "B"], 1, "", b"", b"\1", [], [], [b"", b"\1"]]], AmountOutOfRange),
        (
            [3, ["v", ["A", "B"], 1, "", b"\1" + bytes(12), b"", 0, [[1, [True, b""]]], [b"", b"\1"], ""]],
            WrongValue,
        ),
        ([0, ["v", ["A", "B"], -1, "", [b"\1", b"\1"], [b"", b"\1"], ""]], AmountOutOfRange),
        ([0, ["v", ["A", "B"], 1, "", [b"\1", b"\1"], [b"\1", b""], ""]], AmountOutOfRange),
    ],
    ids=["kind", "short", "empty", "text", "lot of zero", "minus zero", "negative gas", "over zero"],
)
def test_malformed_bytes_are_refused(value: Any, kind: type[InputError]) -> None:
    """Unknown kinds, missing parts, a zero lot and a second spelling of zero each have their error."""
    data = msgpack.packb(value)
    with pytest.raises(kind, match=r"^v"):
        VENUE.from_wire(unpack(data, "v", limit=9_999), "v")
    assert AssetId("A") == A
