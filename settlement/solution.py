"""The solution: what a solver claims. Prices, fills and venue interactions, and nothing else is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from intents.assets import AssetId
from intents.intent import IntentId
from intents.venue_states import VenueId

MAX_SOLUTIONS_PER_SOLVER: Final = 256
MAX_INTERACTIONS: Final = 10_000


class Fill(Struct, frozen=True, gc=False):
    """How much of one order executes.

    ``executed`` is in units of the reference leg: the sell asset for exact-in *without* the fee, the
    buy asset for exact-out. ``fee`` is withheld in the (first) give asset for network cost, on top
    of ``executed``. ``gives`` and ``wants`` are the amounts per leg of a basket and empty for swaps,
    whose amounts follow from the clearing prices.
    """

    order: IntentId
    executed: int
    fee: int = 0
    gives: tuple[int, ...] = ()
    wants: tuple[int, ...] = ()


class Interaction(Struct, frozen=True, gc=False):
    """One swap against a venue of the snapshot. The verifier re-executes it: amounts must agree."""

    venue: VenueId
    asset_in: AssetId
    asset_out: AssetId
    amount_in: int
    amount_out: int


@dataclass(frozen=True)
class Solution:
    """``prices`` are positive integers in one arbitrary unit: only their ratios matter.

    ``id`` is unique among a solver's solutions for one auction; a later solution with the same id
    replaces the earlier one. ``gas`` is the solver's own estimate, for display only.
    ``certificate`` is an optional JSON-like claim of optimality; the verifier checks it apart.
    """

    solver: str
    id: int
    prices: Mapping[AssetId, int]
    fills: tuple[Fill, ...]
    interactions: tuple[Interaction, ...] = ()
    gas: int = 0
    certificate: Mapping[str, object] | None = field(default=None)
