"""The law against cheats and against an independent recomputation."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from intents.records import replace
from liquidity.registry import open_venue
from settlement import errors
from settlement.errors import LawError, NegativeSurplus
from settlement.solution import Interaction
from settlement.verify import Verifier
from tests.batches import ROLES, Batch, build
from tests.naive_law import recompute
from tests.tampering import OPERATORS, Operator

SEEDS = st.integers(0, 2**32)
#: Reference prices are at most one numeraire unit per unit, and one order has two policies.
UNWINDING_UNITS = 3


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_a_batch_valid_by_construction_verifies(seed: int) -> None:
    """The batches that tampering starts from break no rule."""
    batch = build(Random(seed))
    verified = Verifier(batch.auction).verify(batch.solution)
    assert verified.score.net > 0
    assert verified.unsigned == 0


@pytest.mark.parametrize("operator", [pytest.param(o, id=o.name) for o in OPERATORS])
@given(seed=SEEDS)
@settings(max_examples=12, deadline=None)
def test_tampering_is_refused_by_its_own_error(operator: Operator, seed: int) -> None:
    """Every way to cheat meets exactly the error that names the broken rule."""
    rng = Random(seed)
    batch = operator.apply(build(rng), rng)
    with pytest.raises(LawError) as refusal:
        Verifier(batch.auction).verify(batch.solution)
    assert type(refusal.value) is operator.error, str(refusal.value)
    assert str(refusal.value)


def nudged(batch: Batch, rng: Random) -> Batch:
    """A solution that may or may not still be lawful: little less executed, prices moved, markets left out."""
    solution = batch.solution
    fills, swaps, prices = list(solution.fills), list(solution.interactions), dict(solution.prices)
    for _ in range(rng.randint(1, 3)):
        match rng.randrange(5):
            case 0:
                scale = rng.randint(2, 10**6)
                prices = {asset: price * scale for asset, price in prices.items()}
            case 1:
                asset = rng.choice(list(prices))
                prices[asset] = max(1, prices[asset] * rng.randint(9990, 10010) // 10_000)
            case 2:
                index = rng.choice(
                    [ROLES.index("counter"), ROLES.index("split"), ROLES.index("exact_out_partial")]
                )
                executed = fills[index].executed
                fills[index] = replace(fills[index], executed=executed - executed // rng.randint(500, 10**6))
            case 3:
                index = rng.randrange(len(swaps))
                swaps[index] = replace(swaps[index], amount_in=swaps[index].amount_in - rng.randint(0, 1000))
            case _:
                rng.shuffle(swaps)
    kept = list(range(len(fills)))
    if rng.random() < 0.2:
        kept = sorted(rng.sample(kept, rng.randint(1, len(kept))))
    changed = replace(
        solution,
        prices=prices,
        fills=tuple(fills[i] for i in kept),
        interactions=truthful(batch, swaps),
    )
    return replace(batch, solution=changed)


def truthful(batch: Batch, swaps: list[Interaction]) -> tuple[Interaction, ...]:
    """The interactions with the outputs that the venues really pay in this order."""
    states = dict(batch.auction.venue)
    done = []
    for swap in swaps:
        paid = open_venue(states[swap.venue]).swap_in(swap.asset_in, swap.asset_out, swap.amount_in)
        states[swap.venue] = paid.state
        done.append(replace(swap, amount_out=paid.amount_out))
    return tuple(done)


@given(SEEDS)
@settings(max_examples=150, deadline=None)
def test_what_passes_is_lawful_to_a_naive_recomputation(seed: int) -> None:
    """Trades, leftovers, withheld fees and score of whatever passes equal those of exact fractions."""
    rng = Random(seed)
    batch = nudged(build(rng), rng)
    try:
        verified = Verifier(batch.auction).verify(batch.solution)
    except LawError as refusal:
        event(type(refusal).__name__)
        return
    event("passed")
    naive = recompute(batch.auction, batch.solution)
    assert naive.trades == {
        trade.order: (tuple(leg.amount for leg in trade.gives), tuple(leg.amount for leg in trade.wants))
        for trade in verified.trades
    }
    assert naive.left == dict(verified.leftovers)
    assert naive.withheld == dict(verified.protocol_fees)
    # A score is unwound from final amounts, so a unit per policy may be lost of what was really withheld.
    assert abs(naive.score - verified.score.surplus) <= UNWINDING_UNITS
    assert sum(verified.score.pairs.values()) == verified.score.net


def test_nudged_batches_often_pass() -> None:
    """The soundness test above is not vacuous: a fair share of its batches is lawful."""
    passed = 0
    for seed in range(60):
        rng = Random(seed)
        batch = nudged(build(rng), rng)
        try:
            Verifier(batch.auction).verify(batch.solution)
        except LawError:
            continue
        passed += 1
    assert passed >= 10


def test_every_rule_has_a_cheat() -> None:
    """Each error class is met by some operator; only callers that skip the limit meet a negative surplus."""
    rules = {getattr(errors, name) for name in errors.__all__} - {LawError}
    assert rules - {operator.error for operator in OPERATORS} == {NegativeSurplus}
