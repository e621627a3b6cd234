"""Greedy winner determination, as CoW's autopilot does it.

Source: cowprotocol/services, crates/winner-selection. Bids are taken by descending score while their
directed pairs are disjoint from those taken, up to ``max_winners``. The reference score of a winning
solver is the greedy total over the fair bids of the others, without filtering anew. Beyond CoW,
bids that share an intent or a venue are refused too, because the later one could not settle; bids read
from CoW's files name neither, so results there are equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from settlement.fair_filter import fair
from settlement.mechanism import DEFAULT_MAX_WINNERS, Bid, Outcome, check_bids, ranked
from settlement.rewards import RewardCaps, marginal_rewards


@dataclass(frozen=True, slots=True)
class Greedy:
    """The default mechanism."""

    name: ClassVar[str] = "greedy"

    max_winners: int = DEFAULT_MAX_WINNERS

    def run(self, bids: Sequence[Bid], seed: bytes) -> Outcome:
        check_bids(bids)
        survivors = fair(ranked(bids, seed))
        winners = take(survivors, self.max_winners)
        return Outcome(
            mechanism=self.name,
            fair=tuple(bid.name for bid in survivors),
            winners=tuple(bid.name for bid in winners),
            total=total(winners),
            references={
                solver: total(take(others(survivors, solver), self.max_winners)) for solver in solvers_of(winners)
            },
        )

    def rewards(self, outcome: Outcome, caps: RewardCaps, missing: Mapping[str, int]) -> dict[str, int]:
        return marginal_rewards(outcome, caps, missing)


def take(bids: Sequence[Bid], max_winners: int) -> list[Bid]:
    """The bids greedy keeps of ``bids``, which come best first."""
    taken: list[Bid] = []
    used: set[object] = set()
    for bid in bids:
        if len(taken) == max_winners:
            break
        if used.isdisjoint(bid.resources):
            taken.append(bid)
            used.update(bid.resources)
    return taken


def alone(bids: Sequence[Bid], seed: bytes, max_winners: int = DEFAULT_MAX_WINNERS) -> int:
    """What one solver's bids are worth together, were it alone: nobody's bid makes another of its own unfair."""
    return total(take(ranked(bids, seed), max_winners))


def total(bids: Sequence[Bid]) -> int:
    """The scores of ``bids`` added up."""
    return sum(bid.score for bid in bids)


def others(bids: Sequence[Bid], solver: str) -> list[Bid]:
    """The bids of everybody but ``solver``."""
    return [bid for bid in bids if bid.solver != solver]


def solvers_of(bids: Sequence[Bid]) -> list[str]:
    """The solvers behind ``bids``, each once, by name."""
    return sorted({bid.solver for bid in bids})
