"""Upper bounds on what an auction can be worth, from solvers' certificates that were checked."""

from __future__ import annotations

from collections.abc import Sequence

from intents.auction import Auction
from settlement.certificate.kinds import check_bound
from settlement.solution import Solution


def best_bound(auction: Auction, solutions: Sequence[Solution], *, at_least: int) -> int | None:
    """The least bound any certificate proves, or ``None``.

    A certificate is a claim like any other: it is evaluated anew from the auction, and one below a score
    that was verified is a contradiction and disregarded.
    """
    proven = [
        bound
        for solution in solutions
        if solution.certificate is not None
        and (bound := check_bound(auction, solution.certificate)) is not None
        and bound >= at_least
    ]
    return min(proven, default=None)
