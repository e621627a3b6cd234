"""The history: what it says of auctions and blocks is what was decided, and it outlives its own loss."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from random import Random

import pytest

from intents.errors import Unreadable, WrongValue
from intents.intent import Leg
from node.agreement.messages import Decision
from node.history.base import BlockRow
from node.history.inputs import unpack_settled
from node.history.pages import Page
from node.history.rebuilding import rebuild
from node.history.standings import wilson
from node.history.store import HistoryStore
from settlement.fairness import fairness_report
from settlement.receipt import verify_receipt
from tests.history_worlds import Chain, busy, trading
from tests.ledgers import OWNERS, WHOLE, A, B, holder, ledger

ANN, BOB = OWNERS[0], OWNERS[1]


@pytest.fixture
def history() -> Iterator[HistoryStore]:
    with HistoryStore(None) as found:
        yield found


@pytest.fixture
def chain(history: HistoryStore) -> Chain:
    found = Chain([history])
    busy(found, Random(3), 6)
    return found


def test_receipts_verify_and_are_the_same_when_made_again(chain: Chain, history: HistoryStore) -> None:
    """From the settlement at hand and from what is kept of it the same bytes come, and the law agrees."""
    for row in history.auctions(None, 10).rows:
        text = history.receipt(row.number)
        assert text is not None
        assert verify_receipt(json.loads(text), "receipt").settlement.score == row.score
        history._deriving.forget()
        assert history.receipt(row.number) == text


def test_an_auction_is_told_whole(history: HistoryStore) -> None:
    """Who traded what at which price, through which venue, who missed and why, who won and what it was paid."""
    chain = Chain([history])
    number = trading(chain)
    found = history.auction(number)
    settlement = chain.commits[-1].applied.effects.settlement
    assert found is not None
    assert settlement is not None
    assert (found.row.intents, found.row.filled, found.row.winners) == (3, 2, ("solver",))
    assert {trade.owner for trade in found.trades} == {holder(ANN), holder(BOB)}
    report = fairness_report(settlement)
    assert [trade.over_limit_bps for trade in found.trades] == [i.over_limit_bps for i in report.improvements]
    assert [trade.over_route_bps for trade in found.trades] == [i.over_route_bps for i in report.improvements]
    assert found.row.improvement_bps == sum(i.over_limit_bps for i in report.improvements) / 2
    (missed,) = found.missed
    assert (missed.owner, missed.code) == (holder(BOB), "out_of_the_money")
    assert missed.distance_bps is not None
    assert missed.distance_bps > 1_000
    assert dict(found.rewards) == settlement.rewards
    (solution,) = found.solutions
    assert (solution.won, solution.rank, solution.score, solution.lost) == (True, 1, settlement.score, "")
    assert dict(found.prices)[A] == WHOLE


def test_what_venues_did_is_there(history: HistoryStore) -> None:
    """What went in and came out, by whom, and the price before any of it, fee included."""
    chain = Chain([history])
    chain.submit(ANN, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE))
    found = history.auction(chain.auction())
    assert found is not None
    (venue,), (trade,) = found.venues, found.trades
    assert (venue.kind, venue.solver, venue.sold, venue.bought) == ("constant_product", "solver", A, B)
    assert (venue.amount_in, venue.amount_out >= trade.got) == (trade.gave, True)
    assert venue.price_before is not None
    assert abs(float(venue.price_before) / (0.5 * 0.997) - 1) < 1e-9


def test_a_slashed_solver_and_its_loss_are_there(history: HistoryStore) -> None:
    """Sealed and never opened: it has a part in the auction without a solution."""
    chain = Chain([history])
    chain.submit(ANN, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE))
    chain.sealed_alone()
    found = history.auction(1)
    assert found is not None
    ((solver, amount, faults),) = found.slashed
    assert (solver, faults) == ("solver", ("no_reveal",))
    (standing,) = history.standings().rows
    assert (standing.auctions, standing.wins, standing.slashed) == (1, 0, amount)
    history._deriving.forget()
    assert history.auction(1) == found


def test_blocks_name_their_proposers_and_pages_run_backwards(chain: Chain, history: HistoryStore) -> None:
    """Each page goes on where the one before ended, down to the first block."""
    rows: list[BlockRow] = []
    page = history.blocks(None, 4)
    rows += page.rows
    while page.next is not None:
        page = history.blocks(page.next, 4)
        rows += page.rows
    assert [row.height for row in rows] == list(range(chain.app.height, -1, -1))
    for row, commit in zip(reversed(rows), chain.commits, strict=True):
        assert row.block == commit.certificate.block
        assert row.root == commit.applied.block.header.state_root
        assert row.proposer == b"\1" * 32
        assert (row.items, row.refused) == (len(commit.applied.block.items), len(commit.applied.effects.refused))
    assert [row.number for row in history.auctions(4, 2).rows] == [3, 2]
    assert history.auctions(None, 0) == Page((), (), None)
    assert history.auction(99) is None
    assert history.receipt(99) is None


def test_a_gap_is_told_and_what_rests_is_known_on(history: HistoryStore) -> None:
    """As after a snapshot: heights are missing by name, and intents from before the gap say so."""
    chain = Chain([])
    chain.submit(ANN, Leg(A, 20 * WHOLE), Leg(B, 15 * WHOLE))
    chain.auction()
    chain.histories = [history]
    chain.submit(BOB, Leg(B, 10 * WHOLE), Leg(A, 30 * WHOLE))
    chain.auction()
    assert [row.number for row in history.auctions(None, 9).rows] == [2]
    (old,) = history.intents(ANN.public, None, 9).rows
    (new,) = history.intents(BOB.public, None, 9).rows
    assert "before this node's history" in old.steps[0].note
    assert (new.steps[0].state, new.steps[0].auction) == ("checked", 2)
    assert old.missed is not None
    assert old.missed[0] == 2
    chain.histories = []
    chain.auction()
    chain.histories = [history]
    chain.auction()
    assert history.gaps() == ((6, 8),)
    assert history.intent(old.intent, chain.app.state) is not None


def test_an_intent_the_history_never_saw_is_told_from_the_ledger(history: HistoryStore) -> None:
    """And one that nobody knows is nobody's."""
    chain = Chain([])
    chain.submit(ANN, Leg(A, 20 * WHOLE), Leg(B, 15 * WHOLE))
    chain.auction()
    (number,) = chain.resting()
    found = history.intent(number, chain.app.state)
    assert found is not None
    assert (found.state, found.owner, found.trades) == ("batched", holder(ANN), ())
    assert history.intent(b"\0" * 32, chain.app.state) is None


