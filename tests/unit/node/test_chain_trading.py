"""The trading state on a chain: guardians set it, a stale price sets it for an asset, and what it lets through."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from intents.intent import Leg
from intents.signing import SigningKey
from intents.venue_states import ConcentratedState, OrderBookState, VenueId
from liquidity.book import Side
from liquidity.tick_math import Q96
from settlement.ledger.orders import OrderState
from settlement.ledger.rules import Rules
from settlement.ledger.trading import ASKED, TradingState, trading_of
from settlement.ledger.transactions import (
    Action,
    AddLiquidity,
    AddPosition,
    Cancel,
    CancelQuote,
    OpenVenue,
    PlaceQuote,
    RemoveLiquidity,
    RemovePosition,
    SetTrading,
    Transfer,
    Withdraw,
)
from settlement.ledger.venues import FIRST_SHARES
from tests.ledgers import OWNERS, POOL, WHOLE, A, B, Run, genesis, holder
from tests.markets import Market

ANN, BOB = OWNERS[0], OWNERS[1]
GUARDS = [SigningKey.from_seed(bytes([0x70 + i]) * 32) for i in range(3)]
BOOK = OrderBookState(VenueId("book"), (A, B), 0, "", WHOLE // 100, WHOLE, (), ())
TICKED = ConcentratedState(VenueId("ticked"), (A, B), 0, "", Q96, 0, 0, (), Fraction(1, 400))


def guarded(least: int = 1) -> Rules:
    keys = tuple(key.public for key in GUARDS)
    return replace(genesis().rules, guardians=keys, least_guardians=least)


def market(least: int = 1) -> Market:
    return Market(replace(genesis(), rules=guarded(least)))


def test_the_state_is_as_strict_as_enough_guardians_ask() -> None:
    """Two of three: one alone neither stops nor keeps it stopped; their words are compared by strictness."""
    run = Run(guarded(2))

    def after(who: int, trading: TradingState) -> TradingState:
        run.do(GUARDS[who], SetTrading(trading))
        return trading_of(run.state, run.rules)

    assert after(0, TradingState.HALTED) is TradingState.ACTIVE
    assert after(1, TradingState.REDUCING) is TradingState.REDUCING
    assert after(2, TradingState.HALTED) is TradingState.HALTED
    assert after(0, TradingState.ACTIVE) is TradingState.REDUCING
    assert after(1, TradingState.ACTIVE) is TradingState.ACTIVE
    assert set(run.state.rows(ASKED)) == {GUARDS[2].public}


def test_nobody_else_has_a_say() -> None:
    """And where more guardians are needed than there are, nothing is ever stopped."""
    run = market()
    run.act(ANN, SetTrading(TradingState.HALTED))
    assert list(run.step().refused.values()) == ["ledger.not-a-guardian"]
    alone = Run(guarded(4))
    for key in GUARDS:
        alone.do(key, SetTrading(TradingState.HALTED))
    assert trading_of(alone.state, alone.rules) is TradingState.ACTIVE


@pytest.mark.parametrize("trading", [TradingState.REDUCING, TradingState.HALTED])
def test_what_is_an_owners_can_always_leave(trading: TradingState) -> None:
    """Cancels, withdrawals, transfers and liquidity out; new venues, liquidity and quotes are refused."""
    run = Run(guarded())
    had: tuple[Action, ...] = (
        OpenVenue(BOOK, ()),
        OpenVenue(TICKED, ()),
        PlaceQuote(BOOK.id, Side.SELL, 60, 5),
        AddLiquidity(POOL, FIRST_SHARES // 1_000, ()),
        AddPosition(TICKED.id, -10, 10, WHOLE, ()),
    )
    for action in had:
        run.do(ANN, action)
    run.do(GUARDS[0], SetTrading(trading))
    other = replace(BOOK, id=VenueId("other"))
    stopped: tuple[Action, ...] = (
        OpenVenue(other, ()),
        PlaceQuote(BOOK.id, Side.SELL, 60, 5),
        AddLiquidity(POOL, 1000, ()),
        AddPosition(TICKED.id, -10, 10, 1, ()),
    )
    for action in stopped:
        before = run.state.root
        with pytest.raises(Exception, match=rf"while trading is {trading}"):
            run.do(ANN, action)
        assert run.state.root == before
    out: tuple[Action, ...] = (
        CancelQuote(BOOK.id, 1),
        RemoveLiquidity(POOL, 1000, ()),
        RemovePosition(TICKED.id, -10, 10, WHOLE, ()),
        Withdraw(A, 5, b""),
        Transfer(holder(BOB), A, 5),
    )
    for action in out:
        run.do(ANN, action)
    run.do(GUARDS[0], SetTrading(TradingState.ACTIVE))
    run.do(ANN, stopped[0])


def test_under_reducing_only_the_way_to_the_numeraire_is_open() -> None:
    """An intent that rests and wants B waits; one that wants A trades; new ones that want B are denied."""
    run = market()
    buy = run.minter.intent(ANN, 1, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE))
    sell = run.minter.intent(BOB, 1, Leg(B, 10 * WHOLE), Leg(A, 18 * WHOLE))
    run.act(GUARDS[0], SetTrading(TradingState.REDUCING))
    run.auction()
    assert list(run.auction(buy)[0].refused.values()) == ["denied.reducing"]
    run.auction(sell)
    assert run.state_of(sell) is OrderState.SETTLED
    run.act(GUARDS[0], SetTrading(TradingState.ACTIVE))
    run.auction()
    run.auction(buy)
    assert run.state_of(buy) is OrderState.SETTLED


def test_halting_batches_nothing_and_resuming_goes_on() -> None:
    """An intent that rests is neither traded nor lost, and may be cancelled meanwhile."""
    run = market()
    far = run.minter.intent(ANN, 1, Leg(A, 20 * WHOLE), Leg(B, 10 * WHOLE))
    other = run.minter.intent(ANN, 2, Leg(A, 21 * WHOLE), Leg(B, 11 * WHOLE))
    run.auction(far, other)
    assert run.state_of(far) is OrderState.BATCHED
    run.act(GUARDS[0], SetTrading(TradingState.HALTED))
    run.auction()
    run.step()
    assert run.batched() == set()
    run.step()
    run.step()
    number = next(number for number, order in run.orders.items() if order.intent == other.intent)
    run.act(ANN, Cancel((number,)))
    run.act(GUARDS[0], SetTrading(TradingState.ACTIVE))
    run.step()
    assert run.state_of(other) is OrderState.CANCELLED
    assert len(run.batched()) == 1


def test_a_stale_price_reduces_what_depends_on_it() -> None:
    """Five auctions after the last report nobody takes on B, be the intent resting or new; then it goes on."""
    run = market()
    waiting = run.minter.intent(ANN, 1, Leg(A, 20 * WHOLE), Leg(B, 10 * WHOLE))
    run.auction(waiting, price=100)
    for _ in range(5):
        run.step()
        assert len(run.batched()) == 1
        run.step()
        run.step()
    late = run.minter.intent(ANN, 2, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE))
    out = run.minter.intent(BOB, 1, Leg(B, WHOLE), Leg(A, WHOLE))
    run.add(late, out)
    assert list(run.step().refused.values()) == ["denied.reducing"]
    assert run.batched() == {number for number, order in run.orders.items() if order.intent == out.intent}
    run.step()
    run.step()
    run.report(100)
    run.step()
    assert any(run.orders[number].intent == waiting.intent for number in run.batched())
