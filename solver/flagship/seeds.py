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
from solver.protocol import Deadline
from solver.rings import Rings, RingsConfig

#: The share of the time that all simple solvers together may take.
TIME_SHARE: Final = 0.25
#: Who is asked, and until which share of that.
CONTESTANTS: Final[tuple[tuple[float, Naive | Rings | Baseline], ...]] = (
    (0.3, Naive(NaiveConfig())),
    (0.5, Rings(RingsConfig())),
    (1.0, Baseline(BaselineConfig(best_first=True))),
)
#: Where nobody has an answer by then, the last is asked again and may take this share: any answer beats none.
AGAIN_SHARE: Final = 0.5


def seeds(auction: Auction, settling: Settling, deadline: Deadline) -> Iterator[tuple[int, Verified | None]]:
    """Verified bids of the simple solvers as they come, each with its solver's number; ``None`` after its last."""
    ends = deadline.part(TIME_SHARE)
    answered = False
    for number, (share, contestant) in enumerate(CONTESTANTS):
        for bid in contestant.bids(auction, settling.verifier, ends.part(share)):
            answered = True
            yield number, bid
        yield number, None
    if answered or not ends.passed:
        return
    for bid in CONTESTANTS[-1][1].bids(auction, settling.verifier, deadline.part(AGAIN_SHARE)):
        yield len(CONTESTANTS) - 1, bid
