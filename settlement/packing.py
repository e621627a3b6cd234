"""Set packing: of weighted bids, no two sharing a resource, the set worth most, with a proven bound.

What is maximised is the total *worth*: a bid's score, and below it a tie weight from H(seed ‖ bid), so
that sets of equal score are told apart by agreed data and (but for hash collisions) exactly one set is
best. Every method then finds that same set, whatever its version or the order bids came in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from settlement.mechanism import Bid, tie_break

#: Bits of a bid's tie weight: sets of equal score coincide once in 2^40.
TIE_BITS: Final = 40
#: Branch and bound looks at this many partial sets (about a tenth of a second) before CP-SAT takes over.
MAX_NODES: Final = 20_000
#: More bids than this go to CP-SAT at once.
MAX_SEARCHED: Final = 64
#: How long CP-SAT may look for a proof, in its deterministic units (about seconds) per round of digits.
MAX_TIME: Final = 4.0


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


def pack(bids: Sequence[Bid], max_winners: int, seed: bytes, *, max_time: float = MAX_TIME) -> Packing:
    """The best compatible subset of ``bids`` (best first), at most ``max_winners`` of them."""
    worths = worths_of(bids, max_winners, seed)
    if len(bids) <= MAX_SEARCHED:
        found = branch_and_bound(bids, worths, max_winners)
        if found is not None:
            return found
    # Loaded only when needed: it takes longer to import than most auctions take to decide.
    from settlement.packing_cp_sat import cp_sat

    return cp_sat(bids, worths, max_winners, max_time)


def worths_of(bids: Sequence[Bid], max_winners: int, seed: bytes) -> Worths:
    """Lower hashes weigh more, as in greedy."""
    shift = TIE_BITS + min(max_winners, len(bids)).bit_length()
    values = []
    for bid in bids:
        weight = (1 << TIE_BITS) - 1 - (int.from_bytes(tie_break(bid, seed), "big") >> (256 - TIE_BITS))
        values.append((bid.score << shift) + weight)
    return Worths(tuple(values), shift)


def branch_and_bound(
    bids: Sequence[Bid], worths: Worths, max_winners: int, max_nodes: int = MAX_NODES
) -> Packing | None:
    """Depth first over the bids in order; ``None`` when ``max_nodes`` do not suffice for a proof.

    Bids that share a resource exclude each other, so what is left is worth at most the best open bid
    of each group: a branch is cut where that cannot beat the best set found.
    """
    values, groups, clash = worths.values, _groups(bids), _clashes(bids)
    best_value, best_set = -1, 0
    stack = [(0, 0, (1 << len(bids)) - 1, 0)]  # (value, chosen, open, count), at most two per bid
    for _ in range(max_nodes):
        if not stack:
            chosen = tuple(bid for i, bid in enumerate(bids) if best_set >> i & 1)
            return Packing(chosen, sum(bid.score for bid in chosen))
        value, chosen_set, open_set, count = stack.pop()
        if value > best_value:
            best_value, best_set = value, chosen_set
        room = max_winners - count
        tops: dict[int, int] = {}
        first = -1
        for i in _bits(open_set):
            first = i if first < 0 else first
            tops[groups[i]] = max(values[i], tops.get(groups[i], 0))
        if first < 0 or room < 1:
            continue
        reachable = sum(sorted(tops.values(), reverse=True)[:room])
        if value + reachable <= best_value:
            continue
        rest = open_set & ~(1 << first)
        stack.append((value, chosen_set, rest, count))
        stack.append((value + values[first], chosen_set | 1 << first, rest & ~clash[first], count + 1))
    return None


def compatible(bids: Sequence[Bid], max_winners: int) -> bool:
    """Whether ``bids`` may be settled together."""
    used = [resource for bid in bids for resource in bid.resources]
    return len(bids) <= max_winners and len(used) == len(set(used))


def _groups(bids: Sequence[Bid]) -> list[int]:
    """Each bid in the group of its most wanted resource."""
    wanted = Counter(resource for bid in bids for resource in bid.resources)
    numbers: dict[object, int] = {}
    groups = []
    for bid in bids:
        key = max(bid.resources, key=lambda resource: wanted[resource], default=bid.name)
        groups.append(numbers.setdefault(key, len(numbers)))
    return groups


def _clashes(bids: Sequence[Bid]) -> list[int]:
    """Per bid the others it conflicts with, as a bit mask."""
    users: dict[object, int] = {}
    for i, bid in enumerate(bids):
        for resource in bid.resources:
            users[resource] = users.get(resource, 0) | 1 << i
    masks = []
    for i, bid in enumerate(bids):
        mask = 0
        for resource in bid.resources:
            mask |= users[resource]
        masks.append(mask & ~(1 << i))
    return masks


def _bits(mask: int) -> list[int]:
    """The positions of the set bits, lowest first."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
