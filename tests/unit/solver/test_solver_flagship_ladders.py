"""Ladders reach as far as their venues do: foreign limit orders whole, others nearly to where they refuse."""

from __future__ import annotations

from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.venue_states import ConcentratedState, LimitOrderState, VenueId
from liquidity.registry import open_venue
from liquidity.ticks import Position, ticks_of
from settlement.verify import Verifier
from solver.flagship import Walras
from solver.flagship.ladders import cut
from solver.flagship.market import measure
from solver.protocol import Deadline
from tests.solver_worlds import ONE, auction, swap

A, B = AssetId("A"), AssetId("B")


def limit_order(name: str, taker: int, maker: int, fee: int = 0) -> LimitOrderState:
    """Somebody gives ``maker`` of B for ``taker`` of A."""
    return LimitOrderState(VenueId(name), (A, B), 0, "", taker, maker, fee)


def test_a_limit_order_is_one_piece_of_all_it_takes() -> None:
    """Five and a bit, fee included: no power of two, and no unit less."""
    state = limit_order("x", 5 * 10**15 + 7, 6 * 10**15, 10**14)
    market = measure(auction([swap(1, "A", 10 * ONE, "B", ONE)], [state]), "walras")
    ladder = cut(market, open_venue(state), A, B)
    assert ladder is not None
    ((width, rate),) = ladder.pieces
    assert round(width / market.unit[A]) == 5 * 10**15 + 7 + 10**14
    assert width * rate == pytest.approx(6 * 10**15 * market.unit[B])


def test_other_ladders_end_close_to_where_the_venue_refuses() -> None:
    """A narrow range runs out while its rate has hardly fallen: growing sizes alone stop at up to half of it."""
    ticks, liquidity = ticks_of([Position(-100, 100, 1_000 * ONE)], 0)
    state = ConcentratedState(VenueId("c"), (A, B), 0, "", 2**96, liquidity, 0, ticks, Fraction(5, 10_000))
    venue = open_venue(state)
    market = measure(auction([swap(1, "A", 10 * ONE, "B", ONE)], [state]), "walras")
    ladder = cut(market, venue, A, B)
    assert ladder is not None
    width = round(sum(size for size, _ in ladder.pieces) / market.unit[A])
    venue.swap_in(A, B, width)
    with pytest.raises(Exception, match="c: "):
        venue.swap_in(A, B, width * 102 // 100)


def test_a_whole_order_is_filled_by_limit_orders_that_it_uses_up() -> None:
    """Ten for two offers of five, to the last unit."""
    offers = [limit_order("x", 5 * ONE, 7 * ONE), limit_order("y", 5 * ONE, 6 * ONE)]
    found = auction([swap(1, "A", 10 * ONE, "B", ONE)], offers)
    verifier = Verifier(found)
    best = max(
        (verifier.verify(bid).score.net for bid in Walras().solve(found, Deadline.work(1_000_000))), default=0
    )
    assert best == pytest.approx(12 * ONE, rel=1e-4)
