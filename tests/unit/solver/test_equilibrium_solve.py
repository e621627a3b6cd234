"""Equilibria against their definition, checked order by order in plain Python, and against published prices."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.generators import batch as generated
from solver.equilibrium.batch import Batch, Equilibrium, Pools
from solver.equilibrium.bound import pay_as_bid_bound
from solver.equilibrium.solve import equilibrium
from tests.equilibrium_markets import FAMILIES, batch, drawn
from tests.shared import shared

#: Relative: of a limit, and of a token's turnover.
LIMIT, BALANCE = 1e-12, 1e-9


def faults(b: Batch, e: Equilibrium) -> list[str]:
    """What keeps this from being an equilibrium: by the definition, one order, pool and token after the other."""
    p, found = [float(x) for x in e.prices], []
    came, went = [0.0] * len(p), [0.0] * len(p)
    for k in range(len(b.sell)):
        s, t, x = int(b.sell[k]), int(b.buy[k]), float(e.fills[k])
        inside = p[s] / p[t] / float(b.limit[k]) - 1
        if inside > LIMIT and x != b.amount[k]:
            found.append(f"order {k} is inside its limit by {inside} and not filled")
        if inside < -LIMIT and x:
            found.append(f"order {k} is outside its limit by {inside} and filled")
        came[s] += x
        went[t] += x * p[s] / p[t]
    for k, (flow_a, flow_b) in enumerate(e.pool_flows.tolist()):
        pools, a, c = b.pools, int(b.pools.a[k]), int(b.pools.b[k])
        w, g = float(pools.weight[k]), float(pools.gamma[k])
        r_a, r_b = pools.reserves[k].tolist()
        # b given per a before and after, without the fee; what is given leaves along the curve.
        spot, rate = w / (1 - w) * r_b / r_a, p[a] / p[c]
        if flow_b < 0:
            after = w / (1 - w) * (r_b + flow_b) / (r_a * (r_b / (r_b + flow_b)) ** ((1 - w) / w))
            wrong = after * g / rate - 1
        elif flow_a < 0:
            after = w / (1 - w) * (r_b * (r_a / (r_a + flow_a)) ** (w / (1 - w))) / (r_a + flow_a)
            wrong = after / g / rate - 1
        else:
            wrong = max(0.0, spot * g / rate - 1, rate * g / spot - 1)
        if abs(wrong) > 1e-9:
            found.append(f"pool {k} ends {wrong} from the price")
        for token, flow in ((a, flow_a), (c, flow_b)):
            came[token] += max(0.0, -flow)
            went[token] += max(0.0, flow)
    reserves = np.zeros(len(p))
    np.add.at(reserves, np.r_[b.pools.a, b.pools.b], np.r_[b.pools.reserves[:, 0], b.pools.reserves[:, 1]])
    for token, (i, o) in enumerate(zip(came, went, strict=True)):
        if abs(i - o) > BALANCE * max(i, o) + 1e-13 * reserves[token]:
            found.append(f"token {token}: {i} came and {o} went")
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_every_market_has_an_equilibrium(family: str) -> None:
    """Whatever is hard about a market, each order is where the definition wants it."""
    for seed in range(25):
        b = drawn(family, seed)
        e = equilibrium(b)
        assert faults(b, e) == [], f"{family}, seed {seed}"
        assert e.exact, f"{family}, seed {seed}"


SIZES = [(2, 2, 0), (8, 3, 1), (60, 20, 5), (400, 60, 300), (5000, 30, 50)]


@pytest.mark.parametrize(("orders", "tokens", "pools"), SIZES)
def test_generated_batches(orders: int, tokens: int, pools: int) -> None:
    """Batches of the published family, from two orders to thousands."""
    for seed in range(10 if orders < 1000 else 1):
        b = as_batch(generated(orders, tokens, pools, seed))
        e = equilibrium(b)
        assert faults(b, e) == [], seed
        assert e.exact
        assert e.unrealised_over_realised <= 1e-12


@pytest.mark.parametrize(("seed", "deeper"), [(2, 1e3), (0, 1e6), (2, 1e6)])
def test_pools_far_deeper_than_orders(seed: int, deeper: float) -> None:
    """What pools could trade over a typical distance of limits may be many times what all orders do."""
    b = as_batch(generated(3000, 50, 50, seed))
    b = replace(b, pools=replace(b.pools, reserves=b.pools.reserves * deeper))
    e = equilibrium(b)
    assert faults(b, e) == []
    assert e.exact


#: One to four orders among 9 to 12 tokens, and fifty pools that disagree.
FEW_ORDERS = [("no fee", 401), ("one way", 573), ("absurd", 651), ("decimal", 726), ("thin pools", 997)]


@pytest.mark.parametrize(("family", "seed"), FEW_ORDERS)
def test_pools_between_tokens_that_nobody_orders(family: str, seed: int) -> None:
    """They trade with each other as they must, however little is ordered of their tokens."""
    b = drawn(family, seed)
    e = equilibrium(b)
    assert faults(b, e) == []
    assert e.exact


def test_dust_is_ordered_of_every_token() -> None:
    """An order of next to nothing for each token makes no market harder than no order for it."""
    b = drawn("thin pools", 79)
    sell = np.arange(len(b.values))
    buy = np.roll(sell, -1)
    b = replace(
        b, sell=np.r_[b.sell, sell], buy=np.r_[b.buy, buy], amount=np.r_[b.amount, 1e-9 / b.values],
        limit=np.r_[b.limit, 0.99 * b.values / b.values[buy]], fill_or_kill=np.r_[b.fill_or_kill, sell < 0],
    )  # fmt: skip
    e = equilibrium(b)
    assert faults(b, e) == []
    assert e.exact


def as_batch(g) -> Batch:  # type: ignore[no-untyped-def]
    p = g.pools
    pools = Pools(p.a, p.b, p.reserves, p.gamma, p.weight)
    return Batch(g.values, g.sell, g.buy, g.amount, g.limit, g.fill_or_kill, pools)


def test_published_prices() -> None:
    """The reference prices and surplus of every embedded instance, to twelve digits; never above the bound."""
    document = json.loads(shared("data/solver_instances/batch_ucp.json").read_bytes())
    for instance in document["instances"]:
        b = batch(instance["T"], instance["orders"], instance["pools"], np.array(instance["external_prices"]))
        e = equilibrium(b)
        ref = instance["ref"]
        assert np.abs(e.prices / np.array(ref["prices"]) - 1).max() < 1e-12
        gain = (e.prices[b.sell] / e.prices[b.buy] - b.limit) * b.values[b.buy] * e.fills
        assert math.isclose(gain.sum(), ref["surplus_at_external_prices"], rel_tol=1e-12)
        bound = pay_as_bid_bound(b)
        assert bound >= gain.sum()
        if "lp_bound_glop" in ref:
            assert math.isclose(bound, ref["lp_bound_glop"], rel_tol=1e-9)


def test_two_tokens_by_hand() -> None:
    """Ten for one against a seller who would take nine tenths: the smaller order is filled, the larger makes the
    price."""
    e = equilibrium(batch(2, [(0, 1, 10.0, 0.9), (1, 0, 5.0, 0.8)]))
    assert e.exact
    assert e.prices[0] / e.prices[1] == pytest.approx(0.9, rel=1e-15)
    assert e.fills[1] == 5.0
    assert e.fills[0] == pytest.approx(5 / 0.9, rel=1e-14)
    assert e.marginal.tolist() == [0]


def test_a_price_strictly_between_two_limits() -> None:
    """When both sides are filled whole the price is the ratio of their amounts, and nobody is at the margin."""
    e = equilibrium(batch(2, [(0, 1, 10.0, 0.5), (1, 0, 8.0, 0.5)]))
    assert e.exact
    assert e.prices[0] / e.prices[1] == pytest.approx(0.8, rel=1e-14)
    assert e.fills.tolist() == [10.0, 8.0]
    assert len(e.marginal) == 0


def test_two_token_markets_by_bisection() -> None:
    """The price where supply meets demand, found by bisection of the market's net."""
    for seed in range(40):
        b = as_batch(generated(31, 2, 0, seed))
        e = equilibrium(b)

        def net(log_rate: float, b: Batch = b) -> float:
            rate = np.where(b.sell == 0, math.exp(log_rate), math.exp(-log_rate))
            willing = rate >= b.limit
            sold = b.amount[(b.sell == 0) & willing].sum() * math.exp(log_rate)
            return float(sold - b.amount[(b.sell == 1) & willing].sum())

        low, high = -60.0, 60.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if net(middle) < 0 else (low, middle)
        if e.fills.any():
            assert math.log(e.prices[0] / e.prices[1]) == pytest.approx(low, abs=1e-9)


