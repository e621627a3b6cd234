"""Why an order was not filled: each reason on an order built for it, its distance, and who tried."""

from __future__ import annotations

import pytest

from intents.auction import AuctionOrder, Balance
from intents.intent import CurvePoint, DutchCurve, Exclusivity, FillMode, FillRule, Kind
from intents.records import replace
from settlement import why_not as module
from settlement.mechanism import mechanism
from settlement.settle import Settlement, settle
from settlement.solution import Fill, Solution
from settlement.why_not import Reason, Tried, Unfilled, unfilled_orders
from tests.bidding import settled_batch
from tests.one_pool import FAR, OWNER, UNIT, UNPRICED, WHOLE, A, B, auction_of, order

GREEDY = mechanism("greedy")


def explained(asked: AuctionOrder, *, gas_price: int = 0, balances: tuple[Balance, ...] = ()) -> Unfilled:
    """The answer for an order that nobody bid for."""
    (answer,) = unfilled_orders(settle(auction_of(asked, gas_price=gas_price, balances=balances), [], GREEDY))
    return answer


def test_validity_comes_first() -> None:
    """Too early, too late, or nothing left: no price is looked at."""
    good = order(1000, 900)
    early = replace(good, intent=replace(good.intent, valid_from=6))
    late = replace(good, intent=replace(good.intent, valid_to=4))
    assert explained(early) == Unfilled(good.id, Reason.NOT_YET_VALID, False, None, None)
    assert explained(late) == Unfilled(good.id, Reason.EXPIRED, False, None, None)
    assert explained(replace(good, remaining=0)).reason is Reason.NOTHING_LEFT


def test_an_owner_without_balance() -> None:
    """Only a listed balance of zero blocks; one that is not listed binds nobody."""
    good = order(1000, 900)
    assert explained(good, balances=(Balance(OWNER, A, 0),)).reason is Reason.NO_BALANCE
    assert explained(good, balances=(Balance(OWNER, B, 0),)).reason is Reason.NO_BID


def test_an_exclusive_order_waits_for_its_solver() -> None:
    """While nobody else may fill it; an override lets others in."""
    good = order(1000, 900)
    waiting = replace(good, intent=replace(good.intent, exclusive=Exclusivity("friend", 5, 0)))
    over = replace(good, intent=replace(good.intent, exclusive=Exclusivity("friend", 4, 0)))
    shared = replace(good, intent=replace(good.intent, exclusive=Exclusivity("friend", 5, 10)))
    assert explained(waiting).reason is Reason.RESERVED
    assert explained(over).reason is Reason.NO_BID
    assert explained(shared).reason is Reason.NO_BID


def test_a_wanted_asset_without_reference_price() -> None:
    """Its surplus cannot be scored, so no solution may hold it, unless it does not count anyway."""
    asked = order(1000, 900, pair=(A, UNPRICED))
    assert explained(asked).reason is Reason.NO_PRICE
    assert explained(replace(asked, scored=False)).reason is Reason.NO_MARKET


@pytest.mark.parametrize("kind", [Kind.EXACT_IN, Kind.EXACT_OUT])
def test_the_best_path_decides(kind: Kind) -> None:
    """In the money and worth it: nobody bid. Not worth its gas: cost. Short of the limit: by how much."""
    good = order(1000, 900, kind=kind)
    assert explained(good) == Unfilled(good.id, Reason.NO_BID, True, 0, None)
    assert explained(good, gas_price=10**12) == Unfilled(good.id, Reason.COST, True, 0, None)
    # The pool pays about 0.3 % less than even; asking for 1 % more than even is about 1.3 % too much.
    short = explained(order(1000, 1010, kind=kind))
    assert (short.reason, short.in_the_money) == (Reason.OUT_OF_THE_MONEY, False)
    assert short.distance_bps is not None
    assert 120 < short.distance_bps < 145


