"""The dual of a routing goal: what its bound is at given prices, and which way it falls.

At prices p ≥ worth no routing is worth more than Σ_venues profit(p) + (p − worth)·given. The least of that over p
is the best routing's worth, and at that p the venues' own trades are the best routing. In log prices the gradient
is the value of each token left over, p_j (Ψ_j + given_j).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from solver.router.families import Answer, Bools, Floats, Goal, Ints
from solver.router.prepare import Prepared
from solver.tally import totals

#: Log price of tokens that nothing of worth can be made of.
WORTHLESS = -600.0


@dataclass(frozen=True, slots=True)
class Dual:
    """``floor``: (T,) log worth, −inf where worth is 0. ``fixed``: (T,) tokens whose price is known: their worth,
    or next to nothing for ``dead`` ones, from which nothing of worth can be reached. ``given``: (T,) finite."""

    prepared: Prepared
    worth: Floats
    given: Floats
    floor: Floats
    fixed: Bools
    dead: Bools
    #: Per smooth family, its last answer: rounds that differ in their ramps alone begin where the last one ended.
    recent: dict[int, tuple[Floats, Answer]] = field(default_factory=dict, compare=False)

    @property
    def bounded(self) -> bool:
        """Whether some price that is looked for has a floor."""
        return bool((np.isfinite(self.floor) & ~self.fixed).any())


@dataclass(frozen=True, slots=True)
class Point:
    """The dual at log prices ``y``: its value, the value left over per token (T,), the edges' stiffness (E,)."""

    y: Floats
    prices: Floats
    value: float
    left: Floats
    stiffness: Floats

    @property
    def rounding(self) -> float:
        """What rounding prices does to values: a change of them by ε moves ε times the stiffness."""
        return float(np.finfo(float).eps * self.stiffness.sum())

    @property
    def scale(self) -> float:
        """What gaps are relative to: the value, or its rounding where it is lost in that."""
        return max(abs(self.value), self.rounding, np.finfo(float).tiny)


def dual_of(prepared: Prepared, goal: Goal) -> Dual:
    with np.errstate(divide="ignore"):
        floor = np.log(goal.worth)
    wanted = totals(prepared.part, (goal.worth > 0).astype(np.float64), prepared.parts)
    dead = wanted[prepared.part] == 0
    # The only token of worth is taken in full: its price is its worth, as more would be paid for nothing.
    alone = (goal.worth > 0) & (wanted[prepared.part] == 1) & (goal.given >= 0)
    fixed = np.isinf(goal.given) | alone | dead
    given = np.where(np.isinf(goal.given), 0.0, goal.given)
    return Dual(prepared, goal.worth, given, floor, fixed, dead)


def evaluate(dual: Dual, y: Floats, width: float = 0.0) -> Point:
    count = len(dual.prepared.network.families)
    return _summed(dual, y, [_answer(dual, number, y, width) for number in range(count)])


def smooth(dual: Dual, y: Floats) -> Point:
    """The dual as if there were no families with kinks."""
    answers = []
    for number, family in enumerate(dual.prepared.network.families):
        nothing = Answer(0.0, np.zeros(len(y)), np.zeros(len(family.tails)))
        answers.append(nothing if family.kinked else _answer(dual, number, y, 0.0))
    return _summed(dual, y, answers)


def _summed(dual: Dual, y: Floats, answers: list[Answer]) -> Point:
    prices = np.exp(y)
    left = dual.given * prices
    value = float(left.sum()) - float(dual.given @ dual.worth)
    for answer in answers:
        left += answer.net
        value += answer.profit
    if len(answers) == 1:
        return Point(y, prices, value, left, answers[0].stiffness)
    stiffness = np.concatenate([np.zeros(0), *(answer.stiffness for answer in answers)])
    return Point(y, prices, value, left, stiffness)


def _answer(dual: Dual, number: int, y: Floats, width: float) -> Answer:
    """Smooth families answer alike whatever the width: what they said at the very same prices serves again."""
    family = dual.prepared.network.families[number]
    if family.kinked:
        return family.answer(y, width)
    if number not in dual.recent or dual.recent[number][0] is not y:
        dual.recent[number] = (y, family.answer(y))
    return dual.recent[number][1]


def first_guess(dual: Dual) -> Floats:
    """The network's own prices, moved by how it would take up what is given if all venues were smooth."""
    prepared, part = dual.prepared, dual.prepared.part
    own = prepared.log_prices
    valued = dual.worth > 0
    # Prices in each part are scaled so that every token of worth reaches it, the dearest just so.
    lift = np.zeros(prepared.parts)
    if valued.any():
        lift[part[valued]] = -np.inf
        np.maximum.at(lift, part[valued], (dual.floor - own)[valued])
    return start_from(dual, own + lift[part] + taken_up(dual, np.flatnonzero(valued & dual.fixed)))


def taken_up(dual: Dual, sinks: Ints) -> Floats:
    """(T,) changes of log prices as what is given flows to the first of ``sinks`` in each part."""
    prepared, part = dual.prepared, dual.prepared.part
    sink = np.full(prepared.parts, -1)
    sink[part[sinks[::-1]]] = sinks[::-1]
    into = np.where((sink[part] < 0) | dual.dead, 0.0, -dual.given * np.exp(prepared.log_prices))
    drained = sink >= 0
    into[sink[drained]] -= totals(part, into, prepared.parts)[drained]
    moved = prepared.respond(into)
    moved = moved - np.where(drained, moved[sink], 0.0)[part]
    further: Floats = np.sign(moved) * 2 * np.log1p(np.abs(moved) / 2)
    return further


def start_from(dual: Dual, y: Floats) -> Floats:
    """These prices, moved to where the goal allows them."""
    usable = np.clip(np.nan_to_num(y), -WORTHLESS / -2, -WORTHLESS / 2)
    usable = np.maximum(usable, dual.floor)
    usable = np.where(dual.fixed, dual.floor, usable)
    return np.where(dual.dead, WORTHLESS, usable)
