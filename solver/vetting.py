"""Asking the referee before bidding: only what the law accepts leaves a built-in solver.

A candidate that the verifier refuses would cost its solver the bid and everybody time; the solvers
here are simple enough to afford the question.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from intents.auction import Auction
from settlement.errors import LawError
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER, Solution
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.protocol import Deadline


def vetted(auction: Auction, candidates: Iterable[Sequence[Solution]], deadline: Deadline) -> Iterator[Solution]:
    """The best lawful one of each set of alternatives, as they come."""
    return (bid.solution for bid in lawful_bids(Verifier(auction), candidates, deadline))


def lawful_bids(
    verifier: Verifier, candidates: Iterable[Sequence[Solution]], deadline: Deadline
) -> Iterator[Verified]:
    """As ``vetted``, with what the law makes of each.

    Once a solver's quota is used up, a better one takes the worst one's id.
    """
    bids: list[tuple[int, int]] = []  # (net score, id), the worst first
    for alternatives in candidates:
        if deadline.passed:
            return
        deadline.spend(sum(verify_work(solution) for solution in alternatives))
        best = best_lawful(verifier, alternatives)
        if best is None:
            continue
        net = best.score.net
        if len(bids) < MAX_SOLUTIONS_PER_SOLVER:
            heapq.heappush(bids, (net, best.solution.id))
            yield best
        elif net > bids[0][0]:
            number = bids[0][1]
            heapq.heapreplace(bids, (net, number))
            yield replace(best, solution=replace(best.solution, id=number))


def verify_work(solution: Solution) -> int:
    """What verifying costs, in units of work."""
    return 100 + 50 * (len(solution.fills) + len(solution.interactions))


def best_lawful(verifier: Verifier, alternatives: Iterable[Solution]) -> Verified | None:
    """The lawful solution of the highest net score, the first of equals."""
    best: Verified | None = None
    for solution in alternatives:
        try:
            verified = verifier.verify(solution)
        except LawError:
            continue
        if best is None or verified.score.net > best.score.net:
            best = verified
    return best
