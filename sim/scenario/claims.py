"""Claims of a simulation, held against what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from intents.errors import WrongValue
from sim.recording.record import Claim as Verdict
from sim.scenario.parts import Claim, Sign
from sim.scenario.simulation import BASE

#: Metrics of every variant by name.
Measured = Mapping[str, Mapping[str, float | None]]


def judged(claims: Sequence[Claim], measured: Measured) -> list[Verdict]:
    """Each claim true, false, or undecided where a figure is undefined."""
    return [_judged(claim, measured) for claim in claims]


def needs(claim: Claim) -> set[str]:
    """The variants whose figures a claim is about."""
    return {_named(text)[0] for text in (claim.left, claim.right) if _number(text) is None}


def check_claims(
    claims: Sequence[Claim], variants: Sequence[str], known: Callable[[str], bool], where: str
) -> None:
    """Every side names a metric of a variant, or is a finite number. Raises ``WrongValue``."""
    for number, claim in enumerate(claims):
        for side, text in (("left", claim.left), ("right", claim.right)):
            variant, name = _named(text)
            figure = _number(text)
            sound = variant in variants and known(name) if figure is None else math.isfinite(figure)
            if not sound:
                raise WrongValue(
                    f"{where}: claims[{number}].{side}", "a metric, variant:metric or a number", repr(text)
                )


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
        return Verdict(claim.says, None, figures)
    return Verdict(claim.says, _holds(left, claim.sign, right * claim.times), figures)


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
