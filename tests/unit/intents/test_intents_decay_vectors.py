"""Published decay and exclusivity rows; the checkers live in ``tests.vectors``."""

from __future__ import annotations

from tests.vectors import decay
from tests.vectors.registry import Case, parametrized


@parametrized(decay.UNISWAPX, decay.ONE_INCH)
def test_recorded_limits_hold_to_the_unit(case: Case) -> None:
    """Linear and block curves, exclusivity overrides, Dutch taking amounts."""
    case.check()
