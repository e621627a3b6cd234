"""Laws that hold for every kind of venue: nobody trades for free, and nothing goes below zero."""

from __future__ import annotations

import copy

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.venue_states import StableState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.venue import Swap, Venue
from tests.property.venue_cases import CASES, Case, amounts, holdings

every_kind = pytest.mark.parametrize("kind", CASES)
law = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _sell(case: Case, amount: int) -> Swap:
    """The swap, or another example where the venue refuses this one."""
    try:
        return case.venue.swap_in(case.asset_in, case.asset_out, amount)
    except VenueError:
        reject()


def _buy(case: Case, amount: int) -> Swap:
    try:
        return case.venue.swap_out(case.asset_in, case.asset_out, amount)
    except VenueError:
        reject()


def _size(data: st.DataObject, most: int) -> int:
    """A size from the smallest the venue can see to the deepest it has."""
    return data.draw(amounts(max(most // 10**7, 1), max(most, 1)))


@every_kind
@law
@given(data=st.data())
def test_no_round_trip_gains(kind: str, data: st.DataObject) -> None:
    """Sold there and back, through any detour the venue offers, never more comes home than left."""
    case = data.draw(CASES[kind])
    amount = _size(data, case.most_in)
    first = _sell(case, amount)
    others = [a for a in case.venue.state.assets if a not in (case.asset_in, case.asset_out)]
    detour = data.draw(st.lists(st.sampled_from(others), unique=True, max_size=2)) if others else []
    venue, held, asset = open_venue(first.state), first.amount_out, case.asset_out
    for to in [*detour, case.asset_in]:
        try:
            swap = venue.swap_in(asset, to, held)
        except VenueError:
            return
        venue, held, asset = open_venue(swap.state), swap.amount_out, to
    assert held <= amount


@every_kind
@law
@given(data=st.data())
def test_buying_back_never_costs_less_than_selling_paid(kind: str, data: st.DataObject) -> None:
    """What was sold for some output cannot be bought back for less of it."""
    case = data.draw(CASES[kind])
    first = _sell(case, _size(data, case.most_in))
    try:
        back = open_venue(first.state).swap_out(case.asset_out, case.asset_in, first.amount_in)
    except VenueError:
        return
    assert back.amount_in >= first.amount_out


@every_kind
@law
@given(data=st.data())
def test_splitting_a_trade_gains_nothing_beyond_rounding(kind: str, data: st.DataObject) -> None:
    """Two trades one after the other pay at most what one trade of their sum pays.

    A stableswap pool's price moves with the fee it has kept: no more than that may come back.
    """
    case = data.draw(CASES[kind])
    x, y = _size(data, case.most_in // 2), _size(data, case.most_in // 2)
    whole, first = _sell(case, x + y), _sell(case, x)
    try:
        second = open_venue(first.state).swap_in(case.asset_in, case.asset_out, y)
    except VenueError:
        return
    state = case.venue.state
    left = int(first.amount_out * state.fee / (1 - state.fee)) + 1 if isinstance(state, StableState) else 0
    assert first.amount_out + second.amount_out <= whole.amount_out + case.slack + left


@every_kind
@law
@given(data=st.data())
def test_more_in_never_pays_less(kind: str, data: st.DataObject) -> None:
    """The output rises with the input, and the average price only worsens, but for rounding."""
    case = data.draw(CASES[kind])
    x, y = sorted((_size(data, case.most_in), _size(data, case.most_in)))
    less, more = _sell(case, x).amount_out, _sell(case, y).amount_out
    assert less <= more + _wobble(kind, case)
    assert (less + case.slack) * y >= more * x


@every_kind
@law
@given(data=st.data())
def test_the_average_never_beats_the_marginal_price(kind: str, data: st.DataObject) -> None:
    """What is paid per unit is at most the price of an infinitesimal trade."""
    case = data.draw(CASES[kind])
    swap = _sell(case, _size(data, case.most_in))
    marginal = case.venue.marginal_price(case.asset_in, case.asset_out)
    assert swap.amount_out <= swap.amount_in * marginal * (1 + 1e-9) + 1


@every_kind
@law
@given(data=st.data())
def test_an_exact_output_is_paid_by_its_own_input(kind: str, data: st.DataObject) -> None:
    """The input asked for an output, sold again on the same state, pays at least that output."""
    case = data.draw(CASES[kind])
    wanted = _size(data, case.most_out)
    swap = _buy(case, wanted)
    assert swap.amount_out >= wanted
    assert case.venue.quote_in(case.asset_in, case.asset_out, swap.amount_in) >= wanted
    assert case.venue.quote_out(case.asset_in, case.asset_out, wanted) == swap.amount_in


@every_kind
@law
@given(data=st.data())
def test_nothing_goes_below_zero_and_the_state_adds_up(kind: str, data: st.DataObject) -> None:
    """Over several trades every amount stays positive and holdings move by the trade's amounts."""
    case = data.draw(CASES[kind])
    venue: Venue = case.venue
    for _ in range(data.draw(st.integers(1, 4))):
        pair = data.draw(st.permutations([case.asset_in, case.asset_out]))
        most = case.most_in if pair[0] == case.asset_in else case.most_out
        try:
            swap = venue.swap_in(pair[0], pair[1], _size(data, most))
        except VenueError:
            continue
        assert 0 < swap.amount_in <= MAX_AMOUNT
        assert 0 < swap.amount_out <= MAX_AMOUNT
        before, after = holdings(venue.state), holdings(swap.state)
        if before is not None and after is not None:
            assert min(after.values()) >= 0
            assert after[swap.asset_out] == before[swap.asset_out] - swap.amount_out
        venue = open_venue(swap.state)


@every_kind
@law
@given(data=st.data())
def test_a_venue_never_changes(kind: str, data: st.DataObject) -> None:
    """Trades done, quoted or refused leave the state, and every later answer, as they were."""
    case = data.draw(CASES[kind])
    state = copy.deepcopy(case.venue.state)
    amount = _size(data, case.most_in)
    swap = _sell(case, amount)
    assert case.venue.quote_in(case.asset_in, case.asset_out, amount) == swap.amount_out
    refused = [
        (case.asset_in, case.asset_in, amount),
        (case.asset_in, AssetId("unknown"), amount),
        (AssetId("unknown"), case.asset_out, amount),
        (case.asset_in, case.asset_out, 0),
        (case.asset_in, case.asset_out, -amount),
        (case.asset_in, case.asset_out, 10**40),
    ]
    for asset_in, asset_out, wrong in refused:
        for ask in (case.venue.swap_in, case.venue.swap_out, case.venue.quote_in, case.venue.quote_out):
            with pytest.raises(VenueError):
                ask(asset_in, asset_out, wrong)
    assert case.venue.state == state
    assert case.venue.swap_in(case.asset_in, case.asset_out, amount) == swap


def _wobble(kind: str, case: Case) -> int:
    """Weighted pools go through a logarithm that is not monotone in its last digits; others are."""
    return case.grain_out if kind == "weighted" else 0
