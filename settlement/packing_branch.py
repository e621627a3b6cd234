"""Set packing by branch and cut: GLOP's relaxation sharpened by cliques says where to look, integers decide.

Where a relaxed answer splits bids, one of them is tried as a winner and as none. A bid is ruled out and a branch
is closed only in whole numbers: prices rounded to them bound all that is left in it, and what could still win
at these prices is gone through (``settlement.packing_cover``). So what is called proven does not rest on doubles,
and as no two sets have the same worth the answer is the same wherever it is proven. Branch and cut: Padberg
and Rinaldi, "A Branch-and-Cut Algorithm for the Resolution of Large-Scale Symmetric Traveling Salesman Problems"
(1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from settlement.packing_cliques import NOTHING, broken, clashes, extended
from settlement.packing_cover import bound_of, cover, lawful, losses
from settlement.packing_problem import Found, Problem, places, start, users_of
from settlement.packing_relaxation import Relaxation, Relaxed

#: Rounds of cliques at the root, and in every branch.
ROOT_ROUNDS: Final = 6
ROUNDS: Final = 1
#: A branch whose relaxed answer is above the best set known by less than this part of it is as good as closed.
NOISE: Final = 1e-7
#: Partial sets looked at to close a branch that is, and to try one where few bids are left, and what few means.
CLOSING: Final = 4_000
TRYING: Final = 60
FEW: Final = 40


class _Tree:
    """What all branches share: the relaxation and its cliques, who clashes with whom, and the best set."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        bids = len(problem.worths)
        resources = [sum(1 << i for i in users) for users in users_of(problem)]
        self.clashing = clashes(resources, bids)
        self.relaxation = Relaxation(problem.worths, problem.most)
        self.cliques: dict[int, None] = {}
        self.takes: list[list[int]] = [[] for _ in problem.worths]
        self.masks = [0] * bids
        for clique in resources:
            self.add(extended(clique, self.clashing))
        self.best = start(problem, [1 + len(taken) for taken in problem.takes])
        self.worth = problem.worth(self.best)

    def add(self, clique: int) -> bool:
        if clique in self.cliques:
            return False
        number = len(self.cliques)
        self.cliques[clique] = None
        self.relaxation.add(clique)
        for i in places(clique):
            self.takes[i].append(number)
            self.masks[i] |= 1 << number
        return True

    def offer(self, chosen: frozenset[int]) -> None:
        worth = self.problem.worth(chosen)
        if worth > self.worth:
            self.best, self.worth = chosen, worth

    @property
    def height(self) -> float:
        """The best worth, as GLOP sees it."""
        return sum(self.relaxation.worths[i] for i in self.best)

    def relaxed(self, allowed: int, winning: int, rounds: int) -> Relaxed | None:
        """The relaxed answer there, once cliques it breaks are added; sets near it are offered."""
        self.relaxation.restrict(allowed, winning)
        for number in range(rounds + 1):
            found = self.relaxation.solve()
            if found is None:
                return None
            self.offer(self._near(found, allowed))
            if number == rounds or found.value <= self.height * (1 + NOISE):
                return found
            if not sum(self.add(clique) for clique in broken(found.parts, self.clashing)):
                return found
        return None

    def _near(self, found: Relaxed, allowed: int) -> frozenset[int]:
        """Bids by how much of them the relaxed answer takes, then by worth, as long as they fit."""
        parts, worths = found.parts, self.relaxation.worths
        reached = [price - sum([found.prices[r] for r in self.takes[i]]) for i, price in enumerate(worths)]
        chosen: list[int] = []
        for i in sorted(places(allowed), key=lambda i: (-parts[i] if parts[i] > NOTHING else 0.0, -reached[i], i)):
            if len(chosen) == self.problem.most:
                break
            if allowed >> i & 1:
                chosen.append(i)
                allowed &= ~self.clashing[i]
        return frozenset(chosen)

    def rest(self, allowed: int, winning: int) -> tuple[Problem, list[int]]:
        """The packing that is left once ``winning`` have won, over the cliques, and whom its bids are."""
        kept = list(places(allowed & ~winning))
        rest = Problem(
            [self.problem.worths[i] for i in kept],
            [self.takes[i] for i in kept],
            [self.masks[i] for i in kept],
            len(self.cliques),
            self.problem.most - winning.bit_count(),
        )
        return rest, kept

    def closed(self, allowed: int, winning: int, found: Relaxed, max_nodes: int) -> bool:
        """Whether nothing better than the best set (a new one perhaps) is left there."""
        rest, kept = self.rest(allowed, winning)
        prices, place = found.whole(self.relaxation.bits)
        won = self.problem.worth(places(winning))
        if won + bound_of(rest, prices, place) <= self.worth:
            return True
        prices = lawful(rest, prices, place)
        covered = cover(rest, prices, place, self.worth - won, max_nodes)
        if covered.chosen is not None:
            self.offer(frozenset(kept[i] for i in covered.chosen) | frozenset(places(winning)))
        return covered.ended

    def promising(self, allowed: int, found: Relaxed) -> int:
        """The bids of ``allowed`` that could be in a better set, going by their reduced costs."""
        room = found.value - self.height * (1 - NOISE)
        worths, prices = self.relaxation.worths, found.prices
        kept = 0
        for i in places(allowed):
            if found.place + sum([prices[r] for r in self.takes[i]]) - worths[i] < room:
                kept |= 1 << i
        return kept


