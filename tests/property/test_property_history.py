"""Laws of a history: over random auctions it says exactly what the ledger says, and adds up to the same
amounts."""

from __future__ import annotations

import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from intents.intent import IntentId
from node.chain.blocks import Phase, phase_of
from node.history.base import IntentLife
from node.history.store import HistoryStore
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.books import BALANCES
from settlement.ledger.orders import DONE, ORDERS, OrderState
from settlement.ledger.remainders import is_dust
from settlement.receipt import verify_receipt
from tests.history_worlds import Chain, busy
from tests.ledgers import OWNERS, WHOLE, A, B, holder

SEEDS = st.integers(0, 2**32)
#: What every owner begins with of both assets.
FIRST = 1000 * WHOLE


def lives(history: HistoryStore, chain: Chain) -> list[IntentLife]:
    """All of them, each asked for by its id, page by page."""
    found: list[IntentLife] = []
    for owner in OWNERS:
        page = history.intents(owner.public, None, 5)
        while page.rows:
            for listed in page.rows:
                life = history.intent(listed.intent, chain.app.state)
                assert life is not None
                assert (listed.trades != ()) == (life.trades != ())
                found.append(life)
            page = history.intents(owner.public, page.next or 0, 5)
    return found


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_lives_agree_with_the_ledger(seed: int) -> None:
    """Every intent on the ledger is known in the state it is in, with what it has traded; all others have
    ended."""
    with HistoryStore(None) as history:
        chain = Chain([history])
        busy(chain, Random(seed), 5)
        found = {life.intent: life for life in lives(history, chain)}
        orders = chain.app.state.rows(ORDERS)
        assert orders.keys() <= found.keys()
        for number, life in found.items():
            order = orders.get(IntentId(number))
            if order is None:
                assert OrderState(life.state) in DONE
                continue
            assert life.state == order.state.value
            assert life.gave == order.filled
            if order.state is OrderState.SETTLED:
                left = life.give_max - life.gave
                assert left == 0 or is_dust(order.intent, left)
            assert (life.missed is not None) >= (order.state is OrderState.BATCHED)


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_trades_add_up_to_what_owners_hold(seed: int) -> None:
    """Nothing else moves an owner's balance in these worlds: what was got less what was given is the
    difference."""
    with HistoryStore(None) as history:
        chain = Chain([history])
        busy(chain, Random(seed), 5)
        moved = {(owner.public, asset): 0 for owner in OWNERS for asset in (A, B)}
        for life in lives(history, chain):
            for _, trade in life.trades:
                moved[life.owner[1:], trade.give] -= trade.gave
                moved[life.owner[1:], trade.want] += trade.got
        for owner in OWNERS:
            for asset in (A, B):
                held = chain.app.state.get(BALANCES, (Account(AccountKind.OWNER, holder(owner)), asset)) or 0
                assert held - FIRST == moved[owner.public, asset]


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_auctions_add_up(seed: int) -> None:
    """Lines, details, receipts and the leaderboard tell one story; steps follow in time and by the ledger's
    rules."""
    with HistoryStore(None) as history:
        chain = Chain([history])
        busy(chain, Random(seed), 5)
        settled = [c.applied.effects.settlement for c in chain.commits if phase_of(c.height) is Phase.SETTLE]
        rows = list(reversed(history.auctions(None, 99).rows))
        assert [row.score for row in rows] == [found.score for found in settled if found is not None]
        for row in rows:
            detail, text = history.auction(row.number), history.receipt(row.number)
            assert detail is not None
            assert text is not None
            report = verify_receipt(json.loads(text), "receipt")
            assert report.settlement.score == row.score
            assert len(detail.trades) == row.filled
            assert len(detail.trades) + len(detail.missed) == row.intents
            assert len(detail.solutions) == row.solutions
            assert {found.solver for found in detail.solutions if found.won} == set(row.winners)
            assert all(bool(found.lost) != found.won for found in detail.solutions)
        assert sum(found.score for found in history.standings().rows) == sum(row.score for row in rows)
        assert sum(found.score for found in history.standings(2).rows) == sum(row.score for row in rows[-2:])
        for life in lives(history, chain):
            heights = [step.height for step in life.steps]
            assert heights == sorted(heights)
            assert all(step.at_ms == 1_000 * (step.height + 1) for step in life.steps)
            assert [step.note for step in life.steps].count("in a batch for the first time") <= 1
