"""Newton where venues jump: spread widely first, then by ramps that are centred anew until nothing moves.

At the end the flows are the true venues' own, and the bound is the true dual's at the same prices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from solver.router.dual import Dual, evaluate
from solver.router.families import Floats, Network
from solver.router.newton import Found, newton
from solver.router.ramp import Jumping

#: Widths of the rounds in log price; the last one is kept. Narrower ramps would only make rounding steeper.
FIRST: Final = 1e-2
WIDTHS: Final = (1e-3, 1e-4)
ROUNDS: Final = 16
#: A width that asks a family with ramps for these.
RAMPED: Final = 1.0
#: Steps between ramps, in widths of these.
REACH: Final = 10.0
#: Newton's evaluations per round.
LIMIT: Final = 40


def follow(dual: Dual, y: Floats, gap: float) -> tuple[Found, Dual]:
    """The least of the dual, found from ``y``, and the dual with its ramps there: their flows are the routing."""
    families = dual.prepared.network.families
    found = newton(dual, y, FIRST, 1e-3, LIMIT)
    y, evaluations, width = found.point.y, found.evaluations, FIRST
    parts = [family.parts(y, width) if isinstance(family, Jumping) else None for family in families]
    ramped = dual
    for number in range(ROUNDS):
        width = WIDTHS[min(number, len(WIDTHS) - 1)]
        ramped = _centred(dual, parts, y, width)
        found = newton(ramped, y, RAMPED, 0.5 * gap, LIMIT, min(1.0, REACH * width))
        y, evaluations = found.point.y, evaluations + found.evaluations
        if _short(dual, found) <= gap and _gap(dual, found) <= 0.75 * gap:
            break
        parts = [
            family.parts(y, RAMPED) if isinstance(family, Jumping) else None
            for family in ramped.prepared.network.families
        ]
    return Found(found.point, evaluations, found.done), ramped


def _centred(dual: Dual, parts: list[Floats | None], y: Floats, width: float) -> Dual:
    families = tuple(
        family.centred(part, y, width) if isinstance(family, Jumping) and part is not None else family
        for family, part in zip(dual.prepared.network.families, parts, strict=True)
    )
    network = Network(dual.prepared.network.tokens, families)
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
