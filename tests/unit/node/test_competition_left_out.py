"""Which bids fairness left out, and the pair that was the reason."""

from __future__ import annotations

from intents.assets import AssetId
from intents.auction import Auction
from liquidity.registry import open_venue
from node.competition.left_out import left_out
from settlement.mechanism import mechanism
from settlement.settle import settle
from settlement.solution import Fill, Interaction, Solution
from tests.solver_worlds import ONE, auction, pool, swap

GOOD, POOR, OTHER = 0, 1, 2


def world() -> Auction:
    """Two orders of a thousand for at least five hundred; two pools for the first, one of which gives half as
    much again as it asks for and one little more, and one for the second."""
    orders = [swap(1, "A", 1_000 * ONE, "B", 500 * ONE), swap(2, "C", 1_000 * ONE, "D", 500 * ONE)]
    depth = 10**6 * ONE
    pools = [pool("good", "A", depth, "B", depth), pool("poor", "A", depth, "B", depth * 6 // 10)]
    return auction(orders, [*pools, pool("other", "C", depth, "D", depth)])


def bid(market: Auction, solver: str, number: int, venues: dict[int, int]) -> Solution:
    """Fills orders through venues, by place, and gives them all that these pay."""
    fills, swaps = [], []
    prices: dict[AssetId, int] = {}
    for order, venue in ((market.orders[one], open_venue(market.venues[other])) for one, other in venues.items()):
        give, want = order.intent.give[0], order.intent.want[0]
        out = venue.swap_in(give.asset, want.asset, give.amount).amount_out
        fills.append(Fill(order.id, give.amount))
        swaps.append(Interaction(venue.state.id, give.asset, want.asset, give.amount, out))
        prices |= {give.asset: out, want.asset: give.amount}
    return Solution(solver, number, prices, tuple(fills), tuple(swaps))


def test_the_pair_that_kept_the_best_bid_out_is_named() -> None:
    """A bid for two pairs scores 97.8 on the one where another solver's bid for it alone scores 496."""
    market = world()
    both, alone = bid(market, "both", 7, {0: POOR, 1: OTHER}), bid(market, "mine", 1, {0: GOOD})
    settlement = settle(market, [both, alone], mechanism("greedy"))
    (told,) = left_out(settlement, "both", 0)
    assert (told.solution, round(told.worth, 1)) == (7, 593.6)
    assert told.message == "unfair (CIP-67): for A/B it scores 97.6042, mine/1 for that pair alone 496.007"
    assert left_out(settlement, "mine", 0) == ()


def test_nothing_is_said_of_bids_that_stay_or_are_worth_no_more_than_what_won() -> None:
    """A bid that gives every pair as much as any other stays; one worth no more than its solver won is no loss."""
    market = world()
    alone = bid(market, "mine", 1, {0: GOOD})
    fair, unfair = bid(market, "both", 7, {0: GOOD, 1: OTHER}), bid(market, "both", 8, {0: POOR, 1: OTHER})
    assert left_out(settle(market, [fair, alone], mechanism("greedy")), "both", 0) == ()
    assert left_out(settle(market, [unfair, alone], mechanism("greedy")), "both", 600 * ONE) == ()
