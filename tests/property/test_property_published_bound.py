"""What holds of the bounds that receipts publish when a market grows, or counts in other units.

Exactly: the prices published for a market prove no more of any part of it. Of bounds that were looked for apart,
as far as the searches went: they end where the bound is within ``CLOSE`` of the best prices' own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intents.assets import AssetId
from intents.auction import Auction, CostModel
from intents.intent import Leg
from intents.records import replace
from intents.venue_states import ConstantProductState
from settlement.certificate.bound import least_prices
from settlement.certificate.dual import KIND, DualPrices, dual_from_json, dual_to_json
from settlement.certificate.kinds import check_bound
from settlement.mechanism import mechanism
from settlement.receipt import receipt_of
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import settle
from solver.flagship import Walras
from solver.flagship.bound import CLOSE
from solver.protocol import Deadline
from tests.solver_worlds import ONE, auction, pool, swap

RULE = mechanism("greedy")
#: Enough for every step of the flagship on markets as small as these.
UNITS = 150_000
#: Published prices are rounded to 44 bits, and an order's or a pool's worth by as much of what it moves.
ROUNDING = 10**8


def drawn(seed: int) -> Auction:
    """One to six orders over two to four assets, half of them with a pool or three, half with costs."""
    random = Random(seed)
    names = "ABCD"[: random.randint(2, 4)]
    orders = []
    for number in range(random.randint(1, 6)):
        give, want = random.sample(names, 2)
        amount = random.randint(1, 40) * ONE // 10
        limit = max(1, amount * random.randint(50, 150) // 100)
        orders.append(swap(number + 1, give, amount, want, limit, partial=random.random() < 0.7))
    pools = []
    for number in range(random.randint(0, 3)):
        a, b = random.sample(names, 2)
        depth = (random.randint(10, 500) * ONE for _ in range(2))
        pools.append(pool(f"p{number}", a, next(depth), b, next(depth), gas=random.randint(0, 1)))
    if random.random() < 0.5:
        return auction(orders, pools, costs=CostModel(random.randint(0, ONE // 100), random.randint(0, 2), 1))
    return auction(orders, pools)


def parts(whole: Auction) -> Iterator[Auction]:
    """The market without one of its orders, and without one of its pools."""
    for place in range(len(whole.orders)):
        yield replace(whole, orders=whole.orders[:place] + whole.orders[place + 1 :])
    for place in range(len(whole.venues)):
        yield replace(whole, venues=whole.venues[:place] + whole.venues[place + 1 :])


def published(batch: Auction) -> tuple[int, Mapping[str, Any]] | None:
    """The bound in the receipt and the certificate that proves it; ``None`` where nothing was bid."""
    answers = {s.id: s for s in Walras().solve(batch, Deadline.work(UNITS, seed=1))}
    receipt = receipt_of(settle(batch, list(answers.values()), RULE), RULE, 20, DEFAULT_CAPS)
    if receipt["proof"] is None:
        return None
    certificate = answers[int(receipt["proof"]["by"].split("/")[1])].certificate
    assert certificate is not None
    return int(receipt["proof"]["bound"]), certificate


def written_out(batch: Auction, certificate: Mapping[str, Any]) -> dict[str, object]:
    """The certificate with the prices it leaves to the market, which a part of it might have lower."""
    dual = dual_from_json(batch, certificate, "certificate")
    prices = least_prices(batch, dual.cost_weight) | dict(dual.prices)
    return dual_to_json(DualPrices(prices, dual.cost_weight), 0)


@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6))
def test_published_prices_prove_no_more_of_a_part(seed: int) -> None:
    """The receipt's own certificate, on the market without any one of its orders or pools."""
    whole = drawn(seed)
    found = published(whole)
    if found is None or found[1]["kind"] != KIND:
        return
    bound, certificate = found
    for part in parts(whole):
        proven = check_bound(part, written_out(whole, certificate))
        assert proven is not None
        assert proven <= bound


@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_a_larger_market_is_not_published_with_a_lower_bound(seed: int, random: Random) -> None:
    """Solved and settled apart, in work enough to leave both bounds as near the least as is looked for."""
    whole = drawn(seed)
    larger, smaller = published(whole), published(random.choice(list(parts(whole))))
    if larger is None or smaller is None:
        return
    assert smaller[0] <= larger[0] + Fraction(CLOSE) * larger[0] + ROUNDING


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.sampled_from([10**3, 10**7, 10**12]))
def test_the_published_bound_does_not_depend_on_units(seed: int, factor: int) -> None:
    """One asset counted in smaller units, at a price per unit lower by as much."""
    plain = drawn(seed)
    finer = rescaled(plain, AssetId("A"), factor)
    found, again = published(plain), published(finer)
    assert (found is None) == (again is None)
    if found is not None and again is not None:
        assert abs(found[0] - again[0]) <= Fraction(CLOSE) * max(found[0], again[0]) + ROUNDING


def rescaled(found: Auction, asset: AssetId, factor: int) -> Auction:
    """``asset`` in units of 1/factor, at a price per unit that is lower by as much."""

    def times(name: AssetId) -> int:
        return factor if name == asset else 1

    def legs(items: tuple[Leg, ...]) -> tuple[Leg, ...]:
        return tuple(replace(leg, amount=leg.amount * times(leg.asset)) for leg in items)

    orders = [
        replace(
            order,
            intent=replace(order.intent, give=legs(order.intent.give), want=legs(order.intent.want)),
            remaining=order.remaining * times(order.intent.give[0].asset),
        )
        for order in found.orders
    ]
    venues = []
    for venue in found.venues:
        assert isinstance(venue, ConstantProductState)
        reserves = tuple(r * times(name) for r, name in zip(venue.reserves, venue.assets, strict=True))
        venues.append(replace(venue, reserves=reserves))
    assets = tuple(replace(a, reference_price=(a.reference_price or 0) // times(a.id)) for a in found.assets)
    return replace(found, orders=tuple(orders), venues=tuple(venues), assets=assets)
