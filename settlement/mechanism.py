"""Winner determination as a plug-in: bids in, outcome out. A mechanism is a pure function of agreed data.

Ties are broken by the lowest H(seed ‖ bid), never by the order bids came in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import ClassVar, Final, Protocol

from intents.errors import Duplicate, TooMany, UsageError, WrongValue
from intents.intent import IntentId
from intents.venue_states import VenueId
from settlement.rewards import RewardCaps
from settlement.solution import Solution
from settlement.verified import DirectedPair, Verified

#: CoW settles at most this many winners per auction.
DEFAULT_MAX_WINNERS: Final = 20
MAX_BIDS: Final = 100_000


@dataclass(frozen=True)
class Bid:
    """A verified solution as a mechanism sees it.

    ``score`` is the sum of ``pairs`` (directed pair → score). ``unscored`` are pairs it trades only
    with orders that do not count: they conflict like the others, but fairness is not measured on
    them. ``intents`` and ``venues`` are what it would use up; they are empty for bids read from files
    that do not tell.
    """

    name: str
    solver: str
    score: int
    pairs: Mapping[DirectedPair, int]
    intents: frozenset[IntentId] = frozenset()
    venues: frozenset[VenueId] = frozenset()
    unscored: frozenset[DirectedPair] = frozenset()

    @cached_property
    def resources(self) -> tuple[object, ...]:
        """What no two bids of one batch may share: directed pairs, intents (bytes) and venues (text)."""
        return (*self.pairs, *sorted(self.unscored), *sorted(self.intents), *sorted(self.venues))

    def conflicts(self, other: Bid) -> bool:
        """Whether both cannot be settled in one batch: they share a directed pair, an intent or a venue."""
        return not set(self.resources).isdisjoint(other.resources)


@dataclass(frozen=True, slots=True)
class Certificate:
    """How good the chosen set is: no compatible set of fair bids is worth more than ``bound``.

    ``optimal`` says that the bound is reached, and ``references_optimal`` that each reference score is
    an optimum too. ``greedy_total`` is what greedy would have reached, so ``total − greedy_total`` is
    the greedy loss.
    """

    total: int
    bound: int
    optimal: bool
    greedy_total: int
    references_optimal: bool = True


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
    certificate: Certificate | None = None


class Mechanism(Protocol):
    """A rule that picks winners among bids, and what it pays their solvers."""

    name: ClassVar[str]

    def run(self, bids: Sequence[Bid], seed: bytes) -> Outcome: ...

    def rewards(self, outcome: Outcome, caps: RewardCaps, missing: Mapping[str, int]) -> dict[str, int]:
        """Per winning solver. ``missing`` is the score of its winners that were not settled after all."""
        ...


def bid_name(solution: Solution) -> str:
    """How records name a solution's bid: solver/id, unique as a solver's ids are."""
    return f"{solution.solver}/{solution.id}"


def bid_of(verified: Verified) -> Bid:
    """The bid a verified solution makes."""
    solution, pairs = verified.solution, verified.score.pairs
    counted = set(pairs)
    if not all(trade.scored for trade in verified.trades):
        counted = {pair for trade in verified.trades if trade.scored for pair in trade.pairs}
    return Bid(
        name=bid_name(solution),
        solver=solution.solver,
        score=verified.score.net,
        pairs={pair: score for pair, score in pairs.items() if pair in counted},
        intents=frozenset(trade.order for trade in verified.trades),
        venues=frozenset(verified.venues_used),
        unscored=frozenset(pairs.keys() - counted),
    )


def ranked(bids: Iterable[Bid], seed: bytes) -> list[Bid]:
    """Bids that trade something that counts, best first; equal scores by the lowest ``tie_break``.

    A score of zero is allowed, as in CoW's code. (The law lets no such solution become a bid; files may.)
    """
    counting = (bid for bid in bids if bid.pairs)
    return sorted(counting, key=lambda bid: (-bid.score, tie_break(bid, seed)))


def tie_break(bid: Bid, seed: bytes) -> bytes:
    """H(seed ‖ solver ‖ name), 32 bytes; every part is preceded by its length."""
    digest = hashlib.sha256(b"walras/tie/1\0")
    for part in (seed, bid.solver.encode(), bid.name.encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def check_bids(bids: Sequence[Bid], where: str = "bids") -> None:
    """Names are unique and bounded in number; scores are not negative and add up over pairs."""
    if len(bids) > MAX_BIDS:
        raise TooMany(where, "bids", len(bids), MAX_BIDS)
    seen: set[str] = set()
    for bid in bids:
        if bid.name in seen:
            raise Duplicate(where, "bid", f'"{bid.name}"')
        seen.add(bid.name)
        place = f"{where}[{bid.name}]"
        if bid.score < 0:
            raise WrongValue(place, "a score of at least 0", str(bid.score))
        if bid.score != sum(bid.pairs.values()):
            raise WrongValue(place, f"the sum over pairs, {sum(bid.pairs.values())}", str(bid.score))


def mechanism(name: str, *, max_winners: int = DEFAULT_MAX_WINNERS) -> Mechanism:
    """The mechanism called ``name`` (see ``mechanism_names``); at most ``max_winners`` bids win."""
    if max_winners < 1:
        raise UsageError("", f"max_winners is {max_winners}, at least one bid must be able to win")
    make = _registry().get(name)
    if make is None:
        raise UsageError("", f'no mechanism "{name}" ({", ".join(mechanism_names())})')
    return make(max_winners)


def mechanism_names() -> tuple[str, ...]:
    """All built-in mechanisms, the default first."""
    return tuple(_registry())


@cache
def _registry() -> Mapping[str, Callable[[int], Mechanism]]:
    # Imported here because each mechanism imports the vocabulary above.
    from settlement.exact import Exact
    from settlement.first_price import FirstPrice
    from settlement.greedy import Greedy
    from settlement.vcg import Vcg

    return {kind.name: kind for kind in (Greedy, Exact, FirstPrice, Vcg)}
