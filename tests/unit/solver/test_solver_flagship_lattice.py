"""Batches without fees or venues: prices at which all amounts divide, and the best circulation at them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.amounts import MAX_PRICE
from intents.assets import AssetId
from intents.auction import Auction, Balance
from intents.fees import VolumeFee
from intents.formats import load_auction
from intents.records import replace
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.flagship.circulation import settle_on_lattice
from solver.flagship.lattice import Bound, lattice, near_divisor
from solver.flagship.market import measure
from solver.flagship.plan import Plan, Problem
from solver.flagship.prepare import prepare
from solver.protocol import Deadline
from tests.shared import shared
from tests.solver_worlds import ONE, auction, swap

FEE = (VolumeFee(Fraction(1, 1000)),)


def settled(batch: Auction, **prices: float) -> Verified | None:
    """What settles next to ``prices`` when everything inside its limit may trade, verified."""
    problem: Problem = prepare(measure(batch, "walras"), Deadline.after(9.0))
    around = {AssetId(asset): price for asset, price in prices.items()}
    fills = {order.id: 1.0 for order in problem.orders if problem.inside(order, around)}
    solution = settle_on_lattice(problem, Plan(fills, {}, around, 0.0), "walras", 0)
    return None if solution is None else Verifier(batch).verify(solution)


@settings(max_examples=60, deadline=None)
@given(size=st.floats(min_value=1e6, max_value=1e30))
def test_a_divisor_is_near_any_size(size: float) -> None:
    """From a million up there is a divisor within a ten-thousandth."""
    assert abs(near_divisor(size) / size - 1.0) < 1e-4


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.floats(min_value=1.0, max_value=1e24), min_size=2, max_size=40))
def test_steps_are_worth_the_same(sizes: list[float]) -> None:
    """One step of any asset is worth one step of any other, and prices stay within their range."""
    wanted = {AssetId(f"t{i}"): size for i, size in enumerate(sizes)}
    grid = lattice(wanted, [])
    assert len({grid.prices[asset] * grid.steps[asset] for asset in wanted}) == 1
    assert all(1 <= price <= MAX_PRICE for price in grid.prices.values())


def test_bounds_are_kept_to_the_side_they_ask_for() -> None:
    """An order exactly at its limit stays inside it after rounding."""
    ratio = Fraction(1234567, 1000000)
    wanted = {AssetId("a"): 1e12, AssetId("b"): 1.234567e12}
    for bound in (Bound(AssetId("a"), AssetId("b"), ratio), Bound(AssetId("b"), AssetId("a"), 1 / ratio)):
        grid = lattice(wanted, [bound])
        assert grid.steps[bound.want] >= bound.ratio * grid.steps[bound.give]
        assert grid.steps[AssetId("b")] / grid.steps[AssetId("a")] == pytest.approx(1.234567, rel=1e-4)


def test_ring_without_anything_to_round_with() -> None:
    """Three orders of odd amounts fill each other with nothing created, lost or left over."""
    ring = [
        swap(1, "A", 1_000_000_007 * 10**9, "B", 990_000_001 * 10**9, partial=True, policies=FEE),
        swap(2, "B", 1_000_000_009 * 10**9, "C", 980_000_003 * 10**9, partial=True, policies=FEE),
        swap(3, "C", 1_000_000_021 * 10**9, "A", 970_000_007 * 10**9, partial=True, policies=FEE),
    ]
    verified = settled(auction(ring), A=1.0, B=1.001, C=1.002)
    assert verified is not None
    assert verified.leftovers == {}
    assert len(verified.trades) == 3
    assert verified.score.net > 0.055 * ONE


def test_shared_balance_is_not_spent_twice() -> None:
    """Two orders of one owner share what the owner has of the asset given."""
    first = swap(1, "A", 10 * ONE, "B", 9 * ONE, partial=True)
    second = swap(2, "A", 10 * ONE, "B", 8 * ONE, partial=True)
    second = replace(second, intent=replace(second.intent, owner=first.intent.owner))
    across = swap(3, "B", 20 * ONE, "A", 15 * ONE, partial=True)
    batch = auction([first, second, across], balances=[Balance(first.intent.owner, AssetId("A"), 12 * ONE)])
    verified = settled(batch, A=1.0, B=1.0)
    assert verified is not None
    given = sum(trade.gives[0].amount for trade in verified.trades if trade.gives[0].asset == "A")
    assert 11 * ONE < given <= 12 * ONE


def test_fills_below_the_minimum_are_left_out() -> None:
    """An order that could only be filled in a part smaller than it allows does not trade."""
    small = swap(1, "A", 1 * ONE, "B", 9 * ONE // 10, partial=True)
    large = swap(2, "B", 10 * ONE, "A", 9 * ONE, partial=True, min_fill=5 * ONE)
    assert settled(auction([small, large]), A=1.0, B=1.0) is None


def test_recorded_batch_of_ten_thousand_orders() -> None:
    """A recorded batch of 10,491 orders settles exactly at reference prices."""
    data = shared("data/gpv1/5316943_10491_orders.json")
    verified = settled(load_auction(data.read_bytes(), "gpv1").auction)
    assert verified is not None
    assert verified.leftovers == {}
    assert verified.score.net > 0


def test_an_asset_worth_nothing_is_still_traded() -> None:
    """An asset whose reference price is zero is measured by what owners ask for it; its surplus scores nothing."""
    orders = [
        swap(1, "A", 10 * ONE, "X", 30 * ONE, partial=True),
        swap(2, "X", 40 * ONE, "A", 9 * ONE, partial=True),
    ]
    batch = auction(orders)
    free = tuple(replace(asset, reference_price=0) if asset.id == "X" else asset for asset in batch.assets)
    problem = prepare(measure(replace(batch, assets=free), "walras"), Deadline.after(9.0))
    assert [order.scores for order in problem.orders] == [0.0, 1.0]
    verified = settled(replace(batch, assets=free))
    assert verified is not None
    assert verified.score.net > 0
