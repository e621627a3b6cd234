"""From values to legs: limits are where the slack puts them, and nobody offers more than they hold."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.amounts import MAX_PRICE
from liquidity.registry import open_venue
from sim.agents.base import Desk
from sim.agents.oracle import OraclePart
from sim.agents.retail import RetailPart
from sim.agents.valuing import Anchor, best_prices, ledger_price, legs, pricing, risky, traded, value_of
from sim.prices.declared import Law, PricesPart, Shock
from tests.desks import CASH, GOLD, SALT, Town, book, pool

PAIRS = [(a, b) for a in (CASH, GOLD, SALT) for b in (CASH, GOLD, SALT) if a != b]


@cache
def desk() -> Desk:
    """One account with 300 of value, a hundred in each asset."""
    return Town([RetailPart(name="somebody", count=1, funds=300.0)]).desks[0]


@given(st.sampled_from(PAIRS), st.floats(1e-3, 1e5), st.floats(-0.5, 0.5), st.booleans())
def test_legs_are_worth_what_was_meant_or_what_is_there(
    pair: tuple, value: float, slack: float, exact_out: bool
) -> None:
    """Wanted ÷ given is 1 − slack, or 1 ÷ (1 + slack) of an exact output; given is the value or the balance."""
    seat = desk()
    price = pricing(seat)
    found = legs(seat, 0, pair, value, slack, price, exact_out=exact_out)
    meant = value * (1.0 + slack if exact_out else 1.0)
    if found is None:
        assert meant > 100.0 / 0.011 or value < 1e-2
        return
    give, want = found
    assert (give.asset, want.asset) == pair
    assert 0 < give.amount <= seat.balance(give.asset)
    given_value, wanted_value = value_of(seat, give, price), value_of(seat, want, price)
    # Gold has a unit worth two millionths.
    assert given_value == pytest.approx(min(100.0, meant), rel=1e-6, abs=4e-6)
    ratio = 1.0 / (1.0 + slack) if exact_out else 1.0 - slack
    assert wanted_value == pytest.approx(given_value * ratio, rel=1e-6, abs=8e-6)


def test_next_to_nothing_is_not_worth_an_intent() -> None:
    """A hundred will do for ten thousand, but not for more."""
    seat = desk()
    assert legs(seat, 0, (CASH, GOLD), 9_999.0, 0.0, pricing(seat)) is not None
    assert legs(seat, 0, (CASH, GOLD), 10_001.0, 0.0, pricing(seat)) is None


def test_slack_has_bounds_of_its_own() -> None:
    """However far off a limit is drawn, some of the value is asked for."""
    seat = desk()
    found = legs(seat, 0, (CASH, GOLD), 10.0, 7.0, pricing(seat))
    assert found is not None
    assert found[1].amount == pytest.approx(500_000, abs=2)


def test_assets_of_a_part_are_those_named() -> None:
    """In the ledger's order; the numeraire is not among the risky."""
    seat = desk()
    assert traded(seat, ()) == [CASH, GOLD, SALT]
    assert traded(seat, ("SALT", "CASH")) == [CASH, SALT]
    assert risky(seat, ()) == [GOLD, SALT]


def test_prices_on_the_ledger_count_base_units() -> None:
    """Numeraire base units per 10^18 base units: gold has six decimals, so its price has 12 more digits."""
    seat = desk()
    assert ledger_price(seat, GOLD, 2.0) == pytest.approx(2 * 10**30)
    assert ledger_price(seat, SALT, 0.5) == 5 * 10**17
    assert ledger_price(seat, SALT, 0.0) == 1
    assert ledger_price(seat, SALT, 1e80) == MAX_PRICE


def test_the_agreed_price_is_an_anchor_where_there_is_one() -> None:
    """It lags the outside price, which stands in where nothing is agreed."""
    rise = PricesPart(law=Law.CONSTANT, shocks=(Shock(1.5, "GOLD", 1_000.0),))
    town = Town([OraclePart(name="oracle", lag_ms=60_000)], moves=rise).run(2)
    seat = town.desks[0]
    assert pricing(seat)(GOLD) == pytest.approx(2.2)
    assert pricing(seat, Anchor.AGREED)(GOLD) == pytest.approx(2.0)
    assert pricing(seat, Anchor.AGREED)(CASH) == 1.0


def test_the_best_of_several_venues_is_found() -> None:
    """The highest bid and the lowest ask, in whole units, fees taken off."""
    pools = [pool("a", gold_price=2.0), pool("b", gold_price=2.1, fee_bps=0)]
    town = Town([RetailPart(name="somebody", count=1)], venues=[*pools, book()])
    bid, ask = best_prices(town.desks[0], town.desks[0].venues(), GOLD)
    assert bid == pytest.approx(2.1)
    assert ask == pytest.approx(2.0 / 0.997)
    assert open_venue(pools[0]).marginal_price(CASH, GOLD) == pytest.approx(0.997 / 2.0 * 1e-12)
    assert best_prices(town.desks[0], {}, GOLD) == (None, None)
