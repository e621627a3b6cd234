"""What the checkers of vectors make of rows at the edges of their kinds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from liquidity.fixed_point import power_up
from liquidity.tick_math import MAX_SQRT_PRICE, MAX_TICK, MIN_SQRT_PRICE, MIN_TICK
from tests.vectors import curve_balancer
from tests.vectors.cow_fees import score_as_stated
from tests.vectors.curve_balancer import check_weighted
from tests.vectors.decay import check_linear
from tests.vectors.registry import LeftOut
from tests.vectors.uniswap_v3 import check_tick


@pytest.mark.parametrize(
    ("score", "stated", "holds"),
    [
        (13333333333333333333, "13333333333333330000", True),
        (13333333333333333333, "13333333333333300000", True),
        (16666666666666666666, "16666666666666670000", True),
        (13333333333333333333, "13333333333333400000", True),
        (13333333333333333333, "13333333333332300000", False),
        (13333333333333333333, "13300000000000000000", False),
        (20000000000000000001, "20000000000000000000", False),
        (1333333333333333333, "13333333333333330000", False),
    ],
)
def test_scores_stated_by_hand_agree_in_their_digits(score: int, stated: str, holds: bool) -> None:
    """Recurring decimals are cut short or rounded anywhere after the twelfth digit; others hold to the wei."""
    assert (score_as_stated(score, stated) == int(stated)) is holds


def test_the_first_and_the_last_tick_have_one_neighbour_each() -> None:
    """Nothing lies below the least price, and no pool reaches the greatest."""
    check_tick(MIN_TICK, MIN_SQRT_PRICE)
    check_tick(MAX_TICK, MAX_SQRT_PRICE)
    with pytest.raises(AssertionError, match="price: got"):
        check_tick(MAX_TICK, MAX_SQRT_PRICE - 1)


@pytest.mark.parametrize(
    ("start", "end", "expected", "holds"),
    [("10", "0", "7", True), ("0", "10", "3", True), ("10", "0", "6", False), ("9", "0", "6", True)],
)
def test_a_line_that_ends_between_units_holds(start: str, end: str, expected: str, holds: bool) -> None:
    """A third of the way: the moved part rounds down, whichever way the amount goes."""
    row = {"decay_start": 100, "decay_end": 103, "now": 101, "start_amount": start, "end_amount": end}
    if holds:
        check_linear(row | {"expected": expected})
        return
    with pytest.raises(AssertionError, match="linear decay: got 7, expected 6"):
        check_linear(row | {"expected": expected})


@pytest.mark.parametrize(
    ("amount", "out", "holds"),
    [
        ("0.5", "0.497512437810945273631840796019900497512437810945273", True),
        ("1e-6", "9.9999999000000009999999900000000999999990000000099e-7", True),
        ("0.5", "0.497512437", False),
        ("0.5", "0.497512439", False),
    ],
)
def test_weighted_rows_may_be_of_any_size(amount: str, out: str, holds: bool) -> None:
    """Half a token and a millionth of one: small trades are off by what the power is, of the balance."""
    row = {"bal_in": 100, "w_in": "50", "bal_out": 100, "w_out": "50", "amount_in": amount, "out": out}
    if holds:
        check_weighted(row, power_up)
        return
    with pytest.raises(AssertionError, match="paid: got False"):
        check_weighted(row, power_up)


def curve_row(**changes: Any) -> dict[str, Any]:
    """A Curve exchange of a pool of 18 and 0 decimals that pays nothing."""
    row = {
        "A": 100,
        "n": 2,
        "balances": [str(10**24), str(10**6)],
        "rates": [str(10**18), str(10**36)],
        "i": 0,
        "j": 1,
        "dx": "1000000",
        "D": str(2 * 10**24),
        "dy_before_fee_xp": "999999",
        "fee_1e10": 4_000_000,
        "out": "0",
    }
    return row | changes


def test_a_curve_exchange_that_pays_nothing_holds() -> None:
    """There is no trade then; where the row claims a payment, it does not hold."""
    curve_balancer.check_curve(curve_row())
    with pytest.raises(AssertionError, match="output"):
        curve_balancer.check_curve(curve_row(out="1"))


@pytest.mark.parametrize(
    ("pool", "reason"),
    [
        ({"poolType": "RECLAMM"}, "pools of type RECLAMM are no venue here"),
        ({"poolType": "STABLE", "hook": {}}, "pools whose hooks set the fee are no venue here"),
    ],
)
def test_pools_that_are_no_venue_here_are_left_out_and_said(
    tmp_path: Path, pool: dict[str, Any], reason: str
) -> None:
    """Whatever their curve: a checker does not guess."""
    path = tmp_path / "curve_balancer.json"
    recorded = {"x": {"pool": pool, "swaps": [{}]}}
    path.write_text(
        json.dumps({"curve_stableswap": [], "balancer_v3_onchain": recorded, "balancer_weighted_hand": []})
    )
    assert list(curve_balancer.cases(path)) == [LeftOut("x swap 0", reason)]
