"""Cheating with how much is filled, and of which order."""

from __future__ import annotations

from random import Random

from intents.amounts import MAX_AMOUNT
from intents.intent import Exclusivity, IntentId
from intents.records import replace
from settlement import errors as law
from tests.batches import NUMBER, Batch, build
from tests.tampering.operator import (
    any_role,
    refused_by,
    with_fill,
    with_fills,
    with_intent,
    with_order,
)


@refused_by(law.ExceedsRemaining)
def one_unit_more_of_a_whole_order(batch: Batch, rng: Random) -> Batch:
    role = rng.choice(("whole", "whole_again", "exact_out", "paying", "charged"))
    return with_fill(batch, role, executed=batch.fill(role).executed + 1)


@refused_by(law.PartialFillOfWhole)
def one_unit_less_of_a_whole_order(batch: Batch, rng: Random) -> Batch:
    role = rng.choice(("whole", "whole_again", "exact_out", "paying", "charged"))
    return with_fill(batch, role, executed=batch.fill(role).executed - 1)


@refused_by(law.NotConserved)
def one_unit_less_of_what_a_pool_takes(batch: Batch, rng: Random) -> Batch:
    return with_fill(batch, "split", executed=batch.fill("split").executed - 1)


@refused_by(law.ExceedsRemaining)
def more_than_remains(batch: Batch, rng: Random) -> Batch:
    role = rng.choice(("counter", "split", "exact_out_partial"))
    return with_fill(batch, role, executed=batch.order(role).remaining + rng.randint(1, 10**6))


@refused_by(law.ExceedsRemaining)
def filled_by_an_earlier_settlement(batch: Batch, rng: Random) -> Batch:
    """The same solution again, after the order's remaining amount went down by its first settlement."""
    order, fill = batch.order("counter"), batch.fill("counter")
    return with_order(batch, "counter", remaining=max(0, order.remaining - fill.executed))


@refused_by(law.BelowMinimumFill)
def below_the_minimum_fill(batch: Batch, rng: Random) -> Batch:
    minimum = batch.order("counter").intent.fill.min_fill
    return with_fill(batch, "counter", executed=minimum - rng.randint(1, minimum // 2))


@refused_by(law.NothingExecuted)
def a_fill_of_nothing(batch: Batch, rng: Random) -> Batch:
    return with_fill(batch, rng.choice(("counter", "split", "exact_out_partial")), executed=0)


@refused_by(law.NegativeAmount)
def a_negative_fill(batch: Batch, rng: Random) -> Batch:
    return with_fill(batch, any_role(rng), executed=-rng.randint(1, 10**30))


@refused_by(law.NegativeAmount)
def a_negative_fee(batch: Batch, rng: Random) -> Batch:
    role = any_role(rng)
    fee = rng.randint(1, 10**6)
    return with_fill(batch, role, executed=batch.fill(role).executed + fee, fee=-fee)


@refused_by(law.NotAnInteger)
def a_fill_in_floats(batch: Batch, rng: Random) -> Batch:
    role = any_role(rng)
    return with_fill(batch, role, executed=float(batch.fill(role).executed))


@refused_by(law.AmountTooLarge)
def a_fill_over_127_bits(batch: Batch, rng: Random) -> Batch:
    return with_fill(batch, any_role(rng), executed=MAX_AMOUNT + rng.randint(1, 10**40))


@refused_by(law.NothingFilled)
def no_fills_at_all(batch: Batch, rng: Random) -> Batch:
    return with_fills(batch, ())


@refused_by(law.DuplicateFill)
def a_fill_twice(batch: Batch, rng: Random) -> Batch:
    fills = list(batch.solution.fills)
    fills.insert(rng.randrange(len(fills) + 1), rng.choice(fills))
    return with_fills(batch, tuple(fills))


@refused_by(law.UnknownOrder)
def an_unknown_order(batch: Batch, rng: Random) -> Batch:
    return with_fill(batch, any_role(rng), order=IntentId(rng.randbytes(32)))


@refused_by(law.UnknownOrder)
def a_fill_of_another_auction(batch: Batch, rng: Random) -> Batch:
    return with_fills(batch, (*batch.solution.fills, build(rng).fill(any_role(rng))))


@refused_by(law.Expired)
def after_the_last_auction(batch: Batch, rng: Random) -> Batch:
    return replace(batch, auction=replace(batch.auction, number=NUMBER + 5 + rng.randint(1, 10**6)))


@refused_by(law.NotYetValid)
def before_the_first_auction(batch: Batch, rng: Random) -> Batch:
    return replace(batch, auction=replace(batch.auction, number=rng.randint(1, NUMBER - 6)))


@refused_by(law.WrongNetwork)
def on_another_network(batch: Batch, rng: Random) -> Batch:
    return replace(batch, auction=replace(batch.auction, network=rng.randbytes(32)))


@refused_by(law.ReservedForAnother)
def reserved_for_another_solver(batch: Batch, rng: Random) -> Batch:
    return with_intent(batch, any_role(rng), exclusive=Exclusivity("favourite", NUMBER, 0))
