"""Conditional intents over several auctions of a whole chain: when each trades, how much, what ends with it."""

from __future__ import annotations

from typing import Any

from intents.codec import intent_id
from intents.conditions import Above, AllOf, AnyOf, Below, Filled, From, Schedule, Trailing
from intents.intent import Leg
from intents.records import replace
from intents.signing import SigningKey, sign_intent
from node.chain.items import Submission
from settlement.ledger.conditions import WATCHED
from settlement.ledger.orders import OrderState
from settlement.ledger.transactions import Cancel
from tests.ledgers import OWNERS, WHOLE, A, B
from tests.markets import Market

ANN, BOB = OWNERS[0], OWNERS[1]
#: A price of B in A, base units per 10^18: ``percent`` of two.
TWO = 2 * WHOLE


def percent(part: int) -> int:
    return TWO * part // 100


class Trader:
    """Makes intents of one market. The pool trades at about two A a B, whatever oracles say."""

    def __init__(self) -> None:
        self.market = Market()

    def buy(
        self, nonce: int, key: SigningKey = ANN, amount: int = 20, want: int | None = None, **terms: Any
    ) -> Submission:
        """``amount`` A for B, at 2.2 a B if not otherwise said: the pool can fill it at any time."""
        least = amount * WHOLE * 10 // 22 if want is None else want * WHOLE
        bare = self.market.minter.intent(key, nonce, Leg(A, amount * WHOLE), Leg(B, least)).intent
        intent = replace(bare, **terms)
        return Submission(intent, sign_intent(key, intent))

    def sell(self, nonce: int, key: SigningKey = ANN, amount: int = 10, **terms: Any) -> Submission:
        """``amount`` B for A at 1.8 a B."""
        legs = Leg(B, amount * WHOLE), Leg(A, amount * WHOLE * 18 // 10)
        intent = replace(self.market.minter.intent(key, nonce, *legs).intent, **terms)
        return Submission(intent, sign_intent(key, intent))

    def settles_at(self, submission: Submission, prices: list[int | None]) -> list[bool]:
        """Auction by auction, at these reported prices, whether it has settled; it is handed in for the first."""
        self.market.add(submission)
        found = []
        for price in prices:
            self.market.auction(price=price)
            found.append(self.market.state_of(submission) is OrderState.SETTLED)
        return found


def test_a_stop_sells_when_the_price_has_fallen() -> None:
    """At 95 % it waits; at 90 % it trades."""
    trader = Trader()
    stop = trader.sell(1, when=Below(B, percent(90)))
    assert trader.settles_at(stop, [100, 95, 91, 90]) == [False, False, False, True]


def test_a_triggered_stop_stays_triggered() -> None:
    """Its limit is out of reach while the price is low; with the price back and the pool moved, it trades."""
    trader = Trader()
    stop = trader.buy(1, want=10, when=Below(B, percent(90)))
    assert trader.settles_at(stop, [100, 90, 100]) == [False, False, False]
    watched = trader.market.chain.state.rows(WATCHED)[intent_id(stop.intent)]
    assert watched.triggered == 2
    trader.market.auction(trader.sell(1, BOB, 900), price=100)
    trader.market.auction(price=100)
    assert trader.market.state_of(stop) is OrderState.SETTLED


def test_a_take_profit_sells_when_the_price_has_risen() -> None:
    """At 110 % and not before."""
    trader = Trader()
    profit = trader.sell(1, when=Above(B, percent(110)))
    assert trader.settles_at(profit, [100, 109, 110]) == [False, False, True]


def test_a_trailing_stop_follows_the_price_up() -> None:
    """From its best, 130 %, a tenth down is 117 %."""
    trader = Trader()
    trail = trader.sell(1, when=Trailing(B, 1_000))
    assert trader.settles_at(trail, [100, 95, 130, 118, 117]) == [False] * 4 + [True]


def test_a_rising_trail_follows_the_price_down() -> None:
    """From its lowest, 80 %, a tenth up is 88 %."""
    trader = Trader()
    trail = trader.buy(1, amount=10, want=4, when=Trailing(B, 1_000, rising=True))
    assert trader.settles_at(trail, [100, 80, 87, 88]) == [False] * 3 + [True]


def test_time_opens_an_intent() -> None:
    """From auction 3 on."""
    trader = Trader()
    assert trader.settles_at(trader.buy(1, when=From(3)), [None, None, None]) == [False, False, True]


def test_a_stale_price_holds_conditions_back() -> None:
    """The last report is six auctions old: though the price was below, nothing is triggered before the next."""
    trader = Trader()
    stop = trader.sell(1, when=AllOf((Below(B, percent(95)), From(8))))
    assert trader.settles_at(stop, [90, *[None] * 7, 90]) == [False] * 8 + [True]


def test_one_intent_waits_for_another_to_be_filled_whole() -> None:
    """Part filled is not enough: the second trades in the auction after the one that fills the first."""
    trader = Trader()
    first = trader.buy(1, amount=40, schedule=Schedule(2, 2))
    second = trader.sell(2, when=Filled(intent_id(first.intent)))
    trader.market.add(first, second)
    seen = []
    for _ in range(4):
        trader.market.auction()
        seen.append((trader.market.state_of(first), trader.market.state_of(second)))
    part, done, waits = OrderState.PART_FILLED, OrderState.SETTLED, OrderState.CHECKED
    assert seen == [(part, waits), (part, waits), (done, waits), (done, done)]


def test_waiting_for_one_that_was_cancelled_waits_for_ever() -> None:
    """Cancelled is not filled."""
    trader = Trader()
    first = trader.buy(1, want=15)
    second = trader.sell(2, when=Filled(intent_id(first.intent)))
    trader.market.auction(first, second)
    trader.market.act(ANN, Cancel((intent_id(first.intent),)))
    trader.market.auction()
    trader.market.auction()
    assert trader.market.state_of(first) is OrderState.CANCELLED
    assert trader.market.state_of(second) is OrderState.CHECKED


def test_another_owners_intent_is_waited_for_in_vain() -> None:
    """Only the owner's own count."""
    trader = Trader()
    first = trader.buy(1, BOB)
    second = trader.sell(2, when=Filled(intent_id(first.intent)))
    trader.market.auction(first, second)
    trader.market.auction()
    assert trader.market.state_of(first) is OrderState.SETTLED
    assert trader.market.state_of(second) is OrderState.CHECKED


def test_a_schedule_trades_its_parts_in_time() -> None:
    """A quarter every second auction, whatever of it is left at once."""
    trader = Trader()
    twap = trader.buy(1, amount=40, schedule=Schedule(4, 2))
    trader.market.add(twap)
    filled = []
    for _ in range(7):
        trader.market.auction(price=100)
        filled.append(trader.market.filled(twap) // WHOLE)
    assert filled == [10, 10, 20, 20, 30, 30, 40]
    assert trader.market.state_of(twap) is OrderState.SETTLED


def test_a_schedule_begins_when_its_condition_is_met() -> None:
    """Not when it came in."""
    trader = Trader()
    twap = trader.sell(1, schedule=Schedule(2, 1), when=Below(B, percent(90)))
    trader.market.add(twap)
    filled = []
    for price in (100, 100, 90, 100):
        trader.market.auction(price=price)
        filled.append(trader.market.filled(twap) // WHOLE)
    assert filled == [0, 0, 5, 10]


def test_of_a_group_the_first_to_trade_ends_the_others() -> None:
    """A stop and a take-profit around the price: one settles, the other is cancelled in the same auction."""
    for price, winner in ((90, 0), (110, 1)):
        trader = Trader()
        pair = (
            trader.sell(1, group=b"exit", when=Below(B, percent(90))),
            trader.sell(2, group=b"exit", when=Above(B, percent(110))),
        )
        other = trader.sell(3, when=AnyOf((Above(B, percent(200)), From(99))))
        trader.market.auction(*pair, other, price=100)
        assert [trader.market.state_of(one) for one in pair] == [OrderState.CHECKED] * 2
        trader.market.auction(price=price)
        assert trader.market.state_of(pair[winner]) is OrderState.SETTLED
        assert trader.market.state_of(pair[1 - winner]) is OrderState.CANCELLED
        assert trader.market.state_of(other) is OrderState.CHECKED


def test_another_owners_group_of_the_same_name_is_another() -> None:
    """Names are each owner's own."""
    trader = Trader()
    mine, theirs = trader.sell(1, group=b"exit"), trader.buy(1, BOB, want=15, group=b"exit")
    trader.market.auction(mine, theirs)
    assert trader.market.state_of(mine) is OrderState.SETTLED
    assert trader.market.state_of(theirs) is OrderState.BATCHED
