"""The ledger as a machine: whatever people, makers, providers, oracles and guardians do, its laws hold after it.

Everything goes through blocks of a real chain, and every auction is answered by the baseline solver, sealed and
revealed. Between any two steps the node may be restarted from its bytes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from intents.assets import AssetId
from intents.codec import intent_id
from intents.conditions import Above, Below, Condition, Filled, From, Schedule, Trailing
from intents.intent import NEVER, IntentId, Leg
from intents.records import replace
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConcentratedState, OrderBookState, VenueId
from liquidity.book import Side
from liquidity.tick_math import sqrt_price_at
from node.chain.blocks import Phase, phase_of
from node.chain.items import Submission
from node.chain.tables import TABLES, chain_of
from settlement.ledger.accounts import CLEARING, AccountKind, account_of, account_of_venue
from settlement.ledger.admission import OPEN, RATES, USED
from settlement.ledger.auction import auction_of
from settlement.ledger.books import BALANCES, check_all
from settlement.ledger.feeds import price_of
from settlement.ledger.orders import DONE, STEPS, OrderState
from settlement.ledger.reconcile import reconcile
from settlement.ledger.remainders import is_dust
from settlement.ledger.rules import rules_of
from settlement.ledger.state import State
from settlement.ledger.trading import TradingState, may_want, trading_of
from settlement.ledger.transactions import (
    Action,
    AddLiquidity,
    AddPosition,
    Cancel,
    CancelQuote,
    Deposit,
    OpenVenue,
    PlaceQuote,
    RemoveLiquidity,
    RemovePosition,
    SetTrading,
    Transfer,
    Withdraw,
)
from settlement.ledger.venues import SHARES, TOTALS, VENUES, reserves_of
from tests.ledgers import GATEWAY, OWNERS, POOL, WHOLE, A, B, genesis, holder
from tests.markets import Market

TICKED, BOOK = VenueId("ticked"), VenueId("book")
#: B a A, in ticks: half, as in the pool.
HALF = -6_932
OWNER = st.sampled_from(OWNERS)
UNITS = st.sampled_from((1, 10**6, WHOLE, 4 * WHOLE, 20 * WHOLE, 21 * WHOLE + 7, 900 * WHOLE, 5_000 * WHOLE))
PERCENT = st.sampled_from((60, 90, 95, 98, 99, 100, 110))
PRICES = st.sampled_from((1_900, 1_980, 1_996, 2_004, 2_020, 2_100))
#: A pool in ticks that claims liquidity nobody paid for.
UNPAID = OpenVenue(
    ConcentratedState(VenueId("x"), (A, B), 0, "", 2**96, WHOLE, 0, ((-9, WHOLE), (9, -WHOLE)), Fraction(0)), ()
)
#: What may follow a state in one block, by the table of legal steps: at most BATCHED, or back from it by WON.
PATHS = {
    state: {state} | set(after) | {last for middle in after for last in STEPS[middle]}
    for state, after in STEPS.items()
}


class Ledger(RuleBasedStateMachine):
    """One block at a time; ``seen`` is where each intent was after the last."""

    @initialize()
    def begin(self) -> None:
        rules = replace(
            genesis().rules, guardians=(GATEWAY.public,), max_open_per_owner=4, max_new_per_owner=3, stale_after=2
        )
        ticked = ConcentratedState(TICKED, (A, B), 0, "", sqrt_price_at(HALF), 0, HALF, (), Fraction(1, 2000))
        book = OrderBookState(BOOK, (B, A), 0, "", WHOLE // 1000, WHOLE, (), (), Fraction(1, 1000))
        first = genesis()
        self.market = Market(replace(first, rules=rules, venues=(*first.venues, (ticked, ()), (book, ()))))
        self.nonce = 0
        self.seen: dict[IntentId, OrderState] = {}
        self.used: dict[tuple[bytes, int], IntentId] = {}
        self.made: list[Submission] = []
        self.market.after = self._after_a_block
        low = HALF // 10 * 10 - 600
        self.market.act(OWNERS[3], AddPosition(TICKED, low, low + 1200, 500 * WHOLE, ()))
        self.market.act(OWNERS[3], PlaceQuote(BOOK, Side.SELL, 1_980, 40))
        self.market.auction(price=100)

    # What people do: it waits for the next batch

    @rule(data=st.data(), count=st.integers(1, 4))
    def trade(self, data: st.DataObject, count: int) -> None:
        """Intents around the first price, most within reach; some with conditions, a schedule or a group."""
        for _ in range(count):
            key, back, amount, percent = data.draw(st.tuples(OWNER, st.booleans(), UNITS, PERCENT))
            terms = data.draw(
                st.sampled_from((None, None, "when", "schedule", "group", "whole", "short", "again"))
            )
            self.nonce += terms != "again"
            legs = (B, A) if back else (A, B)
            bare = self.market.minter.intent(
                key,
                self.nonce,
                Leg(legs[0], amount),
                Leg(legs[1], max(1, (2 * amount if back else amount // 2) * percent // 100)),
                whole=terms == "whole",
                valid_to=self.market.chain.auction + 1 if terms == "short" else NEVER,
            ).intent
            changes: dict[str, dict[str, Any]] = {
                "when": {"when": self._condition(data) if terms == "when" else None},
                "schedule": {"schedule": Schedule(3, 1)},
                "group": {"group": b"one"},
            }
            intent = replace(bare, **changes.get(terms or "", {}))
            self.made.append(Submission(intent, sign_intent(key, intent)))
            self.market.add(self.made[-1])

    def _condition(self, data: st.DataObject) -> Condition:
        price = 2 * WHOLE * data.draw(PERCENT) // 100
        found: list[Condition] = [Above(B, price), Below(B, price), Trailing(B, 500), From(4)]
        found += [Filled(intent_id(made.intent)) for made in self.made[-2:]]
        return data.draw(st.sampled_from(found))

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """One of any owner's, by its owner or by somebody else."""
        if self.made:
            made = data.draw(st.sampled_from(self.made))
            self.market.act(data.draw(OWNER), Cancel((intent_id(made.intent),)))

    @rule(key=OWNER, other=OWNER, asset=st.sampled_from((A, B)), amount=UNITS, kind=st.integers(0, 2))
    def pay(self, key: SigningKey, other: SigningKey, asset: AssetId, amount: int, kind: int) -> None:
        """A transfer, a withdrawal, a deposit; often of more than there is."""
        actions: tuple[Action, ...] = (
            Transfer(holder(other), asset, amount),
            Withdraw(asset, amount, b""),
            Deposit(holder(other), asset, amount, b""),
        )
        self.market.act(GATEWAY if kind == 2 else key, actions[kind])

    @rule(data=st.data(), count=st.integers(1, 3))
    def make(self, data: st.DataObject, count: int) -> None:
        """Liquidity in shares, in positions around the price or beside it, in quotes; out again as often."""
        for _ in range(count):
            shares = data.draw(st.sampled_from((1, 10**12, 10**15)))
            low = (HALF + data.draw(st.sampled_from((-8_000, -300, -60, 0)))) // 10 * 10
            high = low + data.draw(st.sampled_from((60, 360, 9_000)))
            liquidity = data.draw(st.sampled_from((1, WHOLE, 3_000 * WHOLE)))
            side, price, number = data.draw(st.tuples(st.sampled_from(Side), PRICES, st.integers(1, 9)))
            actions: tuple[Action, ...] = (
                AddLiquidity(POOL, shares, ()),
                RemoveLiquidity(POOL, shares, ()),
                AddPosition(TICKED, low, high, liquidity, ()),
                RemovePosition(TICKED, low, high, liquidity if number % 2 else 0, ()),
                PlaceQuote(BOOK, side, price, number),
                CancelQuote(BOOK, number),
                UNPAID,
            )
            self.market.act(data.draw(OWNER), data.draw(st.sampled_from(actions)))

    @rule(trading=st.sampled_from((TradingState.ACTIVE, *TradingState)))
    def guard(self, trading: TradingState) -> None:
        self.market.act(GATEWAY, SetTrading(trading))

    @rule(percent=PERCENT)
    def report(self, percent: int) -> None:
        self.market.report(percent)

    # Time

    @rule(times=st.integers(1, 2))
    def auction(self, times: int) -> None:
        """What is left of the one under way, then all three heights of the next, with the solver's answer."""
        while phase_of(self.market.chain.height + 1) is not Phase.BATCH:
            self.market.step()
        for _ in range(times):
            settle = self.market.auction()[2]
            assert settle.settlement is not None
            assert settle.settlement.failed == ()
            assert settle.slashed == {}

    @rule()
    def block(self) -> None:
        """One height, whichever it is; the solver does not answer."""
        self.market.step()

    @rule()
    def restart(self) -> None:
        """From its bytes: the same root, the same state; and the journal leads there."""
        entries = dict(self.market.chain.state.dump())
        copy = State(TABLES)
        assert copy.absorb(dict(entries)) == self.market.chain.state.root
        assert copy.entries == self.market.chain.state.entries
        assert list(reconcile(State(TABLES), self.market.journal, entries)) == []
        self.market.chain.state = copy

    # Laws

    @invariant()
    def every_asset_sums_to_zero(self) -> None:
        """And nobody but the outside is below zero; nothing stays in clearing."""
        check_all(self.market.chain.state)
        for (account, _), amount in self.market.chain.state.rows(BALANCES).items():
            assert amount > 0 or account.kind is AccountKind.OUTSIDE
            assert account != CLEARING

    @invariant()
    def venues_hold_what_they_say(self) -> None:
        """To the unit; and all shares of a pool are somebody's, but for those that stay for ever."""
        state = self.market.chain.state
        for venue, found in state.rows(VENUES).items():
            for asset, amount in reserves_of(found).items():
                assert state.rows(BALANCES).get((account_of_venue(venue), asset), 0) == amount
        held = sum(shares for (venue, _), shares in state.rows(SHARES).items() if venue == POOL)
        assert held + 1000 == state.rows(TOTALS)[POOL].total

    def _after_a_block(self) -> None:
        self.orders_take_legal_steps()
        if phase_of(self.market.chain.height) is Phase.BATCH:
            self._batch_is_allowed()

    def orders_take_legal_steps(self) -> None:
        """From where each was a block ago to where it is; what has ended is left as it is, or forgotten."""
        now = {number: order.state for number, order in self.market.orders.items()}
        for number, state in now.items():
            assert state in PATHS[self.seen.get(number, OrderState.RECEIVED)]
        for number, state in self.seen.items():
            assert number in now or state in DONE
        self.seen = now
        open_by_owner: dict[bytes, int] = {}
        for order in self.market.orders.values():
            left = order.intent.reference_leg.amount - order.filled
            assert left >= 0
            # What rests can trade; what has settled could not any more.
            if order.filled:
                assert (order.state is OrderState.SETTLED) == (left == 0 or is_dust(order.intent, left)) or (
                    order.state in (OrderState.EXPIRED, OrderState.CANCELLED)
                )
            if order.state not in DONE:
                who = account_of(order.intent.owner).holder
                open_by_owner[who] = open_by_owner.get(who, 0) + 1
        assert open_by_owner == self.market.chain.state.rows(OPEN)
        assert all(count <= 4 for count in open_by_owner.values())

    @invariant()
    def a_nonce_serves_one_intent(self) -> None:
        """For ever, as far as it can still be replayed; and no owner gets more in than the rate."""
        used = dict(self.market.chain.state.rows(USED))
        for key, number in used.items():
            assert self.used.setdefault(key, number) == number
        for number, order in self.market.orders.items():
            assert used[account_of(order.intent.owner).holder, order.intent.nonce] == number
        assert all(taken.count <= 3 for taken in self.market.chain.state.rows(RATES).values())

    def _batch_is_allowed(self) -> None:
        """No intent is in a batch that trading, or a stale price, keeps out; a group has one at most. And whoever
        has nothing but the state that the block left finds the same auction in it."""
        state, now = self.market.chain.state, self.market.chain.auction
        rules = rules_of(state)
        assert auction_of(state, rules, now, chain_of(state).seed) == self.market.chain.batch
        trading = trading_of(state, rules)
        groups = []
        for number in self.market.batched():
            intent = self.market.orders[number].intent
            assert may_want(state, rules, intent, trading, now)
            if trading is TradingState.REDUCING or price_of(state, rules, B, now) is None:
                assert all(leg.asset == A for leg in intent.want)
            if intent.group:
                groups.append(intent.owner)
        assert len(groups) == len(set(groups))


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
