"""Limits that move: worked examples of curves and exclusivity on whole intents."""

from __future__ import annotations

import pytest

from intents.curves import ExclusiveToAnother, Limits, curve_amount, limits_at, linear_decay, relative_decay
from intents.intent import CurvePoint, DutchCurve, Exclusivity, Kind
from intents.records import replace
from tests.unit.intents.examples import BASKET, SWAP

#: From 2,300 down to 2,001 between auctions 10 and 13.
FALLING = DutchCurve((CurvePoint(10, 2_300), CurvePoint(13, 2_001)))
#: From 700 up to 1,000 between auctions 10 and 13, where it stays.
RISING = DutchCurve((CurvePoint(10, 700), CurvePoint(13, 1_000)))
SELL = replace(SWAP, curve=FALLING)
BUY = replace(SWAP, kind=Kind.EXACT_OUT, curve=RISING)


@pytest.mark.parametrize(
    ("number", "wanted"), [(0, 2_300), (10, 2_300), (11, 2_201), (12, 2_101), (13, 2_001), (99, 2_001)]
)
def test_a_sell_wants_less_over_time_rounded_up(number: int, wanted: int) -> None:
    """2,300 − 299/3 is 2,200⅓, of which the owner is owed 2,201; outside its points the curve is flat."""
    assert limits_at(SELL, number, "any") == Limits((1_000,), (wanted,))


@pytest.mark.parametrize(
    ("number", "given"), [(0, 700), (10, 700), (11, 800), (12, 900), (13, 1_000), (99, 1_000)]
)
def test_a_buy_gives_more_over_time(number: int, given: int) -> None:
    """The curve of a buy moves what it gives, and leaves what it wants."""
    assert limits_at(BUY, number, "any") == Limits((given,), (2_000,))


def test_a_given_amount_rounds_down() -> None:
    """Between 700 and 801 over three auctions, 733⅔ is given as 733."""
    curve = DutchCurve((CurvePoint(10, 700), CurvePoint(13, 801)))
    assert limits_at(replace(BUY, curve=curve), 11, "any").give == (733,)


def test_several_points_and_a_single_one() -> None:
    """Each stretch is a line of its own; a single point is a constant."""
    curve = DutchCurve((CurvePoint(0, 100), CurvePoint(10, 200), CurvePoint(20, 50)))
    assert [curve_amount(curve, at, round_up=True) for at in (5, 10, 15, 20, 25)] == [150, 200, 125, 50, 50]
    assert curve_amount(DutchCurve((CurvePoint(5, 7),)), 0, round_up=True) == 7


@pytest.mark.parametrize(
    ("solver", "number", "wanted"),
    [("named", 15, 2_000), ("other", 15, 2_007), ("other", 16, 2_000), ("other", 0, 2_007), ("", 15, 2_007)],
)
def test_others_must_beat_the_limit_while_a_sell_is_exclusive(solver: str, number: int, wanted: int) -> None:
    """33 bps on 2,000 are 6.6, owed as 7, up to and with the last exclusive auction."""
    intent = replace(SWAP, exclusive=Exclusivity("named", 15, 33))
    assert limits_at(intent, number, solver) == Limits((1_000,), (wanted,))


def test_others_get_less_of_a_buy_while_it_is_exclusive() -> None:
    """A buy gives 1,000/1.0033 at most, rounded down."""
    intent = replace(SWAP, kind=Kind.EXACT_OUT, exclusive=Exclusivity("named", 15, 33))
    assert limits_at(intent, 15, "other") == Limits((996,), (2_000,))
    assert limits_at(intent, 15, "named") == Limits((1_000,), (2_000,))


def test_an_override_applies_to_every_wanted_leg_and_after_the_curve() -> None:
    """A basket's wants all rise; a curve's amount rises from where it stands."""
    basket = replace(BASKET, exclusive=Exclusivity("named", 15, 10_000))
    assert limits_at(basket, 15, "other") == Limits((1_000, 1), (4_000, 6))
    both = replace(SELL, exclusive=Exclusivity("named", 15, 100))
    assert limits_at(both, 11, "other").want == (-(-2_201 * 101 // 100),)


def test_a_strict_window_shuts_others_out() -> None:
    """With an override of zero nobody else may fill, and the error says until when."""
    intent = replace(SWAP, exclusive=Exclusivity("named", 15, 0))
    assert limits_at(intent, 15, "named").want == (2_000,)
    assert limits_at(intent, 16, "other").want == (2_000,)
    with pytest.raises(ExclusiveToAnother) as caught:
        limits_at(intent, 15, "other", "fills[0]")
    assert str(caught.value) == 'fills[0]: exclusive to "named" until auction 15, not for "other" at 15'
    assert caught.value.exit_code == 5


def test_decay_outside_its_window_is_flat() -> None:
    """Linear and relative decay start and end where they say, and clamp to their bounds."""
    assert [linear_decay(100, 50, 10, 20, now) for now in (0, 10, 15, 20, 30)] == [100, 100, 75, 50, 50]
    assert [linear_decay(50, 100, 10, 20, now) for now in (0, 11, 30)] == [50, 55, 100]
    for block, expected in ((0, 100), (5, 100), (10, 90), (15, 80), (99, 80)):
        assert relative_decay(100, [10], [20], 5, block, low=0, high=1_000, given=False) == expected
    assert relative_decay(100, [10], [20], 5, 99, low=85, high=1_000, given=False) == 85
    assert relative_decay(100, [10], [-20], 5, 99, low=0, high=110, given=True) == 110
    assert relative_decay(100, [], [], 5, 99, low=0, high=1_000, given=True) == 100
