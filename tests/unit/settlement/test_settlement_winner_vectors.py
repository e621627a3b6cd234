"""Published winner selections, rewards and the smallest case where greedy loses; checkers in ``tests.vectors``."""

from __future__ import annotations

from tests.vectors import winners
from tests.vectors.registry import Case, parametrized


@parametrized(winners.AUTOPILOT)
def test_winner_selection(case: Case) -> None:
    """Scores, fair solutions, winners and references, read in the format that ``rank`` takes."""
    case.check()


@parametrized(winners.COMBINATORIAL, winners.GREEDY_OR_EXACT)
def test_combinatorial_auctions(case: Case) -> None:
    """Greedy as published; exact proves what greedy leaves."""
    case.check()


@parametrized(winners.REWARDS)
def test_rewards(case: Case) -> None:
    """Capped marginal rewards, their sums, and the consistency metric."""
    case.check()