def test_it_is_rebuilt_from_decisions(chain: Chain, history: HistoryStore) -> None:
    """Everything but the times comes back."""
    decisions = [Decision(c.height, c.block, c.certificate) for c in chain.commits]
    with HistoryStore(None) as again:
        assert rebuild(again, ledger(), decisions, lambda key, digest, signature: True) == chain.app.height
        for row in history.auctions(None, 99).rows:
            found, old = again.auction(row.number), history.auction(row.number)
            assert found is not None
            assert old is not None
            assert (found.trades, found.missed, found.solutions) == (old.trades, old.missed, old.solutions)
            assert again.receipt(row.number) == history.receipt(row.number)
        assert again.standings() == history.standings()


def test_what_is_kept_of_an_auction_settles_to_the_same(history: HistoryStore) -> None:
    """Bids, winners, rewards and all."""
    chain = Chain([history])
    number = trading(chain)
    kept = history._load(number)
    settlement = chain.commits[-1].applied.effects.settlement
    assert kept is not None
    assert settlement is not None
    assert kept.settlement == settlement
    with pytest.raises(Exception, match="compressed"):
        unpack_settled(b"junk", lambda number: None, "auction 1")
    with pytest.raises(WrongValue, match="beginning"):
        unpack_settled(zlib.compress(b"x")[:-6], lambda number: None, "auction 1")


def test_no_more_is_unpacked_of_an_auction_than_may_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand bytes that say a million."""
    monkeypatch.setattr("node.history.inputs.MAX_RECEIPT_BYTES", 10_000)
    with pytest.raises(Unreadable, match="10001 bytes"):
        unpack_settled(zlib.compress(bytes(1_000_000)), lambda number: None, "auction 1")


@pytest.mark.parametrize(("wins", "trials"), [(0, 0), (0, 5), (5, 5), (3, 10), (500, 1000)])
def test_the_interval_is_where_the_score_test_ends(wins: int, trials: int) -> None:
    """Wilson's: at both ends the rate observed is 1.96 standard errors away, by the error there."""
    low, high = wilson(wins, trials)
    if trials == 0:
        assert (low, high) == (0.0, 1.0)
        return
    rate = wins / trials
    for end in (low, high):
        error = (end * (1 - end) / trials) ** 0.5
        inside = 0 < end < 1
        assert not inside or abs(abs(rate - end) - 1.959963984540054 * error) < 1e-9
    assert 0 <= low <= rate <= high <= 1
