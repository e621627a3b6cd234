"""Set packing by Lagrangian prices and a search that never loses more than is still to be gained.

Every resource gets a whole price such that no bid is worth more than the resources it takes. The sum of all prices
then bounds any packing, and a packing falls short of it by exactly its *losses*: what a chosen bid is worth less
than its resources, and the price of every resource left unused. (The places that winners take are one more
resource, of which there are as many as may win.) So only bids that lose less than the gap to the
best set known can be in a better one, and the search covers one resource after the other (the one with the fewest
ways left) while losses fit into the gap. Integers throughout: the same steps, the same answer, on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Rounds of price adjustment (Held, Wolfe and Crowder's subgradient steps, in integers).
ROUNDS: Final = 160
#: Where bound and best set are further apart than one part in ``FAR``, so many times fewer steps are tried.
FAR: Final = 16
FEWER: Final = 8


@dataclass(frozen=True, slots=True)
class Problem:
    """``worths[i]`` of bid i, which takes the resources in ``takes[i]`` (sorted places); ``masks`` are the same as
    bits; at most ``most`` bids may be chosen."""

    worths: Sequence[int]
    takes: Sequence[Sequence[int]]
    masks: Sequence[int]
    resources: int
    most: int


@dataclass(frozen=True, slots=True)
class Found:
    """The best set found, its worth, and a bound on any; ``proven`` where they meet."""

    chosen: frozenset[int]
    worth: int
    bound: int
    proven: bool


def problem_of(worths: Sequence[int], resources: Sequence[Sequence[object]], most: int) -> Problem:
    """Numbers what bids can clash over: resources that several take, once for all that the same bids take.

    A bid that clashes with nobody gets a resource of its own.
    """
    users: dict[object, list[int]] = {}
    for i, named in enumerate(resources):
        for name in named:
            users.setdefault(name, []).append(i)
    clashes = dict.fromkeys(tuple(bids) for bids in users.values() if len(bids) > 1)
    takes: list[list[int]] = [[] for _ in resources]
    for place, bids in enumerate(clashes):
        for i in bids:
            takes[i].append(place)
    count = len(clashes)
    for taken in takes:
        if not taken:
            taken.append(count)
            count += 1
    return Problem(worths, takes, [sum(1 << place for place in taken) for taken in takes], count, most)


def search(problem: Problem, max_nodes: int) -> Found:
    """The best set, proven if ``max_nodes`` partial sets suffice."""
    sizes = [len(taken) for taken in problem.takes]
    starts = [_start(problem, measure) for measure in (sizes, [1] * len(sizes), [1 + size for size in sizes])]
    prices, place = _prices(problem, max(_worth(problem, chosen) for chosen in starts))
    sums = [max(1, place + sum(prices[r] for r in taken)) for taken in problem.takes]
    starts.append(_start(problem, sums))
    best = max(starts, key=lambda chosen: _worth(problem, chosen))
    if (sum(prices) + problem.most * place - _worth(problem, best)) * FAR > _worth(problem, best):
        # So far apart they will not meet here: others are better at that.
        max_nodes //= FEWER
    return _cover(problem, prices, place, best, max_nodes)


def _worth(problem: Problem, chosen: frozenset[int]) -> int:
    return sum(problem.worths[i] for i in chosen)


def _start(problem: Problem, sizes: Sequence[int]) -> frozenset[int]:
    """Greedy by worth per size, then bids that are worth more than all they drive out."""
    worths, takes = problem.worths, problem.takes
    holder = [-1] * problem.resources
    chosen: set[int] = set()
    order = sorted(range(len(worths)), key=lambda i: (-(worths[i] << 16) // sizes[i], i))
    for _ in range(3):
        changed = False
        for i in order:
            if i in chosen:
                continue
            out = {holder[r] for r in takes[i]} - {-1}
            if len(chosen) - len(out) + 1 > problem.most or worths[i] <= sum(worths[j] for j in out):
                continue
            for j in out:
                for r in takes[j]:
                    holder[r] = -1
            chosen -= out
            chosen.add(i)
            for r in takes[i]:
                holder[r] = i
            changed = True
        if not changed:
            break
    return frozenset(chosen)


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
    return _tight(problem, *best), best[1]


def _tight(problem: Problem, prices: list[int], place: int) -> list[int]:
    """Prices raised where a bid is worth more than it takes, then lowered wherever none needs them so high."""
    prices = list(prices)
    slack = []
    for taken, worth in zip(problem.takes, problem.worths, strict=True):
        under = worth - place - sum(prices[r] for r in taken)
        if under > 0:
            prices[taken[0]] += under
    users: list[list[int]] = [[] for _ in prices]
    for i, taken in enumerate(problem.takes):
        slack.append(place + sum(prices[r] for r in taken) - problem.worths[i])
        for r in taken:
            users[r].append(i)
    for r, bids in enumerate(users):
        fall = min([prices[r], *(slack[i] for i in bids)])
        if fall:
            prices[r] -= fall
            for i in bids:
                slack[i] -= fall
    return prices


def _cover(problem: Problem, prices: list[int], place: int, start: frozenset[int], max_nodes: int) -> Found:
    """Depth first over resources: one of the bids that take it, or nobody."""
    masks, most = problem.masks, problem.most
    bound = sum(prices) + most * place
    best, best_set = _worth(problem, start), start
    slack = [
        place + sum(prices[r] for r in taken) - worth
        for taken, worth in zip(problem.takes, problem.worths, strict=True)
    ]
    ways: list[list[int]] = [[] for _ in prices]
    for i in sorted(range(len(masks)), key=lambda i: (slack[i], i)):
        if slack[i] < bound - best:
            for r in problem.takes[i]:
                ways[r].append(i)
    every = tuple(range(problem.resources))
    # (resources open, as bits and as a tuple; loss so far; bids chosen)
    stack: list[tuple[int, tuple[int, ...], int, tuple[int, ...]]] = [((1 << problem.resources) - 1, every, 0, ())]
    for _ in range(max_nodes):
        if not stack:
            return Found(best_set, best, best, True)
        open_bits, listed, loss, chosen = stack.pop()
        room = bound - best - loss
        if room <= 0:
            continue
        open_list = tuple(r for r in listed if open_bits >> r & 1)
        fewest, at, options = 1 << 30, -1, []
        closed = ~open_bits
        full = len(chosen) >= most
        for r in open_list:
            found = [] if full else [i for i in ways[r] if slack[i] < room and not masks[i] & closed]
            count = len(found) + (prices[r] < room)
            if count < fewest:
                fewest, at, options = count, r, found
                if count <= 1:
                    break
        if fewest == 0:
            continue
        if at < 0:
            # Places nobody took are lost too.
            worth = bound - loss - place * (most - len(chosen))
            if worth > best:
                best, best_set = worth, frozenset(chosen)
            continue
        steps = [(slack[i], i) for i in options]
        if prices[at] < room:
            steps.append((prices[at], -1))
        # The cheapest last, so that it is looked at first.
        for lost, i in sorted(steps, reverse=True):
            if i < 0:
                stack.append((open_bits & ~(1 << at), open_list, loss + lost, chosen))
            else:
                stack.append((open_bits & ~masks[i], open_list, loss + lost, (*chosen, i)))
    return Found(best_set, best, bound, not stack)
