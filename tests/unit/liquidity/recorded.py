"""Venue states of the recorded reference rows, read straight from their JSON."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from intents.assets import AssetId
from intents.venue_states import (
    ConstantProductState,
    StableState,
    VenueId,
    WeightedState,
    WeightedVersion,
)
from tests.shared import shared

Row = dict[str, Any]


def engine_case(name: str) -> Row:
    """One request and response of a CoW engine."""
    document: Row = json.loads(shared(f"vectors/cow/solver_engine/{name}.json").read_bytes())
    return document


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
