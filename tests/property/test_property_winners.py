"""Laws of winner determination: what more bids, more room and larger scores may change, and what they may not."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from settlement import packing
from settlement.exact import Exact
from settlement.fair_filter import baselines, fair, unfair
from settlement.greedy import Greedy, take, total
from settlement.mechanism import Bid, mechanism, mechanism_names, ranked
from settlement.packing import compatible, pack, worths_of
from settlement.packing_cp_sat import cp_sat
from settlement.rewards import DEFAULT_CAPS, marginal_rewards
from tests.bidding import bid, bid_lists, compatible_sets

ROOT = Path(__file__).resolve().parents[2]
#: Beyond doubles and beyond 64 bits, told apart by the last digit alone.
BIG = 10**30


def scaled(bids: list[Bid], factor: int) -> list[Bid]:
    return [
        replace(
            item, score=item.score * factor, pairs={pair: score * factor for pair, score in item.pairs.items()}
        )
        for item in bids
    ]


def big(count: int, seed: int) -> list[Bid]:
    """Scores near 10^30 that differ in the last digit, over few pairs, intents and venues."""
    random = Random(seed)
    bids = []
    for number in range(count):
        pairs = {pair: BIG + random.randint(0, 2) for pair in random.sample(["ab", "bc", "cd", "de"], 2)}
        intents, venues = random.choice(["", "x", "y", "xy"]), random.choice(["", "", "p", "q"])
        bids.append(bid(str(number), random.choice("stu"), intents, venues, **pairs))
    return bids


@given(bid_lists())
def test_the_filter_only_removes_batches_below_a_baseline(bids: list[Bid]) -> None:
    """Single-pair bids stay; a batch stays exactly when it reaches the best of them on each of its pairs."""
    kept, best = fair(bids), baselines(bids)
    assert [item for item in bids if item in kept] == kept
    for item in bids:
        short = any(score < best.get(pair, 0) for pair, score in item.pairs.items())
        assert (item not in kept) == (len(item.pairs) > 1 and short)
    reasons = unfair(bids)
    assert [why.bid for why in reasons] == [item for item in bids if item not in kept]
    for why in reasons:
        lacks = best[why.pair] - why.bid.pairs[why.pair]
        assert lacks == max(best.get(pair, 0) - score for pair, score in why.bid.pairs.items())
        assert why.rival.pairs == {why.pair: best[why.pair]}
        assert why.score == why.bid.pairs[why.pair] < best[why.pair]


@given(bid_lists(), st.randoms(use_true_random=False))
def test_the_filter_is_settled_after_one_pass(bids: list[Bid], random: Random) -> None:
    """Filtering again, in any order or in another unit, changes nothing."""
    kept = {item.name for item in fair(bids)}
    assert {item.name for item in fair(fair(bids))} == kept
    assert {item.name for item in fair(sorted(bids, key=lambda _: random.random()))} == kept
    assert {item.name for item in fair(scaled(bids, 7))} == kept


@given(bid_lists(8), st.sampled_from(["ab", "ba", "bc", "cd"]), st.integers(0, 10**24))
def test_a_batch_cannot_drive_others_out(bids: list[Bid], pair: str, score: int) -> None:
    """Another batch filters nobody; another single-pair bid filters none but batches on its pair."""
    kept = {item.name for item in fair(bids)}
    batch = bid("new", "", "", "", **{pair: score, "xy": score})
    assert {item.name for item in fair([*bids, batch])} - {"new"} == kept
    single = bid("new", "", "", "", **{pair: score})
    gone = kept - {item.name for item in fair([*bids, single])}
    assert all((pair[0], pair[1]) in item.pairs and len(item.pairs) > 1 for item in bids if item.name in gone)


@settings(deadline=None, max_examples=60)
@given(bid_lists(8), st.integers(1, 4))
def test_more_room_and_more_bids_never_hurt_the_optimum(bids: list[Bid], max_winners: int) -> None:
    """Of packings over one set of bids; and no packing is worth less than greedy's."""
    best_first = ranked(bids, b"")
    found = pack(best_first, max_winners, b"")
    assert found.score >= total(take(best_first, max_winners))
    assert pack(best_first, max_winners + 1, b"").score >= found.score
    for left_out in best_first:
        fewer = [item for item in best_first if item is not left_out]
        assert pack(fewer, max_winners, b"").score <= found.score


