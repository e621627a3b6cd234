"""Limits that move: Dutch decay, and the improvement owed while an intent is exclusive to a solver.

The arithmetic follows UniswapX (DutchDecayLib, NonlinearDutchDecayLib, ExclusivityLib): between two
points the moved amount is linear, and rounding favours the owner. Wanted amounts round up, given
amounts round down.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from intents.amounts import MAX_BPS, mul_div_ceil, mul_div_floor
from intents.errors import WalrasError
from intents.intent import CurvePoint, DutchCurve, Intent, Kind
from intents.remember import remembered


@dataclass(eq=False)
class ExclusiveToAnother(WalrasError):
    """Within a strict window (override 0) nobody but the named solver may fill."""

    code: ClassVar[str] = "intent.exclusive"
    text: ClassVar[str] = 'exclusive to "{solver}" until auction {until}, not for "{other}" at {number}'
    exit_code: ClassVar[int] = 5

    solver: str
    until: int
    other: str
    number: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The most to give and the least to want per leg at full fill, in leg order."""

    give: tuple[int, ...]
    want: tuple[int, ...]


def limits_at(intent: Intent, number: int, solver: str, where: str = "intent") -> Limits:
    """The limits of ``intent`` in auction ``number`` towards ``solver``.

    The curve moves the wanted amount of a sell and the given amount of a buy. An exclusivity window
    then raises the wanted amounts by ``override_bps`` (or lowers the given amount of a buy in the same
    proportion) for other solvers; an override of 0 shuts them out: ``ExclusiveToAnother``.
    """
    if intent.curve is None and intent.exclusive is None:
        return signed_limits(intent)
    give = tuple(leg.amount for leg in intent.give)
    want = tuple(leg.amount for leg in intent.want)
    if intent.curve is not None:
        if intent.kind is Kind.EXACT_OUT:
            give = (curve_amount(intent.curve, number, round_up=False),)
        else:
            want = (curve_amount(intent.curve, number, round_up=True),)
    exclusive = intent.exclusive
    if exclusive is None or solver == exclusive.solver or number > exclusive.until:
        return Limits(give, want)
    if exclusive.override_bps == 0:
        raise ExclusiveToAnother(where, exclusive.solver, exclusive.until, solver, number)
    raised = MAX_BPS + exclusive.override_bps
    if intent.kind is Kind.EXACT_OUT:
        return Limits(tuple(mul_div_floor(amount, MAX_BPS, raised) for amount in give), want)
    return Limits(give, tuple(mul_div_ceil(amount, raised, MAX_BPS) for amount in want))


@remembered(1 << 14)
def signed_limits(intent: Intent) -> Limits:
    """The legs as they are signed: the limits of an intent that neither moves nor prefers a solver."""
    return Limits(tuple([leg.amount for leg in intent.give]), tuple([leg.amount for leg in intent.want]))


def curve_amount(curve: DutchCurve, number: int, *, round_up: bool) -> int:
    """The amount ``curve`` stands at in auction ``number``; flat outside its points."""
    points = curve.points
    if number <= points[0].at:
        return points[0].amount
    for earlier, later in itertools.pairwise(points):
        if number <= later.at:
            return _between(earlier, later, number, round_up=round_up)
    return points[-1].amount


def _between(earlier: CurvePoint, later: CurvePoint, number: int, *, round_up: bool) -> int:
    span = later.at - earlier.at
    weighed = earlier.amount * (later.at - number) + later.amount * (number - earlier.at)
    return mul_div_ceil(weighed, 1, span) if round_up else mul_div_floor(weighed, 1, span)


def linear_decay(start_amount: int, end_amount: int, start: int, end: int, now: int) -> int:
    """The amount at ``now`` on the line from ``start`` to ``end``; the moved part rounds down.

    Rounding the move towards the start favours the owner whichever way the amount goes.
    """
    if now <= start or start_amount == end_amount:
        return start_amount
    if now >= end:
        return end_amount
    moved = mul_div_floor(abs(end_amount - start_amount), now - start, end - start)
    return start_amount + moved if end_amount > start_amount else start_amount - moved


def relative_decay(
    start_amount: int,
    relative_blocks: Sequence[int],
    relative_amounts: Sequence[int],
    start_block: int,
    block: int,
    *,
    low: int,
    high: int,
    given: bool,
) -> int:
    """A curve given as decrements relative to ``start_amount``, at blocks relative to ``start_block``.

    The moved part of a wanted amount rounds down and of a given amount (``given``) rounds up; the
    result is clamped to ``low .. high``.
    """
    passed = block - start_block
    decrement = start_amount_decrement(relative_blocks, relative_amounts, passed, given=given)
    return max(low, min(high, start_amount - decrement))


def start_amount_decrement(blocks: Sequence[int], amounts: Sequence[int], passed: int, *, given: bool) -> int:
    """How much to subtract after ``passed`` blocks: linear from (0, 0) through the points, then flat."""
    if passed <= 0 or not blocks:
        return 0
    before_block, before_amount = 0, 0
    for at, amount in zip(blocks, amounts, strict=True):
        if passed <= at:
            weighed = before_amount * (at - passed) + amount * (passed - before_block)
            span = at - before_block
            return -(-weighed // span) if given else weighed // span
        before_block, before_amount = at, amount
    return before_amount
