"""Settling: who is refused, who wins, and what later winners find."""

from __future__ import annotations

import pytest

from intents.auction import Auction
from intents.records import replace
from liquidity.registry import open_venue
from settlement import settle as module
from settlement.errors import BalanceExceeded, NotConserved
from settlement.mechanism import Mechanism, bid_name, mechanism, mechanism_names
from settlement.rewards import DEFAULT_CAPS, RewardCaps
from settlement.settle import Ground, apply, judge, latest, settle
from settlement.solution import Fill, Solution
from settlement.verified import Verified
from settlement.verify import Verifier
from tests.batches import NUMBER, Batch
from tests.bidding import batch_of, part, settled_batch
from tests.one_owner import one_owner

GREEDY = mechanism("greedy")


def names(items: tuple[Verified, ...]) -> list[str]:
    return [bid_name(item.solution) for item in items]


def test_verified_bids_compete_and_broken_ones_are_named() -> None:
    """The one that breaks the law takes no part; of two on one pair the better wins; the rest are settled."""
    settlement = settled_batch()
    assert [(item.solution.solver, type(item.error)) for item in settlement.refused] == [("broken", NotConserved)]
    # What is kept for long keeps no frames.
    assert [item.error.__traceback__ for item in settlement.refused] == [None]
    assert set(names(settlement.verified)) == {"wide/0", "narrow/0", "narrow/1", "late/0"}
    assert set(settlement.outcome.winners) == {"wide/0", "narrow/1", "late/0"}
    assert names(settlement.settled) == list(settlement.outcome.winners)
    assert settlement.score == settlement.outcome.total == sum(item.score.net for item in settlement.settled)
    assert not settlement.failed


@pytest.mark.parametrize("name", mechanism_names())
def test_the_order_of_solutions_does_not_matter(name: str) -> None:
    """Settled trades, rewards and outcome are the same however solutions come in."""
    batch = batch_of()
    solutions = [part(batch, "matched", solver="one"), part(batch, "split", "bought", solver="two")]
    solutions += [part(batch, "split", solver="three"), part(batch, "bought", solver="four")]
    rule: Mechanism = mechanism(name)
    forth, back = settle(batch.auction, solutions, rule), settle(batch.auction, solutions[::-1], rule)
    assert (forth.outcome, forth.settled, forth.rewards) == (back.outcome, back.settled, back.rewards)


def test_rewards_are_the_mechanisms() -> None:
    """Marginal values within the given caps, for every winning solver."""
    settlement = settled_batch()
    values = {
        solver: settlement.outcome.total - reference for solver, reference in settlement.outcome.references.items()
    }
    caps = RewardCaps(low=0, high=max(values.values()) - 1)
    batch = batch_of()
    again = settle(batch.auction, [item.solution for item in settlement.verified], GREEDY, caps)
    assert again.rewards == {solver: max(0, min(caps.high, value)) for solver, value in values.items()}
    assert settle(batch.auction, [], GREEDY, DEFAULT_CAPS).rewards == {}


def test_a_later_solution_of_one_id_replaces_the_earlier() -> None:
    """Per solver; the other solver's equal id is another solution."""
    batch = batch_of()
    first, second = part(batch, "matched"), part(batch, "split")
    other = part(batch, "bought", solver="other")
    assert latest([first, other, second]) == (second, other)
    settlement = settle(batch.auction, [first, other, second], GREEDY)
    assert set(names(settlement.settled)) == {"honest/0", "other/0"}
    assert len(settlement.settled[0].trades) + len(settlement.settled[1].trades) == 3


def test_after_a_winner_the_snapshot_has_moved() -> None:
    """Less remains of its orders, its venues are where it left them, and listed balances are paid."""
    batch = batch_of()
    verified = Verifier(batch.auction).verify(part(batch, "matched"))
    ground = Ground(batch.auction)
    ground.take(verified)
    left = ground.snapshot()
    for trade in verified.trades:
        assert left.order[trade.order].remaining == batch.auction.order[trade.order].remaining - trade.filled
    (swap,) = verified.solution.interactions
    moved = open_venue(batch.auction.venue[swap.venue]).swap_in(swap.asset_in, swap.asset_out, swap.amount_in)
    assert left.venue[swap.venue] == moved.state
    assert left.venues[1:] == batch.auction.venues[1:]
    (balance,) = batch.auction.balances
    given = sum(leg.amount for trade in verified.trades for leg in trade.gives if leg.asset == balance.asset)
    spent = sum(batch.fill(role).executed for role in ("whole", "whole_again"))
    assert given >= spent == balance.amount
    assert left.balances[0].amount == 0


