"""Cheating with venues, assets, balances and the score."""

from __future__ import annotations

from random import Random

from intents.assets import AssetId
from intents.records import replace
from intents.venue_states import VenueId
from liquidity.registry import open_venue
from settlement import errors as law
from settlement.solution import MAX_INTERACTIONS, Interaction
from tests.batches import Batch
from tests.tampering.operator import (
    any_role,
    any_swap,
    refused_by,
    with_interaction,
    with_interactions,
)


@refused_by(law.OutputOverstated)
def one_unit_more_output(batch: Batch, rng: Random) -> Batch:
    index = any_swap(batch, rng)
    return with_interaction(batch, index, amount_out=batch.solution.interactions[index].amount_out + 1)


@refused_by(law.OutputUnderstated)
def one_unit_less_output(batch: Batch, rng: Random) -> Batch:
    index = any_swap(batch, rng)
    return with_interaction(batch, index, amount_out=batch.solution.interactions[index].amount_out - 1)


@refused_by(law.OutputOverstated)
def less_input_for_the_same_output(batch: Batch, rng: Random) -> Batch:
    index = any_swap(batch, rng)
    amount = batch.solution.interactions[index].amount_in
    return with_interaction(batch, index, amount_in=amount - amount * rng.randint(1, 99) // 100)


@refused_by(law.NotConserved)
def an_interaction_dropped(batch: Batch, rng: Random) -> Batch:
    gone = rng.choice(("pool3b", "pool4", "pool5", "pool6"))
    return with_interactions(batch, [swap for swap in batch.solution.interactions if swap.venue != gone])


@refused_by(law.OutputOverstated)
def an_interaction_twice(batch: Batch, rng: Random) -> Batch:
    """The second time the pool pays less: it remembers the first."""
    swaps = batch.solution.interactions
    return with_interactions(batch, [*swaps, swaps[any_swap(batch, rng)]])


@refused_by(law.OutputUnderstated)
def interactions_of_one_venue_reordered(batch: Batch, rng: Random) -> Batch:
    swaps = list(batch.solution.interactions)
    first, second = (i for i, swap in enumerate(swaps) if swap.venue == "pool2")
    swaps[first], swaps[second] = swaps[second], swaps[first]
    return with_interactions(batch, swaps)


@refused_by(law.UnknownVenue)
def an_unknown_venue(batch: Batch, rng: Random) -> Batch:
    return with_interaction(batch, any_swap(batch, rng), venue=VenueId("nowhere"))


@refused_by(law.VenueRefused)
def an_asset_the_venue_does_not_trade(batch: Batch, rng: Random) -> Batch:
    side = rng.choice(("asset_in", "asset_out"))
    return with_interaction(batch, any_swap(batch, rng), **{side: AssetId(rng.choice(("nowhere", "unwanted")))})


@refused_by(law.VenueRefused)
def an_interaction_of_nothing(batch: Batch, rng: Random) -> Batch:
    return with_interaction(batch, any_swap(batch, rng), amount_in=0, amount_out=0)


@refused_by(law.NegativeAmount)
def a_negative_interaction(batch: Batch, rng: Random) -> Batch:
    side = rng.choice(("amount_in", "amount_out"))
    return with_interaction(batch, any_swap(batch, rng), **{side: -rng.randint(1, 10**30)})


@refused_by(law.OutputOverstated)
def the_wrong_direction(batch: Batch, rng: Random) -> Batch:
    """Giving the cheap unit and claiming as many of them as the dear one would have paid."""
    index = next(i for i, swap in enumerate(batch.solution.interactions) if swap.venue == "pool2")
    return with_interaction(batch, index, asset_in=AssetId("want2"), asset_out=AssetId("give2"))


@refused_by(law.TooManyInteractions)
def interactions_without_end(batch: Batch, rng: Random) -> Batch:
    return with_interactions(batch, [batch.solution.interactions[0]] * (MAX_INTERACTIONS + 1))


@refused_by(law.UnpricedLeftover)
def surplus_parked_in_an_unwanted_asset(batch: Batch, rng: Random) -> Batch:
    """Half a per mille of a trade goes into an asset nobody wants, where no price could see it."""
    give, want, unwanted = AssetId("give2"), AssetId("want2"), AssetId("unwanted")
    parked = batch.fill("split").executed // 2000
    lure, pool = (open_venue(batch.auction.venue[VenueId(name)]) for name in ("lure", "pool2"))
    swaps = list(batch.solution.interactions)
    first, second = (i for i, swap in enumerate(swaps) if swap.venue == "pool2")
    less = swaps[second].amount_in - parked
    after = open_venue(pool.swap_in(give, want, swaps[first].amount_in).state)
    swaps[second] = replace(swaps[second], amount_in=less, amount_out=after.swap_in(give, want, less).amount_out)
    paid = lure.swap_in(give, unwanted, parked).amount_out
    return with_interactions(batch, [*swaps, Interaction(VenueId("lure"), give, unwanted, parked, paid)])


@refused_by(law.BalanceExceeded)
def a_balance_spent_twice(batch: Batch, rng: Random) -> Batch:
    """Each of the owner's two orders is covered, both together are one unit short or more."""
    known = batch.auction.balances[0]
    largest = max(batch.fill("whole").executed, batch.fill("whole_again").executed)
    short = replace(known, amount=rng.randint(largest, known.amount - 1))
    return replace(batch, auction=replace(batch.auction, balances=(short,)))


@refused_by(law.MissingReferencePrice)
def a_surplus_nobody_can_value(batch: Batch, rng: Random) -> Batch:
    asset = batch.order(any_role(rng)).intent.want[0].asset
    assets = tuple(
        replace(info, reference_price=None) if info.id == asset else info for info in batch.auction.assets
    )
    return replace(batch, auction=replace(batch.auction, assets=assets))


@refused_by(law.WorthNothing)
def a_cost_above_the_surplus(batch: Batch, rng: Random) -> Batch:
    costs = replace(batch.auction.costs, gas_price=10**30)
    return replace(batch, auction=replace(batch.auction, costs=costs))
