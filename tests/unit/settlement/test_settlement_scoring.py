"""Scores, cost, and how the net score spreads over pairs."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.auction import CostModel
from intents.intent import Kind
from settlement.apportion import apportion
from settlement.errors import NegativeSurplus
from settlement.execution import Amounts, Limit
from settlement.scoring import execution_cost, score_swap
from settlement.verify import Verifier
from tests.batches import build


@given(st.integers(0, 10**30), st.lists(st.integers(0, 10**20), min_size=1, max_size=20))
def test_apportioned_parts_are_exact_shares_to_a_unit(total: int, weights: list[int]) -> None:
    """Parts sum to the total and none is a whole unit away from its exact share."""
    parts = apportion(total, weights)
    whole = sum(weights) or len(weights)
    shares = weights if sum(weights) else [1] * len(weights)
    assert sum(parts) == total
    assert all(abs(part * whole - total * share) < whole for part, share in zip(parts, shares, strict=True))


def test_apportioning_breaks_ties_by_position() -> None:
    """Equal remainders go to the earlier weights; no weights get no parts."""
    assert apportion(5, [1, 1, 1]) == [2, 2, 1]
    assert apportion(5, []) == []


def test_a_buy_is_scored_at_its_limit_price() -> None:
    """Surplus in the given asset turns into the wanted one at the limit, then into the numeraire."""
    score = score_swap(Kind.EXACT_OUT, Amounts(60, 50), Limit(100, 50), (), 2 * 10**18)
    assert (score.surplus, score.value) == (40, 40)


@pytest.mark.parametrize(
    ("kind", "final", "values"),
    [(Kind.EXACT_IN, Amounts(100, 89), (89, 90)), (Kind.EXACT_OUT, Amounts(101, 90), (101, 100))],
)
def test_worse_than_the_limit_is_named_with_both_amounts(
    kind: Kind, final: Amounts, values: tuple[int, int]
) -> None:
    """A negative surplus shows the amount and what the limit asks."""
    with pytest.raises(NegativeSurplus) as refusal:
        score_swap(kind, final, Limit(100, 90), (), 10**18)
    assert (refusal.value.amount, refusal.value.limit) == values


def test_cost_counts_settlement_fills_and_each_interaction() -> None:
    """Gas price times settlement, trades and the gas of every interaction's venue."""
    batch = build(Random(1))
    auction = replace(batch.auction, costs=CostModel(7, 1000, 10))
    fills, swaps = len(batch.solution.fills), batch.solution.interactions
    assert execution_cost(auction, fills, swaps) == 7 * (1000 + 10 * fills + 30 * len(swaps))


@given(st.integers(0, 2**32), st.integers(1, 10**12))
def test_uncovered_cost_comes_off_the_pairs(seed: int, gas_price: int) -> None:
    """Net is surplus less what leftovers do not cover, and pairs sum to it for every cost."""
    batch = build(Random(seed))
    auction = replace(batch.auction, costs=replace(batch.auction.costs, gas_price=gas_price))
    score = Verifier(auction).recompute(batch.solution).score
    assert score.uncovered == max(0, score.cost - score.collected)
    assert score.net == score.surplus - score.uncovered
    assert sum(score.pairs.values()) == score.net
    assert sum(score.orders.values()) == score.surplus