def test_applying_twice_what_both_use_fails_by_name() -> None:
    """A second winner on the same pool and order is refused; one that shares nothing is not even touched."""
    batch = batch_of()
    verifier = Verifier(batch.auction)
    one = verifier.verify(part(batch, "split", solver="one"))
    two = verifier.verify(part(batch, "split", solver="two"))
    far = verifier.verify(part(batch, "bought", solver="far"))
    settled, failed = apply(batch.auction, [one, two, far])
    assert settled == (one, far)
    assert [item.solution.solver for item in failed] == ["two"]


def test_a_winner_on_moved_ground_is_applied_as_recomputed() -> None:
    """Two fills of one partial order through one pool: the second gets what the moved pool pays."""
    batch = batch_of(5)
    order = batch.order("split")
    halves = Verifier(batch.auction)
    swap = next(item for item in batch.solution.interactions if item.venue == "pool2")
    pool = open_venue(batch.auction.venue[swap.venue])
    first = _swap_alone(
        batch, order.remaining // 4, pool.quote_in(swap.asset_in, swap.asset_out, order.remaining // 4)
    )
    moved = pool.swap_in(swap.asset_in, swap.asset_out, order.remaining // 4)
    paid = open_venue(moved.state).quote_in(swap.asset_in, swap.asset_out, order.remaining // 4)
    second = _swap_alone(batch, order.remaining // 4, paid, solver="second")
    one = halves.verify(first)
    settled, failed = apply(batch.auction, [one, replace(one, solution=second)])
    assert not failed
    assert settled[1].trades[0].wants[0].amount <= settled[0].trades[0].wants[0].amount
    assert settled[1].venues_after != settled[0].venues_after


def _swap_alone(batch: Batch, size: int, paid: int, solver: str = "first") -> Solution:
    """The split order filled by ``size`` through its pool, at the price the pool pays."""
    swap = next(item for item in batch.solution.interactions if item.venue == "pool2")
    interaction = replace(swap, amount_in=size, amount_out=paid)
    prices = {swap.asset_in: paid, swap.asset_out: size}
    return Solution(solver, 0, prices, (Fill(batch.order("split").id, size),), (interaction,))


def test_winners_that_share_a_balance_are_replaced() -> None:
    """One owner's balance covers one of two winners: the later one is taken out and the next best comes in."""
    auction, solutions = one_owner(balance=100)
    settlement = settle(auction, solutions, GREEDY)
    assert [(item.solution.solver, type(item.error)) for item in settlement.failed] == [
        ("second", BalanceExceeded)
    ]
    assert names(settlement.settled) == ["first/0", "third/0"]
    assert settlement.outcome.winners == ("first/0", "third/0")
    assert settlement.score == settlement.outcome.total
    rich, same = one_owner(balance=200)
    assert names(settle(rich, same, GREEDY).settled) == ["first/0", "second/0"]


@pytest.mark.parametrize("balance", [100, 199, 200])
def test_a_winner_that_shares_balances_alone_is_judged_as_if_verified_again(balance: int) -> None:
    """The same trades, or the same refusal, as the whole law on the snapshot that the first one left."""
    auction, (first, second, _) = one_owner(balance)
    verifier, ground = Verifier(auction), Ground(auction)
    ground.take(ground.verified(verifier.verify(first)))
    winner, anew = verifier.verify(second), Verifier(ground.snapshot())
    if balance == 200:
        assert ground.verified(winner) == anew.verify(second)
        return
    with pytest.raises(BalanceExceeded) as quick:
        ground.verified(winner)
    with pytest.raises(BalanceExceeded) as whole:
        anew.verify(second)
    assert vars(quick.value) == vars(whole.value)


def test_without_replacements_left_a_failing_winner_is_dropped_and_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its missing score counts against its solver's reward."""
    monkeypatch.setattr(module, "MAX_REPLACEMENTS", 0)
    auction, solutions = one_owner(balance=100)
    settlement = settle(auction, solutions, GREEDY)
    assert names(settlement.settled) == ["first/0"]
    assert [item.solution.solver for item in settlement.failed] == ["second"]
    second = next(item for item in settlement.verified if item.solution.solver == "second")
    marginal = settlement.outcome.total - settlement.outcome.references["second"]
    assert settlement.rewards["second"] == max(-DEFAULT_CAPS.low, marginal - second.score.net) < 0


def test_judging_reports_and_never_raises() -> None:
    """Every solution ends on one of two lists."""
    batch = batch_of()
    solutions = [part(batch, name, solver=name) for name in ("matched", "split")]
    solutions.append(replace(solutions[0], fills=(), solver="empty"))
    passed, refused = judge(Verifier(batch.auction), solutions)
    assert [item.solution.solver for item in passed] == ["matched", "split"]
    assert [item.error.code for item in refused] == ["law.nothing-filled"]


def test_an_empty_auction_settles_to_nothing() -> None:
    """No orders, no solutions, no score."""
    empty = Auction("empty", bytes(32), NUMBER, (), (), ())
    settlement = settle(empty, [], GREEDY)
    assert (settlement.settled, settlement.score, settlement.outcome.winners) == ((), 0, ())
