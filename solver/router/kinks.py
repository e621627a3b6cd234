"""Newton where venues jump. Order books are taken as the steps they are (``stepwise.py``). Whatever else jumps, or
does not end so, is spread widely first, then by ramps that are centred anew until nothing moves.

At the end the flows are the true venues' own, and the bound is the true dual's at the same prices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from solver.router.dual import Dual, evaluate
from solver.router.families import Bools, Family, Floats, Network
from solver.router.newton import Found, newton
from solver.router.prepare import hints
from solver.router.ramp import jumps
from solver.router.stepwise import applies, stepwise

#: Widths of the rounds in log price; the last one is kept. Narrower ramps would only make rounding steeper.
FIRST: Final = 1e-2
WIDTHS: Final = (1e-3, 1e-4)
ROUNDS: Final = 16
#: A width that asks a family with ramps for these.
RAMPED: Final = 1.0
#: Steps between ramps, in widths of these.
REACH: Final = 10.0
#: Rounds after which jumps are tried to be held, times these are changed, evaluations of each, width of free ones,
#: and how far they may leave 0 … 1 meanwhile.
TRIES: Final = 3
HOLDS: Final = 12
HOLD_LIMIT: Final = 5
#: The gap asked of rounds that only prepare such a try.
LOOSE: Final = 1e-3
NARROW: Final = 3e-5
FREE: Final = 50.0
#: Values, and gaps, of no more than so many roundings of what prices move are lost in these.
LOST: Final = 64
#: What is off must fall to this part of the least so far, or a round has brought nothing; so many rounds may.
SLOW: Final = 0.5
PATIENCE: Final = 3
#: Newton's evaluations per round.
LIMIT: Final = 40


#: Per family, (K,) the parts of its jumps, and their bounds; None where it has none.
Parts = list[Floats | None]
Bounds = list[tuple[Floats, Floats] | None]


def follow(dual: Dual, y: Floats, gap: float) -> tuple[Found, Dual]:
    """The least of the dual, found from ``y``, and the dual with its ramps there: their flows are the routing."""
    stepped = stepwise(dual, y, gap) if applies(dual) else None
    if stepped is not None:
        if stepped.found.done:
            return stepped.found, stepped.dual
        held, holding = _hold(dual, stepped.parts, stepped.found, gap)
        if holding is not None:
            return Found(held.point, stepped.found.evaluations + held.evaluations, held.done), holding
    return _by_ramps(dual, y, gap)


def _by_ramps(dual: Dual, y: Floats, gap: float) -> tuple[Found, Dual]:
    families = dual.prepared.network.families
    found = newton(dual, y, FIRST, 1e-3, LIMIT)
    parts = [family.parts(found.point.y, FIRST) if jumps(family) else None for family in families]
    evaluations, ramped = found.evaluations, dual
    least, idle = np.inf, 0
    for number in range(ROUNDS):
        width = WIDTHS[min(number, len(WIDTHS) - 1)]
        ramped = _centred(dual, parts, found.point.y, width)
        asked = max(0.5 * gap, LOOSE) if number < TRIES else 0.5 * gap
        found = newton(ramped, found.point.y, RAMPED, asked, LIMIT, min(1.0, REACH * width))
        evaluations += found.evaluations
        off = _off(dual, found)
        idle = 0 if off <= SLOW * least else idle + 1
        least = min(off, least)
        if _closed(dual, found, gap) or _lost(dual, found, off) or idle > PATIENCE:
            break
        parts = _parts(ramped, found.point.y)
        if number < TRIES:
            held, holding = _hold(dual, parts, found, gap)
            evaluations += held.evaluations
            if holding is not None:
                return Found(held.point, evaluations, held.done), holding
    return Found(found.point, evaluations, found.done), ramped


def _hold(dual: Dual, parts: Parts, found: Found, gap: float) -> tuple[Found, Dual | None]:
    """Jumps are held at the end they are at, others let go free, until every one is where its gain says.

    Without corners in between Newton ends in a few steps; ``None`` where the ends keep changing."""
    y, evaluations = found.point.y, 0
    free = [None if part is None else (part > 0.0) & (part < 1.0) for part in parts]
    least = np.inf
    for _ in range(HOLDS):
        bounds = [
            None if f is None or p is None else (np.where(f, -FREE, p), np.where(f, 1.0 + FREE, p))
            for f, p in zip(free, parts, strict=True)
        ]
        holding = _centred(dual, parts, y, NARROW, bounds)
        found = newton(holding, y, RAMPED, 0.5 * gap, HOLD_LIMIT)
        y, evaluations = found.point.y, evaluations + found.evaluations
        if not found.done and _short(dual, found) > 1e-6:
            break
        after = _parts(holding, y)
        parts, free, changed = _moved(dual, after, free, y)
        if not changed:
            if _closed(dual, found, gap):
                return Found(found.point, evaluations, found.done), holding
            off = _off(dual, found)
            if off > SLOW * least:
                break
            least = off
    return Found(found.point, evaluations, False), None


def _moved(
    dual: Dual, parts: Parts, free: list[Bools | None], y: Floats
) -> tuple[Parts, list[Bools | None], bool]:
    """Free parts that left 0 … 1 are held at that end; held ones whose gain points inwards are let go."""
    moved: Parts = []
    loose: list[Bools | None] = []
    changed = False
    for family, part, open_ in zip(dual.prepared.network.families, parts, free, strict=True):
        if part is None or open_ is None or not jumps(family):
            moved.append(None)
            loose.append(None)
            continue
        gains = family.gains(y)
        inside = np.clip(part, 0.0, 1.0)
        left = open_ & (part != inside)
        let_go = ~open_ & (((inside <= 0.0) & (gains > 0.0)) | ((inside >= 1.0) & (gains < 0.0)))
        changed = changed or bool(left.any() or let_go.any())
        moved.append(inside)
        loose.append((open_ & ~left) | let_go)
    return moved, loose, changed


def _parts(dual: Dual, y: Floats) -> Parts:
    return [family.parts(y, RAMPED) if jumps(family) else None for family in dual.prepared.network.families]


def _closed(dual: Dual, found: Found, gap: float) -> bool:
    return _short(dual, found) <= gap and _gap(dual, found) <= 0.75 * gap


def _off(dual: Dual, found: Found) -> float:
    """How far the trades are from the bound and from balance, as part of the dual."""
    return max(_short(dual, found), abs(_gap(dual, found)))


def _lost(dual: Dual, found: Found, off: float) -> bool:
    """Whether what is ``off``, or all there is to gain, is lost in what rounding prices moves: then no further
    round would find it. Of all there is, in what venues move that trade at these prices or would at the next."""
    point = found.point
    _, depths = hints(dual.prepared.network.families)
    moved = np.finfo(float).eps * float(depths @ point.prices[dual.prepared.pattern.tails])
    return bool(off * abs(point.value) <= LOST * point.rounding or abs(point.value) <= LOST * moved)


def _centred(dual: Dual, parts: Parts, y: Floats, width: float, bounds: Bounds | None = None) -> Dual:
    families: list[Family] = []
    for number, (family, part) in enumerate(zip(dual.prepared.network.families, parts, strict=True)):
        limits = bounds[number] if bounds is not None else None
        if not jumps(family) or part is None:
            families.append(family)
        else:
            families.append(family.centred(part, y, width, *(limits or (0.0, 1.0))))
    network = Network(dual.prepared.network.tokens, tuple(families))
    return replace(dual, prepared=replace(dual.prepared, network=network))


def _short(dual: Dual, found: Found) -> float:
    """What tokens fall short of, in values, as part of the dual."""
    point = found.point
    lacking = np.where(dual.fixed, 0.0, np.minimum(point.left, 0.0))
    return float(-lacking.sum()) / max(abs(point.value), 1e-300)


def _gap(dual: Dual, found: Found) -> float:
    """What the true dual is above the value of the trades, as part of it."""
    point = found.point
    # worth·Ψ, by the values left over: Ψ + given = left / p.
    value = float(dual.worth @ (point.left / point.prices - dual.given))
    bound = evaluate(dual, point.y).value
    return (bound - value) / max(abs(bound), 1e-300)
