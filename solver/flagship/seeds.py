"""Simple answers first: what the simple solvers find, as an early bid and as what a batch must beat.

Rivals will bid these too, and the fairness filter drops a batch in which any pair does worse than the best bid
for that pair alone. So the flagship knows them, and leaves such pairs out of its batch.
"""

from __future__ import annotations

from typing import Final

from intents.auction import Auction
from settlement.errors import LawError
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.baseline import Baseline, BaselineConfig
from solver.naive import Naive, NaiveConfig
from solver.protocol import Deadline, Solver
from solver.rings import Rings, RingsConfig

#: The share of the time that all simple solvers together may take.
TIME_SHARE: Final = 0.25


def seeds(auction: Auction, verifier: Verifier, deadline: Deadline) -> list[list[Verified]]:
    """Verified bids of the simple solvers, a list for each."""
    ends = deadline.remaining_s * TIME_SHARE
    families: list[list[Verified]] = []
    contestants: tuple[Solver, ...] = (Rings(RingsConfig()), Naive(NaiveConfig()), Baseline(BaselineConfig()))
    for share, contestant in zip((0.3, 0.5, 1.0), contestants, strict=True):
        found: list[Verified] = []
        families.append(found)
        for solution in contestant.solve(auction, Deadline.after(ends * share, seed=deadline.seed)):
            try:
                found.append(verifier.verify(solution))
            except LawError:
                continue
    return families
