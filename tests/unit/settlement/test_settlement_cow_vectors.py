"""CoW Protocol's published numbers, one test per case; the checkers live in ``tests.vectors``."""

from __future__ import annotations

from tests.vectors import cow_contract, cow_fees
from tests.vectors.registry import Case, parametrized


@parametrized(cow_fees.FEES)
def test_protocol_fees(case: Case) -> None:
    """User amounts after all policies, and the score unwound from them."""
    case.check()


@parametrized(cow_fees.QUOTES)
def test_quotes_and_score(case: Case) -> None:
    """Quotes scale to the order's limits, and an absurd limit does not inflate a score."""
    case.check()


@parametrized(cow_contract.CONTRACT)
def test_contract_execution(case: Case) -> None:
    """The settlement contract's amounts and reverts, and its ring of three goods."""
    case.check()


@parametrized(cow_contract.SETTLEMENTS)
def test_real_settlements(case: Case) -> None:
    """Transactions on chain: amounts, surplus, native value, fees and scores as recorded."""
    case.check()
