"""The depth table: exact rows, refused sizes, and the default grid."""

from __future__ import annotations

from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.venue_states import ConstantProductState, VenueId
from liquidity.constant_product import ConstantProductVenue
from liquidity.depth import DEEPEST_BPS, DEFAULT_ROWS, SIZES, DepthRow, depth_table
from liquidity.errors import NotTraded

A, B = AssetId("a"), AssetId("b")
POOL = ConstantProductVenue(ConstantProductState(VenueId("p"), (A, B), 0, "", (10**12, 10**12), Fraction(0)))


def test_rows_are_trades_on_the_untouched_venue() -> None:
    """A tenth of the reserve gets 1/1.1 of the price, half of it 1/1.5; zero is no size."""
    assert depth_table(POOL, A, B, [0, 10**11, 5 * 10**11]) == (
        DepthRow(10**11, 90_909_090_909, Fraction(90_909_090_909, 10**11), 909),
        DepthRow(5 * 10**11, 333_333_333_333, Fraction(333_333_333_333, 5 * 10**11), 3333),
    )


def test_by_default_the_last_six_decades_before_half_the_price() -> None:
    """Sizes rise, slippage never falls, and the table ends where the average is half the marginal price."""
    table = depth_table(POOL, A, B)
    assert len(table) == DEFAULT_ROWS
    assert [row.amount_in for row in table] == sorted(row.amount_in for row in table)
    assert all(row.amount_in in SIZES for row in table)
    slippages = [row.slippage_bps for row in table]
    assert slippages == sorted(slippages)
    assert table[-1].amount_in == 10**12
    assert table[-1].slippage_bps == DEEPEST_BPS


def test_a_pair_it_does_not_trade_is_refused() -> None:
    """An empty table would look like an empty venue."""
    with pytest.raises(NotTraded):
        depth_table(POOL, A, AssetId("c"))