def test_size_decides() -> None:
    """A tenth of the pool moves its price by a tenth: whole it is too large, in part it would do."""
    whole = explained(order(100_000, 95_000, rule=WHOLE))
    assert (whole.reason, whole.in_the_money) == (Reason.TOO_LARGE, True)
    assert whole.distance_bps is not None
    assert 300 < whole.distance_bps < 600
    part = explained(order(100_000, 95_000))
    assert (part.reason, part.in_the_money, part.distance_bps) == (Reason.NO_BID, True, 0)
    least = FillRule(FillMode.PARTIAL, 90_000 * UNIT // 1000)
    assert explained(order(100_000, 95_000, rule=least)).reason is Reason.OUT_OF_THE_MONEY


def test_no_path_no_market() -> None:
    """No venue leads there; how far it is can still be told from reference prices."""
    answer = explained(order(1000, 1100, pair=(A, FAR)))
    assert (answer.reason, answer.in_the_money, answer.distance_bps) == (Reason.NO_MARKET, False, 910)


def test_a_hopeless_limit_is_judged_by_reference_prices() -> None:
    """Ten times what is fair: 9000 bps of what it asks are too much."""
    answer = explained(order(1000, 10_000))
    assert (answer.reason, answer.distance_bps) == (Reason.OUT_OF_THE_MONEY, 9000)


def test_paths_are_looked_up_for_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it, reference prices have to do."""
    monkeypatch.setattr(module, "MAX_ROUTED", 1)
    first, second = order(1000, 1001, name=b"1"), order(1000, 1001, name=b"2")
    by_path, by_price = unfilled_orders(settle(auction_of(first, second), [], GREEDY))
    assert by_path.distance_bps is not None
    assert by_path.distance_bps > 30
    assert by_price.distance_bps == 10


def test_a_moving_limit_is_taken_where_it_stands() -> None:
    """Today's amount of the Dutch curve, not the last one it may fall to."""
    asked = order(1000, 900)
    curve = DutchCurve((CurvePoint(4, 1100 * UNIT // 1000), CurvePoint(6, 1000 * UNIT // 1000)))
    moving = replace(asked, intent=replace(asked.intent, curve=curve))
    answer = explained(moving)
    assert answer.reason is Reason.OUT_OF_THE_MONEY
    assert answer.distance_bps is not None
    assert 480 < answer.distance_bps < 530


def crossed(*others: AuctionOrder, gas_price: int = 0) -> Settlement:
    """a→b and b→a settled against each other at even prices, with ``others`` left out."""
    sell, buy = order(50_000, 45_000, name=b"sell"), order(50_000, 45_000, pair=(B, A), name=b"buy")
    auction = auction_of(sell, buy, *others, gas_price=gas_price)
    fills = tuple(Fill(item.id, item.remaining) for item in (sell, buy))
    return settle(auction, [Solution("cross", 0, {A: 1, B: 1}, fills)], GREEDY)


def test_at_the_clearing_price() -> None:
    """Better than the batch's own price asks for, and left out: for volume, for size, or for its cost."""
    partial, whole = order(100, 99, name=b"p"), order(100, 99, rule=WHOLE, name=b"w")
    bought = order(100, 99, kind=Kind.EXACT_OUT, name=b"x")
    answers = unfilled_orders(crossed(partial, whole, bought))
    assert [answer.reason for answer in answers] == [Reason.CAPACITY, Reason.TOO_LARGE, Reason.CAPACITY]
    assert all(answer.in_the_money and answer.distance_bps == 0 for answer in answers)
    for answer in unfilled_orders(crossed(partial, whole, bought, gas_price=10**11)):
        assert answer.reason is Reason.COST
    (even,) = unfilled_orders(crossed(order(100, 100, name=b"e")))
    assert even.reason is Reason.OUT_OF_THE_MONEY


def test_the_best_bid_that_held_it() -> None:
    """The best verified one, lost; else the first that broke the law, with the rule it broke."""
    assert unfilled_orders(settled_batch()) == ()
    sell, buy = order(50_000, 45_000, name=b"sell"), order(50_000, 45_000, pair=(B, A), name=b"buy")
    other = order(40_000, 36_000, pair=(B, A), name=b"other")
    auction = auction_of(sell, buy, other)
    win = Solution("win", 0, {A: 1, B: 1}, tuple(Fill(item.id, item.remaining) for item in (sell, buy)))
    lose = Solution("lose", 4, {A: 1, B: 1}, (Fill(sell.id, other.remaining), Fill(other.id, other.remaining)))
    (answer,) = unfilled_orders(settle(auction, [win, lose], GREEDY))
    assert answer == Unfilled(other.id, Reason.LOST, True, 0, Tried("lose/4"))
    broken = replace(lose, prices={A: 1, B: 2})
    (refused,) = unfilled_orders(settle(auction, [win, broken], GREEDY))
    assert refused.best_bid == Tried("lose/4", "law.limit-not-met")
    assert refused.reason is Reason.CAPACITY
    assert refused.to_json()["best_bid"] == {"bid": "lose/4", "refused": "law.limit-not-met"}
