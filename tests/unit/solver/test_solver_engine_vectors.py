"""CoW's recorded engine exchanges, one test per file; the checker lives in ``tests.vectors``."""

from __future__ import annotations

from tests.vectors import solver_engine
from tests.vectors.registry import Case, parametrized


@parametrized(solver_engine.FILES)
def test_recorded_exchanges(case: Case) -> None:
    """Prices, trades, fees, interactions and gas as recorded."""
    case.check()
