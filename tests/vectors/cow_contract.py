"""What CoW's settlement contract executes: its unit tests, a ring of three goods, real transactions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Final

from intents.fees import SurplusFee
from settlement.errors import ExceedsRemaining, Expired, LawError, LimitNotMet
from settlement.execution import Amounts, Limit, SwapFill, surplus_over
from settlement.gpv2 import ContractOrder, execute_trade
from settlement.scoring import in_numeraire, score_swap
from tests.vectors.cow_fees import KINDS
from tests.vectors.registry import Case, covers, load, same

CONTRACT: Final = "cow/gpv2_contract_execution.json"
SETTLEMENTS: Final = "cow/real_settlements_decoded.json"
NOW: Final = 1_700_000_000
REVERTS: Final[dict[str, type[LawError]]] = {
    "GPv2: order filled": ExceedsRemaining,
    "GPv2: limit price not respected": LimitNotMet,
    "GPv2: order expired": Expired,
}


def order_of(doc: dict[str, Any]) -> ContractOrder:
    return ContractOrder(
        KINDS[doc["kind"]],
        doc["partial"],
        int(doc["sell_amount"]),
        int(doc["buy_amount"]),
        int(doc.get("fee", 0)),
        NOW - 1 if doc.get("valid_to") == "block.timestamp - 1" else int(doc.get("valid_to", NOW)),
    )


def check_execution(case: dict[str, Any]) -> None:
    """Amounts or the revert; where two claims are given, both must execute alike."""
    expected = case["expect"]
    claims = [int(case[key]) for key in ("executed", "executed_a", "executed_b") if key in case] or [0]
    try:
        trades = [
            execute_trade(
                order_of(case),
                claim,
                int(case["sell_price"]),
                int(case["buy_price"]),
                filled=int(case.get("already_filled", 0)),
                now=NOW,
            )
            for claim in claims
        ]
    except LawError as error:
        same("revert", type(error), REVERTS.get(expected.get("revert", "")))
        return
    if "revert" in expected:
        raise AssertionError(f"executes, expected {expected['revert']}")
    for key in set(expected) - {"note"}:
        same(key, getattr(trades[0], key), int(expected[key]))
    same("both claims", trades[-1], trades[0])
    if len(trades) > 1:
        same("the whole order's sell amount", trades[0].sell, 2 * order_of(case).buy)


def check_ring(ring: dict[str, Any]) -> None:
    """Every amount of the wine and olive-oil market; fees are signed and come on top."""
    prices = {good: int(price) for good, price in ring["prices"].items()}
    balance = dict.fromkeys(prices, 0)
    for doc in ring["orders"]:
        order = order_of({**doc, "fee": ring["signed_fee_each"]})
        trade = execute_trade(order, int(doc.get("executed", 0)), prices[doc["sell"]], prices[doc["buy"]])
        expected = ring["expect"][doc["id"]]
        same(f"{doc['id']} sold", trade.sell - trade.fee, int(expected["sold"]))
        same(f"{doc['id']} bought", trade.buy, int(expected["bought"]))
        balance[doc["sell"]] += trade.sell - trade.fee
        balance[doc["buy"]] -= trade.buy
    same("the ring closes within a unit", [abs(left) <= 1 for left in balance.values()], [True] * len(balance))


def check_trade(case: dict[str, Any], index: int) -> None:
    """Executed amounts, surplus, and as far as recorded its native value, fees and score."""
    doc, expected, name = case["trades"][index], case["expect"], f"trade{index}"
    order = order_of({**doc, "partial": doc["partially_fillable"], "fee": doc["fee_amount"]})
    slots = [int(price) for price in case["clearing_prices"]]
    custom = slots[doc["sell_token_index"]], slots[doc["buy_token_index"]]
    trade = execute_trade(order, int(doc["executed_amount"]), *custom)
    same("sold", trade.sell, int(doc["computed_executed_sell"]))
    same("bought", trade.buy, int(doc["computed_executed_buy"]))
    final, limit = Amounts(trade.sell, trade.buy), Limit(order.sell, order.buy)
    surplus = surplus_over(order.kind, final, limit)
    same("surplus", surplus, int(doc["computed_surplus"]))
    native = int(case["native_prices"].get(doc["surplus_token"], 0))
    for recorded in (expected.get(f"{name}_user_surplus_native"), doc.get("computed_surplus_native_direct")):
        if recorded is not None:
            same("native surplus", in_numeraire(surplus, native), int(recorded))
    if f"{name}_fee_native" in expected:
        # A token's first slot holds its uniform price; what custom prices keep from that is the fee.
        uniform = slots[case["tokens"].index(doc["sell_token"])], slots[case["tokens"].index(doc["buy_token"])]
        before = surplus_over(order.kind, SwapFill(order.kind, trade.sell, 0, *uniform).amounts, limit)
        same("native fee", in_numeraire(before - surplus, native), int(expected[f"{name}_fee_native"]))
    if f"{name}_score_native" in expected:
        policy = case["fee_policies"][index][0]["surplus"]
        policies = (SurplusFee(Fraction(policy["factor"]), Fraction(policy["maxVolumeFactor"])),)
        score = score_swap(order.kind, final, limit, policies, native)
        same("score", score.value, int(expected[f"{name}_score_native"]))
    if f"{name}_jit_score" in expected:
        score = score_swap(order.kind, final, limit, (), native)
        same("score without policies", score.value, int(expected[f"{name}_jit_score"]))
        same("fee without policies", score.protocol_fees, int(expected[f"{name}_jit_fee"]))


def check_no_swap(case: dict[str, Any]) -> None:
    same("trades", (case["trades"], case["clearing_prices"]), ([], []))


@covers(CONTRACT)
def contract_cases(path: Path) -> Iterator[Case]:
    document = load(path)
    for case in document["cases"]:
        yield Case(case["name"], partial(check_execution, case))
    yield Case(document["ring"]["name"], partial(check_ring, document["ring"]))


@covers(SETTLEMENTS)
def settlement_cases(path: Path) -> Iterator[Case]:
    for case in load(path)["cases"]:
        if not case["trades"]:
            yield Case(case["name"], partial(check_no_swap, case))
        for index in range(len(case["trades"])):
            yield Case(f"{case['name']} trade {index}", partial(check_trade, case, index))
