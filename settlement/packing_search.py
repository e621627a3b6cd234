"""Set packing by Lagrangian prices found in whole numbers, and the search of ``settlement.packing_cover``.

Needs no library, and for few bids less time than loading one.
"""

from __future__ import annotations

from typing import Final

from settlement.packing_cover import bound_of, cover, lawful
from settlement.packing_problem import Found, Problem, start

#: Rounds of price adjustment (Held, Wolfe and Crowder's subgradient steps, in integers).
ROUNDS: Final = 160


def every(problem: Problem) -> Found:
    """The best of all sets there are, for few bids: each doubles their number at most."""
    sets: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    for i, (worth, mask) in enumerate(zip(problem.worths, problem.masks, strict=True)):
        sets += [
            (total + worth, taken | mask, (*chosen, i))
            for total, taken, chosen in sets
            if not taken & mask and len(chosen) < problem.most
        ]
    worth, _, chosen = max(sets)
    return Found(frozenset(chosen), worth, worth, True)


def search(problem: Problem, max_nodes: int) -> Found:
    """The best set, proven if ``max_nodes`` partial sets suffice."""
    sizes = [len(taken) for taken in problem.takes]
    starts = [start(problem, measure) for measure in (sizes, [1] * len(sizes), [1 + size for size in sizes])]
    prices, place = _prices(problem, max(problem.worth(chosen) for chosen in starts))
    starts.append(start(problem, [max(1, place + sum(prices[r] for r in taken)) for taken in problem.takes]))
    best = max(starts, key=problem.worth)
    found = cover(problem, prices, place, problem.worth(best), max_nodes)
    chosen = best if found.chosen is None else found.chosen
    worth = problem.worth(chosen)
    return Found(chosen, worth, worth if found.ended else bound_of(problem, prices, place), found.ended)


def _prices(problem: Problem, target: int) -> tuple[list[int], int]:
    """Whole prices, and that of a winner's place, at which no bid is worth more than it takes.

    Their sum is as low as the steps bring it.
    """
    worths, takes, most = problem.worths, problem.takes, problem.most
    prices = [0] * problem.resources
    for taken, worth in zip(takes, worths, strict=True):
        share = worth // len(taken)
        for r in taken:
            prices[r] = max(prices[r], share)
    place = 0
    best, least = (prices, place), None
    for number in range(ROUNDS):
        slope = [1] * problem.resources
        free = most
        bound = sum(prices) + most * place
        for taken, worth in zip(takes, worths, strict=True):
            over = worth - place
            for r in taken:
                over -= prices[r]
            if over > 0:
                bound += over
                free -= 1
                for r in taken:
                    slope[r] -= 1
        if least is None or bound < least:
            best, least = (prices, place), bound
        # A price of nothing cannot fall.
        slope = [0 if k > 0 and not price else k for k, price in zip(slope, prices, strict=True)]
        free = 0 if free > 0 and not place else free
        steep = sum(k * k for k in slope) + free * free
        # Polyak's step towards the best set known, shortened as rounds go on.
        step = (bound - target) * (3, 2, 1, 1)[4 * number // ROUNDS] // (4 * steep) if steep else 0
        if step <= 0:
            break
        prices = [max(0, price - step * k) for price, k in zip(prices, slope, strict=True)]
        place = max(0, place - step * free)
    return lawful(problem, *best), best[1]
