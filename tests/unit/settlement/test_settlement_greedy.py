"""Greedy winner determination and the fairness filter: CoW's cases, and what goes beyond them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from intents.assets import AssetId
from settlement.fair_filter import fair
from settlement.greedy import Greedy, take
from settlement.mechanism import Bid, ranked
from tests.bidding import bid, bid_lists
from tests.vectors import winners
from tests.vectors.registry import Case, parametrized


@parametrized(winners.AUTOPILOT)
def test_the_autopilots_cases(case: Case) -> None:
    """Scores, fair set, winners and references as CoW's autopilot computes them."""
    case.check()


@parametrized(winners.COMBINATORIAL)
def test_combinatorial_auctions(case: Case) -> None:
    """Winners, totals, references and rewards of the research code behind CIP-67."""
    case.check()


@given(bid_lists(), st.integers(1, 5))
def test_winners_are_compatible_and_greedy(bids: list[Bid], max_winners: int) -> None:
    """Every fair bid that did not win conflicts with a winner ranked before it, unless the room was full."""
    outcome = Greedy(max_winners).run(bids, b"")
    by_name = {item.name: item for item in bids}
    won = [by_name[name] for name in outcome.winners]
    assert outcome.total == sum(item.score for item in won)
    assert not any(one.conflicts(other) for one in won for other in won if one is not other)
    seen: list[Bid] = []
    for name in outcome.fair:
        if name in outcome.winners:
            seen.append(by_name[name])
        else:
            assert len(seen) == max_winners or any(by_name[name].conflicts(earlier) for earlier in seen)


@given(bid_lists())
def test_references_leave_a_solver_out_of_the_fair_bids(bids: list[Bid]) -> None:
    """The filter is not applied anew: a baseline that the solver set still stands."""
    rule = Greedy()
    outcome = rule.run(bids, b"")
    survivors = fair(ranked(bids, b""))
    for solver, reference in outcome.references.items():
        kept = [item for item in survivors if item.solver != solver]
        assert reference == sum(item.score for item in take(kept, rule.max_winners))
    assert set(outcome.references) == {item.solver for item in bids if item.name in outcome.winners}


def test_a_batch_must_reach_every_baseline() -> None:
    """One unit short on one pair and it is out; at the baseline it stays; single-pair bids always stay."""
    single, worse = bid("single", ab=10), bid("worse", ab=1)
    assert fair([single, worse, bid("batch", ab=9, bc=99)]) == [single, worse]
    equal = bid("batch", ab=10, bc=99)
    assert fair([single, worse, equal]) == [single, worse, equal]


def test_pairs_that_do_not_count_do_not_make_a_batch() -> None:
    """A bid for one pair sets a baseline whatever liquidity orders it carries along."""
    pair = (AssetId("x"), AssetId("y"))
    single = replace(bid("single", ab=10), unscored=frozenset({pair}))
    batch = bid("batch", ab=9, bc=99)
    assert fair([single, batch]) == [single]


def test_a_zero_score_may_win() -> None:
    """As in CoW's code: it takes nothing from anybody."""
    assert Greedy().run([bid("nothing", ab=0), bid("some", bc=1)], b"").winners == ("some", "nothing")


def test_no_bids_no_winners() -> None:
    """An empty auction has an empty outcome."""
    outcome = Greedy().run([], b"")
    assert (outcome.winners, outcome.total, dict(outcome.references)) == ((), 0, {})
