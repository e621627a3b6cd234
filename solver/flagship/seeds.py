"""Simple answers first: what the simple solvers find, as an early bid and as what a batch must beat.

Rivals will bid these too, and the fairness filter drops a batch in which any pair does worse than the best bid
for that pair alone. So the flagship knows them, and leaves such pairs out of its batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from intents.auction import Auction
from settlement.verified import Verified
from solver.baseline import Baseline, BaselineConfig
from solver.flagship.settling import Settling
from solver.naive import Naive, NaiveConfig
from solver.protocol import Deadline, Solver
from solver.rings import Rings, RingsConfig

#: The share of the time that all simple solvers together may take.
TIME_SHARE: Final = 0.25
#: Who is asked, and until which share of that; nobody takes longer for its first answer than the last of them.
CONTESTANTS: Final[tuple[tuple[float, Solver], ...]] = (
    (0.3, Naive(NaiveConfig())),
    (0.5, Rings(RingsConfig())),
    (1.0, Baseline(BaselineConfig(best_first=True))),
)


def seeds(auction: Auction, settling: Settling, deadline: Deadline) -> Iterator[tuple[int, Verified]]:
    """Verified bids of the simple solvers as they come, each with its solver's number."""
    ends = deadline.part(TIME_SHARE)
    for number, (share, contestant) in enumerate(CONTESTANTS):
        for solution in contestant.solve(auction, ends.part(share)):
            verified = settling.judged(solution, deadline)
            if verified is not None:
                yield number, verified
