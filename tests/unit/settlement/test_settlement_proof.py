"""The proof in a receipt: the least bound any certificate proves, and what own prices leave undone."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from intents.assets import AssetId
from intents.auction import Auction, Balance
from intents.fees import VolumeFee
from settlement.certificate.kinds import verdicts
from settlement.certificate.price_cells import KIND as CELLS
from settlement.mechanism import mechanism
from settlement.proof import batch_proof, gap_bps
from settlement.receipt import ReceiptMismatch, receipt_of, verify_receipt
from settlement.receipt_codec import decode_receipt, encode_receipt
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import Settlement, settle
from settlement.solution import Fill, Solution
from settlement.unrealised import unrealised
from settlement.verify import Verifier
from tests.solver_worlds import ONE, auction, swap

A, B, C, D = (AssetId(name) for name in "ABCD")
RULE = mechanism("greedy")


def two_markets() -> Auction:
    """Two crossings that share no asset, each with two of ten to share."""
    return auction(
        [
            swap(1, "A", 10 * ONE, "B", 9 * ONE, partial=True),
            swap(2, "B", 10 * ONE, "A", 9 * ONE, partial=True),
            swap(3, "C", 10 * ONE, "D", 9 * ONE, partial=True),
            swap(4, "D", 10 * ONE, "C", 9 * ONE, partial=True),
        ]
    )


def filled(
    batch: Auction, solver: str, *places: int, part: int = 10, claim: Mapping[str, object] | None = None
) -> Solution:
    """The orders at ``places`` filled at even prices, ``part`` of ten."""
    orders = [batch.orders[place] for place in places]
    prices = {order.intent.give[0].asset: 1 for order in orders}
    return Solution(solver, 0, prices, tuple(Fill(o.id, part * ONE) for o in orders), certificate=claim)


def dual(**prices: str) -> dict[str, object]:
    return {"kind": "pay-as-bid-lp", "cost_weight": "1/1", "prices": prices}


def settled(*solutions: Solution) -> Settlement:
    return settle(two_markets(), solutions, RULE)


def receipt(*solutions: Solution) -> dict[str, Any]:
    return receipt_of(settled(*solutions), RULE, 20, DEFAULT_CAPS)


def test_the_least_bound_counts_whoever_brought_it() -> None:
    """A loser's sharper certificate, and one of a refused solution that proves nothing."""
    batch = two_markets()
    found = receipt(
        filled(batch, "half", 0, 1, claim=dual(A="2/1")),
        filled(batch, "loser", 0, 1, part=5, claim=dual()),
        filled(batch, "void", 2, claim=dual(A="1/9")),
    )
    assert found["proof"] == {
        "bound": str(4 * ONE),
        "by": "loser/0",
        "kind": "pay-as-bid-lp",
        "score": str(2 * ONE),
        "gap_bps": 5_000,
    }
    report = verify_receipt(found, "r")
    assert {name: found.code for (name, _), found in report.verdicts.items() if isinstance(found, Exception)} == {
        "void": "certificate.price-too-low"
    }
    assert decode_receipt(encode_receipt(found)) == found


def test_without_certificates_there_is_none() -> None:
    """Said by null, not by silence."""
    found = receipt(filled(two_markets(), "half", 0, 1))
    assert found["proof"] is None
    del found["proof"]
    with pytest.raises(Exception, match="proof"):
        verify_receipt(found, "r")


@pytest.mark.parametrize(
    ("field", "value"),
    [("bound", str(3 * ONE)), ("by", "half/0"), ("score", str(3 * ONE)), ("gap_bps", 1), ("kind", "price-cells")],
)
def test_a_stated_proof_is_recomputed(field: str, value: object) -> None:
    """Any other bound, author, score or gap than the certificates prove is refused by name."""
    found = receipt(filled(two_markets(), "whole", 0, 1, claim=dual()))
    tampered = copy.deepcopy(found)
    tampered["proof"][field] = value
    with pytest.raises(ReceiptMismatch) as refused:
        verify_receipt(tampered, "r")
    if field != "by":
        assert refused.value.where == f"r: proof.{field}"
    nothing = {**found, "proof": None}
    with pytest.raises(ReceiptMismatch, match="proof"):
        verify_receipt(nothing, "r")


def test_a_certificate_is_part_of_what_names_the_receipt() -> None:
    """Changing prices in a solution's certificate changes the solutions' hash."""
    found = receipt(filled(two_markets(), "whole", 0, 1, claim=dual()))
    found["solutions"][0]["certificate"]["prices"] = {"A": "3/1"}
    with pytest.raises(ReceiptMismatch, match="solutions_hash"):
        verify_receipt(found, "r")


def test_a_bound_on_single_solutions_says_nothing_of_several_winners() -> None:
    """Cells of price space bound one price vector; two winners may have two."""
    batch, claim = two_markets(), {"kind": CELLS, "blocks": []}
    one = settled(filled(batch, "whole", 0, 1, 2, 3, claim=claim))
    found = batch_proof(one, verdicts(batch, [item.solution for item in one.verified]))
    assert found is not None
    assert (found.bound, found.gap_bps) == (4 * ONE, 0)
    two = settled(filled(batch, "ab", 0, 1, claim=claim), filled(batch, "cd", 2, 3))
    assert len(two.settled) == 2
    assert batch_proof(two, verdicts(batch, [item.solution for item in two.verified])) is None


def test_gaps_round_up() -> None:
    """An open gap never reads 0."""
    assert [gap_bps(score, 10**9) for score in (10**9, 10**9 - 1, 0)] == [0, 1, 10_000]
    assert gap_bps(0, 0) == 0


def undone(batch: Auction, *places: int, part: int = 10) -> Fraction | None:
    item = Verifier(batch).verify(filled(batch, "s", *places, part=part))
    return unrealised(batch, item, {trade.order: trade.filled for trade in item.trades})


def test_what_own_prices_leave_undone() -> None:
    """Nothing at an equilibrium; as much as was done where half is filled; other markets are left aside."""
    batch = two_markets()
    assert undone(batch, 0, 1) == undone(batch, 0, 1, 2, 3) == 0
    assert undone(batch, 0, 1, part=5) == 1
    third = undone(batch, 0, 1, part=7)
    assert third is not None
    assert 0 <= third - Fraction(3, 7) < Fraction(1, 10**17)


def test_what_cannot_be_done_is_not_left_undone() -> None:
    """No balance for more, a fee that eats the gain, a limit beyond the price."""
    batch = two_markets()
    held = [Balance(o.intent.owner, o.intent.give[0].asset, 5 * ONE) for o in batch.orders]
    assert undone(replace(batch, balances=tuple(held)), 0, 1, part=5) == 0
    dear = swap(5, "A", 10 * ONE, "B", 9 * ONE, policies=(VolumeFee(Fraction(1, 10)),))
    late = swap(6, "A", 10 * ONE, "B", 11 * ONE)
    assert undone(replace(batch, orders=(*batch.orders, dear, late)), 0, 1) == 0
    cheap = swap(7, "A", 10 * ONE, "B", 8 * ONE)
    assert undone(replace(batch, orders=(*batch.orders, cheap)), 0, 1) == 1
