"""Exact winner determination against trying everything, against CP-SAT, and against reference optima."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.assets import AssetId
from settlement.exact import Exact
from settlement.greedy import Greedy, take
from settlement.mechanism import Bid, ranked
from settlement.packing import Effort, Packing, Worths, compatible, pack, worths_of
from settlement.packing_branch import branch
from settlement.packing_cliques import broken, clashes, extended
from settlement.packing_cp_sat import cp_sat
from settlement.packing_problem import Found, Problem, problem_of
from settlement.packing_search import every, search
from tests.bidding import bid, bid_lists, compatible_sets
from tests.shared import shared
from tests.vectors import winners
from tests.vectors.registry import Case, parametrized

Solve = Callable[[list[Bid], Worths, int], Packing | None]
ENOUGH_S = 10.0


def numbered(bids: list[Bid], worths: Worths, max_winners: int) -> Problem:
    return problem_of(worths.values, [bid.resources for bid in bids], max_winners)


def packing_of(bids: list[Bid], found: Found) -> Packing | None:
    if not found.proven:
        return None
    chosen = tuple(bids[i] for i in sorted(found.chosen))
    return Packing(chosen, sum(bid.score for bid in chosen))


def by_search(bids: list[Bid], worths: Worths, max_winners: int) -> Packing | None:
    return packing_of(bids, search(numbered(bids, worths, max_winners), 20_000))


def by_every(bids: list[Bid], worths: Worths, max_winners: int) -> Packing | None:
    return packing_of(bids, every(numbered(bids, worths, max_winners)))


def by_branch(bids: list[Bid], worths: Worths, max_winners: int) -> Packing | None:
    return packing_of(bids, branch(numbered(bids, worths, max_winners), 1_000))


def by_cp_sat(bids: list[Bid], worths: Worths, max_winners: int) -> Packing | None:
    return cp_sat(bids, worths, max_winners, ENOUGH_S)


@parametrized(winners.GREEDY_OR_EXACT)
def test_where_greedy_is_not_optimal(case: Case) -> None:
    """The smallest example: 10 by greedy, 18 by exact."""
    case.check()


@pytest.mark.parametrize("solve", [by_every, by_search, by_branch, by_cp_sat])
@settings(max_examples=60, deadline=None)
@given(bid_lists(), st.integers(1, 5))
def test_nothing_compatible_is_worth_more(solve: Solve, bids: list[Bid], max_winners: int) -> None:
    """Every method finds the very set that trying all of them finds, and proves it."""
    best_first = ranked(bids, b"seed")
    worths = worths_of(best_first, max_winners, b"seed")
    value = dict(zip((item.name for item in best_first), worths.values, strict=True))
    best = max(
        compatible_sets(best_first, max_winners), key=lambda chosen: sum(value[item.name] for item in chosen)
    )
    found = solve(best_first, worths, max_winners)
    assert found is not None
    assert found.chosen == best
    assert found.optimal


@settings(max_examples=60, deadline=None)
@given(bid_lists(), st.integers(1, 5))
def test_the_certificate(bids: list[Bid], max_winners: int) -> None:
    """Exact is never worse than greedy, over the same fair bids; references are optima without the solver."""
    exact, greedy = Exact(max_winners).run(bids, b""), Greedy(max_winners).run(bids, b"")
    proof = exact.certificate
    assert proof is not None
    assert proof.optimal
    assert proof.references_optimal
    assert exact.fair == greedy.fair
    assert proof.greedy_total == greedy.total <= exact.total == proof.total == proof.bound
    fair = [item for item in ranked(bids, b"") if item.name in exact.fair]
    for solver, reference in exact.references.items():
        kept = [item for item in fair if item.solver != solver]
        sets = compatible_sets(kept, max_winners)
        assert reference == max(sum(item.score for item in chosen) for chosen in sets) <= exact.total


def instance(index: int, unit: int) -> tuple[list[Bid], int]:
    """A published set-packing instance with scores in ``unit``, and its optimum."""
    document = json.loads(shared("data/solver_instances/winner_determination.json").read_bytes())
    found = document["instances"][index]
    bids = []
    for number, (orders, score) in enumerate(found["bids"]):
        pairs = {(AssetId(str(order)), AssetId("out")): 0 for order in orders}
        pairs[next(iter(pairs))] = score * unit
        bids.append(Bid(str(number), str(number), score * unit, pairs))
    return ranked(bids, b""), int(found["ref"]["scip"]) * unit


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("unit", [1, 10**12 + 7, 10**40])
def test_reference_instances(index: int, unit: int) -> None:
    """20, 100 and 200 bids reach the optimum CP-SAT and SCIP agree on, proven also beyond 64 bits."""
    bids, optimum = instance(index, unit)
    found = pack(bids, len(bids), b"")
    assert (found.score, found.bound) == (optimum, optimum)


def hard(count: int, seed: int) -> list[Bid]:
    """Many overlapping bids whose scores in wei differ only in the last digits."""
    random = Random(seed)
    bids = []
    for number in range(count):
        pairs = {(AssetId(str(p)), AssetId("out")): 0 for p in random.sample(range(30), random.randint(1, 4))}
        score = len(pairs) * 10**18 + random.randint(0, 3)
        pairs[next(iter(pairs))] = score
        bids.append(Bid(str(number), str(number), score, pairs))
    return ranked(bids, b"")


def clashing(count: int, seed: int) -> list[Bid]:
    """Bids that a few branches do not decide: up to eight of a hundred pairs each, all worth the same."""
    random = Random(seed)
    bids = []
    for number in range(count):
        pairs = {(AssetId(str(p)), AssetId("out")): 0 for p in random.sample(range(100), random.randint(1, 8))}
        score = len(pairs) * 10**18 + random.randint(0, 10**15)
        pairs[next(iter(pairs))] = score
        bids.append(Bid(str(number), str(number), score, pairs))
    return ranked(bids, b"")


def test_search_and_cp_sat_agree_where_only_the_last_digits_differ() -> None:
    """Rounding scores to 64 bits would tell these sets apart by luck only."""
    bids = hard(24, 1)
    worths = worths_of(bids, 20, b"")
    found = by_search(bids, worths, 20)
    assert found is not None
    assert found == by_cp_sat(bids, worths, 20)


def test_a_bid_worth_next_to_nothing_still_wins_beside_the_best() -> None:
    """Its worth lies in the last digits alone, which nothing decided before may cut off."""
    bids = ranked([bid("one", ab=10**18), bid("two", ba=10**18 + 1), bid("nothing", bc=0)], b"seed")
    worths = worths_of(bids, 3, b"seed")
    for solve in (by_search, by_branch, by_cp_sat):
        found = solve(bids, worths, 3)
        assert found is not None
        assert len(found.chosen) == 3


def test_without_time_for_a_proof_the_bound_still_holds() -> None:
    """Cut short, the answer is compatible, no worse than greedy, and its bound is above the optimum."""
    bids = hard(80, 2)
    worths = worths_of(bids, 20, b"")
    best = by_cp_sat(bids, worths, 20)
    assert best is not None
    assert best.optimal
    for time in (0.0, 1e-4, 1e-3, 1e-2):
        found = cp_sat(bids, worths, 20, time)
        assert compatible(found.chosen, 20)
        assert found.score <= best.score <= found.bound
        assert found.score >= sum(item.score for item in take(bids, 20))


def scattered(count: int, orders: int, seed: int) -> list[Bid]:
    """Bids for one to six orders, worth between half and all of what these are worth together, to 18 decimals."""
    random = Random(seed)
    bids = []
    for number in range(count):
        pairs = {(AssetId(str(p)), AssetId("out")): 0 for p in random.sample(range(orders), random.randint(1, 6))}
        score = random.randint(5 * 10**17 * len(pairs), 10**18 * len(pairs))
        pairs[next(iter(pairs))] = score
        bids.append(Bid(str(number), str(number), score, pairs))
    return ranked(bids, b"")


@pytest.mark.parametrize("places", [5, 20])
@pytest.mark.parametrize("seed", range(3))
def test_a_hundred_bids_need_no_other_proof(seed: int, places: int) -> None:
    """Branch and cut proves what CP-SAT proves, to the last digit, with few places and with enough."""
    bids = scattered(100, 50, seed)
    worths = worths_of(bids, places, b"")
    found = by_branch(bids, worths, places)
    assert found is not None
    assert found == by_cp_sat(bids, worths, places)


@pytest.mark.parametrize("method", [search, branch])
def test_cut_short_says_so_and_its_bound_holds(method: Callable[[Problem, int], Found]) -> None:
    """A compatible set, and a bound above the optimum: what CP-SAT goes on from."""
    bids = scattered(120, 40, 3) if method is branch else hard(40, 3)
    worths = worths_of(bids, 20, b"")
    best = by_cp_sat(bids, worths, 20)
    assert best is not None
    optimum = sum(worths.values[bids.index(bid)] for bid in best.chosen)
    for nodes in (0, 1, 2):
        found = method(numbered(bids, worths, 20), nodes)
        assert not found.proven
        assert compatible([bids[i] for i in found.chosen], 20)
        assert found.worth <= optimum <= found.bound


def test_effort_that_is_shared_is_used_up_and_the_packings_after_it_stay_lawful() -> None:
    """Bids made to clash: the first packing takes what there is, the next ones get a first look, and say so."""
    bids = clashing(100, 5)
    effort = Effort(branches=3, time=0.0)
    for place in range(4):
        rest = bids[:place] + bids[place + 1 :]
        found, better = pack(rest, 20, b"", effort), pack(rest, 20, b"", Effort(branches=6, time=0.0))
        assert not found.optimal
        assert compatible(found.chosen, 20)
        assert 0 < found.score <= better.bound
        assert better.score <= found.bound
        assert effort.branches == 0


def test_cp_sat_is_asked_once_for_all_that_share_an_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them it is asked for takes all its time."""
    asked: list[float] = []

    def watched(bids: Sequence[Bid], worths: Worths, most: int, max_time: float, *known: Any) -> Packing:
        asked.append(max_time)
        return cp_sat(bids, worths, most, max_time, *known)

    monkeypatch.setattr("settlement.packing_cp_sat.cp_sat", watched)
    bids, effort = clashing(40, 5), Effort(branches=0, time=0.01)
    for _ in range(3):
        assert compatible(pack(bids, 20, b"", effort).chosen, 20)
    assert asked == [0.01]