def test_identical_limits_are_rationed_equally() -> None:
    """Orders of one pair with one limit get the same share of what they asked."""
    orders = [(0, 1, amount, 1.0) for amount in (1.0, 2.0, 3.0, 10.0)] + [(1, 0, 4.0, 0.5)]
    e = equilibrium(batch(2, orders))
    assert e.exact
    assert np.ptp(e.fills[:4] / np.array([1.0, 2.0, 3.0, 10.0])) < 1e-15
    assert e.fills[:4].sum() == pytest.approx(4.0, rel=1e-13)


@pytest.mark.parametrize("scale", [1e-18, 1.0, 2.0**126])
def test_amounts_of_any_size(scale: float) -> None:
    """One unit or 2^126: only proportions matter."""
    e = equilibrium(batch(2, [(0, 1, 10.0 * scale, 0.9), (1, 0, 5.0 * scale, 0.8)]))
    assert e.exact
    assert e.fills[1] == 5.0 * scale


def test_an_order_beyond_all_others() -> None:
    """Ten to the seventeenth times the counterparty: filled to ten to the minus seventeenth, exactly."""
    e = equilibrium(batch(2, [(0, 1, 1e17, 0.9), (1, 0, 1.0, 0.8)]))
    assert e.exact
    assert e.fills[0] == pytest.approx(1 / 0.9, rel=1e-13)


