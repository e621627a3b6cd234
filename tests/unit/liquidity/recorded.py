"""Venue states of the recorded reference rows, read straight from their JSON."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from intents.assets import AssetId
from intents.venue_states import (
    ConstantProductState,
    StableFlavour,
    StableState,
    VenueId,
    WeightedState,
    WeightedVersion,
)
from tests.shared import shared

Row = dict[str, Any]


def curve_balancer() -> Row:
    document: Row = json.loads(shared("vectors/venues/curve_balancer.json").read_bytes())
    return document


def engine_case(name: str) -> Row:
    """One request and response of a CoW engine."""
    document: Row = json.loads(shared(f"vectors/cow/solver_engine/{name}.json").read_bytes())
    return document


def curve_state(row: Row) -> StableState:
    """The pool of one Curve row; its coins are named a, b, c."""
    return StableState(
        id=VenueId("curve"),
        assets=tuple(AssetId(name) for name in "abcdefgh"[: row["n"]]),
        gas=0,
        address="",
        reserves=tuple(map(int, row["balances"])),
        scaling=tuple(Fraction(int(rate), 10**18) for rate in row["rates"]),
        amplification=Fraction(row["A"]),
        fee=Fraction(row["fee_1e10"], 10**10),
        flavour=StableFlavour.CURVE,
    )


def pool_state(row: Row) -> ConstantProductState | WeightedState | StableState:
    """A pool in the solver-engine schema."""
    tokens = {AssetId(token.lower()): leg for token, leg in row["tokens"].items()}
    venue = VenueId(str(row["id"]))
    assets = tuple(tokens)
    gas = int(row["gasEstimate"])
    address = row["address"].lower()
    reserves = tuple(int(leg["balance"]) for leg in tokens.values())
    fee = Fraction(row["fee"])
    if row["kind"] == "constantProduct":
        return ConstantProductState(venue, assets, gas, address, reserves, fee)
    scaling = tuple(Fraction(leg["scalingFactor"]) for leg in tokens.values())
    if row["kind"] == "weightedProduct":
        weights = tuple(Fraction(leg["weight"]) for leg in tokens.values())
        version = WeightedVersion(row["version"])
        return WeightedState(venue, assets, gas, address, reserves, weights, scaling, fee, version)
    amplification = Fraction(row["amplificationParameter"])
    return StableState(venue, assets, gas, address, reserves, scaling, amplification, fee)
