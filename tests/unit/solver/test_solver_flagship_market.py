"""What is measured is of the order of one, whatever a unit of the numeraire is worth."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import pytest

from intents.amounts import PRICE_SCALE
from intents.auction import Auction
from scenarios.catalog import find
from scenarios.generate import generate
from settlement.greedy import alone
from settlement.mechanism import bid_of
from settlement.settle import judge
from settlement.verify import Verifier
from solver.flagship import Walras
from solver.flagship.market import measure
from solver.flagship.prepare import prepare
from solver.protocol import Deadline
from tests.solver_worlds import ONE, auction, pool, swap

#: From a numeraire of 18 decimals to one of 6.
COARSER = 10**12


def in_coarse_units(world: Auction) -> Auction:
    """The same auction in a numeraire of ``COARSER`` times larger base units, in which gas costs less than one."""
    assets = tuple(
        replace(a, reference_price=None if a.reference_price is None else a.reference_price // COARSER)
        for a in world.assets
    )
    return replace(world, assets=assets, costs=replace(world.costs, gas_price=0))


@pytest.mark.parametrize("scale", [1, 10**12])
def test_a_middling_order_measures_about_one(scale: int) -> None:
    """An ordinary numeraire is measured in whole units; one of larger base units in what orders are worth."""
    world = generate(find("open-market"), 1)
    market = measure(world if scale == 1 else in_coarse_units(world), "walras")
    assert 0.1 < median(order.size for order in market.orders) < 100.0
    assert (market.whole == PRICE_SCALE) is (scale == 1)


def test_an_auction_without_orders_is_measured_in_whole_units() -> None:
    """Where there is no order to go by."""
    assert measure(replace(generate(find("open-market"), 1), orders=()), "walras").whole == PRICE_SCALE


def test_a_coarse_numeraire_costs_nothing() -> None:
    """In a numeraire of 6 decimals the flagship wins as much as in one of 18."""

    def won(world: Auction) -> int:
        solutions = {found.id: found for found in Walras().solve(world, Deadline.work(300_000))}
        bids, _ = judge(Verifier(world), solutions.values())
        return alone([bid_of(bid) for bid in bids], world.seed)

    world = generate(find("one-sided"), 1)
    free = replace(world, costs=replace(world.costs, gas_price=0))
    assert won(in_coarse_units(free)) * COARSER > 0.98 * won(free)


def test_pools_lead_to_assets_of_which_a_unit_is_worth_much() -> None:
    """A satoshi of B is worth six ten-thousandths of a dollar A: the first input quoted buys one at least."""
    satoshi = 6 * 10**14
    world = auction(
        [swap(1, "A", 2_000 * ONE, "B", 1_900 * ONE // satoshi)],
        [pool("ab", "A", 10**6 * ONE, "B", 10**6 * ONE // satoshi)],
    )
    dear = tuple(replace(a, reference_price=satoshi * ONE) if a.id == "B" else a for a in world.assets)
    market = measure(replace(world, assets=dear), "walras")
    found = prepare(market, Deadline.work(10_000)).ladders
    assert {ladder.name for ladder in found} == {("ab", "A", "B"), ("ab", "B", "A")}
