"""Set packing in whole numbers: bids by position, what they clash over as numbers, and a greedy start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """``worths[i]`` of bid i, which takes the resources in ``takes[i]`` (at least one); ``masks`` are the same as
    bits; at most ``most`` bids may be chosen."""

    worths: Sequence[int]
    takes: Sequence[Sequence[int]]
    masks: Sequence[int]
    resources: int
    most: int

    def worth(self, chosen: Iterable[int]) -> int:
        return sum(self.worths[i] for i in chosen)


@dataclass(frozen=True, slots=True)
class Found:
    """The best set found, its worth, and a bound on any; ``proven`` where they meet. ``branches`` looked at."""

    chosen: frozenset[int]
    worth: int
    bound: int
    proven: bool
    branches: int = 0


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


def users_of(problem: Problem) -> list[list[int]]:
    """Per resource, the bids that take it."""
    users: list[list[int]] = [[] for _ in range(problem.resources)]
    for i, taken in enumerate(problem.takes):
        for r in taken:
            users[r].append(i)
    return users


def start(problem: Problem, sizes: Sequence[int]) -> frozenset[int]:
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
            if len(chosen) - len(out) + 1 > problem.most or worths[i] <= sum(worths[j] for j in sorted(out)):
                continue
            for j in sorted(out):
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


def places(bits: int) -> Iterator[int]:
    """The positions of the ones in ``bits``, lowest first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
