"""Who clashes with whom, as bits, and cliques: sets of bids any two of which clash, so that one at most can win.

A resource is such a clique, but seldom a largest one: bids for {a, b}, {b, c} and {a, c} share no resource and
still only one of them wins. Larger cliques make the linear relaxation of a packing far sharper (Padberg, "On the
facial structure of set packing polyhedra", 1973).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from settlement.packing_problem import places

#: A clique is worth adding where a relaxed answer breaks it by so much.
BROKEN: Final = 1e-4
#: Parts below this count as nothing.
NOTHING: Final = 1e-6


def clashes(cliques: Sequence[int], bids: int) -> list[int]:
    """Per bid, as bits, the bids it shares a clique with."""
    clashing = [0] * bids
    for clique in cliques:
        for i in places(clique):
            clashing[i] |= clique
    return [bits & ~(1 << i) for i, bits in enumerate(clashing)]


def extended(clique: int, clashing: Sequence[int]) -> int:
    """A clique that holds ``clique`` and into which no other bid fits."""
    common = -1
    for i in places(clique):
        common &= clashing[i]
    while common:
        # The one that leaves most others in.
        i = max(places(common), key=lambda i: (clashing[i] & common).bit_count())
        clique |= 1 << i
        common &= clashing[i]
    return clique


def broken(parts: Sequence[float], clashing: Sequence[int]) -> list[int]:
    """Cliques of which a relaxed answer takes more than one bid: grown greedily from every bid it splits."""
    taken = [i for i, part in enumerate(parts) if NOTHING < part < 1 - NOTHING]
    taken.sort(key=lambda i: (-parts[i], i))
    found: dict[int, None] = {}
    for i in taken:
        others = [j for j in taken if clashing[i] >> j & 1]
        for clique, total in (_largest(i, others, parts, clashing), _heaviest(i, others, parts, clashing)):
            if total > 1 + BROKEN:
                found[extended(clique, clashing)] = None
    return list(found)


def _largest(first: int, others: list[int], parts: Sequence[float], clashing: Sequence[int]) -> tuple[int, float]:
    """The next is the largest part that fits."""
    clique, total = 1 << first, parts[first]
    while others:
        i = others[0]
        clique |= 1 << i
        total += parts[i]
        others = [j for j in others if clashing[i] >> j & 1]
    return clique, total


def _heaviest(first: int, others: list[int], parts: Sequence[float], clashing: Sequence[int]) -> tuple[int, float]:
    """The next is the one whose part, and those that would still fit beside it, come to most."""
    clique, total = 1 << first, parts[first]
    while others:
        beside = [(i, [j for j in others if clashing[i] >> j & 1]) for i in others]
        i, others = max(beside, key=lambda pair: parts[pair[0]] + math.fsum([parts[j] for j in pair[1]]))
        clique |= 1 << i
        total += parts[i]
    return clique, total
