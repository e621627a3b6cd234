"""Curve exchanges, Balancer queries on chain and high-precision weighted rows; see ``tests.vectors``."""

from __future__ import annotations

from tests.vectors import curve_balancer
from tests.vectors.registry import Case, parametrized


@parametrized(curve_balancer.FILE)
def test_recorded_rows_hold(case: Case) -> None:
    """To the unit; rows computed with forty digits to a billionth, never in the trader's favour."""
    case.check()
