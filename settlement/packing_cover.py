"""The last word on a packing: prices in whole numbers, and a search that never loses more than can be gained.

Every resource has a price such that no bid is worth more than the resources it takes. The sum of all prices
then bounds any packing, and a packing falls short of it by exactly its *losses*: what a chosen bid is worth less
than its resources, and the price of every resource left unused. (The places that winners take are one more
resource, of which there are as many as may win.) So only bids that lose less than the gap to the
best set known can be in a better one, and the search covers one resource after the other (the one with the fewest
ways left) while losses fit into the gap. Integers throughout: the same steps, the same answer, on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.packing_problem import Problem, users_of


@dataclass(frozen=True, slots=True)
class Cover:
    """The best set worth more than asked, if any was found, and whether the search ended by itself: then nothing
    is worth more than that set or, without one, than asked."""

    chosen: frozenset[int] | None
    ended: bool


def losses(problem: Problem, prices: Sequence[int], place: int) -> list[int]:
    """What each bid is worth less than what it takes; below nothing where prices are not ``lawful``."""
    return [
        place + sum([prices[r] for r in taken]) - worth
        for taken, worth in zip(problem.takes, problem.worths, strict=True)
    ]


def bound_of(problem: Problem, prices: Sequence[int], place: int) -> int:
    """What nothing can be worth more than, whatever the prices: what bids are worth beyond them is added."""
    over = sum([loss for loss in losses(problem, prices, place) if loss < 0])
    return sum(prices) + problem.most * place - over


def lawful(problem: Problem, prices: Sequence[int], place: int) -> list[int]:
    """Prices raised where a bid is worth more than it takes, then lowered wherever none needs them so high."""
    prices = list(prices)
    for taken, worth in zip(problem.takes, problem.worths, strict=True):
        under = worth - place - sum([prices[r] for r in taken])
        if under > 0:
            prices[taken[0]] += under
    slack = losses(problem, prices, place)
    for r, bids in enumerate(users_of(problem)):
        fall = min([prices[r], *[slack[i] for i in bids]])
        if fall:
            prices[r] -= fall
            for i in bids:
                slack[i] -= fall
    return prices


def cover(problem: Problem, prices: Sequence[int], place: int, asked: int, max_nodes: int) -> Cover:
    """The best set worth more than ``asked``: depth first over resources, one of the bids that take it, or nobody.

    ``prices`` are ``lawful``; ``max_nodes`` partial sets are looked at.
    """
    masks, most = problem.masks, problem.most
    bound = sum(prices) + most * place
    best: frozenset[int] | None = None
    slack = losses(problem, prices, place)
    ways: list[list[int]] = [[] for _ in prices]
    for i in sorted(range(len(masks)), key=lambda i: (slack[i], i)):
        if slack[i] < bound - asked:
            for r in problem.takes[i]:
                ways[r].append(i)
    every = tuple(range(problem.resources))
    # (resources open, as bits and as a tuple; loss so far; bids chosen)
    stack: list[tuple[int, tuple[int, ...], int, tuple[int, ...]]] = [((1 << problem.resources) - 1, every, 0, ())]
    for _ in range(max_nodes):
        if not stack:
            return Cover(best, True)
        open_bits, listed, loss, chosen = stack.pop()
        room = bound - asked - loss
        if room <= 0:
            continue
        fewest, at, options, still = 1 << 30, -1, [], []
        closed = ~open_bits
        full = len(chosen) >= most
        for place_of, r in enumerate(listed):
            if not open_bits >> r & 1:
                continue
            found = [] if full else [i for i in ways[r] if slack[i] < room and not masks[i] & closed]
            if not found:
                # Nobody can take it any more: its price is lost.
                loss += prices[r]
                room -= prices[r]
                open_bits &= ~(1 << r)
                closed = ~open_bits
                if room <= 0:
                    break
                continue
            still.append(r)
            count = len(found) + (prices[r] < room)
            if count < fewest:
                fewest, at, options = count, r, found
                if count <= 1:
                    still.extend(listed[place_of + 1 :])
                    break
        if room <= 0:
            continue
        if at < 0:
            # Places nobody took are lost too.
            worth = bound - loss - place * (most - len(chosen))
            if worth > asked:
                asked, best = worth, frozenset(chosen)
            continue
        open_list = tuple(still)
        # The cheapest last, so that it is looked at first.
        steps = [(slack[i], i) for i in options if slack[i] < room]
        if prices[at] < room:
            steps.append((prices[at], -1))
        for lost, i in sorted(steps, reverse=True):
            if i < 0:
                stack.append((open_bits & ~(1 << at), open_list, loss + lost, chosen))
            else:
                stack.append((open_bits & ~masks[i], open_list, loss + lost, (*chosen, i)))
    return Cover(best, not stack)
