"""Rewards as published, their caps, and penalties to the unit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.errors import AmountOutOfRange, WrongValue
from settlement.greedy import Greedy
from settlement.penalties import Fault, PenaltyRates, penalties, penalty
from settlement.rewards import (
    RewardCaps,
    capped_reward,
    clamp,
    consistency_rewards,
    marginal_rewards,
    order_shares,
)
from tests.bidding import bid
from tests.vectors import winners
from tests.vectors.registry import Case, parametrized

CAPS = RewardCaps(low=10, high=12)


@parametrized(winners.REWARDS)
def test_published_rewards(case: Case) -> None:
    """Performance rewards with caps, their sums per solver, and the consistency example."""
    case.check()


@given(st.integers(-50, 50))
def test_clamp(value: int) -> None:
    """Within the caps nothing changes, beyond them the nearer cap stands."""
    assert clamp(value, CAPS) == (value if -10 <= value <= 12 else -10 if value < 0 else 12)


def test_marginal_rewards_count_what_was_not_settled() -> None:
    """V − V₋ᵢ, less the solver's own missing score, down to the lower cap."""
    outcome = Greedy().run([bid("s", ab=10), bid("t", ab=8), bid("u", cd=3)], b"")
    assert dict(outcome.references) == {"s": 11, "u": 10}
    assert marginal_rewards(outcome, None) == {"s": 2, "u": 3}
    assert marginal_rewards(outcome, CAPS, {"u": 3}) == {"s": 2, "u": 0}
    assert marginal_rewards(outcome, CAPS, {"s": 10**6}) == {"s": -10, "u": 3}


def test_a_winner_that_keeps_better_ones_out_pays() -> None:
    """Greedy takes 10 where 18 was possible: the solver of the 10 is worth −8."""
    whole = Greedy().run([bid("s", ab=5, bc=5), bid("t", ab=4, ba=5), bid("u", bc=4, cb=5)], b"")
    assert whole.winners == ("s",)
    assert marginal_rewards(whole, CAPS) == {"s": -8}


def test_capped_by_protocol_fees() -> None:
    """The upper cap is β·fee rounded down; the lower one is c_l."""
    half = Fraction(1, 2)
    assert capped_reward(100, 90, 0, 41, half, 10) == 10
    assert capped_reward(100, 50, 0, 41, half, 10) == 20
    assert capped_reward(100, 90, 30, 41, half, 10) == -10


def test_shares_and_budget() -> None:
    """Shares sum to one where anything was proposed; parts of the budget round down and never exceed it."""
    shares = order_shares({"s": Fraction(1), "t": Fraction(2), "u": Fraction(0)})
    assert shares == {"s": Fraction(1, 3), "t": Fraction(2, 3), "u": 0}
    assert order_shares({"s": Fraction(0)}) == {"s": 0}
    assert consistency_rewards(shares, 100) == {"s": 33, "t": 66, "u": 0}
    assert consistency_rewards({"s": Fraction(0)}, 100) == {"s": 0}
    with pytest.raises(WrongValue, match=r"surplus\[t\]"):
        order_shares({"s": Fraction(1), "t": Fraction(-1)})


@given(st.integers(0, 2**127 - 1), st.sampled_from(Fault), st.fractions(0, 1))
def test_a_penalty_is_the_rate_rounded_up(bond: int, fault: Fault, rate: Fraction) -> None:
    """Never less than rate·bond, less than one unit more, and never more than the bond."""
    taken = penalty(fault, bond, PenaltyRates(rate, rate, rate))
    assert rate * bond <= taken < rate * bond + 1
    assert taken <= bond


def test_penalties_of_a_batch() -> None:
    """Faults add up to at most the bond; who posted none loses none."""
    rates = PenaltyRates(Fraction(1, 10), Fraction(1, 3), Fraction(1))
    faults = {
        "silent": [Fault.NO_REVEAL],
        "twice": [Fault.NO_REVEAL, Fault.INVALID_REVEAL],
        "double": [Fault.EQUIVOCATION, Fault.NO_REVEAL],
        "poor": [Fault.EQUIVOCATION],
    }
    bonds = {"silent": 101, "twice": 100, "double": 100, "honest": 100}
    assert penalties(faults, bonds, rates) == {"silent": 11, "twice": 44, "double": 100, "poor": 0}


def test_rates_and_bonds_are_checked() -> None:
    """A rate is a fraction of the bond, and a bond is an amount."""
    with pytest.raises(WrongValue, match=r"rate\.no_reveal"):
        PenaltyRates(no_reveal=Fraction(3, 2))
    with pytest.raises(AmountOutOfRange):
        penalty(Fault.NO_REVEAL, -1)