def test_references_to_bids_made_to_clash_share_one_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many winners there are, what is looked at for all their references together is bounded."""
    monkeypatch.setattr("settlement.exact.REFERENCE_BRANCHES", 5)
    monkeypatch.setattr("settlement.exact.REFERENCE_TIME", 0.0)
    looked: list[int] = []

    def counted(problem: Problem, max_nodes: int) -> Found:
        found = branch(problem, max_nodes)
        looked.append(found.branches)
        return found

    monkeypatch.setattr("settlement.packing_branch.branch", counted)
    outcome = Exact().run(clashing(100, 5), b"")
    assert len(outcome.references) > 3
    assert sum(looked[1:]) == 5
    assert outcome.certificate is not None
    assert not outcome.certificate.references_optimal


def test_equal_sets_are_told_apart_by_the_seed() -> None:
    """Two bids of one score for one pair: the lowest hash wins, as in greedy."""
    bids = [bid("one", ab=5), bid("two", ab=5)]
    for seed in (b"", b"1", b"2", b"3"):
        assert Exact().run(bids, seed).winners == Greedy().run(bids, seed).winners


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 2**9 - 1), min_size=1, max_size=6), st.lists(st.floats(0, 1), min_size=9, max_size=9)
)
def test_cliques_hold_only_bids_that_clash(cliques: list[int], parts: list[float]) -> None:
    """Extended or found broken: any two of them clash, nobody else fits; broken ones hold more than one bid."""
    clashing = clashes(cliques, 9)
    found = broken(parts, clashing)
    for clique in [*found, *(extended(clique, clashing) for clique in cliques)]:
        members = [i for i in range(9) if clique >> i & 1]
        assert all(clashing[i] >> j & 1 for i in members for j in members if i != j)
        assert not any(all(clashing[i] >> j & 1 for j in members) for i in range(9) if i not in members)
    for clique in found:
        assert sum(parts[i] for i in range(9) if clique >> i & 1) > 1