def test_empty_single_and_senseless_orders() -> None:
    """Nothing to trade is no fault: everything stays as it is."""
    assert equilibrium(batch(0, [])).exact
    assert equilibrium(batch(3, [])).fills.tolist() == []
    for order in [(0, 1, 1.0, 1.0), (0, 0, 1.0, 1.0), (0, 7, 1.0, 1.0), (0, 1, -1.0, 1.0), (0, 1, 1.0, math.nan),
                  (0, 1, math.inf, 1.0), (0, 1, 1.0, 0.0)]:  # fmt: skip
        e = equilibrium(batch(3, [order]))
        assert e.exact
        assert not e.fills.any()


def test_a_batch_without_tokens_is_solved_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    """LAPACK complains of an empty matrix on standard output, which is a solver's pipe and a command's result."""
    equilibrium(batch(0, []))
    equilibrium(batch(0, [(0, 1, 1.0, 1.0)], [(0, 1, 1e6, 1e6, 0.5, 0.997)]))
    assert capfd.readouterr() == ("", "")


def test_tokens_without_values() -> None:
    """Values outside are for reporting: without them the same prices come out."""
    b = as_batch(generated(200, 8, 5, 3))
    without = equilibrium(replace(b, values=np.array([0.0, math.nan, *b.values[2:]])))
    assert without.exact
    assert np.allclose(without.prices, equilibrium(b).prices, rtol=1e-12)


def test_pools_without_liquidity_are_left_alone() -> None:
    """Empty, one-sided and senseless pools neither trade nor disturb."""
    orders = [(0, 1, 10.0, 0.9), (1, 0, 5.0, 0.8)]
    pools = [(0, 1, 0.0, 0.0, 0.5, 0.997), (0, 1, 1e6, 0.0, 0.5, 0.997), (0, 0, 1.0, 1.0, 0.5, 1.0),
             (0, 1, 1.0, 1.0, 0.5, 1.5), (0, 9, 1.0, 1.0, 0.5, 1.0)]  # fmt: skip
    e = equilibrium(batch(2, orders, pools))
    assert e.exact
    assert not e.pool_flows.any()
    assert e.fills.any()


def test_from_earlier_prices() -> None:
    """Beginning at the prices of a similar batch, or at senseless ones, leads to the same prices."""
    b = as_batch(generated(6000, 20, 50, 1))
    cold = equilibrium(b)
    amount = b.amount.copy()
    amount[::100] *= 1.3
    changed = replace(b, amount=amount)
    reference = equilibrium(changed)
    for start in (cold.prices, np.full(20, math.nan), np.ones(20), cold.prices * 1.001, np.ones(3)):
        warm = equilibrium(changed, start)
        assert warm.exact
        assert np.allclose(warm.prices, reference.prices, rtol=1e-10)


def test_arbitrage_among_pools_alone() -> None:
    """Pools that disagree meet each other at the batch's prices without any order."""
    pools = [(0, 1, 1e3, 1e3, 0.5, 0.999), (1, 2, 1e3, 1e3, 0.5, 0.999), (2, 0, 1e3, 2e3, 0.5, 0.999)]
    b = batch(3, [], pools)
    e = equilibrium(b)
    assert faults(b, e) == []
    assert e.exact
    assert e.pool_flows.any()
