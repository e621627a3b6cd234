"""What a verified solution is: every amount recomputed from signed intents and the snapshot.

Receipts, fairness reports and winner determination read these records and nothing a solver wrote.
All amounts are base units, all scores numeraire base units; mappings are in a fixed order
(trades in fill order, assets and pairs in order of first use).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from intents.assets import AssetId
from intents.intent import IntentId, Leg
from intents.venue_states import VenueId, VenueState
from settlement.solution import Solution

#: (given asset, wanted asset).
DirectedPair = tuple[AssetId, AssetId]


class Trade(Struct, frozen=True, gc=False):
    """One order's final amounts, after network and protocol fees, leg by leg.

    ``filled`` is what the order's remaining amount goes down by (reference leg units; for exact-in
    and baskets it includes ``fee``). ``fee`` is withheld for network cost in the first give asset.
    ``protocol_fees`` are what policies withheld, each in its asset. ``surplus`` is what the owner
    got over the limit: want assets, or the give asset for exact-out. ``pair_scores`` are surplus and
    protocol fees in the numeraire, parallel to ``pairs``; a basket's score of one want leg is
    split over its give legs by their value at clearing prices (largest remainder). All are 0 where
    ``scored`` is false.
    """

    order: IntentId
    gives: tuple[Leg, ...]
    wants: tuple[Leg, ...]
    filled: int
    fee: int
    protocol_fees: tuple[Leg, ...]
    surplus: tuple[Leg, ...]
    pair_scores: tuple[int, ...]
    scored: bool

    @property
    def score(self) -> int:
        return self.pair_scores[0] if len(self.pair_scores) == 1 else sum(self.pair_scores)

    @property
    def assets(self) -> tuple[AssetId, ...]:
        """What is given, then what is wanted, leg by leg."""
        if len(self.gives) == 1 and len(self.wants) == 1:
            return (self.gives[0].asset, self.wants[0].asset)
        return tuple(leg.asset for leg in (*self.gives, *self.wants))

    @property
    def pairs(self) -> tuple[DirectedPair, ...]:
        if len(self.gives) == 1 and len(self.wants) == 1:
            return ((self.gives[0].asset, self.wants[0].asset),)
        return tuple((give.asset, want.asset) for give in self.gives for want in self.wants)


@dataclass(frozen=True, slots=True)
class Score:
    """``net`` = ``surplus`` − ``uncovered``, and it is what ranks a solution.

    ``surplus`` is CoW's score: Σ (surplus + protocol fees). ``cost`` follows the auction's cost
    model; ``collected`` is what the settlement keeps (network fees included), valued at reference
    prices and rounded down; ``uncovered`` = max(0, cost − collected). ``orders`` sums to
    ``surplus``; ``pairs`` holds every directed pair traded, also those worth 0, and sums to
    ``net``: uncovered cost is taken from the pairs in proportion to their scores, by largest
    remainder, ties to the pair traded first.
    """

    surplus: int
    cost: int
    collected: int
    uncovered: int
    net: int
    orders: Mapping[IntentId, int]
    pairs: Mapping[DirectedPair, int]


@dataclass(frozen=True, slots=True)
class Verified:
    """A solution that broke no rule, with everything the law derived from it.

    ``leftovers`` (asset → units ≥ 0) stay in the settlement's rounding account after trades,
    venues and ``protocol_fees``; assets with nothing left are absent. ``venues_after`` holds the
    venues used, in order of first use, as the interactions left them. ``unsigned`` counts filled
    orders from a public record whose signatures cannot be checked.
    """

    solution: Solution
    trades: tuple[Trade, ...]
    score: Score
    leftovers: Mapping[AssetId, int]
    protocol_fees: Mapping[AssetId, int]
    venues_after: Mapping[VenueId, VenueState]
    unsigned: int

    @property
    def venues_used(self) -> tuple[VenueId, ...]:
        return tuple(self.venues_after)
