"""The fairness report: improvements, EBBO, clashes, envy, rationing, Jain's index."""

from __future__ import annotations

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from intents.auction import AuctionOrder
from intents.intent import Kind
from intents.records import replace
from settlement.envy import Envy, justified_envy, rationing_gap
from settlement.fairness import FairnessReport, fairness_report, jain, over_limit_bps, price_clashes
from settlement.mechanism import mechanism
from settlement.settle import Settlement, settle
from settlement.solution import Fill, Interaction, Solution
from settlement.verify import Verifier
from tests.bidding import settled_batch
from tests.one_pool import POOL, UNIT, WHOLE, A, B, auction_of, order

GREEDY = mechanism("greedy")


def crossed(*orders: AuctionOrder, part: Fraction = Fraction(1), gas_price: int = 0) -> Settlement:
    """The first two orders settled against each other at even prices, ``part`` of the first's amount."""
    auction = auction_of(*orders, gas_price=gas_price)
    size = int(orders[0].remaining * part)
    fills = tuple(Fill(item.id, size) for item in orders[:2])
    return settle(auction, [Solution("cross", 0, {A: 1, B: 1}, fills)], GREEDY)


def report(*orders: AuctionOrder, gas_price: int = 0) -> FairnessReport:
    return fairness_report(crossed(*orders, gas_price=gas_price))


SELL, BUY = order(1000, 950, name=b"sell"), order(1000, 900, pair=(B, A), name=b"buy")


def test_improvement_over_limit_and_over_going_alone() -> None:
    """An even cross beats limits of 0.95 and 0.9, and the pool's fee and slippage of about 0.4 %."""
    found = report(SELL, BUY)
    sell, buy = found.improvements
    assert (sell.over_limit_bps, buy.over_limit_bps) == (526, 1111)
    assert (sell.order, sell.solver) == (SELL.id, "cross")
    for item in (sell, buy):
        assert item.over_route_bps is not None
        assert 35 <= item.over_route_bps <= 45
    assert found.ebbo_violations == 0


def test_alone_the_gas_is_ones_own() -> None:
    """The dearer gas is, the worse going alone looks; when it eats everything there is no such path."""
    cheap, dear = (report(SELL, BUY, gas_price=price).improvements[0] for price in (0, 10**10))
    assert cheap.over_route_bps is not None
    assert dear.over_route_bps is not None
    assert dear.over_route_bps > cheap.over_route_bps
    lone = fairness_report(replace(crossed(SELL, BUY), auction=auction_of(SELL, BUY, gas_price=10**13)))
    assert [item.over_route_bps for item in lone.improvements] == [None, None]


def test_a_worse_price_than_the_pools_is_a_violation() -> None:
    """Settled at 0.96 while the pool pays 0.996: the owner alone would have had more."""
    sell, buy = SELL, order(960, 900, pair=(B, A), name=b"buy")
    auction = auction_of(sell, buy)
    fills = (Fill(sell.id, sell.remaining), Fill(buy.id, buy.remaining))
    found = fairness_report(settle(auction, [Solution("bad", 0, {A: 96, B: 100}, fills)], GREEDY))
    assert found.ebbo_violations == 1
    assert found.improvements[0].over_route_bps is not None
    assert -370 < found.improvements[0].over_route_bps < -350


def test_an_exact_output_is_measured_in_what_it_gives() -> None:
    """Giving 0.99 where the pool asks 1.004: one and a half per cent better than alone."""
    wants = order(1050, 1000, kind=Kind.EXACT_OUT, name=b"wants")
    gives = order(1000, 900, pair=(B, A), name=b"gives")
    auction = auction_of(wants, gives)
    fills = (Fill(wants.id, wants.remaining), Fill(gives.id, gives.remaining))
    settled = settle(auction, [Solution("s", 0, {A: 100, B: 99}, fills)], GREEDY)
    item = fairness_report(settled).improvements[0]
    assert item.over_limit_bps == (Fraction(1050, 990) - 1) * 10_000 // 1
    assert item.over_route_bps is not None
    assert 135 < item.over_route_bps < 150
    dear = fairness_report(replace(settled, auction=auction_of(wants, gives, gas_price=10**10))).improvements[0]
    assert dear.over_route_bps is not None
    assert dear.over_route_bps - item.over_route_bps == 20  # 200,000 gas at 10^10 are 0.002 units more alone


def test_baskets_are_measured_by_their_worst_leg() -> None:
    """No want leg improved by less than the report says."""
    settlement = settled_batch()
    auction = settlement.auction
    for item in settlement.settled:
        for trade in item.trades:
            asked = auction.order[trade.order]
            better = over_limit_bps(auction, asked, trade)
            for leg, want in zip(trade.wants, asked.intent.want, strict=True):
                fair = Fraction(want.amount * trade.gives[0].amount, asked.intent.give[0].amount)
                assert leg.amount >= fair * (10_000 + better) / 10_000
            assert better >= 0


