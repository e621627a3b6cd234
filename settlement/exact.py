"""Exact winner determination: the compatible set of fair bids worth most, with a certificate.

A set-packing problem over directed pairs, intents and venues (``settlement.packing``). Reference
scores are optima too, over the fair bids of the others, without filtering anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from settlement.fair_filter import fair
from settlement.greedy import others, solvers_of, take, total
from settlement.mechanism import DEFAULT_MAX_WINNERS, Bid, Certificate, Outcome, check_bids, ranked
from settlement.packing import Effort, pack
from settlement.rewards import RewardCaps, marginal_rewards

#: What all references together may take of branches and of CP-SAT's time: there are up to ``max_winners``, and a
#: batch waits for them. Those that come after it is used up are as good as the first looks at them.
REFERENCE_BRANCHES: Final = 2_000
REFERENCE_TIME: Final = 1.0


@dataclass(frozen=True, slots=True)
class Exact:
    """Maximises the total score over compatible fair bids."""

    name: ClassVar[str] = "exact"

    max_winners: int = DEFAULT_MAX_WINNERS

    def run(self, bids: Sequence[Bid], seed: bytes) -> Outcome:
        check_bids(bids)
        return best_outcome(self.name, fair(ranked(bids, seed)), self.max_winners, seed)

    def rewards(self, outcome: Outcome, caps: RewardCaps, missing: Mapping[str, int]) -> dict[str, int]:
        return marginal_rewards(outcome, caps, missing)


def best_outcome(name: str, bids: Sequence[Bid], max_winners: int, seed: bytes) -> Outcome:
    """The optimum over ``bids`` (best first), with references and certificate."""
    best = pack(bids, max_winners, seed)
    effort = Effort(REFERENCE_BRANCHES, REFERENCE_TIME)
    without = {solver: pack(others(bids, solver), max_winners, seed, effort) for solver in solvers_of(best.chosen)}
    return Outcome(
        mechanism=name,
        fair=tuple(bid.name for bid in bids),
        winners=tuple(bid.name for bid in best.chosen),
        total=best.score,
        references={solver: packing.score for solver, packing in without.items()},
        certificate=Certificate(
            total=best.score,
            bound=best.bound,
            optimal=best.optimal,
            greedy_total=total(take(bids, max_winners)),
            references_optimal=all(packing.optimal for packing in without.values()),
        ),
    )
