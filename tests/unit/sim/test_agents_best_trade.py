"""How much to trade with a venue that is off: closed forms, brute force, and what theory says of profits."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from random import Random
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.assets import AssetId, AssetInfo
from intents.venue_states import ConstantProductState, OrderBookState, RestingOrder, VenueId, VenueState
from liquidity.constant_product import ConstantProductVenue
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from scenarios.liquidity_draw import draw_venue
from scenarios.market import Market
from sim.agents.best_trade import best_input, bisected_input, constant_product_input
from sim.agents.stale_quotes import expected_gain, gain
from sim.kernel import Kernel
from sim.prices.declared import PricesPart
from sim.prices.process import PriceProcess

CASH, GOLD, SALT = AssetId("CASH"), AssetId("GOLD"), AssetId("SALT")


def product(x: int, y: int, fee: Fraction) -> ConstantProductState:
    return ConstantProductState(VenueId("p"), (CASH, GOLD), 0, "", (x, y), fee)


def profit(state: VenueState, amount: int, price: float) -> float:
    """In output units, the input bought at ``price``; what the venue refuses does not happen."""
    try:
        return open_venue(state).quote_in(CASH, GOLD, amount) - amount * price if amount else 0.0
    except VenueError:
        return 0.0


@given(st.integers(50, 200), st.integers(50, 200), st.sampled_from([0, 30, 100, 1_000]), st.floats(0.3, 3.0))
def test_no_other_amount_earns_more_on_a_constant_product(x: int, y: int, fee_bps: int, price: float) -> None:
    """Every amount is tried on a small pool; outputs round down, so a unit of output is let pass."""
    state = product(x, y, Fraction(fee_bps, 10_000))
    chosen = constant_product_input(x, y, state.fee, price)
    best = max(profit(state, amount, price) for amount in range(600))
    assert profit(state, chosen, price) >= best - 1.0 - price


@given(
    st.integers(10**15, 10**24),
    st.integers(10**15, 10**24),
    st.sampled_from([0, 5, 30, 100]),
    st.floats(0.2, 0.999),
)
def test_bisection_finds_the_closed_form(x: int, y: int, fee_bps: int, part: float) -> None:
    """On large pools they agree to a millionth, or to the fee: the whole input goes into the reserves, so the next
    marginal price is a little below what the last unit was paid."""
    state = product(x, y, Fraction(fee_bps, 10_000))
    price = ConstantProductVenue(state).marginal_price(CASH, GOLD) * part
    closed = constant_product_input(x, y, state.fee, price)
    searched = bisected_input(state, CASH, GOLD, price, x * 10)
    assert searched == pytest.approx(closed, rel=fee_bps / 10_000 + 1e-6, abs=2)


@pytest.mark.parametrize("kind", ["constant_product", "weighted", "stable", "concentrated", "order_book"])
@pytest.mark.parametrize("off", [0.9, 0.97, 0.999, 1.2])
def test_no_other_amount_earns_more_on_any_venue(kind: str, off: float) -> None:
    """A thousand other amounts from dust to everything, on the venue's own exact quotes."""
    market = Market((AssetInfo(CASH, 18), AssetInfo(SALT, 18)), (1.0, 1.0), ())
    state = draw_venue(kind, 0, market, (0, 1), 1_000.0, 1.0, Fraction(30, 10_000))
    venue = open_venue(state)
    price = venue.marginal_price(CASH, SALT) * off
    chosen = best_input(state, CASH, SALT, price, 10**22)

    def earned(amount: int) -> float:
        try:
            return venue.quote_in(CASH, SALT, amount) - amount * price if amount else 0.0
        except VenueError:
            return 0.0

    best = max(earned(int(10 ** (10 + 12.5 * n / 1_000))) for n in range(1_000))
    assert earned(chosen) >= best - 1e-6 * abs(best) - 10.0
    assert (chosen > 0) == (off < 1.0)


def test_inside_the_band_that_the_fee_leaves_nothing_is_traded() -> None:
    """At 30 bps, a price within 30 bps either way of the pool's."""
    state = product(10**20, 10**20, Fraction(30, 10_000))
    assert constant_product_input(10**20, 10**20, state.fee, 0.9971) == 0
    assert constant_product_input(10**20, 10**20, state.fee, 0.9969) > 0
    assert best_input(state, CASH, SALT, 0.5, 10**18) == 0
    assert best_input(state, CASH, GOLD, 0.5, 0) == 0
    assert best_input(state, CASH, GOLD, 0.5, 1_000) == 1_000


