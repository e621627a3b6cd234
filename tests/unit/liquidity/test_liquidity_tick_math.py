"""Ticks, square-root prices and single steps: recorded rows, both ends of the range, and inverses."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquidity.errors import MathOutOfRange
from liquidity.sqrt_price_math import price_after_in, price_after_out
from liquidity.swap_math import swap_step
from liquidity.tick_math import (
    MAX_SQRT_PRICE,
    MAX_TICK,
    MIN_SQRT_PRICE,
    MIN_TICK,
    Q96,
    sqrt_price_at,
    tick_at,
)

PRICES = st.integers(MIN_SQRT_PRICE, MAX_SQRT_PRICE - 1)
LIQUIDITY = st.integers(1, 2**100)
FEES = st.sampled_from([Fraction(0), Fraction(1, 10_000), Fraction(3, 1000), Fraction(1, 7)])


def test_the_ends_of_the_range_are_the_reference_contracts() -> None:
    """Both ends, and tick zero, which is a price of one."""
    assert sqrt_price_at(MIN_TICK) == MIN_SQRT_PRICE
    assert sqrt_price_at(MAX_TICK) == MAX_SQRT_PRICE
    assert sqrt_price_at(0) == Q96
    assert tick_at(MIN_SQRT_PRICE) == MIN_TICK
    assert tick_at(MAX_SQRT_PRICE - 1) == MAX_TICK - 1


@pytest.mark.parametrize("tick", [MIN_TICK - 1, MAX_TICK + 1])
def test_a_tick_outside_the_range_is_refused(tick: int) -> None:
    """One beyond either end."""
    with pytest.raises(MathOutOfRange) as refused:
        sqrt_price_at(tick)
    assert refused.value.value == tick


@pytest.mark.parametrize("price", [0, MIN_SQRT_PRICE - 1, MAX_SQRT_PRICE])
def test_a_price_outside_the_range_has_no_tick(price: int) -> None:
    """The upper end is excluded, as in the contract."""
    with pytest.raises(MathOutOfRange):
        tick_at(price)


@given(st.integers(MIN_TICK, MAX_TICK - 1))
def test_every_tick_is_found_from_its_own_price_and_left_one_below(tick: int) -> None:
    """tick_at is the exact inverse at the boundary."""
    price = sqrt_price_at(tick)
    assert tick_at(price) == tick
    if tick > MIN_TICK:
        assert tick_at(price - 1) == tick - 1


@given(PRICES)
def test_a_price_lies_between_its_tick_and_the_next(price: int) -> None:
    """sqrt_price_at(t) ≤ price < sqrt_price_at(t + 1)."""
    tick = tick_at(price)
    assert sqrt_price_at(tick) <= price < sqrt_price_at(tick + 1)


@given(PRICES, PRICES, LIQUIDITY, st.integers(1, 2**110), FEES)
def test_a_selling_step_uses_at_most_its_input_and_never_passes_its_target(
    price: int, target: int, liquidity: int, amount: int, fee: Fraction
) -> None:
    """Fee included, the input is used up exactly unless the target stops the step."""
    step = swap_step(price, target, liquidity, amount, fee)
    assert min(price, target) <= step.price <= max(price, target)
    assert step.amount_in + step.fee <= amount
    if step.price != target:
        assert step.amount_in + step.fee == amount
    assert step.fee * fee.denominator >= (step.amount_in + step.fee) * fee.numerator


@given(PRICES, PRICES, LIQUIDITY, st.integers(1, 2**110), FEES)
def test_what_a_buying_step_costs_buys_at_least_as_much(
    price: int, target: int, liquidity: int, amount: int, fee: Fraction
) -> None:
    """Selling the asked input again on the same stretch pays no less than what was bought."""
    try:
        bought = swap_step(price, target, liquidity, -amount, fee)
    except MathOutOfRange:
        return
    assert bought.amount_out <= amount
    assert bought.amount_out == amount or bought.price == target
    sold = swap_step(price, target, liquidity, bought.amount_in + bought.fee, fee)
    assert sold.amount_out >= bought.amount_out


def test_more_than_the_whole_range_holds_cannot_be_taken_out() -> None:
    """Either direction names the move and the room it had."""
    with pytest.raises(MathOutOfRange) as refused:
        price_after_out(Q96, 1_000, 1_000, True)
    assert (refused.value.value, refused.value.high) == (Q96, Q96 - 1)
    with pytest.raises(MathOutOfRange):
        price_after_out(Q96, 1_000, 1_000, False)


def test_inputs_beyond_256_bits_divide_first() -> None:
    """As the contract does where the exact product would overflow: L / (L/√P + Δx), rounded up."""
    price, liquidity, amount = Q96 << 40, 1 << 40, 1 << 200
    scaled = liquidity << 96
    assert price_after_in(price, liquidity, amount, True) == -(-scaled // (scaled // price + amount))