@dataclass(frozen=True, slots=True)
class _Root:
    """What the root's prices prove: a bound on any set, and what one falls short of it for each bid it holds."""

    bound: int
    losses: list[int]

    def kept(self, worth: int) -> int:
        """The bids that can be in a set worth more than ``worth``."""
        room = self.bound - worth
        return sum([1 << i for i, loss in enumerate(self.losses) if loss < room])


def _root(tree: _Tree, found: Relaxed) -> _Root:
    every, _ = tree.rest((1 << len(tree.masks)) - 1, 0)
    prices, place = found.whole(tree.relaxation.bits)
    prices = lawful(every, prices, place)
    return _Root(bound_of(every, prices, place), losses(every, prices, place))


def branch(problem: Problem, max_nodes: int) -> Found:
    """The best set, proven if ``max_nodes`` branches suffice."""
    tree = _Tree(problem)
    everyone = (1 << len(problem.worths)) - 1
    found = tree.relaxed(everyone, 0, ROOT_ROUNDS)
    if found is None:
        return Found(tree.best, tree.worth, sum(sorted(problem.worths, reverse=True)[: problem.most]), False)
    root = _root(tree, found)
    proven, branches = _settled(tree, root, found, everyone, max_nodes)
    return Found(tree.best, tree.worth, tree.worth if proven else root.bound, proven, branches)


def _settled(tree: _Tree, root: _Root, found: Relaxed | None, everyone: int, max_nodes: int) -> tuple[bool, int]:
    """Depth first from the root, whose relaxed answer ``found`` is: whether every branch could be closed, and how
    many were looked at."""
    # Bids that may and that do win there.
    stack = [(everyone, 0)]
    for number in range(max_nodes):
        if not stack:
            return True, number
        allowed, winning = stack.pop()
        allowed &= root.kept(tree.worth) | winning
        if number:
            found = tree.relaxed(allowed, winning, ROUNDS)
        if found is None:
            return False, number + 1
        near = found.value <= tree.height * (1 + NOISE)
        left = tree.promising(allowed & ~winning, found)
        if (near or left.bit_count() <= FEW) and tree.closed(allowed, winning, found, CLOSING if near else TRYING):
            continue
        split = [i for i in places(left) if NOTHING < found.parts[i] < 1 - NOTHING]
        if near or not split:
            # What is left to gain is beyond doubles.
            return False, number + 1
        first = max(split, key=partial(_weight, tree, found.parts, allowed))
        stack.append((allowed & ~(1 << first), winning))
        stack.append((allowed & ~tree.clashing[first], winning | 1 << first))
    return not stack, max_nodes


def _weight(tree: _Tree, parts: Sequence[float], allowed: int, bid: int) -> float:
    """What either answer about it changes: its worth, and how many it drives out."""
    return min(parts[bid], 0.5) * tree.relaxation.worths[bid] * (1 + (tree.clashing[bid] & allowed).bit_count())
