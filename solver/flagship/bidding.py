"""Which bids to make: the batch, its parts and the simple answers, so that what wins together is worth most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from settlement.fair_filter import baselines
from settlement.greedy import Greedy, alone
from settlement.mechanism import Bid, bid_of
from settlement.solution import Solution
from settlement.verified import DirectedPair, Verified
from solver.protocol import Deadline

#: The whole batch is bid under this id, everything else under the ids that follow.
WHOLE_ID: Final = 0
#: A fair batch worth this part of the best is good enough.
NEARLY: Final = 0.99
#: What having greedy choose among bids costs for each, in units of work, as measured.
PER_BID: Final = 10


class Stand:
    """The bids we stand by: the best found so far, and ids given out."""

    def __init__(self, solver: str) -> None:
        self.solver = solver
        self.best: list[Verified] = []
        self.worth = 0
        self.proof: Mapping[str, object] | None = None
        #: What no bids are worth more than, as we know without being able to publish it.
        self.most: int | None = None
        #: The best batch that no rival's bid for one pair can have refused.
        self.fair: Verified | None = None
        #: The most that a batch was worth which was tried to be made fair.
        self.tried = 0
        self._taken: list[int] = []

    def offer(self, bids: Sequence[Verified]) -> Iterator[Solution]:
        """Stand by ``bids`` instead, if they are worth more together."""
        if worth(bids) > self.worth:
            yield from self.instead(bids)

    def instead(self, bids: Sequence[Verified]) -> Iterator[Solution]:
        """Stand by ``bids``, whatever they are worth."""
        self.best, self.worth = list(bids), worth(bids)
        yield from self.bids()

    def bids(self) -> Iterator[Solution]:
        """The bids as they are numbered, each with what is proven about the whole auction."""
        for solution in numbered(self.best, self.solver, self._taken):
            if solution.id not in self._taken:
                self._taken.append(solution.id)
            yield self.certified(solution)

    def closed(self, parts: int, rivals: Sequence[Verified]) -> bool:
        """Whether these bids are worth all that is proven to be there, but for one of so many parts, and no bid of
        rivals for one pair can have them refused."""
        known = [] if self.most is None else [self.most]
        if self.proof is not None:
            known.append(int(str(self.proof["bound"])))
        if not known or not self.best or any(unfair_pairs(bid, rivals) for bid in self.best):
            return False
        bound = min(known)
        return (bound - self.worth) * parts <= bound

    def fairer(self, batch: Verified, rivals: Sequence[Verified]) -> bool:
        """Whether ``batch`` is the best fair one so far; then it is kept as that."""
        if unfair_pairs(batch, rivals) or (self.fair is not None and batch.score.net <= self.fair.score.net):
            return False
        self.fair = batch
        return True

    def loses(self, batch: Verified, rivals: Sequence[Verified]) -> bool:
        """Whether ``batch`` may be refused, and what is fair is worth far less."""
        near = self.fair is not None and self.fair.score.net >= NEARLY * batch.score.net
        return not near and bool(unfair_pairs(batch, rivals))

    def certified(self, solution: Solution) -> Solution:
        """``solution`` with what is proven so far: a bound on any solution to the auction."""
        return replace(solution, certificate=self.proof)


def worth(bids: Sequence[Verified]) -> int:
    """What these bids would win together, were they alone."""
    return alone([_named(bid, str(i)) for i, bid in enumerate(bids)], b"")


def won(ours: Sequence[Verified], rivals: Sequence[Verified], deadline: Deadline) -> int:
    """What would be settled in all if these bids met those of rivals, fairness filter included."""
    deadline.spend(PER_BID * (len(ours) + len(rivals)))
    bids = [_named(bid, f"ours/{i}") for i, bid in enumerate(ours)]
    return Greedy().run([*bids, *(_named(bid, f"theirs/{i}") for i, bid in enumerate(rivals))], b"").total


def together(ours: Sequence[Verified], rivals: Sequence[Verified], deadline: Deadline) -> int:
    """What is settled with ``ours``, alone and beside ``rivals``, added up, as nobody knows who else bids.

    A bid for one pair has our batch refused that does worse there, and wins where rivals have it refused anyway.
    """
    return won(ours, (), deadline) + won(ours, rivals, deadline)


def winners(bids: Sequence[Verified], deadline: Deadline) -> list[Verified]:
    """Those of ``bids`` that greedy takes, best first."""
    deadline.spend(PER_BID * len(bids))
    by_name = {str(i): bid for i, bid in enumerate(bids)}
    return [by_name[name] for name in Greedy().run([_named(b, n) for n, b in by_name.items()], b"").winners]


def unfair_pairs(batch: Verified, rivals: Sequence[Verified]) -> set[DirectedPair]:
    """The pairs on which ``batch`` does worse than the best single-pair bid among ``rivals``."""
    best = baselines([_named(bid, str(i)) for i, bid in enumerate(rivals)])
    if len(batch.score.pairs) == 1:
        return set()
    return {pair for pair, score in batch.score.pairs.items() if score < best.get(pair, 0)}


def floors(rivals: Sequence[Verified], whole: int) -> dict[DirectedPair, float]:
    """What each pair must get in a batch to be fair beside ``rivals``, measured (``Market.whole``)."""
    best = baselines([_named(bid, str(i)) for i, bid in enumerate(rivals)])
    return {pair: score / whole for pair, score in best.items()}


def numbered(bids: Sequence[Verified], solver: str, taken: Sequence[int] = ()) -> list[Solution]:
    """The bids under our name and ids of their own, the first as the whole batch.

    Ids given out before and no longer needed get the first bid again: it conflicts with itself, so the
    stale bid is withdrawn without making a new one.
    """
    made = [replace(bid.solution, solver=solver, id=WHOLE_ID + number) for number, bid in enumerate(bids)]
    stale = [number for number in taken if number >= WHOLE_ID + len(bids)]
    return made + [replace(made[0], id=number) for number in stale if made]


def _named(bid: Verified, name: str) -> Bid:
    return replace(bid_of(bid), name=name, solver="one")
