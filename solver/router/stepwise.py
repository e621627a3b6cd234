"""Newton beside order books: venues are taken as quadratic, books as the steps they are (``model.py``).

Every step asks the venues once and solves a small program for it, so that levels may change sides as often as it
takes while venues wait. About as many steps are needed as without any book. A step counts if the true dual falls.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.router.books import Books
from solver.router.dual import Dual, Point, evaluate, smooth
from solver.router.families import Family, Floats, Network
from solver.router.interior import best_step
from solver.router.laplacian import DENSE
from solver.router.levels import Levels, laplacian
from solver.router.model import Model
from solver.router.newton import ROUNDINGS, WHISKER, Found

#: Steps, and halvings of each.
STEPS: Final = 24
HALVINGS: Final = 10
#: Changes of log prices no step goes beyond, and levels so much further off are not looked at.
FARTHEST: Final = 0.5
REACH: Final = 0.01
WIDER: Final = 8.0
#: Steps below this, in log price, are taken unasked, and after so many of them rounding is all that is left.
SURE: Final = 1e-6
ENDING: Final = 5
#: Steps below this change nothing but roundings.
STILL: Final = 1e-10
#: What whiskers begin with, of those of ``newton.py``: where many tokens are stiff these alone would fill the gap.
LEAST: Final = 0.6
#: The part of the allowed gap that is used.
CLOSE: Final = 0.9
#: A width that asks books for their parts as given.
GIVEN: Final = 1.0


@dataclass(frozen=True, slots=True)
class Stepped:
    """Where steps ended, the dual whose books trade ``parts`` there, and these per family (None for others)."""

    found: Found
    dual: Dual
    parts: list[Floats | None]


@dataclass(frozen=True, slots=True)
class _Place:
    """At log prices ``y``: the dual ``apart`` from books, its ``value`` with them, and the levels' gains δ, what
    they ask ``inward`` and pay ``outward`` in value."""

    y: Floats
    apart: Point
    value: float
    gains: Floats
    inward: Floats
    outward: Floats


def applies(dual: Dual) -> bool:
    """Whether all jumps are books', no price is kept up by a floor, and the matrix is small."""
    families = dual.prepared.network.families
    books = all(isinstance(family, Books) for family in families if family.kinked)
    return books and not dual.bounded and dual.prepared.network.tokens <= DENSE // 4


def stepwise(dual: Dual, y: Floats, gap: float) -> Stepped | None:
    """From log prices ``y`` to the least of the dual, or as near as rounding lets such steps come; ``None`` where
    they get stuck before."""
    network = dual.prepared.network
    levels = Levels.joined(
        network.tokens, [family.levels for family in network.families if isinstance(family, Books)]
    )
    here = _place(dual, levels, y)
    parts: Floats | None = None
    reach, more, ending = REACH, np.zeros(len(y)), 0
    for number in range(STEPS):
        step = best_step(_model(dual, levels, here, gap, more), parts, reach)
        if step is None:
            return None
        far = float(np.abs(step.change).max(initial=0.0))
        following = _along(dual, levels, here, step.change * min(1.0, FARTHEST / max(far, FARTHEST)))
        if following is None:
            return None
        here, parts, reach = following, step.parts, WIDER * far
        if far < SURE:
            with_parts = _with_parts(dual, parts, here.y)
            point = evaluate(with_parts, here.y, GIVEN)
            done = _enough(dual, point, here.value, gap)
            ending += 1
            if done or ending == ENDING:
                return Stepped(Found(point, number + 2, done), with_parts, _split(dual, parts))
            if far < STILL:
                more = np.maximum(more, -2.0 * point.left)
    return None


def _enough(dual: Dual, point: Point, bound: float, gap: float) -> bool:
    """Whether no token falls short and the trades are worth as much as the bound, but for the gap."""
    value = float(dual.worth @ (point.left / point.prices - dual.given))
    short = np.where(dual.fixed, 0.0, point.left).min(initial=0.0) < 0.0
    return not short and bound - value <= CLOSE * gap * abs(bound)


def _place(dual: Dual, levels: Levels, y: Floats) -> _Place:
    apart = smooth(dual, y)
    gains = levels.gains(y)
    inward = np.exp(y[levels.paid]) * levels.asks
    outward = inward * np.exp(gains)
    value = apart.value + float(np.maximum(outward - inward, 0.0).sum())
    return _Place(y, apart, value, gains, inward, outward)


def _model(dual: Dual, levels: Levels, here: _Place, gap: float, more: Floats) -> Model:
    """A whisker more than nothing is asked of every token, and where that was not enough ``more``."""
    whole = here.gains > 0.0
    moved_out, moved_in = np.where(whole, here.outward, 0.0), np.where(whole, here.inward, 0.0)
    pattern = dual.prepared.pattern
    curvature = laplacian(levels.tokens, pattern.cells, here.apart.stiffness)
    through = curvature.diagonal() + levels.spread(moved_out, -moved_in)
    whisker = WHISKER * gap / len(here.y) * abs(here.value) + LEAST * ROUNDINGS * through + more
    left = here.apart.left + levels.spread(moved_out, moved_in)
    idle = (left == 0.0) & (through == 0.0)
    wanting = np.where(dual.fixed | idle, 0.0, left - whisker)
    return Model(wanting, curvature, dual.fixed, levels, here.gains, np.sqrt(here.inward * here.outward))


def _along(dual: Dual, levels: Levels, here: _Place, change: Floats) -> _Place | None:
    """Where the dual is lower, as far along as possible. Steps so short that rounding hides the fall are taken."""
    sure = float(np.abs(change).max(initial=0.0)) < SURE
    for _ in range(HALVINGS):
        there = _place(dual, levels, here.y + change)
        if there.value <= here.value or sure:
            return there
        change = change / 2.0
    return None


def _split(dual: Dual, parts: Floats) -> list[Floats | None]:
    """Per family its levels' parts."""
    split: list[Floats | None] = []
    taken = 0
    for family in dual.prepared.network.families:
        count = len(family.levels.asks) if isinstance(family, Books) else 0
        split.append(parts[taken : taken + count] if isinstance(family, Books) else None)
        taken += count
    return split


def _with_parts(dual: Dual, parts: Floats, y: Floats) -> Dual:
    """Books whose levels trade these parts, whatever the prices."""
    families: list[Family] = [
        family.centred(own, y, 1.0, own, own) if isinstance(family, Books) and own is not None else family
        for family, own in zip(dual.prepared.network.families, _split(dual, parts), strict=True)
    ]
    network = Network(dual.prepared.network.tokens, tuple(families))
    return replace(dual, prepared=replace(dual.prepared, network=network))
