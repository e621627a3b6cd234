"""Set packing: of weighted bids, no two sharing a resource, the set worth most, with a proven bound.

What is maximised is the total *worth*: a bid's score, and below it a tie weight from H(seed ‖ bid), so
that sets of equal score are told apart by agreed data and (but for hash collisions) exactly one set is
best. Every method then finds that same set, whatever its version or the order bids came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from settlement.mechanism import Bid, tie_break
from settlement.packing_problem import Found, problem_of
from settlement.packing_search import every, search

#: Bits of a bid's tie weight: sets of equal score coincide once in 2^40.
TIE_BITS: Final = 40
#: Of up to so many bids every set is looked at.
MAX_EVERY: Final = 8
#: Up to so many bids are first searched without any library (``settlement.packing_search``), in so many steps.
MAX_SEARCHED: Final = 48
MAX_NODES: Final = 1_000
#: Branches of ``settlement.packing_branch``, where that did not do: a second or two for 1,000 bids.
MAX_BRANCHES: Final = 400
#: How long CP-SAT may look for a proof, in its deterministic units (about seconds) per round of digits.
MAX_TIME: Final = 4.0


@dataclass(slots=True)
class Effort:
    """Work that is left for one packing or for several: branches, and CP-SAT's time where those did not do.

    Counted, not timed: whoever packs the same bids has the same left.
    """

    branches: int = MAX_BRANCHES
    time: float = MAX_TIME

    def take_time(self) -> float:
        """CP-SAT is asked once."""
        taken, self.time = self.time, 0.0
        return taken


@dataclass(frozen=True, slots=True)
class Packing:
    """The chosen bids, best first, and a proven upper bound on the score of any compatible choice."""

    chosen: tuple[Bid, ...]
    bound: int

    @property
    def score(self) -> int:
        return sum(bid.score for bid in self.chosen)

    @property
    def optimal(self) -> bool:
        return self.bound == self.score


@dataclass(frozen=True, slots=True)
class Worths:
    """``values[i]`` = score·2^shift + tie weight; no sum over a packing's tie weights reaches 2^shift."""

    values: tuple[int, ...]
    shift: int


def pack(bids: Sequence[Bid], max_winners: int, seed: bytes, effort: Effort | None = None) -> Packing:
    """The best compatible subset of ``bids`` (best first), at most ``max_winners`` of them, as far as ``effort``
    goes: what it takes of it is gone for whoever packs next."""
    effort = effort or Effort()
    if compatible(bids, max_winners) and all(bid.score > 0 for bid in bids):
        # Of nothing, of one, or of what does not meet there is nothing to choose.
        return Packing(tuple(bids), sum(bid.score for bid in bids))
    worths = worths_of(bids, max_winners, seed)
    problem = problem_of(worths.values, [bid.resources for bid in bids], max_winners)
    if len(bids) <= MAX_EVERY:
        found: Found | None = every(problem)
    else:
        found = search(problem, MAX_NODES) if len(bids) <= MAX_SEARCHED else None
    if found is None or not found.proven:
        # Loaded only when needed: libraries take longer to import than most auctions take to decide.
        from settlement.packing_branch import branch

        found = branch(problem, min(MAX_BRANCHES, effort.branches))
        effort.branches -= found.branches
    start = tuple(sorted(found.chosen))
    if found.proven:
        chosen = tuple(bids[i] for i in start)
        return Packing(chosen, sum(bid.score for bid in chosen))
    max_time = effort.take_time()
    if not max_time:
        return Packing(tuple(bids[i] for i in start), found.bound >> worths.shift)
    from settlement.packing_cp_sat import cp_sat

    return cp_sat(bids, worths, max_winners, max_time, start, found.bound)


def worths_of(bids: Sequence[Bid], max_winners: int, seed: bytes) -> Worths:
    """Lower hashes weigh more, as in greedy."""
    shift = TIE_BITS + min(max_winners, len(bids)).bit_length()
    values = []
    for bid in bids:
        weight = (1 << TIE_BITS) - 1 - (int.from_bytes(tie_break(bid, seed), "big") >> (256 - TIE_BITS))
        values.append((bid.score << shift) + weight)
    return Worths(tuple(values), shift)


def compatible(bids: Sequence[Bid], max_winners: int) -> bool:
    """Whether ``bids`` may be settled together."""
    used = [resource for bid in bids for resource in bid.resources]
    return len(bids) <= max_winners and len(used) == len(set(used))