@settings(deadline=None, max_examples=60)
@given(bid_lists(), st.integers(1, 4), st.sampled_from(mechanism_names()))
def test_outcomes_are_compatible_and_bounded(bids: list[Bid], max_winners: int, name: str) -> None:
    """At most ``max_winners`` fair bids, none sharing anything, worth the total that is announced."""
    outcome = mechanism(name, max_winners=max_winners).run(bids, b"seed")
    by_name = {item.name: item for item in bids}
    won = [by_name[winner] for winner in outcome.winners]
    assert compatible(won, max_winners)
    assert outcome.total == total(won)
    assert set(outcome.winners) <= set(outcome.fair)
    assert set(outcome.references) == {item.solver for item in won}


@settings(deadline=None, max_examples=60)
@given(bid_lists(), st.integers(1, 4))
def test_marginal_values_of_the_optimum_are_not_negative(bids: list[Bid], max_winners: int) -> None:
    """V − V₋ᵢ ≥ 0 for every winner, at most what its own bids bring; greedy's can be negative."""
    outcome = Exact(max_winners).run(bids, b"")
    own = {
        solver: sum(b.score for b in bids if b.name in outcome.winners and b.solver == solver) for solver in "stu"
    }
    for solver, reward in marginal_rewards(outcome, None).items():
        assert 0 <= reward <= own[solver]
    for reward in Exact(max_winners).rewards(outcome, DEFAULT_CAPS, {}).values():
        assert 0 <= reward <= DEFAULT_CAPS.high


@pytest.mark.parametrize("searched", [64, 0])
@pytest.mark.parametrize("seed", range(6))
def test_huge_scores_are_exact(seed: int, searched: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 10^30 the last digit still decides, by branch and bound and by CP-SAT alike."""
    monkeypatch.setattr(packing, "MAX_SEARCHED", searched)
    bids = big(10, seed)
    best_first = fair(ranked(bids, b""))
    optimum = max(total(list(chosen)) for chosen in compatible_sets(best_first, 3))
    outcome = Exact(3).run(bids, b"")
    assert outcome.certificate is not None
    assert (outcome.total, outcome.certificate.bound) == (optimum, optimum)
    assert outcome.certificate.greedy_total == Greedy(3).run(bids, b"").total <= optimum


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 1e-5, 1e-4, 1e-3]))
def test_an_unproven_bound_is_honest(seed: int, time: float) -> None:
    """Stopped early, what CP-SAT proves is still above everything that trying all of them finds."""
    best_first = ranked(big(9, seed), b"")
    found = cp_sat(best_first, worths_of(best_first, 3, b""), 3, time)
    optimum = max(total(list(chosen)) for chosen in compatible_sets(best_first, 3))
    assert compatible(found.chosen, 3)
    assert total(take(best_first, 3)) <= found.score <= optimum <= found.bound


@settings(deadline=None, max_examples=30)
@given(bid_lists(), st.integers(1, 4), st.integers(2, 10**20))
def test_the_unit_of_scores_does_not_matter(bids: list[Bid], max_winners: int, factor: int) -> None:
    """Winners are the same when every score is multiplied, whichever method finds them."""
    assume(bids)
    for rule in (Greedy(max_winners), Exact(max_winners)):
        outcome, larger = rule.run(bids, b"s"), rule.run(scaled(bids, factor), b"s")
        assert (larger.winners, larger.total) == (outcome.winners, outcome.total * factor)
        assert larger.references == {solver: score * factor for solver, score in outcome.references.items()}


SCRIPT = """
import sys
from random import Random
from settlement import packing
from settlement.mechanism import mechanism, mechanism_names
from tests.property.test_property_winners import big
from tests.bidding import bid

tied = [bid(str(n), "stu"[n % 3], "xyz"[n % 3], "", **{pair: 5}) for n, pair in enumerate(["ab", "bc", "cd"] * 4)]
for searched in (64, 0):
    packing.MAX_SEARCHED = searched
    for bids in (big(14, 1), big(14, 2), tied):
        Random(sys.argv[1]).shuffle(bids)
        for name in mechanism_names():
            outcome = mechanism(name, max_winners=4).run(bids, b"agreed")
            print(name, outcome.winners, sorted(outcome.fair), outcome.total, sorted(outcome.references.items()))
"""


def test_every_process_picks_the_same_winners() -> None:
    """However Python hashes text there, in whatever order bids arrive, and by either exact method."""
    answers = []
    for seed in ("0", "1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", SCRIPT, seed]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        answers.append(done.stdout.splitlines())
    assert answers[0] == answers[1] == answers[2]
    half = len(answers[0]) // 2
    assert answers[0][:half] == answers[0][half:]
    assert half == 3 * len(mechanism_names())
