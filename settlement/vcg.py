"""Vickrey–Clarke–Groves: the best compatible set of all bids, and marginal values paid in full.

Each winning solver gets V − V₋ᵢ, both optima over all bids (no fairness filter) and without caps, which
makes bidding the true value a dominant strategy for solvers that bid once. It is a yardstick: payments
may exceed any budget, and no pair is protected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from settlement.exact import best_outcome
from settlement.mechanism import DEFAULT_MAX_WINNERS, Bid, Outcome, check_bids, ranked
from settlement.rewards import RewardCaps, marginal_rewards


@dataclass(frozen=True, slots=True)
class Vcg:
    """Efficient winners, Clarke pivot rewards."""

    name: ClassVar[str] = "vcg"

    max_winners: int = DEFAULT_MAX_WINNERS

    def run(self, bids: Sequence[Bid], seed: bytes) -> Outcome:
        check_bids(bids)
        return best_outcome(self.name, ranked(bids, seed), self.max_winners, seed)

    def rewards(self, outcome: Outcome, caps: RewardCaps, missing: Mapping[str, int]) -> dict[str, int]:
        return marginal_rewards(outcome, None, missing)
