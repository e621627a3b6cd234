"""The leaderboard: what a competition's entries add up to, per solver.

Ratings are OpenSkill (Plackett–Luce, arXiv:2401.05451): each auction is a game ranked by the score a
solver reaches alone, equal scores tie. ``rating`` is μ with uncertainty σ; the table is ordered by
what was verified, not by the rating. Differences to the leader are paired by auction, with a
seeded bootstrap interval.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from node.competition.records import Entry, Results

BOOTSTRAP_DRAWS: Final = 2_000
FAILURES: Final = ("timeout", "crash", "invalid", "empty")


@dataclass(frozen=True, slots=True)
class Standing:
    """One row. Shares are of the best known bound per auction, averaged; times in seconds.

    ``behind`` is the mean shortfall of share to the leader with its 95 % interval. ``gap_bps`` is what is open to
    the bound, in basis points of it, over auctions where a certificate proves one; ``None`` where none does.
    """

    rank: int
    solver: str
    auctions: int
    wins: int
    verified: int
    surplus: int
    marginal: int
    reward: int
    share: float
    behind: float
    behind_low: float
    behind_high: float
    gap_bps: float | None
    mean_s: float
    worst_s: float
    failures: Mapping[str, int]
    refused_bids: int
    rating: float
    uncertainty: float


def standings(results: Results) -> tuple[Standing, ...]:
    """All solvers, best verified total first; equal totals by name."""
    best = {batch.auction: batch.best_bound for batch in results.batches}
    shares = {
        solver: [_share(entry.solo, best.get(entry.auction, 0)) for entry in results.of_solver(solver)]
        for solver in results.solvers
    }
    totals = {solver: sum(entry.solo for entry in results.of_solver(solver)) for solver in results.solvers}
    ratings = rate(results)
    order = sorted(results.solvers, key=lambda solver: (-totals[solver], solver))
    return tuple(
        _standing(rank, solver, results, shares[solver], shares[order[0]], ratings[solver])
        for rank, solver in enumerate(order, start=1)
    )


def _share(score: int, best: int) -> float:
    """A batch in which nothing can be won counts as fully solved by everyone."""
    return score / best if best > 0 else 1.0


def _standing(
    rank: int,
    solver: str,
    results: Results,
    shares: Sequence[float],
    leader: Sequence[float],
    rating: tuple[float, float],
) -> Standing:
    entries = results.of_solver(solver)
    differences = [first - own for first, own in zip(leader, shares, strict=True)]
    low, high = bootstrap_interval(differences)
    proven = {batch.auction: batch.bound for batch in results.batches if batch.bound}
    gaps = [1.0 - e.solo / bound for e in entries if (bound := proven.get(e.auction))]
    kinds = Counter(entry.kind for entry in entries)
    return Standing(
        rank=rank,
        solver=solver,
        auctions=len(entries),
        wins=sum(entry.bids_won > 0 for entry in entries),
        verified=sum(entry.solo for entry in entries),
        surplus=sum(entry.surplus for entry in entries),
        marginal=sum(entry.marginal for entry in entries),
        reward=sum(entry.reward for entry in entries),
        share=_mean(shares),
        behind=_mean(differences),
        behind_low=low,
        behind_high=high,
        gap_bps=_mean(gaps) * 10_000 if gaps else None,
        mean_s=_mean([entry.seconds for entry in entries]),
        worst_s=max((entry.seconds for entry in entries), default=0.0),
        failures={kind: kinds[kind] for kind in FAILURES if kinds[kind]},
        refused_bids=sum(len(entry.refusals) for entry in entries),
        rating=rating[0],
        uncertainty=rating[1],
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0


def bootstrap_interval(values: Sequence[float], *, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of the mean over ``BOOTSTRAP_DRAWS`` seeded resamples."""
    import numpy as np

    if not values:
        return 0.0, 0.0
    draws = np.random.default_rng(seed).integers(0, len(values), (BOOTSTRAP_DRAWS, len(values)))
    means = np.asarray(values, dtype=np.float64)[draws].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def rate(results: Results) -> dict[str, tuple[float, float]]:
    """(μ, σ) per solver after all auctions in the order they ran."""
    from openskill.models import PlackettLuce

    model = PlackettLuce()
    ratings = {solver: model.rating(name=solver) for solver in results.solvers}
    games: dict[str, list[Entry]] = {}
    for entry in results.entries:
        games.setdefault(entry.auction, []).append(entry)
    for entries in games.values():
        if len(entries) < 2:
            continue
        # OpenSkill ranks from low (best) to high; equal values are a tie.
        ranks = _ranks([entry.solo for entry in entries])
        rated = model.rate([[ratings[entry.solver]] for entry in entries], ranks=ranks)
        for entry, (rating,) in zip(entries, rated, strict=True):
            ratings[entry.solver] = rating
    return {solver: (float(rating.mu), float(rating.sigma)) for solver, rating in ratings.items()}


def _ranks(scores: Sequence[int]) -> list[float]:
    better = sorted(set(scores), reverse=True)
    return [float(better.index(score)) for score in scores]


def standings_to_json(rows: Sequence[Standing]) -> list[dict[str, Any]]:
    """Plain JSON values; sums of scores as decimal strings."""
    big = ("verified", "surplus", "marginal", "reward")
    return [{name: str(value) if name in big else value for name, value in asdict(row).items()} for row in rows]
