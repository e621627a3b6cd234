"""The flagship's certificate: a bound anyone can evaluate, that no verified score exceeds."""

from __future__ import annotations

from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.auction import Auction, CostModel
from intents.intent import Kind
from intents.records import replace
from scenarios.catalog import find, shipped
from scenarios.generate import generate
from settlement.certificate.bound import certify, evaluate
from settlement.certificate.dual import DualPrices
from settlement.certificate.kinds import check_bound
from settlement.errors import LawError
from settlement.verify import Verifier
from solver.flagship.bound import dual_prices
from solver.flagship.market import measure
from solver.protocol import Deadline
from solver.registry import built_in
from tests.solver_worlds import ONE, auction, pool, swap

CROSSING = [swap(1, "A", 10 * ONE, "B", 9 * ONE, partial=True), swap(2, "B", 10 * ONE, "A", 9 * ONE, partial=True)]


def proof(batch: Auction) -> dict[str, object]:
    """The certificate of ``batch``."""
    found = certify(batch, dual_prices(measure(batch, "walras"), Deadline.after(20)))
    assert found is not None
    return found


def test_bound_of_a_crossing_is_all_of_its_surplus() -> None:
    """Two orders of ten that each want nine leave two to share, and nothing more can be proven or got."""
    bound = check_bound(auction(CROSSING), proof(auction(CROSSING)))
    assert bound is not None
    assert abs(bound - 2 * ONE) < 10**6


def test_costs_lower_the_bound() -> None:
    """A settlement and two trades at their gas come off the surplus."""
    costs = CostModel(gas_price=10**12, settlement_gas=40_000, trade_gas=50_000)
    batch = auction(CROSSING, costs=costs)
    bound = check_bound(batch, proof(batch))
    assert bound is not None
    assert abs(bound - (2 * ONE - 140_000 * 10**12)) < 10**6


def test_nothing_in_the_money_proves_nothing_to_gain() -> None:
    """An order that asks for more than anyone offers bounds the batch at zero."""
    batch = auction([swap(1, "A", 10 * ONE, "B", 11 * ONE)], [pool("p", "A", 1000 * ONE, "B", 1000 * ONE)])
    assert check_bound(batch, proof(batch)) == 0


def test_buyers_bound_by_their_limit() -> None:
    """A buyer may give nothing at all at best: the whole limit, valued in the wanted asset."""
    batch = auction([swap(1, "A", 4 * ONE, "B", 3 * ONE, kind=Kind.EXACT_OUT)])
    free = DualPrices({AssetId("A"): Fraction(1), AssetId("B"): Fraction(1)}, Fraction(1))
    assert evaluate(batch, free) == ONE


@pytest.mark.parametrize("world", [world.name for world in shipped()])
def test_no_verified_score_exceeds_the_bound(world: str) -> None:
    """What any built-in solver gets past the verifier on a shipped scenario stays below what was proven."""
    batch = generate(find(world), 1)
    verifier = Verifier(batch)
    bound = check_bound(batch, proof(batch))
    assert bound is not None
    scores = []
    for name in ("baseline", "naive", "rings"):
        for solution in built_in(name).solve(batch, Deadline.after(5)):
            try:
                scores.append(verifier.verify(solution).score.net)
            except LawError:
                continue
    assert 0 < max(scores) <= bound


def test_stated_bound_is_not_believed() -> None:
    """The bound comes from the prices; what the certificate says of itself changes nothing."""
    batch = auction(CROSSING)
    told = proof(batch)
    assert check_bound(batch, {**told, "bound": "1"}) == check_bound(batch, told)


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "trust-me"},
        {"prices": None},
        {"prices": {"A": "1/0", "B": "1/1"}},
        {"prices": {"A": "-1/1", "B": "1/1"}},
        {"prices": {"A": 1, "B": 1}},
        {"prices": {"A": "1/1", "B": "9" * 500}},
        {"prices": {"A": "1/1", "B": "1/1", "C": "1/1"}},
        {"prices": {"A": "1/2", "B": "1/1"}},
        {"cost_weight": "3/2"},
        {"cost_weight": "x"},
        {"cost_weight": None},
    ],
)
def test_what_proves_nothing_is_none(broken: dict[str, object]) -> None:
    """Malformed certificates, unknown assets and prices below what surplus is scored at prove nothing."""
    batch = auction(CROSSING)
    assert check_bound(batch, {**proof(batch), **broken}) is None


def test_unscored_and_unpriced_orders_need_no_price() -> None:
    """An asset without reference price may have any; scored orders that want it can never be filled."""
    batch = auction([*CROSSING, swap(3, "A", ONE, "X", ONE)], unpriced=["X"])
    bound = check_bound(batch, proof(batch))
    assert bound is not None
    assert abs(bound - 2 * ONE) < 10**6
    liquidity = replace(batch.orders[2], scored=False)
    held = replace(batch, orders=(*batch.orders[:2], liquidity))
    assert evaluate(held, DualPrices({AssetId(a): Fraction(1) for a in "ABX"}, Fraction(1))) is not None
