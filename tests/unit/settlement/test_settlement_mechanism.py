"""Bids, ties and the registry of mechanisms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.assets import AssetId
from intents.errors import Duplicate, TooMany, UsageError, WrongValue
from intents.records import replace
from settlement import mechanism as module
from settlement.first_price import FirstPrice
from settlement.mechanism import Bid, bid_of, check_bids, mechanism, mechanism_names, ranked, tie_break
from settlement.rewards import RewardCaps
from settlement.verify import Verifier
from tests.bidding import batch_of, bid, bid_lists


@given(bid_lists(), st.randoms(use_true_random=False), st.sampled_from(mechanism_names()))
def test_the_order_of_bids_does_not_matter(bids: list[Bid], random: object, name: str) -> None:
    """Every mechanism is a function of the set of bids and the seed."""
    shuffled = sorted(bids, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert mechanism(name).run(shuffled, b"seed") == mechanism(name).run(bids, b"seed")


def test_ties_go_to_the_lowest_hash() -> None:
    """Equal scores are ranked by H(seed ‖ bid), so another seed can turn them round."""
    bids = [bid("one", ab=5), bid("two", ab=5)]
    orders = set()
    for seed in (b"", b"1", b"2", b"3", b"4"):
        first, second = ranked(bids, seed)
        assert tie_break(first, seed) < tie_break(second, seed)
        orders.add(first.name)
    assert orders == {"one", "two"}


def test_the_parts_of_a_tie_break_cannot_run_together() -> None:
    """Moving a letter from the seed to the solver, or on to the name, gives another hash."""
    hashes = {
        tie_break(bid("cd", "b", ab=1), b"a"),
        tie_break(bid("cd", "", ab=1), b"ab"),
        tie_break(bid("d", "bc", ab=1), b"a"),
        tie_break(bid("bcd", "", ab=1), b"a"),
    }
    assert len(hashes) == 4


def test_bids_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names twice, scores that do not add up, negative ones and too many bids are refused by name."""
    with pytest.raises(Duplicate) as twice:
        check_bids([bid("one", ab=1), bid("one", ba=1)])
    assert twice.value.value == '"one"'
    with pytest.raises(WrongValue) as wrong:
        check_bids([replace(bid("one", ab=1, bc=2), score=4)])
    assert (wrong.value.expected, wrong.value.got) == ("the sum over pairs, 3", "4")
    with pytest.raises(WrongValue, match="at least 0"):
        check_bids([bid("one", ab=-1)])
    monkeypatch.setattr(module, "MAX_BIDS", 1)
    with pytest.raises(TooMany):
        check_bids([bid("one", ab=1), bid("two", ab=1)])


def test_bids_conflict_over_pairs_intents_and_venues() -> None:
    """Sharing any one of them is enough; a pair the other way round is another pair."""
    one = bid("one", intents="x", venues="p", ab=1)
    assert one.conflicts(bid("two", ab=1))
    assert one.conflicts(bid("two", intents="xy", bc=1))
    assert one.conflicts(bid("two", venues="p", bc=1))
    assert not one.conflicts(bid("two", intents="y", venues="q", ba=1))
    hidden = replace(bid("two", bc=1), unscored=frozenset({(AssetId("a"), AssetId("b"))}))
    assert one.conflicts(hidden)


def test_a_bid_names_what_it_uses() -> None:
    """From a verified solution: its net score by pair, its orders, and its venues."""
    batch = batch_of()
    verified = Verifier(batch.auction).verify(batch.solution)
    made = bid_of(verified)
    assert made.name == "honest/0"
    assert made.score == sum(made.pairs.values()) == verified.score.net
    assert made.intents == {order.id for order in batch.auction.orders}
    assert made.venues == {swap.venue for swap in batch.solution.interactions}
    assert not made.unscored


def test_pairs_of_orders_that_do_not_count_are_kept_apart() -> None:
    """They conflict with other bids, but the fairness filter does not see them."""
    batch = batch_of()
    orders = (*batch.auction.orders[:3], replace(batch.auction.orders[3], scored=False), *batch.auction.orders[4:])
    verified = Verifier(replace(batch.auction, orders=orders)).verify(batch.solution)
    made = bid_of(verified)
    pair = orders[3].intent.pairs[0]
    assert made.unscored == {pair}
    assert pair not in made.pairs
    assert made.score == sum(made.pairs.values())


def test_the_registry_knows_its_mechanisms() -> None:
    """By name, greedy first; others, and a batch without room for a winner, are the caller's mistake."""
    assert mechanism_names() == ("greedy", "exact", "first-price", "vcg")
    assert [mechanism(name).name for name in mechanism_names()] == list(mechanism_names())
    with pytest.raises(UsageError, match=r"no mechanism \"best\" \(greedy, exact"):
        mechanism("best")
    with pytest.raises(UsageError, match="max_winners is 0"):
        mechanism("greedy", max_winners=0)


def test_first_price_pays_nothing() -> None:
    """Winners are greedy's; what was promised and not settled still costs."""
    bids = [bid("one", "s", ab=9), bid("two", "t", ab=5), bid("three", "t", bc=4)]
    rule = mechanism("first-price")
    outcome = rule.run(bids, b"")
    assert outcome.winners == mechanism("greedy").run(bids, b"").winners
    assert rule.rewards(outcome, RewardCaps(low=3, high=100), {"t": 4}) == {"s": 0, "t": -3}
    assert isinstance(rule, FirstPrice)


def test_vcg_pays_marginal_values_in_full_over_all_bids() -> None:
    """No filter, no caps: a bid that fails the filter of ``exact`` wins, and its solver gets V − V₋ᵢ."""
    bids = [bid("single", "s", ab=10), bid("batch", "t", ab=5, bc=20)]
    rule = mechanism("vcg")
    assert mechanism("exact").run(bids, b"").winners == ("single",)
    outcome = rule.run(bids, b"")
    assert outcome.winners == ("batch",)
    assert rule.rewards(outcome, RewardCaps(low=0, high=1), {}) == {"t": 15}
