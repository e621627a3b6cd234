"""The live leaderboard: what solvers' parts in settled auctions add up to."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from node.history.base import StandingRow

#: The two-sided 95% quantile of the normal distribution.
_Z: Final = 1.959963984540054


@dataclass(slots=True)
class Sum:
    """A solver's parts, added up. ``ranks`` is the sum over ``ranked`` auctions where it was lawful."""

    auctions: int = 0
    wins: int = 0
    score: int = 0
    rewards: int = 0
    slashed: int = 0
    ranks: int = 0
    ranked: int = 0


#: Solver, rank, won, score, reward, slashed.
Part = tuple[str, int | None, int, int, int, int]


def standings(parts: Iterable[Part]) -> tuple[StandingRow, ...]:
    """Most of the score that was settled first; equal ones by name."""
    sums: dict[str, Sum] = {}
    for solver, rank, won, score, reward, slashed in parts:
        found = sums.setdefault(solver, Sum())
        found.auctions += 1
        found.wins += won
        found.score += score
        found.rewards += reward
        found.slashed += slashed
        if rank is not None:
            found.ranks += rank
            found.ranked += 1
    order = sorted(sums, key=lambda solver: (-sums[solver].score, solver))
    return tuple(_row(place, solver, sums[solver]) for place, solver in enumerate(order, 1))


def _row(place: int, solver: str, found: Sum) -> StandingRow:
    low, high = wilson(found.wins, found.auctions)
    return StandingRow(
        rank=place,
        solver=solver,
        auctions=found.auctions,
        wins=found.wins,
        win_rate=found.wins / found.auctions,
        low=low,
        high=high,
        score=found.score,
        rewards=found.rewards,
        slashed=found.slashed,
        mean_rank=found.ranks / found.ranked if found.ranked else 0.0,
    )


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95% interval of a rate after Wilson, "Probable Inference, the Law of Succession, and Statistical
    Inference" (1927): sound for few trials and rates near 0 or 1. The whole of 0 … 1 without trials."""
    if trials == 0:
        return 0.0, 1.0
    rate, spread = successes / trials, _Z * _Z / trials
    middle = (rate + spread / 2) / (1 + spread)
    reach = _Z / (1 + spread) * math.sqrt(rate * (1 - rate) / trials + spread / (4 * trials))
    return max(0.0, middle - reach), min(1.0, middle + reach)
