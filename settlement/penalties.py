"""What solvers lose from their bond for not keeping to the protocol, each penalty exact.

Rates are fractions of the bond; a penalty rounds up (against the solver) and all of one batch together
never exceed the bond. Why must silence cost anything? A solver that may see the others' reveals and
then withhold its own holds a free option; the bond prices it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from intents.amounts import check_amount, mul_div_ceil
from intents.errors import WrongValue


class Fault(StrEnum):
    NO_REVEAL = "no_reveal"  # a commitment that was never opened, or opened to something else
    INVALID_REVEAL = "invalid_reveal"  # it opened to a solution that breaks the law
    EQUIVOCATION = "equivocation"  # two different commitments for one batch


@dataclass(frozen=True, slots=True)
class PenaltyRates:
    """The fraction of the bond each fault costs, 0 … 1."""

    no_reveal: Fraction = Fraction(1, 10)
    invalid_reveal: Fraction = Fraction(1, 4)
    equivocation: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        for fault in Fault:
            if not 0 <= self.of(fault) <= 1:
                raise WrongValue(f"rate.{fault}", "between 0 and 1", str(self.of(fault)))

    def of(self, fault: Fault) -> Fraction:
        rates: Mapping[Fault, Fraction] = {
            Fault.NO_REVEAL: self.no_reveal,
            Fault.INVALID_REVEAL: self.invalid_reveal,
            Fault.EQUIVOCATION: self.equivocation,
        }
        return rates[fault]


DEFAULT_RATES: Final = PenaltyRates()


def penalty(fault: Fault, bond: int, rates: PenaltyRates = DEFAULT_RATES) -> int:
    """⌈rate·bond⌉, in units of the bond."""
    rate = rates.of(fault)
    return mul_div_ceil(check_amount(bond, "bond"), rate.numerator, rate.denominator)


def penalties(
    faults: Mapping[str, Sequence[Fault]], bonds: Mapping[str, int], rates: PenaltyRates = DEFAULT_RATES
) -> dict[str, int]:
    """Per solver with faults, what one batch takes from its bond; a solver without a bond loses nothing."""
    taken: dict[str, int] = {}
    for solver in sorted(faults):
        bond = bonds.get(solver, 0)
        taken[solver] = min(bond, sum(penalty(fault, bond, rates) for fault in faults[solver]))
    return taken
