"""The flagship: all it yields is lawful, it never does worse than the simple solvers, and it respects limits."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest

from intents.auction import Auction
from intents.intent import FillMode
from scenarios.catalog import find
from scenarios.generate import generate
from settlement.greedy import alone
from settlement.mechanism import bid_of
from settlement.settle import judge
from settlement.solution import Solution
from settlement.verify import Verifier
from solver.flagship import Walras
from solver.flagship.integers import settle_plan
from solver.flagship.ladders import cut
from solver.flagship.market import measure
from solver.flagship.prepare import prepare
from solver.flagship.search import plans
from solver.protocol import Deadline
from solver.registry import built_in


def last_of_each(solutions: Iterable[Solution]) -> list[Solution]:
    """What counts: the last solution under each id."""
    return list({solution.id: solution for solution in solutions}.values())


def value(auction: Auction, solutions: Iterable[Solution]) -> int:
    """What the lawful ones are worth together; all of them must be lawful."""
    passed, refused = judge(Verifier(auction), last_of_each(solutions))
    assert [str(item.error) for item in refused] == []
    return alone([bid_of(item) for item in passed], auction.seed)


@pytest.mark.parametrize("world", ["deep-rings", "one-sided", "open-market"])
def test_bids_are_lawful_and_beat_every_simple_solver(world: str) -> None:
    """On these worlds a few seconds are enough to do better than baseline, naive and rings."""
    auction = generate(find(world), 1)
    found = value(auction, Walras().solve(auction, Deadline.after(4.0)))
    for name in ("baseline", "naive", "rings"):
        assert found > value(auction, built_in(name).solve(auction, Deadline.after(4.0)))


def test_a_hopeless_deadline_still_gives_the_simple_answers() -> None:
    """With next to no time the bids are at least as good as those of the simple solvers that finished."""
    auction = generate(find("deep-rings"), 1)
    solutions = last_of_each(Walras().solve(auction, Deadline.after(0.4)))
    assert solutions
    assert value(auction, solutions) > 0


def test_an_auction_without_venues_is_matched_in_rings() -> None:
    """Wants that coincide are settled although nothing can be routed."""
    auction = dataclasses.replace(generate(find("deep-rings"), 1), venues=())
    assert value(auction, Walras().solve(auction, Deadline.after(3.0))) > 0


def test_nothing_to_do_yields_nothing() -> None:
    """Orders that nobody could fill, or no venues to fill them, make no bids and no errors."""
    auction = generate(find("one-sided"), 1)
    alone_in_the_world = dataclasses.replace(auction, venues=(), orders=auction.orders[:1])
    assert list(Walras().solve(alone_in_the_world, Deadline.after(1.0))) == []


def test_whole_orders_are_filled_whole() -> None:
    """A fill-or-kill order in a bid has nothing remaining after it."""
    auction = generate(find("fill-or-kill"), 1)
    for solution in last_of_each(Walras().solve(auction, Deadline.after(2.0))):
        for fill in solution.fills:
            order = auction.order[fill.order]
            if order.intent.fill.mode is FillMode.FILL_OR_KILL:
                taken = fill.executed + (fill.fee if order.intent.kind == "exact_in" else 0)
                assert taken == order.remaining


def test_ladders_never_promise_more_than_the_venue_pays() -> None:
    """Any prefix of a ladder's pieces yields at most what the exact swap of that size does."""
    market = measure(generate(find("open-market"), 1), "walras")
    for venue in market.venues:
        asset_in, asset_out = venue.state.assets[0], venue.state.assets[1]
        ladder = cut(market, venue, asset_in, asset_out)
        if ladder is None:
            continue
        total_in = total_out = 0.0
        for size, rate in ladder.pieces:
            total_in += size
            total_out += size * rate
            units = round(total_in / market.unit[asset_in])
            paid = venue.swap_in(asset_in, asset_out, units).amount_out * market.unit[asset_out]
            assert total_out <= paid * (1.0 + 1e-9) + 2.0 * market.unit[asset_out]


def test_a_plan_and_its_settlement_agree_on_what_it_is_worth() -> None:
    """The verified net score of a settled plan is within a thousandth of what the program reckoned."""
    auction = generate(find("deep-rings"), 1)
    verifier = Verifier(auction)
    problem = prepare(measure(auction, "walras"), Deadline.after(3.0))
    compared = 0
    for at, plan in plans(problem, Deadline.after(3.0)):
        solution = settle_plan(at, plan, "walras", 0, Deadline.after(3.0))
        if solution is not None:
            net = verifier.verify(solution).score.net / 10**18
            assert net == pytest.approx(plan.net, rel=1e-3)
            compared += 1
    assert compared > 0
