"""Bids and settled batches for tests: bare bids with given pair scores, and solutions to parts of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Final

from hypothesis import strategies as st

from intents.assets import AssetId
from intents.intent import IntentId
from intents.venue_states import VenueId
from settlement.mechanism import Bid, Mechanism, mechanism
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import Settlement, settle
from settlement.solution import Solution
from tests.batches import ROLES, Batch, build

#: The unconnected markets of a batch: the roles that trade on each, and its pools.
MARKETS: Final = {
    "matched": (("whole", "counter", "whole_again"), ("pool1",)),
    "split": (("split",), ("pool2",)),
    "bought": (("exact_out", "exact_out_partial"), ("pool3a", "pool3b")),
    "basket": (("basket",), ("pool4", "pool5")),
    "fees": (("paying", "charged"), ("pool6",)),
}


def bid(name: str, solver: str = "", intents: str = "", venues: str = "", **pairs: int) -> Bid:
    """``bid("b", ab=5)`` trades a for b with a score of 5; intents and venues are one letter each."""
    scores = {(AssetId(pair[0]), AssetId(pair[1])): score for pair, score in pairs.items()}
    used = frozenset(IntentId(letter.encode()) for letter in intents)
    return Bid(
        name, solver or name, sum(pairs.values()), scores, used, frozenset(VenueId(letter) for letter in venues)
    )


def compatible_sets(bids: list[Bid], max_winners: int) -> Iterator[tuple[Bid, ...]]:
    """Every set that may be settled together, by trying all."""
    for size in range(max_winners + 1):
        for chosen in combinations(bids, size):
            if not any(one.conflicts(other) for one, other in combinations(chosen, 2)):
                yield chosen


@st.composite
def bid_lists(draw: st.DrawFn, most: int = 9) -> list[Bid]:
    """Up to ``most`` bids of a few solvers over a few pairs, intents and venues, many of them tied."""
    scores = st.one_of(st.integers(0, 3), st.integers(0, 10**24), st.just(10**18))
    bids = []
    for number in range(draw(st.integers(0, most))):
        pairs = draw(st.dictionaries(st.sampled_from(["ab", "ba", "bc", "cd"]), scores, min_size=1, max_size=3))
        solver = draw(st.sampled_from(["s", "t", "u"]))
        intents, venues = draw(st.sampled_from(["", "x", "xy", "z"])), draw(st.sampled_from(["", "", "p", "q"]))
        bids.append(bid(f"{number}", solver, intents, venues, **pairs))
    return bids


def batch_of(seed: int = 3) -> Batch:
    return build(Random(seed))


def part(batch: Batch, *markets: str, solver: str = "honest", number: int = 0) -> Solution:
    """The batch's solution on some of its markets only."""
    roles = [role for market in markets for role in MARKETS[market][0]]
    pools = [pool for market in markets for pool in MARKETS[market][1]]
    return Solution(
        solver,
        number,
        batch.solution.prices,
        tuple(fill for role, fill in zip(ROLES, batch.solution.fills, strict=True) if role in roles),
        tuple(swap for swap in batch.solution.interactions if swap.venue in pools),
    )


def settled_batch(seed: int = 3, rule: Mechanism | None = None) -> Settlement:
    """Three solvers on overlapping parts, and one whose only solution breaks the law."""
    batch = batch_of(seed)
    solutions = [
        part(batch, "matched", "split", solver="wide"),
        part(batch, "split", solver="narrow"),
        part(batch, "bought", solver="narrow", number=1),
        part(batch, "basket", "fees", solver="late"),
        Solution("broken", 0, batch.solution.prices, batch.solution.fills, batch.solution.interactions[1:]),
    ]
    return settle(batch.auction, solutions, rule or mechanism("greedy"), DEFAULT_CAPS)
