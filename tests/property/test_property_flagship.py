"""Laws of the flagship: lawful whatever the market, near the best there is on tiny ones, blind to units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.intent import Leg
from intents.records import replace
from intents.venue_states import ConstantProductState
from settlement.greedy import alone
from settlement.mechanism import bid_of
from settlement.settle import judge
from settlement.solution import Solution
from settlement.verify import Verifier
from solver.flagship import Walras
from solver.protocol import Deadline
from tests.solver_worlds import ONE, auction, pool, swap

#: Work for one tiny market: well under a second.
UNITS = 400_000

AMOUNTS = st.integers(1, 40).map(lambda tenths: tenths * ONE // 10)
RATES = st.integers(50, 150)
ORDERS = st.lists(st.tuples(st.booleans(), AMOUNTS, RATES, st.booleans()), min_size=1, max_size=5)


def market(drawn: Sequence[tuple[bool, int, int, bool]], reserves: tuple[int, int] | None = None) -> Auction:
    """Sells of A for B and of B for A, limits in percent."""
    orders = [
        swap(
            i + 1, "A" if sells else "B", amount, "B" if sells else "A", max(1, amount * rate // 100), partial=part
        )
        for i, (sells, amount, rate, part) in enumerate(drawn)
    ]
    return auction(orders, [] if reserves is None else [pool("p", "A", reserves[0], "B", reserves[1])])


def answers(found: Auction, units: int = UNITS) -> list[Solution]:
    solutions = Walras().solve(found, Deadline.work(units, seed=1))
    return list({solution.id: solution for solution in solutions}.values())


def value(found: Auction, solutions: list[Solution]) -> int:
    passed, refused = judge(Verifier(found), solutions)
    assert [str(item.error) for item in refused] == []
    return alone([bid_of(item) for item in passed], found.seed)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ORDERS, st.none() | st.tuples(st.integers(10, 10**6), st.integers(10, 10**6)))
def test_no_answer_breaks_the_law(
    drawn: list[tuple[bool, int, int, bool]], reserves: tuple[int, int] | None
) -> None:
    """Every yielded solution verifies, and is worth something."""
    deep = None if reserves is None else (reserves[0] * ONE // 10, reserves[1] * ONE // 10)
    found = market(drawn, deep)
    assert value(found, answers(found)) >= 0


def best_at_one_price(orders: Sequence[AuctionOrder]) -> float:
    """Partly fillable orders of two assets: the most surplus at any of many prices, filled by hand."""
    sells = [(o.intent.give[0].amount, o.intent.want[0].amount) for o in orders if o.intent.give[0].asset == "A"]
    buys = [(o.intent.give[0].amount, o.intent.want[0].amount) for o in orders if o.intent.give[0].asset == "B"]
    limits = [w / g for g, w in sells] + [g / w for g, w in buys]
    best = 0.0
    for price in sorted({*limits, *np.linspace(min(limits), max(limits), 300).tolist()}):
        # Surplus per unit of A that changes hands, and how much of A.
        left = sorted(((price - w / g, float(g)) for g, w in sells if w / g <= price), reverse=True)
        right = sorted(
            (((1 / price - w / g) * price, g / price) for g, w in buys if w / g <= 1 / price), reverse=True
        )
        volume = min(sum(amount for _, amount in left), sum(amount for _, amount in right))
        total = 0.0
        for side in (left, right):
            rest = volume
            for gain, amount in side:
                total += gain * min(rest, amount)
                rest -= min(rest, amount)
        best = max(best, total)
    return best


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ORDERS)
def test_tiny_markets_are_settled_as_well_as_by_trying_every_price(
    drawn: list[tuple[bool, int, int, bool]],
) -> None:
    """Two assets, orders that may be filled in part: within a tenth of a percent of the best found by hand."""
    found = market([(sells, amount, rate, True) for sells, amount, rate, _ in drawn])
    best = best_at_one_price(found.orders)
    assert value(found, answers(found)) >= 0.999 * best - 1e-6 * ONE


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ORDERS, st.sampled_from([10**3, 10**7, 10**12]))
def test_the_size_of_a_unit_does_not_matter(drawn: list[tuple[bool, int, int, bool]], factor: int) -> None:
    """The same market with one asset counted in smaller units is worth the same."""
    plain = market(drawn, (300 * ONE, 300 * ONE))
    finer = _rescaled(plain, AssetId("A"), factor)
    worth, other = value(plain, answers(plain)), value(finer, answers(finer))
    assert abs(worth - other) <= 0.02 * max(worth, other) + ONE // 10**6


def _rescaled(found: Auction, asset: AssetId, factor: int) -> Auction:
    """``asset`` in units of 1/factor, at a price per unit that is lower by as much."""

    def legs(items: tuple[Leg, ...]) -> tuple[Leg, ...]:
        return tuple(replace(leg, amount=leg.amount * (factor if leg.asset == asset else 1)) for leg in items)

    orders = tuple(
        replace(
            order,
            intent=replace(order.intent, give=legs(order.intent.give), want=legs(order.intent.want)),
            remaining=order.remaining * (factor if order.intent.give[0].asset == asset else 1),
        )
        for order in found.orders
    )
    (only,) = found.venues
    assert isinstance(only, ConstantProductState)
    reserves = tuple(
        reserve * (factor if held == asset else 1)
        for held, reserve in zip(only.assets, only.reserves, strict=True)
    )
    assets = tuple(
        replace(info, reference_price=(info.reference_price or 0) // (factor if info.id == asset else 1))
        for info in found.assets
    )
    return replace(found, orders=orders, assets=assets, venues=(replace(only, reserves=reserves),))
