"""First price: greedy picks the winners, and nobody is paid on top.

A solver earns what it kept from its bid, so it shades its bids instead of being paid its marginal value;
with the same winners as ``greedy``, that is the one difference, and it is the one to study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from settlement.greedy import Greedy
from settlement.mechanism import DEFAULT_MAX_WINNERS, Bid, Outcome
from settlement.rewards import RewardCaps


@dataclass(frozen=True, slots=True)
class FirstPrice:
    """Winners and references as ``Greedy``; rewards are zero, less what was promised and not settled."""

    name: ClassVar[str] = "first-price"

    max_winners: int = DEFAULT_MAX_WINNERS

    def run(self, bids: Sequence[Bid], seed: bytes) -> Outcome:
        return replace(Greedy(self.max_winners).run(bids, seed), mechanism=self.name)

    def rewards(self, outcome: Outcome, caps: RewardCaps, missing: Mapping[str, int]) -> dict[str, int]:
        return {solver: max(-caps.low, -missing.get(solver, 0)) for solver in sorted(outcome.references)}