def test_orders_in_the_money_left_out_are_listed() -> None:
    """The ones out of the money are not: they have themselves to thank."""
    near, far = order(1000, 950, name=b"near"), order(1000, 1100, name=b"far")
    found = report(SELL, BUY, near, far)
    assert [item.order for item in found.left_out] == [near.id]


def test_justified_envy() -> None:
    """Passed over though it asked for less, at a price it would have taken, and fitting the other's place."""
    kinder = order(500, 400, name=b"kinder")
    greedier = order(500, 480, name=b"greedier")
    huge = order(5000, 4000, rule=WHOLE, name=b"huge")
    late = order(500, 400, name=b"late")
    late = replace(late, intent=replace(late.intent, valid_to=4))
    other_side = order(500, 400, kind=Kind.EXACT_OUT, name=b"out")
    settlement = crossed(SELL, BUY, kinder, greedier, huge, late, other_side)
    assert justified_envy(settlement.auction, settlement.settled) == (Envy(kinder.id, SELL.id),)


def test_who_envies_whom() -> None:
    """The one who asked for most is envied; at a price one would only just take there is nothing to envy."""
    modest, second = order(1000, 900, name=b"modest"), order(1000, 980, name=b"second")
    counter = order(2000, 1800, pair=(B, A), name=b"counter")
    between, same = order(500, 470, name=b"between"), order(500, 490, name=b"same")
    auction = auction_of(modest, second, counter, between, same)
    fills = tuple(Fill(item.id, item.remaining) for item in (modest, second))
    even = Solution("s", 0, {A: 98, B: 100}, (*fills, Fill(counter.id, 1960 * UNIT // 1000)))
    settlement = settle(auction, [even], GREEDY)
    assert settlement.settled
    assert justified_envy(auction, settlement.settled) == (Envy(between.id, second.id),)


def test_rationing() -> None:
    """Of two like orders one was half filled and one not at all; unlike ones are not compared."""
    like, unlike = order(1000, 950, name=b"like"), order(1000, 949, name=b"unlike")
    settlement = crossed(SELL, BUY, like, unlike, part=Fraction(1, 2))
    assert rationing_gap(settlement.auction, settlement.settled) == Fraction(1, 2)
    alone = crossed(SELL, BUY, unlike, part=Fraction(1, 2))
    assert rationing_gap(alone.auction, alone.settled) == 0


def test_two_prices_for_one_pair_clash() -> None:
    """No mechanism here allows it; the report would say so."""
    verified = crossed(SELL, BUY).settled[0]
    other = replace(verified, solution=replace(verified.solution, prices={A: 100, B: 101}))
    clashes = price_clashes([verified, other])
    assert [(item.pair, item.low, item.high) for item in clashes] == [
        ((A, B), Fraction(100, 101), Fraction(1)),
        ((B, A), Fraction(1), Fraction(101, 100)),
    ]
    assert price_clashes([verified, verified]) == ()


@given(st.lists(st.integers(0, 10**30), max_size=20))
def test_jain(values: list[int]) -> None:
    """Between 1/n and 1, one when all are equal, and blind to scale."""
    index = jain(values)
    assert 0 < index <= 1
    assert not values or index >= Fraction(1, len(values))
    assert jain([7 * value for value in values]) == index
    assert jain([3] * len(values)) == 1


def test_jain_of_one_lucky_owner() -> None:
    """One of four got everything: a quarter; a loss counts as nothing."""
    assert jain([8, 0, 0, -3]) == Fraction(1, 4)


def test_the_bound_comes_from_the_certificate() -> None:
    """Exact winners say how good they could be at most, greedy ones do not."""
    greedy, exact = settled_batch(), settled_batch(rule=mechanism("exact"))
    assert fairness_report(greedy).bound is None
    assert fairness_report(exact).bound == exact.outcome.total
    assert fairness_report(exact).greedy_total == greedy.outcome.total


def test_the_report_is_plain_json() -> None:
    """Integers and text only, so that every reader sees the same numbers."""
    document = fairness_report(settled_batch(rule=mechanism("exact"))).to_json()
    assert json.loads(json.dumps(document)) == document
    assert "." not in json.dumps(document["improvements"])
    below = [item for item in document["improvements"] if (item["over_route_bps"] or 0) < 0]
    assert document["ebbo_violations"] == len(below)


def test_what_went_through_the_pool_is_what_the_pool_pays() -> None:
    """An order settled through the best path itself is neither better nor worse than alone, gas aside."""
    auction = auction_of(SELL)
    paid = 996_006_981_039_903_216
    swap = Interaction(POOL.id, A, B, UNIT, paid)
    solution = Solution("pool", 0, {A: paid, B: UNIT}, (Fill(SELL.id, UNIT),), (swap,))
    verified = Verifier(auction).verify(solution)
    (item,) = fairness_report(settle(auction, [verified.solution], GREEDY)).improvements
    assert item.over_route_bps == 0