def test_an_empty_book_has_nothing_to_take() -> None:
    """And of one with quotes only what pays is taken."""
    empty = OrderBookState(VenueId("b"), (GOLD, CASH), 0, "", 1, 1, (), ())
    assert best_input(empty, CASH, GOLD, 0.5, 10**6) == 0
    asks = (RestingOrder(1, "m", 2, 100), RestingOrder(2, "m", 4, 100))
    book = OrderBookState(VenueId("b"), (GOLD, CASH), 0, "", 1, 1, (), asks)
    # At three a gold the first hundred pay, for two hundred of cash; the others do not.
    assert best_input(book, CASH, GOLD, 1 / 3, 10**6) == pytest.approx(200, abs=2)


def test_arbitrage_profit_is_what_theory_says() -> None:
    """Milionis, Moallemi and Roughgarden (2023): with blocks at Poisson times arbitrageurs earn the pool's loss
    versus rebalancing, σ²/8 of its value, times the chance 1/(1 + √(2λ)·γ/σ) that a block finds the price outside
    the band that the fee leaves."""
    draw = Random(11)
    sigma, fee, blocks = 0.002, Fraction(30, 10_000), 60_000
    state, price, earned = product(10**24, 10**24, fee), 1.0, 0.0
    for _ in range(blocks):
        wait = draw.expovariate(1.0)
        price *= math.exp(sigma * math.sqrt(wait) * draw.gauss(0, 1) - sigma * sigma * wait / 2)
        x, y = state.reserves
        # Price: of the first asset in the second.
        value = x * price + y
        for place, ratio in ((0, price), (1, 1.0 / price)):
            reserves = (x, y) if place == 0 else (y, x)
            amount = constant_product_input(*reserves, fee, ratio)
            if amount:
                pair = (CASH, GOLD) if place == 0 else (GOLD, CASH)
                swap = ConstantProductVenue(state).swap_in(*pair, amount)
                paid = swap.amount_out - amount * ratio
                earned += paid / value * (1.0 if place == 0 else price)
                assert isinstance(swap.state, ConstantProductState)
                state = swap.state
                break
    gamma = -math.log(1.0 - float(fee))
    expected = sigma**2 / 8 / (1.0 + math.sqrt(2.0) * gamma / sigma)
    assert earned / blocks == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize("fee_bps", [0.0, 5.0, 20.0])
@pytest.mark.parametrize("delay_s", [1, 4, 16])
def test_stale_quotes_lose_what_options_cost(delay_s: int, fee_bps: float) -> None:
    """Who sees the price now trades with one shown ``delay_s`` late: the mean over many looks is closed form."""
    part = PricesPart(volatility_bps=600.0, step_ms=1_000)
    prices = PriceProcess(part, {"CASH": 1.0, "A": 7.0}, Kernel(2).stream)
    seen = [prices.at(n * delay_s * 1_000_000)["A"] for n in range(8_001)]
    gains = [gain(known, shown, fee_bps / 10_000) for shown, known in itertools.pairwise(seen)]
    mean = sum(gains) / len(gains)
    error = math.sqrt(sum((found - mean) ** 2 for found in gains)) / len(gains)
    expected = expected_gain(600.0, float(delay_s), fee_bps / 10_000)
    assert abs(mean - expected) < 4 * error + 1e-12


def test_large_moves_cost_what_black_and_scholes_say() -> None:
    """A log deviation of one: 2·(2Φ(½) − 1) without a fee; with a tenth, a call and a put by their formulas."""
    phi = NormalDist().cdf
    assert expected_gain(10_000.0, 3_600.0, 0.0) == pytest.approx(2.0 * (2.0 * phi(0.5) - 1.0))
    up, down = 0.5 - math.log(1.1), 0.5 - math.log(0.9)
    call = phi(up) - 1.1 * phi(up - 1.0)
    put = 0.9 * phi(1.0 - down) - phi(-down)
    assert expected_gain(10_000.0, 3_600.0, 0.1) == pytest.approx(call + put)


def test_per_second_a_longer_batch_leaves_less_to_take() -> None:
    """Four times the length: twice the gain each time, a quarter as often; so half in all. With a fee at most as
    much as without."""
    each = [expected_gain(100.0, float(length), 0.0) for length in (1, 4, 16)]
    assert each[1] / each[0] == pytest.approx(2.0, rel=1e-6)
    assert each[2] / 16 == pytest.approx(each[0] / 4, rel=1e-6)
    assert each[0] == pytest.approx(0.01 * math.sqrt(2 / 3600 / math.pi), rel=1e-6)
    assert 0.0 < expected_gain(100.0, 60.0, 0.001) < expected_gain(100.0, 60.0, 0.0)
    assert expected_gain(0.0, 60.0, 0.0) == expected_gain(100.0, 0.0, 0.0) == 0.0
