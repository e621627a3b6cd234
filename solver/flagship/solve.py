"""The flagship's table of contents.

prepare → search (start, climb, select, polish) → settle in integers → verify → split → certify
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from intents.auction import Auction
from settlement.errors import LawError
from settlement.solution import Solution
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.flagship.integers import settle_plan
from solver.flagship.market import measure
from solver.flagship.plan import Plan, Problem
from solver.flagship.prepare import prepare
from solver.flagship.search import plans, widened
from solver.flagship.split import components
from solver.protocol import Deadline

#: The whole batch is bid under this id; its independent parts under the ids that follow.
WHOLE_ID: Final = 0
#: How many times the usual hair is withheld when a plan cannot be rounded otherwise.
HAIRS: Final = (8.0, 64.0)


@dataclass(frozen=True, slots=True)
class WalrasConfig:
    """``reserve_share`` of the time is kept for settling and verifying the last plan."""

    reserve_share: float = 0.15


class Walras:
    """Matches the batch at one price vector and routes the rest over all venues, net of cost."""

    name = "walras"

    def __init__(self, config: WalrasConfig | None = None) -> None:
        self.config = config or WalrasConfig()

    def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]:
        """Each better batch as soon as it verifies, and at the end the parts it falls into."""
        verifier = Verifier(auction)
        problem = prepare(measure(auction, self.name))
        reserved = deadline.remaining_s * self.config.reserve_share
        best: Verified | None = None
        for at, plan in plans(problem, replace(deadline, ends_at=deadline.ends_at - reserved)):
            verified = self._settled(verifier, at, plan, deadline)
            if verified is not None and (best is None or verified.score.net > best.score.net):
                best = verified
                yield verified.solution
        if best is not None:
            yield from _parts(verifier, best)

    def _settled(self, verifier: Verifier, problem: Problem, plan: Plan, deadline: Deadline) -> Verified | None:
        """The plan in integers; where rounding finds no room, once more with more of it."""
        verified = _judged(verifier, settle_plan(problem, plan, self.name, WHOLE_ID))
        for factor in HAIRS:
            if verified is not None or deadline.passed:
                break
            wider = widened(problem, plan, factor, deadline)
            if wider is not None:
                verified = _judged(verifier, settle_plan(*wider, self.name, WHOLE_ID))
        return verified


def _judged(verifier: Verifier, solution: Solution | None) -> Verified | None:
    """What the law makes of the solution; a bid it would refuse is not worth making."""
    if solution is None:
        return None
    try:
        return verifier.verify(solution)
    except LawError:
        return None


def _parts(verifier: Verifier, whole: Verified) -> Iterator[Solution]:
    """Independent parts as bids of their own: they stand where the whole batch is refused as unfair."""
    parts: Sequence[Solution] = components(whole.solution, verifier.auction)
    if len(parts) < 2:
        return
    for number, part in enumerate(parts, start=WHOLE_ID + 1):
        verified = _judged(verifier, replace(part, id=number))
        if verified is not None:
            yield verified.solution
