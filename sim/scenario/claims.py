"""Claims of a simulation, held against what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from intents.errors import WrongValue
from sim.recording.record import Claim as Verdict
from sim.scenario.parts import Claim, Sign
from sim.scenario.simulation import BASE

#: Metrics of every variant by name.
Measured = Mapping[str, Mapping[str, float | None]]

_SIGNS: Final = {Sign.AT_LEAST: "≥", Sign.AT_MOST: "≤", Sign.EQUAL: "="}


def judged(claims: Sequence[Claim], measured: Measured) -> list[Verdict]:
    """Each claim true, false, or undecided where a figure is undefined."""
    return [_judged(claim, measured) for claim in claims]


def needs(claim: Claim) -> set[str]:
    """The variants whose figures a claim is about."""
    return {_named(text)[0] for text in (claim.left, claim.right) if _number(text) is None}


def check_claims(
    claims: Sequence[Claim], variants: Sequence[str], known: Callable[[str, str], str], where: str
) -> None:
    """Every side names a metric of a variant, or is a finite number. ``known`` says of a variant and a metric's
    name what is asked for instead, nothing where it is there. Raises ``WrongValue``."""
    for number, claim in enumerate(claims):
        for side, text in (("left", claim.left), ("right", claim.right)):
            place, figure = f"{where}: claims[{number}].{side}", _number(text)
            variant, name = _named(text)
            if figure is not None:
                asked = "" if math.isfinite(figure) else "a finite number"
            elif variant not in variants:
                asked = f"of a variant that there is: {', '.join(variants)}"
            else:
                asked = known(variant, name)
            if asked:
                raise WrongValue(place, asked, repr(text))


def _judged(claim: Claim, measured: Measured) -> Verdict:
    figures: dict[str, float | None] = {}
    sides = []
    for text in (claim.left, claim.right):
        value = _number(text)
        if value is None:
            variant, name = _named(text)
            value = measured[variant].get(name)
            figures[text] = value
        sides.append(value)
    left, right = sides
    if left is None or right is None or math.isnan(left) or math.isnan(right):
        return Verdict(claim.says, None, figures, written(claim))
    return Verdict(claim.says, _holds(left, claim.sign, right * claim.times), figures, written(claim))


def written(claim: Claim) -> str:
    """The claim as a formula, for people: ``batch_time_p99_s ≤ 4.2``, ``welfare ≥ 0.8 · unified:welfare``."""
    right = claim.right
    if claim.times != 1:
        figure = _number(right)
        right = f"{claim.times:g} · {right}" if figure is None else f"{claim.times * figure:g}"
    return f"{claim.left} {_SIGNS[claim.sign]} {right}"


def _holds(left: float, sign: Sign, right: float) -> bool:
    match sign:
        case Sign.AT_LEAST:
            return left >= right
        case Sign.AT_MOST:
            return left <= right
        case Sign.EQUAL:
            return left == right


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _named(text: str) -> tuple[str, str]:
    """Variant and metric: ``metric`` alone is the base's."""
    variant, colon, name = text.partition(":")
    return (variant, name) if colon else (BASE, text)
