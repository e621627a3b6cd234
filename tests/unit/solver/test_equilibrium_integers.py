"""Settlement in whole units: conservation, limits by cross-multiplication, pools on their curves, rationing."""

from __future__ import annotations

from fractions import Fraction

import pytest

from benchmarks.generators import batch as generated
from solver.equilibrium.batch import Batch
from solver.equilibrium.integers import ROUNDING, Settled, broken, settle
from solver.equilibrium.solve import equilibrium
from solver.equilibrium.trades import units
from tests.equilibrium_markets import FAMILIES, batch, drawn

UNIT = 10**18


def checked(b: Batch) -> Settled:
    """The batch settled, every rule recomputed with rationals."""
    found = equilibrium(b)
    assert found.exact
    z = settle(b, found)
    net = [0] * len(b.values)
    for k, (sold, bought) in enumerate(zip(z.sold, z.bought, strict=True)):
        assert 0 <= sold <= Fraction(float(b.amount[k])) * UNIT
        assert bought >= Fraction(float(b.limit[k])) * sold
        net[b.sell[k]] += sold
        net[b.buy[k]] -= bought
    for k, flows in enumerate(z.pool_flows):
        for token, flow in zip((b.pools.a[k], b.pools.b[k]), flows, strict=True):
            net[token] -= flow
        if flows != (0, 0) and b.pools.weight[k] == 0.5:
            before = [Fraction(float(r)) * UNIT for r in b.pools.reserves[k]]
            kept = [Fraction(float(b.pools.gamma[k])) * flow if flow > 0 else flow for flow in flows]
            assert (before[0] + kept[0]) * (before[1] + kept[1]) >= before[0] * before[1]
    assert net == z.leftovers
    assert broken(b, z) == 0
    return z


@pytest.mark.parametrize("family", FAMILIES)
def test_every_market_settles_to_the_unit(family: str) -> None:
    """Leftovers within a thousand units of 10^−18, no limit missed, no pool short of its curve."""
    for seed in range(15):
        z = checked(drawn(family, seed))
        assert all(0 <= left <= ROUNDING for left in z.leftovers), (family, seed)


@pytest.mark.parametrize(("orders", "tokens", "pools"), [(3, 2, 0), (30, 12, 0), (200, 50, 300), (2000, 20, 100)])
def test_generated_batches_settle_to_the_unit(orders: int, tokens: int, pools: int) -> None:
    """The published family, small and large."""
    for seed in range(8 if orders < 1000 else 1):
        g = generated(orders, tokens, pools, seed)
        p = g.pools
        pool_list = [(p.a[k], p.b[k], *p.reserves[k], p.weight[k], p.gamma[k]) for k in range(len(p.a))]
        b = batch(tokens, list(zip(g.sell, g.buy, g.amount, g.limit, strict=True)), pool_list, g.values)
        z = checked(b)
        assert all(0 <= left <= ROUNDING for left in z.leftovers), seed


def test_filled_orders_get_the_one_price_to_the_unit() -> None:
    """Two filled orders of a pair, one a thousand times the other, are paid alike but for one unit."""
    b = batch(2, [(0, 1, 1.0, 0.5), (0, 1, 1000.0, 0.5), (1, 0, 700.0, 1.0)])
    z = checked(b)
    assert z.sold == [UNIT, 1000 * UNIT, 700 * UNIT]
    assert abs(z.bought[1] - 1000 * z.bought[0]) <= 1001


def test_rationing_is_pro_rata_to_the_unit() -> None:
    """Three orders with one limit share a fill in proportion to their amounts, none more than one unit off."""
    b = batch(2, [(0, 1, 1.0, 1.0), (0, 1, 2.0, 1.0), (0, 1, 4.0, 1.0), (1, 0, 1.0, 0.5)])
    z = checked(b)
    total = sum(z.sold[:3])
    assert total == UNIT
    assert all(abs(7 * z.sold[k] - total * share) <= 7 for k, share in enumerate((1, 2, 4)))


def test_decimal_limits_that_only_meet_as_reals() -> None:
    """0.8 and 1.25 as doubles multiply to more than one: orders at both limits cannot both be kept, nobody is
    shorted."""
    z = checked(batch(2, [(0, 1, 10.0, 0.8), (1, 0, 10.0, 1.25)]))
    assert all(0 <= left <= ROUNDING for left in z.leftovers)


def test_units_are_exact() -> None:
    """A float amount in units is the floor of the fraction it is."""
    assert units(1.0, 18) == UNIT
    # The double nearest to a tenth is a little more.
    assert units(0.1, 18) == 10**17 + 5
    assert units(2.0**126, 0) == 2**126
    assert units(1e-19, 18) == 0


def test_nothing_settles_to_nothing() -> None:
    """No orders, no fills: zeros all over."""
    z = checked(batch(3, []))
    assert (z.sold, z.leftovers) == ([], [0, 0, 0])
