"""CoW's protocol fees, scores and quote adjustment, from the driver's own tests.

User amounts hold to the unit. Some scores were stated by hand, 40/3 ether as 13333333333333330000 or with a digit
less: those of 12 digits and more must agree in all digits stated (the last may be rounded), the rest to the wei.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Final

from intents.fees import FeePolicy, PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.intent import Kind
from settlement.execution import Amounts, Limit, SwapFill
from settlement.fees import adjust_quote, charge
from settlement.scoring import score_swap
from tests.vectors.registry import Case, covers, load, same

FEES: Final = "cow/protocol_fee_scoring.json"
QUOTES: Final = "cow/scoring_and_quote_adjust.json"
ETHER: Final = 10**18
KINDS: Final = {"sell": Kind.EXACT_IN, "buy": Kind.EXACT_OUT}
#: A score with this many digits before its zeros is a recurring decimal cut short.
RECURRING_DIGITS: Final = 12


def policy_of(doc: dict[str, Any]) -> FeePolicy:
    if doc["kind"] == "volume":
        return VolumeFee(Fraction(doc["factor"]))
    factor, cap = Fraction(doc["factor"]), Fraction(doc["max_volume_factor"])
    if doc["kind"] == "surplus":
        return SurplusFee(factor, cap)
    quote = Quote(int(doc["quote"]["sell"]), int(doc["quote"]["buy"]), int(doc["quote"]["network_fee"]))
    return PriceImprovementFee(factor, cap, quote)


def check_fees(case: dict[str, Any]) -> None:
    """From the solver's amounts to the user's, and from those back to the score."""
    kind = KINDS[case["side"]]
    limit = Limit(int(case["order"]["sell_amount"]), int(case["order"]["buy_amount"]))
    policies = tuple(policy_of(doc) for doc in case["fee_policies"])
    amounts = Amounts(int(case["solver_executed"]["sell"]), int(case["solver_executed"]["buy"]))
    if case["fee_handler"] == "Driver":
        amounts = charge(kind, amounts, limit, policies)
    expected = case["driver_executed_expected"]
    same("user amounts", amounts, Amounts(int(expected["sell"]), int(expected["buy"])))
    score = score_swap(kind, amounts, limit, policies, ETHER).value
    same("score", score_as_stated(score, case["expected_score"]), int(case["expected_score"]))


def score_as_stated(score: int, stated: str) -> int:
    """``stated`` where it is ``score`` cut short or rounded by hand, else the score."""
    digits = len(stated.rstrip("0"))
    unit = 10 ** (len(stated) - digits)
    return int(stated) if digits >= RECURRING_DIGITS and abs(score - int(stated)) < unit else score


def check_quote(case: dict[str, Any]) -> None:
    order, quote, expected = case["order"], case["quote"], case["expect"]
    adjusted = adjust_quote(
        KINDS[order["side"]],
        Limit(order["sell"] * ETHER, order["buy"] * ETHER),
        Quote(quote["sell"] * ETHER, quote["buy"] * ETHER, quote["fee"] * ETHER),
    )
    same("limit", adjusted, Limit(expected["sell"] * ETHER, expected["buy"] * ETHER))


def check_score(case: dict[str, Any]) -> None:
    """An absurd limit sell amount must not inflate a buy order's score (CIP-65)."""
    kind, price = KINDS[case["side"]], case["custom_price"]
    final = SwapFill(kind, int(case["executed"]), 0, int(price["sell"]), int(price["buy"])).amounts
    limit = Limit(int(case["limit_sell"]), int(case["limit_buy"]))
    score = score_swap(kind, final, limit, (), int(case["native_price_buy"]))
    same("score", score.value, int(case["expected_score"]))


@covers(FEES)
def fee_cases(path: Path) -> Iterator[Case]:
    for case in load(path)["cases"]:
        yield Case(case["name"], partial(check_fees, case))


@covers(QUOTES)
def quote_cases(path: Path) -> Iterator[Case]:
    for case in load(path)["cases"]:
        yield Case(case["name"], partial(check_quote if "fn" in case else check_score, case))
