"""Winner determination as a plug-in: bids in, outcome out. A mechanism is a pure function of agreed data.

Ties are broken by the lowest H(seed ‖ bid), never by the order bids came in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Protocol

from intents.errors import UsageError, WrongValue
from intents.intent import IntentId
from intents.venue_states import VenueId
from settlement.verified import DirectedPair, Verified

#: CoW settles at most this many winners per auction.
DEFAULT_MAX_WINNERS: Final = 20
MAX_BIDS: Final = 100_000


@dataclass(frozen=True)
class Bid:
    """A verified solution as a mechanism sees it.

    ``score`` is the sum of ``pairs`` (directed pair → score). ``intents`` and ``venues`` are what it
    would use up; they are empty for bids read from files that do not tell.
    """

    name: str
    solver: str
    score: int
    pairs: Mapping[DirectedPair, int]
    intents: frozenset[IntentId] = frozenset()
    venues: frozenset[VenueId] = frozenset()

    def conflicts(self, other: Bid) -> bool:
        """Whether both cannot be settled in one batch: they share a directed pair, an intent or a venue."""
        return (
            not self.pairs.keys().isdisjoint(other.pairs)
            or not self.intents.isdisjoint(other.intents)
            or not self.venues.isdisjoint(other.venues)
        )


@dataclass(frozen=True, slots=True)
class Certificate:
    """How good the chosen set is: no compatible set is worth more than ``bound``.

    ``optimal`` says that the bound is reached. ``greedy_total`` is what greedy would have reached, so
    ``total − greedy_total`` is the greedy loss.
    """

    total: int
    bound: int
    optimal: bool
    greedy_total: int


@dataclass(frozen=True)
class Outcome:
    """``fair`` survived the fairness filter, ``winners`` are settled in this order.

    ``references`` holds, for every winning solver, what the batch would have been worth without it.
    """

    mechanism: str
    fair: tuple[str, ...]
    winners: tuple[str, ...]
    total: int
    references: Mapping[str, int]
    certificate: Certificate | None = field(default=None)


class Mechanism(Protocol):
    """A rule that picks winners among bids."""

    name: ClassVar[str]

    def run(self, bids: Sequence[Bid], seed: bytes) -> Outcome: ...


def bid_of(verified: Verified) -> Bid:
    """The bid a verified solution makes."""
    solution = verified.solution
    return Bid(
        name=f"{solution.solver}/{solution.id}",
        solver=solution.solver,
        score=verified.score.net,
        pairs=verified.score.pairs,
        intents=frozenset(trade.order for trade in verified.trades),
        venues=frozenset(verified.venues_used),
    )


def ranked(bids: Iterable[Bid], seed: bytes) -> list[Bid]:
    """Bids worth something, best first; equal scores by the lowest H(seed ‖ solver ‖ name)."""
    return sorted((bid for bid in bids if bid.score > 0), key=lambda bid: (-bid.score, tie_break(bid, seed)))


def tie_break(bid: Bid, seed: bytes) -> bytes:
    tag = b"walras/tie/1\0" + len(seed).to_bytes(2, "big") + seed
    return hashlib.sha256(tag + bid.solver.encode() + b"\0" + bid.name.encode()).digest()


def check_bids(bids: Sequence[Bid], where: str = "bids") -> None:
    """Names are unique and bounded in number; scores add up over pairs."""
    if len(bids) > MAX_BIDS:
        raise WrongValue(where, f"at most {MAX_BIDS} bids", str(len(bids)))
    seen: set[str] = set()
    for bid in bids:
        if bid.name in seen:
            raise WrongValue(where, "one bid per name", f'"{bid.name}" twice')
        seen.add(bid.name)


def mechanism(name: str, *, max_winners: int = DEFAULT_MAX_WINNERS) -> Mechanism:
    """The mechanism called ``name``: ``greedy`` or ``exact``."""
    from settlement.exact import Exact
    from settlement.greedy import Greedy

    if name == Greedy.name:
        return Greedy(max_winners)
    if name == Exact.name:
        return Exact(max_winners)
    raise UsageError("", f'no mechanism "{name}" (greedy, exact)')
