"""What a certificate comes to: the bound its prices prove, or the one reason why they prove nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction, Balance, CostModel
from intents.intent import Intent, Kind, Leg
from intents.records import replace
from intents.venue_states import StableState, VenueId
from settlement.certificate.bound import certify, evaluate
from settlement.certificate.dual import DualPrices
from settlement.certificate.errors import (
    CertificateError,
    MalformedCertificate,
    NotForThisAuction,
    Overclaimed,
    PriceTooLow,
    TooManyDigits,
    TooMuchWork,
    UnknownCertificate,
    UnknownPrice,
    WeightOutOfRange,
)
from settlement.certificate.kinds import MAX_CHECKED, Proof, check_bound, prove, verdicts
from settlement.certificate.price_cells import KIND as CELLS
from settlement.solution import Solution
from tests.solver_worlds import ONE, auction, pool, swap

A, B = AssetId("A"), AssetId("B")
CROSSING = [swap(1, "A", 10 * ONE, "B", 9 * ONE, partial=True), swap(2, "B", 10 * ONE, "A", 9 * ONE, partial=True)]
#: The crossing's best prices: two of ten are left to share.
HONEST: dict[str, object] = {
    "kind": "pay-as-bid-lp",
    "bound": str(2 * ONE),
    "cost_weight": "1/1",
    "prices": {"A": "1/1", "B": "1/1"},
}


def crossing() -> Auction:
    return auction(CROSSING)


def test_a_crossing_is_bounded_by_all_of_its_surplus() -> None:
    """Two orders of ten that each want nine: at even prices a tenth of each is all there is."""
    assert prove(crossing(), HONEST) == Proof("pay-as-bid-lp", 2 * ONE, joint=True)


def test_unlisted_prices_are_the_least_that_prove_something() -> None:
    """Reference prices where surplus is handed out: leaving them out changes nothing."""
    assert prove(crossing(), {**HONEST, "prices": {}}) == prove(crossing(), HONEST)
    dual = DualPrices({A: Fraction(1), B: Fraction(3, 2)}, Fraction(1))
    made = certify(crossing(), dual)
    assert made is not None
    assert made["prices"] == {"B": "3/2"}
    assert prove(crossing(), made).bound == evaluate(crossing(), dual)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"kind": "trust-me"}, UnknownCertificate),
        ({"kind": None}, UnknownCertificate),
        ({"kind": ["pay-as-bid-lp"]}, UnknownCertificate),
        ({"bound": "12.5"}, MalformedCertificate),
        ({"bound": 12}, MalformedCertificate),
        ({"bound": "9" * 5_000}, TooManyDigits),
        ({"prices": None}, MalformedCertificate),
        ({"prices": {"A": "1/0"}}, MalformedCertificate),
        ({"prices": {"A": "-1/1"}}, MalformedCertificate),
        ({"prices": {"A": "1/1/1"}}, MalformedCertificate),
        ({"prices": {"A": 1}}, MalformedCertificate),
        ({"prices": {"A": "1", "B": "1", "C": "1"}}, MalformedCertificate),
        ({"prices": {"A": "9" * 500}}, TooManyDigits),
        ({"prices": {"A": "1/" + "9" * 5_000}}, TooManyDigits),
        ({"prices": {"C": "1/1"}}, UnknownPrice),
        ({"prices": {"A": "1/2", "B": "1/1"}}, PriceTooLow),
        ({"prices": {"B": "999999999999999999/1000000000000000000"}}, PriceTooLow),
        ({"cost_weight": "3/2"}, WeightOutOfRange),
        ({"cost_weight": "x"}, MalformedCertificate),
        ({"cost_weight": None}, MalformedCertificate),
    ],
)
def test_each_way_to_prove_nothing_has_its_name(change: dict[str, object], error: type[CertificateError]) -> None:
    """Tampered with in one place, the certificate is refused for that."""
    with pytest.raises(CertificateError) as refused:
        prove(crossing(), {**HONEST, **change})
    assert type(refused.value) is error
    assert check_bound(crossing(), {**HONEST, **change}) is None


def test_a_bound_claimed_too_low_is_named_and_not_believed() -> None:
    """What counts is what the prices prove; claiming more than that, a higher bound, is merely modest."""
    found = prove(crossing(), {**HONEST, "bound": str(2 * ONE - 1)})
    assert found.bound == 2 * ONE
    assert isinstance(found.claim, Overclaimed)
    assert (found.claim.stated, found.claim.proven) == (2 * ONE - 1, 2 * ONE)
    assert prove(crossing(), {**HONEST, "bound": str(3 * ONE)}).claim is None


def test_cells_say_where_they_do_not_apply() -> None:
    """The argument by cells of price space is about orders alone."""
    with_pool = auction(CROSSING, [pool("p", "A", ONE, "B", ONE)])
    with pytest.raises(NotForThisAuction):
        prove(with_pool, {"kind": CELLS, "blocks": []})
    with pytest.raises(MalformedCertificate):
        prove(crossing(), {"kind": CELLS, "blocks": "none"})
    assert not prove(crossing(), {"kind": CELLS, "blocks": []}).joint
    with pytest.raises(TooMuchWork):
        prove(crossing(), {"kind": CELLS, "blocks": [{"assets": ["A", "B"], "cells": [{}] * 10_000_001}]})


@pytest.mark.parametrize("reserves", [(0, 0), (0, 7), (2, 1)])
def test_a_pool_that_makes_no_curve_is_bounded_by_what_is_in_it(reserves: tuple[int, int]) -> None:
    """A stableswap pool without reserves, or with a few units, has no invariant to hold on to."""
    one = (Fraction(1),) * 2
    small = StableState(VenueId("s"), (A, B), 0, "", reserves, one, Fraction(100), Fraction(1, 1000))
    assert prove(auction(CROSSING, [small]), HONEST).bound <= 2 * ONE + sum(reserves)


def test_costs_and_baskets_count() -> None:
    """A settlement and a trade at their gas come off; a basket is worth its legs."""
    costs = CostModel(gas_price=10**12, settlement_gas=40_000, trade_gas=50_000)
    assert prove(auction(CROSSING, costs=costs), HONEST).bound == 2 * ONE - 140_000 * 10**12
    half = prove(auction(CROSSING, costs=costs), {**HONEST, "cost_weight": "1/2"}).bound
    assert half == 2 * ONE - 70_000 * 10**12
    whole = swap(1, "A", 6 * ONE, "B", 4 * ONE)
    intent: Intent = replace(whole.intent, kind=Kind.BASKET, give=(Leg(A, 6 * ONE), Leg(B, ONE)))
    basket = replace(whole, intent=intent)
    assert prove(auction([basket]), HONEST).bound == 3 * ONE


def test_orders_on_one_balance_share_it() -> None:
    """Three orders of ten each with twelve to give between them: the best first, the next in part."""
    orders = [swap(n, "A", 10 * ONE, "B", want * ONE, partial=True) for n, want in ((1, 5), (2, 8), (3, 9))]
    owner = orders[0].intent.owner
    drawn = [replace(order, intent=replace(order.intent, owner=owner)) for order in orders]
    free = auction(drawn)
    bound = auction(drawn, balances=[Balance(owner, A, 12 * ONE)])
    assert prove(free, HONEST).bound == (5 + 2 + 1) * ONE
    assert prove(bound, HONEST).bound == 5 * ONE + 2 * 2 * ONE // 10
    # Of two solutions settled one after the other the second may spend what the first brought.
    back = swap(4, "B", ONE, "A", 3 * ONE, partial=True)
    drawn.append(replace(back, intent=replace(back.intent, owner=owner)))
    assert prove(auction(drawn, balances=[Balance(owner, A, 12 * ONE)]), HONEST).bound == 8 * ONE


def test_what_nobody_may_fill_adds_nothing() -> None:
    """Expired, of nothing left, or wanting what has no reference price."""
    late = replace(CROSSING[0], intent=replace(CROSSING[0].intent, valid_to=5))
    assert prove(auction([late], number=6), {**HONEST, "prices": {}}).bound == 0
    assert prove(auction([replace(CROSSING[0], remaining=0)]), {**HONEST, "prices": {}}).bound == 0
    priceless = swap(3, "A", ONE, "X", 1)
    dear = {**HONEST, "prices": {"A": "100/1"}}
    assert prove(auction([priceless], unpriced=["X"]), dear).bound == 0
    liquidity = auction([replace(priceless, scored=False)], unpriced=["X"])
    assert prove(liquidity, dear).bound == 100 * ONE


def test_equal_certificates_are_judged_once_and_too_many_not_at_all() -> None:
    """One verdict per solution that carries one; past the bound on different ones there is none."""
    batch = crossing()
    plain = Solution("s", 0, {}, ())
    same = [replace(plain, id=n, certificate=dict(HONEST)) for n in range(3)]
    found = verdicts(batch, [plain, *same[1:]])
    assert set(found) == {("s", 1), ("s", 2)}
    assert found["s", 1] is found["s", 2]
    many = [replace(plain, id=n, certificate={**HONEST, "bound": str(n)}) for n in range(MAX_CHECKED + 5)]
    assert len(verdicts(batch, many)) == MAX_CHECKED


def test_reference_prices_of_any_size_stay_exact() -> None:
    """A price of a billionth and one of a billion: the bound is that of a plain evaluation in fractions."""
    orders = [swap(1, "A", 10**30, "B", 10**3, partial=True), swap(2, "B", 10**4, "A", 10**29, partial=True)]
    made = auction(orders)
    prices = {A: Fraction(1, 10**27), B: Fraction(10**9)}
    batch = replace(
        made, assets=tuple(replace(a, reference_price=int(prices[a.id] * PRICE_SCALE)) for a in made.assets)
    )
    dual = DualPrices({A: Fraction(3, 2 * 10**9), B: Fraction(10**9) + Fraction(1, 7)}, Fraction(1))
    worth = [
        dual.prices[A] * 10**30 - dual.prices[B] * 10**3,
        dual.prices[B] * 10**4 - dual.prices[A] * 10**29,
    ]
    assert 0 <= evaluate(batch, dual) - sum(max(Fraction(0), value) for value in worth) <= 1 + 10**30 // 2**60
